import Glibc

/// A private folder beside a ledger that serves for a while, and goes with its owner. What killed processes have left there
/// goes when it is made.
final class ScratchFolder: Sendable {
  let path: String
  /// Locked, so that whoever sweeps sees that it is in use.
  private let lock: FileHandle

  /// - Parameter path: the ledger's folder.
  /// - Throws: `storage`, `disk_full`.
  init(beside path: String) throws(LedgerError) {
    Unfinished.sweep(beside: path)
    self.path = Unfinished.name(beside: path)
    Unfinished.add(self.path)
    do throws(LedgerError) {
      try LedgerFolder.make(self.path)
      lock = FileHandle(unsafe open(self.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW))
      guard lock.number >= 0, flock(lock.number, LOCK_EX | LOCK_NB) == 0 else {
        throw FileError.last("lock", self.path)
      }
    } catch {
      LedgerFolder.remove(self.path)
      Unfinished.forget(self.path)
      throw error
    }
  }

  deinit { remove() }

  /// An error of what was done in it: where there was no room, says that it was here and not in the ledger.
  func placed(_ error: LedgerError) -> LedgerError {
    guard error.code == .diskFull else { return error }
    return LedgerError(.diskFull, "the scratch folder \(path) could not be filled: \(error.reason)")
  }

  /// Removes it, and what is in it. Whoever works in the folder calls this at the end, and so owns it until then.
  func remove() {
    LedgerFolder.remove(path)
    Unfinished.forget(path)
  }
}
