import Glibc
import Synchronization

/// A private folder that is being filled beside its target, and takes the target's name when it is whole: one for a
/// target, so that two who fill it at once do not meet only at the end. One that is given up goes; what a killed process
/// has left goes when the next one begins.
final class DraftFolder: Sendable {
  let path: String
  private let target: String
  /// Held for as long as somebody fills the folder.
  private let lock: FileHandle
  private let isPublished = Atomic(false)
  /// The folders above it that were made for it, the innermost first: they go with it where it is given up.
  private let madeAbove: [String]

  /// - Parameters:
  ///   - target: a folder that does not exist, or is empty.
  ///   - makingParents: whether to make the folders above it where they are missing.
  /// - Throws: `busy` where somebody fills it already; `already_exists`; `not_found` where the folder that it is to be in is
  ///   not there; `invalid_value` for a place within a ledger's folder; `storage`, `disk_full`.
  init(for target: String, makingParents: Bool = false) throws(LedgerError) {
    try LedgerFolder.requireFree(target)
    try LedgerFolder.requireOutsideAnyLedger(target)
    self.target = target
    let missing = LedgerFolder.missing(above: target)
    if let first = missing.last, !makingParents {
      throw LedgerError(.notFound, "\(first) is not there; make it, or name another folder", field: "path")
    }
    madeAbove = missing
    path = "\(LedgerFolder.trimmed(target)).credledger-part"
    var claimed: FileHandle?
    let path = path
    do throws(LedgerError) {
      try Unfinished.begin(path) { () throws(LedgerError) in claimed = try Self.claim(path, for: target) }
    } catch {
      LedgerFolder.removeEmpty(missing)
      throw error
    }
    lock = claimed.take() ?? FileHandle(-1)
    // Whoever held the name until now may have finished.
    do throws(LedgerError) { try LedgerFolder.requireFree(target) } catch {
      LedgerFolder.remove(path)
      Unfinished.forget(path)
      LedgerFolder.removeEmpty(missing)
      throw error
    }
  }

  /// Makes a folder in it.
  func folder(_ name: String) throws(LedgerError) -> String {
    try LedgerFolder.make("\(path)/\(name)")
    return "\(path)/\(name)"
  }

  /// Makes the entries of its folders durable, and gives it the target's name, durably.
  func publish() throws(LedgerError) {
    try LedgerFolder.sync(treeAt: path)
    // From here on the folder is renamed or removed, and its name may be another's.
    isPublished.store(true, ordering: .relaxed)
    try Unfinished.finish(path) { () throws(LedgerError) in try LedgerFolder.rename(path, to: target) }
  }

  deinit {
    guard !isPublished.load(ordering: .relaxed) else { return }
    LedgerFolder.remove(path)
    Unfinished.forget(path)
    LedgerFolder.removeEmpty(madeAbove)
  }

  /// Makes the folder, or takes over the one that a killed process has left, empty.
  private static func claim(_ path: String, for target: String) throws(LedgerError) -> FileHandle {
    while true {
      try LedgerFolder.makeIfMissing(path)
      let handle = FileHandle(unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW))
      guard handle.number >= 0 else {
        if errno == ENOENT { continue }
        throw FileError.last("open", path)
      }
      guard flock(handle.number, LOCK_EX | LOCK_NB) == 0 else {
        guard errno == EWOULDBLOCK else { throw FileError.last("lock", path) }
        throw LedgerError(
          .busy, "somebody else is filling \(target); wait for that to end, or name another folder", field: "path")
      }
      // Whoever held the lock before may have renamed or removed what was opened here.
      guard isNamed(path, handle) else { continue }
      for name in LedgerFolder.names(in: path) ?? [] { LedgerFolder.remove("\(path)/\(name)") }
      return handle
    }
  }

  private static func isNamed(_ path: String, _ handle: borrowing FileHandle) -> Bool {
    var (named, held) = (stat(), stat())
    guard unsafe lstat(path, &named) == 0, unsafe fstat(handle.number, &held) == 0 else { return false }
    return named.st_dev == held.st_dev && named.st_ino == held.st_ino
  }
}
