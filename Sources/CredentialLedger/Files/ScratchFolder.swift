import Glibc

/// A private folder, beside a ledger or where the configuration says, that serves for a while, and goes with its owner. What killed processes have left there
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

  /// One of an open ledger.
  ///
  /// - Throws: `not_found` where the folder is not there that the configuration names.
  convenience init(of ledger: Ledger) throws(LedgerError) {
    if let folder = ledger.configuration.scratch, !LedgerFolder.isFolder(folder) {
      throw LedgerError(.notFound, "\(folder) is not there; name a folder with room for a while", field: "scratch")
    }
    try self.init(beside: ledger.scratchName)
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

extension Ledger {
  /// What scratch folders are beside of, and named after.
  var scratchName: String { LedgerFolder.scratchName(of: path, configuration) }
}

extension LedgerFolder {
  /// What the scratch folders of a ledger are beside of, and named after.
  static func scratchName(of path: String, _ configuration: LedgerConfiguration) -> String {
    guard let folder = configuration.scratch else { return path }
    return "\(trimmed(folder))/\(absolute(path).split(separator: "/").last ?? "ledger")"
  }
}
