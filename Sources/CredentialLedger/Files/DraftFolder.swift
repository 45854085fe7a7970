import Glibc
import Synchronization

/// A private folder that is being filled under a name of its own beside its target, and takes the target's name when it
/// is whole. One that is given up goes; what a killed process has left goes when the next one begins.
final class DraftFolder: Sendable {
  let path: String
  private let target: String
  /// Held for as long as somebody fills the folder.
  private let lock: FileHandle
  private let isPublished = Atomic(false)

  /// - Parameter target: a folder that does not exist, or is empty.
  /// - Throws: `already_exists`, `storage`, `disk_full`.
  init(for target: String) throws(LedgerError) {
    try LedgerFolder.requireFree(target)
    self.target = target
    let prefix = "\(LedgerFolder.trimmed(target)).part-"
    Self.removeAbandoned(prefix)
    path = "\(prefix)\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    try LedgerFolder.make(path)
    lock = FileHandle(unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC))
    guard flock(lock.number, LOCK_EX | LOCK_NB) == 0 else {
      let failure = FileError.last("lock", path)
      LedgerFolder.remove(path)
      throw failure
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
    try LedgerFolder.rename(path, to: target)
    isPublished.store(true, ordering: .relaxed)
  }

  deinit {
    if !isPublished.load(ordering: .relaxed) { LedgerFolder.remove(path) }
  }

  /// Removes the drafts of this target that nobody fills any more.
  private static func removeAbandoned(_ prefix: String) {
    let parent = LedgerFolder.parent(of: prefix)
    let name = prefix.lastIndex(of: "/").map { prefix[prefix.index(after: $0)...] } ?? prefix[...]
    for found in LedgerFolder.names(in: parent) ?? [] where found.hasPrefix(name) {
      let handle = FileHandle(unsafe open("\(parent)/\(found)", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW))
      guard handle.number >= 0, flock(handle.number, LOCK_EX | LOCK_NB) == 0 else { continue }
      LedgerFolder.remove("\(parent)/\(found)")
    }
  }
}
