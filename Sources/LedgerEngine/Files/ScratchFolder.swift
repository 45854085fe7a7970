import Glibc

/// A private folder, beside a ledger or where the configuration says, that serves for a while, and goes with its owner.
/// What killed processes have left there goes when it is made.
package final class ScratchFolder: Sendable {
  package let path: String
  /// Locked, so that a process that sweeps sees that it is in use.
  private let lock: FileHandle

  /// - Parameter path: the ledger's folder.
  /// - Throws: `storage`, `disk_full`.
  package init(beside path: String) throws(LedgerError) {
    TemporaryFiles.sweep(beside: path)
    self.path = TemporaryFiles.name(beside: path)
    TemporaryFiles.add(self.path)
    do throws(LedgerError) {
      try Folder.make(self.path)
      lock = try FileHandle.open(self.path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, "lock")
      guard try lock.lock() else { throw .refused("lock", self.path) }
    } catch {
      Folder.remove(self.path)
      TemporaryFiles.forget(self.path)
      throw Self.placed(error, at: self.path)
    }
  }

  deinit { remove() }

  /// An error of what was done in it: where there was no room, says that it was here and not in the ledger.
  package func placed(_ error: LedgerError) -> LedgerError {
    error.code == .diskFull ? Self.placed(error, at: path) : error
  }

  /// An error of making or filling a scratch folder: says that it was there and not in the ledger, and how another is named.
  package static func placed(_ error: LedgerError, at path: String) -> LedgerError {
    guard [.diskFull, .storage].contains(error.code) else { return error }
    return LedgerError(
      error.code,
      "the scratch folder \(path) could not be filled: \(error.reason); name a folder that can be written in, and has room "
        + "for a copy of the ledger, by --scratch", field: error.field, position: error.position)
  }

  /// Refuses a place where no folder can be made.
  package static func requireWritable(for path: String) throws(LedgerError) {
    let folder = Folder.parent(of: path)
    guard unsafe access(folder, W_OK | X_OK) == 0 else { throw placed(.refused("write in", folder), at: path) }
  }

  /// Removes it, and what is in it. The code that works in the folder calls this at the end, and so owns it until then.
  package func remove() {
    Folder.remove(path)
    TemporaryFiles.forget(path)
  }
}
