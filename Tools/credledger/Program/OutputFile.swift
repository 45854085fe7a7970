import ArgumentParser
import CredentialLedger
import Glibc

/// Where a command writes what it makes: the value of an option such as `--out`.
///
/// A name that nothing has becomes a file. A file that is there is not replaced, unless the command says by what rule. What
/// is no file, such as a pipe or a device, is written into. Nothing is ever written into the ledger's own folder.
struct OutputFile {
  /// What the name stands for.
  enum Kind {
    /// `-`, or a name of it such as `/dev/stdout`.
    case standardOutput
    case new
    /// A regular file.
    case file
    /// A pipe, a device.
    case stream
  }

  let kind: Kind
  /// The path, symbolic links followed.
  let path: String
  private let name: String
  private let option: String

  /// - Parameters:
  ///   - name: as it was given.
  ///   - option: whose value it is.
  /// - Throws: ``CheckFailed`` where nothing can be written there, with nothing changed.
  init(_ name: String, _ option: String, of ledger: LedgerOptions) throws {
    (self.name, self.option) = (name, option)
    try DoorSession.requireNone("\(option): a file is written")
    guard name != "-" else {
      (kind, path) = (.standardOutput, name)
      return
    }
    guard !name.isEmpty else { throw ValidationError("\(option): expected the name of a file.") }
    try Self.requireOutside(ledger, name, option)
    var (named, output) = (stat(), stat())
    guard unsafe stat(name, &named) == 0 else {
      guard unsafe lstat(name, &named) != 0 else {
        throw CheckFailed(reason: "\(option): \(name) is a link to what is not there; name a file [already_exists]")
      }
      (kind, path) = (.new, name)
      return
    }
    if unsafe fstat(STDOUT_FILENO, &output) == 0, (named.st_dev, named.st_ino) == (output.st_dev, output.st_ino) {
      (kind, path) = (.standardOutput, name)
      return
    }
    switch named.st_mode & S_IFMT {
    case S_IFREG: (kind, path) = (.file, Folder.absolute(name))
    case S_IFDIR: throw CheckFailed(reason: "\(option): \(name) is a folder; name a file [already_exists]")
    default: (kind, path) = (.stream, name)
    }
  }

  /// Refuses a name in the ledger's own folder.
  static func requireOutside(_ ledger: LedgerOptions, _ name: String, _ option: String) throws {
    guard let folder = ledger.namedFolder else { return }
    let (own, path) = (Folder.absolute(folder), Folder.absolute(name))
    guard path == own || path.hasPrefix(own + "/") else { return }
    throw CheckFailed(
      reason: "\(option): \(name) is in the folder of the ledger; name a place elsewhere [invalid_value]")
  }

  /// Refuses a file that is there.
  func requireNew() throws {
    guard kind == .file else { return }
    throw CheckFailed(reason: "\(option): \(name) is there already; name another file [already_exists]")
  }

  /// Writes the content: into a file whole or not at all.
  ///
  /// - Parameter replacing: whether a file that is there is replaced, for a command that has a rule for that.
  /// - Throws: `already_exists`, `storage`, `disk_full`.
  func write(_ content: [UInt8], replacing: Bool = false) async throws {
    switch kind {
    case .new: try DurableFile.create(path, with: content)
    case .file:
      if !replacing { try requireNew() }
      try DurableFile.replace(path, with: content)
    case .standardOutput, .stream: try await withStream { try DurableFile.write(content, to: $0, name) }
    }
  }

  /// Opens what is no file, and closes it again.
  func withStream<Result: Sendable>(_ body: (Int32) async throws -> Result) async throws -> Result {
    guard kind == .stream else { return try await body(STDOUT_FILENO) }
    let descriptor = try DurableFile.openStream(path)
    defer { close(descriptor) }
    return try await body(descriptor)
  }
}
