import Glibc
import LedgerCrypto
import Synchronization

/// A private folder that is being filled beside its target, and takes the target's name when it is whole: one for a
/// target, so that two who fill it at once do not meet only at the end. One that is given up goes; what a killed process
/// of this user has left goes when the next one begins.
///
/// Its name cannot be guessed, and nothing that is there is taken over: so nobody who may write in the same folder decides
/// whose it is.
package final class DraftFolder: Sendable {
  package let path: String
  private let name: String
  private let target: String
  private let parent: HeldFolder
  /// Locked for as long as somebody fills the folder.
  private let folder: FileHandle
  private let isPublished = Atomic(false)
  /// The folders above it that were made for it, the innermost first: they go with it where it is given up.
  private let madeAbove: [String]

  /// Held while a draft is claimed, so that of two threads one sees the other's.
  private static let claiming = Mutex(())

  /// - Parameters:
  ///   - target: a folder that does not exist, or is empty.
  ///   - makingParents: whether to make the folders above it where they are missing.
  /// - Throws: `busy` where somebody fills it already; `already_exists`; `not_found` where the folder that it is to be in is
  ///   not there; `invalid_value` for a place within a ledger's folder, or where everybody may replace what is made;
  ///   `storage`, `disk_full`.
  package init(for target: String, makingParents: Bool = false) throws(LedgerError) {
    try LedgerFolder.requireFree(target)
    try LedgerFolder.requireOutsideAnyLedger(target)
    let missing = LedgerFolder.missing(above: target)
    if let first = missing.last, !makingParents {
      throw LedgerError(.notFound, "\(first) is not there; make it, or name another folder", field: "path")
    }
    let place = LedgerFolder.parent(of: target)
    let targetName = String(LedgerFolder.trimmed(target).split(separator: "/").last ?? "")
    let prefix = targetName + Self.mark
    let name = "\(prefix)-\(Self.random())"
    let path = "\(place)/\(name)"
    let parent = try Self.makeParent(place, missing)
    let folder: FileHandle
    do throws(LedgerError) { folder = try Self.claim(name, prefix, in: parent, for: target) } catch {
      LedgerFolder.removeEmpty(missing)
      throw error
    }
    self.target = targetName
    self.name = name
    self.path = path
    self.parent = parent
    self.folder = folder
    madeAbove = missing
    // The process that held the name until now may have finished.
    do throws(LedgerError) { try LedgerFolder.requireFree(target) } catch {
      self.parent.remove(name)
      Unfinished.forget(path)
      LedgerFolder.removeEmpty(missing)
      throw error
    }
  }

  private static func makeParent(_ path: String, _ missing: [String]) throws(LedgerError) -> HeldFolder {
    do throws(LedgerError) {
      try LedgerFolder.makeIfMissing(path)
      let parent = try HeldFolder(path)
      try parent.requireUnshared()
      return parent
    } catch {
      LedgerFolder.removeEmpty(missing)
      throw error
    }
  }

  /// Makes the folder, and notes and locks it.
  private static func claim(
    _ name: String, _ prefix: String, in parent: borrowing HeldFolder, for target: String
  ) throws(LedgerError) -> FileHandle {
    let path = "\(parent.path)/\(name)"
    var made: FileHandle?
    try claiming.withLock { _ throws(LedgerError) in
      try clear(prefix, in: parent, for: target)
      try Unfinished.begin(path) { () throws(LedgerError) in made = try locked(parent.makeFolder(name)) }
    }
    guard let folder = made.take() else {
      Unfinished.forget(path)
      throw LedgerError(.storage, "\(path) is there already, though its name was drawn at random")
    }
    return folder
  }

  private static func locked(_ folder: consuming FileHandle?) -> FileHandle? {
    guard let folder else { return nil }
    _ = flock(folder.number, LOCK_EX | LOCK_NB)
    return folder
  }

  /// Makes a folder in it.
  package func folder(_ name: String) throws(LedgerError) -> String {
    try LedgerFolder.make("\(path)/\(name)")
    return "\(path)/\(name)"
  }

  /// Makes the entries of its folders durable, and gives it the target's name, durably.
  package func publish() throws(LedgerError) {
    try LedgerFolder.sync(treeAt: path)
    // From here on the folder is renamed or removed, and its name may be another's.
    isPublished.store(true, ordering: .relaxed)
    do throws(LedgerError) {
      try Unfinished.finish(path) { () throws(LedgerError) in try parent.rename(name, folder, to: target) }
    } catch {
      if parent.isNamed(name, folder) { parent.remove(name) }
      Unfinished.forget(path)
      throw error
    }
    do throws(LedgerError) { try LedgerFolder.sync(namesIn: parent.path) } catch {
      throw LedgerError(
        error.code, "\(target) has its name, and is whole, but may lose the name with the power: \(error.reason)",
        field: error.field)
    }
  }

  deinit {
    guard !isPublished.load(ordering: .relaxed) else { return }
    if parent.isNamed(name, folder) { parent.remove(name) }
    Unfinished.forget(path)
    LedgerFolder.removeEmpty(madeAbove)
  }

  private static let mark = ".credledger-part"

  private static func random() -> String {
    Hex.encode((0..<8).map { _ in UInt8.random(in: .min ... .max) })
  }

  /// Removes what killed processes of this user have left for a target.
  ///
  /// - Throws: `busy` where one of them is at work.
  private static func clear(
    _ prefix: String, in parent: borrowing HeldFolder, for target: String
  ) throws(LedgerError) {
    for name in LedgerFolder.names(in: parent.path) ?? [] where isDraft(name, prefix) {
      guard let left = parent.openOwn(name) else { continue }
      guard flock(left.number, LOCK_EX | LOCK_NB) == 0 else {
        guard errno == EWOULDBLOCK else { continue }
        throw LedgerError(
          .busy, "somebody else is filling \(target); wait for that to end, or name another folder", field: "path")
      }
      // The process that held the lock before may have renamed what was opened here.
      if parent.isNamed(name, left) { parent.remove(name) }
    }
  }

  /// Earlier versions had one name for each target.
  private static func isDraft(_ name: String, _ prefix: String) -> Bool {
    guard name.hasPrefix(prefix) else { return false }
    let rest = name.dropFirst(prefix.count)
    return rest.isEmpty || (rest.first == "-" && rest.utf8.count == 17 && Hex.decode(rest.dropFirst()) != nil)
  }
}
