import Glibc

/// A private folder, beside a ledger or where the configuration says, that serves for a while, and goes with its owner. What killed processes have left there
/// goes when it is made.
package final class ScratchFolder: Sendable {
  package let path: String
  /// Locked, so that a process that sweeps sees that it is in use.
  private let lock: FileHandle

  /// - Parameter path: the ledger's folder.
  /// - Throws: `storage`, `disk_full`.
  package init(beside path: String) throws(LedgerError) {
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
      throw Self.placed(error, at: self.path)
    }
  }

  /// One of an open ledger.
  ///
  /// - Throws: `not_found` where the folder is not there that the configuration names.
  package convenience init(of ledger: Ledger) throws(LedgerError) {
    if let folder = ledger.configuration.scratch, !LedgerFolder.isFolder(folder) {
      throw LedgerError(.notFound, "\(folder) is not there; name a folder with room for a while", field: "scratch")
    }
    try self.init(beside: ledger.scratchName)
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
    let folder = LedgerFolder.parent(of: path)
    guard unsafe access(folder, W_OK | X_OK) == 0 else { throw placed(FileError.last("write in", folder), at: path) }
  }

  /// Removes it, and what is in it. The code that works in the folder calls this at the end, and so owns it until then.
  package func remove() {
    LedgerFolder.remove(path)
    Unfinished.forget(path)
  }
}

extension Ledger {
  /// What scratch folders are beside of, and named after.
  package var scratchName: String { LedgerFolder.scratchName(of: path, configuration) }
}

extension LedgerFolder {
  /// What the scratch folders of a ledger are beside of, and named after.
  package static func scratchName(of path: String, _ configuration: LedgerConfiguration) -> String {
    let name = absolute(path).split(separator: "/").last ?? "ledger"
    if let folder = configuration.scratch { return "\(trimmed(folder))/\(name)" }
    // A disk that is full or may not be written on is no reason not to verify: where memory has the room, it serves.
    let needed = byteCount("\(path)/\(Ledger.Folder.log)/data.mdb")
    guard !hasRoom(parent(of: path), for: needed), hasRoom(memory, for: needed) else { return path }
    return "\(memory)/\(name)-\(identity(of: path))"
  }

  /// Where Linux keeps files in memory.
  private static let memory = "/dev/shm"

  /// Whether a folder can be written in, and its file system has so much room.
  private static func hasRoom(_ folder: String, for bytes: UInt64) -> Bool {
    var space = statvfs()
    guard unsafe access(folder, W_OK) == 0, unsafe statvfs(folder, &space) == 0 else { return false }
    return UInt64(space.f_bavail) * UInt64(space.f_frsize) >= bytes
  }

  /// Tells apart ledgers of one name.
  private static func identity(of path: String) -> String {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return "0" }
    return "\(status.st_dev)-\(status.st_ino)"
  }
}
