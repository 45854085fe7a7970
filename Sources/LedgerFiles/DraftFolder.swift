import Glibc
import Synchronization

/// A private folder that is being filled beside its target, and takes the target's name when it is whole: one for a
/// target, so that two who fill it at once do not meet only at the end. One that is given up goes; what a killed process
/// of this user has left goes when the next one begins.
///
/// Its name cannot be guessed, and nothing that is there is taken over: so nobody who may write in the same folder decides
/// whose it is.
package final class DraftFolder<Failure: FileFailure>: Sendable {
  package let path: String
  private let name: String
  private let target: String
  private let parent: FolderHandle<Failure>
  /// Locked for as long as somebody fills the folder.
  private let folder: FileHandle<Failure>
  private let isPublished = Atomic(false)
  /// The folders above it that were made for it, the innermost first: they go with it where it is given up.
  private let madeAbove: [String]

  /// - Parameters:
  ///   - target: a folder that does not exist, or is empty.
  ///   - makingParents: whether to make the folders above it where they are missing.
  ///   - isFree: refuses a target that may not be taken. It is asked before anything is made, and again once nobody else
  ///     can be at work on it.
  /// - Throws: what `isFree` throws; `inUse` where somebody fills it already; `missingFolder` where the folder that it is
  ///   to be in is not there; `shared` where everybody may replace what is made.
  package init(
    for target: String, makingParents: Bool, isFree: (_ target: String) throws(Failure) -> Void
  ) throws(Failure) {
    try isFree(target)
    let missing = Folder<Failure>.missing(above: target)
    if let first = missing.last, !makingParents { throw Failure(FileError("use", first, .missingFolder)) }
    let place = Folder<Failure>.parent(of: target)
    let targetName = Folder<Failure>.name(of: target)
    let prefix = targetName + draftMark
    let name = "\(prefix)-\(Self.random())"
    let path = "\(place)/\(name)"
    let parent = try Self.makeParent(place, missing)
    let folder: FileHandle<Failure>
    do throws(Failure) { folder = try Self.claim(name, prefix, in: parent, for: target) } catch {
      Folder<Failure>.removeEmpty(missing)
      throw error
    }
    self.target = targetName
    self.name = name
    self.path = path
    self.parent = parent
    self.folder = folder
    madeAbove = missing
    // The process that held the name until now may have finished.
    do throws(Failure) { try isFree(target) } catch {
      self.parent.remove(name)
      TemporaryFiles.forget(path)
      Folder<Failure>.removeEmpty(missing)
      throw error
    }
  }

  private static func makeParent(_ path: String, _ missing: [String]) throws(Failure) -> FolderHandle<Failure> {
    do throws(Failure) {
      try Folder<Failure>.makeIfMissing(path)
      let parent = try FolderHandle<Failure>(path)
      try parent.requireUnshared()
      return parent
    } catch {
      Folder<Failure>.removeEmpty(missing)
      throw error
    }
  }

  /// Makes the folder, and notes and locks it.
  private static func claim(
    _ name: String, _ prefix: String, in parent: borrowing FolderHandle<Failure>, for target: String
  ) throws(Failure) -> FileHandle<Failure> {
    let path = "\(parent.path)/\(name)"
    var made: FileHandle<Failure>?
    try claiming.withLock { _ throws(Failure) in
      try clear(prefix, in: parent, for: target)
      try TemporaryFiles.begin(path) { () throws(Failure) in made = try locked(parent.makeFolder(name)) }
    }
    guard let folder = made.take() else {
      TemporaryFiles.forget(path)
      // Its name was drawn at random: somebody is in the way.
      throw Failure(FileError("make", path, .replaced))
    }
    return folder
  }

  private static func locked(_ folder: consuming FileHandle<Failure>?) -> FileHandle<Failure>? {
    guard let folder else { return nil }
    _ = try? folder.lock()
    return folder
  }

  /// Makes a folder in it.
  package func folder(_ name: String) throws(Failure) -> String {
    try Folder<Failure>.make("\(path)/\(name)")
    return "\(path)/\(name)"
  }

  /// Makes the entries of its folders durable, and gives it the target's name, durably.
  ///
  /// - Throws: `nameNotDurable` where it has the name, but may lose it with the power; what the system refuses.
  package func publish() throws(Failure) {
    try Folder<Failure>.sync(treeAt: path)
    // From here on the folder is renamed or removed, and its name may be another's.
    isPublished.store(true, ordering: .relaxed)
    do throws(Failure) {
      try TemporaryFiles.finish(path) { () throws(Failure) in try parent.rename(name, folder, to: target) }
    } catch {
      if parent.isNamed(name, folder) { parent.remove(name) }
      TemporaryFiles.forget(path)
      throw error
    }
    do throws(FileError) { try Folder<FileError>.sync(namesIn: parent.path) } catch {
      throw Failure(FileError("sync", "\(parent.path)/\(target)", .nameNotDurable(error.number)))
    }
  }

  deinit {
    guard !isPublished.load(ordering: .relaxed) else { return }
    if parent.isNamed(name, folder) { parent.remove(name) }
    TemporaryFiles.forget(path)
    Folder<Failure>.removeEmpty(madeAbove)
  }

  /// The bytes of a random number as hexadecimal digits: 16 of them.
  private static func random() -> String {
    let digits = String(UInt64.random(in: .min ... .max), radix: 16)
    return String(repeating: "0", count: randomDigits - digits.utf8.count) + digits
  }

  /// Removes what killed processes of this user have left for a target.
  ///
  /// - Throws: `inUse` where one of them is at work.
  private static func clear(
    _ prefix: String, in parent: borrowing FolderHandle<Failure>, for target: String
  ) throws(Failure) {
    for name in Folder<Failure>.names(in: parent.path) ?? [] where isDraft(name, prefix) {
      guard let left = parent.openOwn(name) else { continue }
      guard let isUnused = try? left.lock() else { continue }
      guard isUnused else { throw Failure(FileError("fill", target, .inUse)) }
      // The process that held the lock before may have renamed what was opened here.
      if parent.isNamed(name, left) { parent.remove(name) }
    }
  }

  /// Earlier versions had one name for each target.
  private static func isDraft(_ name: String, _ prefix: String) -> Bool {
    guard name.hasPrefix(prefix) else { return false }
    let rest = name.dropFirst(prefix.count)
    guard !rest.isEmpty else { return true }
    return rest.first == "-" && rest.utf8.count == 1 + randomDigits
      && rest.dropFirst().utf8.allSatisfy { byte in
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
      }
  }
}

/// What tells a draft's name from its target's.
private let draftMark = ".credledger-part"
/// How many hexadecimal digits of a random number end a draft's name.
private let randomDigits = 16
/// Held while a draft is claimed, so that of two threads one sees the other's.
private let claiming = Mutex(())
