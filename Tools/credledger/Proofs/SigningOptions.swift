import ArgumentParser
import CredentialLedger
import Glibc

/// Whether what is proved may be signed anew.
struct SigningOptions: ParsableArguments {
  @Flag(help: "Sign nothing: take the newest checkpoint there is, which may not cover the newest events.")
  var latest = false

  /// Signs a checkpoint over every event, unless the newest one covers them, or it is not to be done, or another process
  /// writes, which signs by itself.
  func sign(in ledger: LedgerOptions) async throws {
    if latest { return }
    let isCovered = try await ledger.reading { opened in
      guard let note = try opened.latestCheckpoint() else { return false }
      return try Checkpoint(noteText: SignedNote(decoding: Array(note.utf8)).text).size == opened.head().rawValue
    }
    if isCovered { return }
    do {
      try await ledger.writing { _ = try await $0.checkpoint() }
    } catch let error as LedgerError where error.code == .alreadyOpen {
      write(
        "another process writes to the ledger, and signs by itself: this is its newest checkpoint\n", to: STDERR_FILENO)
    } catch let error as LedgerError where error.code == .keyUnavailable {
      throw CannotRead(
        reason: "\(error.reason) [\(error.code)] Or take the newest checkpoint that there is, by --latest")
    }
  }
}

/// The newest checkpoint, where there must be one.
func requireCheckpoint(of ledger: Ledger) throws -> String {
  guard let note = try ledger.latestCheckpoint() else { throw CheckFailed(reason: "nothing was signed yet") }
  return note
}

/// The content of a file that was named on the command line.
///
/// - Parameter limit: the most bytes that it may have.
/// - Throws: ``CannotRead``.
func content(of path: String, limit: Int = SignedNote.maximumByteCount) throws -> [UInt8] {
  let content: [UInt8]?
  do { content = try DurableFile.read(path, limit: limit) } catch { throw CannotRead(reason: error.reason) }
  guard let content else { throw CannotRead(reason: "\(path) is not there") }
  return content
}

/// The text of a file with a checkpoint. What is not UTF-8 is refused: repaired, it would be another text than the file's.
func checkpoint(in path: String, _ option: String) throws -> String {
  let bytes =
    try DoorSession.current == nil ? content(of: path) : contents(of: path, limit: SignedNote.maximumByteCount)
  guard let text = String(validating: bytes, as: UTF8.self) else {
    throw CheckFailed(reason: "\(option): \(path) is no signed checkpoint: it is not UTF-8 [invalid_checkpoint]")
  }
  return text
}

/// Checkpoints kept elsewhere that a copy of the log is verified against.
struct AgainstOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A checkpoint kept elsewhere that the copy must agree with; may be repeated.", valueName: "file"),
    completion: .file())
  var against: [String] = []

  /// The texts of the files.
  func checkpoints() throws -> [String] { try against.map { try checkpoint(in: $0, "--against") } }

  /// The same with the witness file, where one is named on the command line itself: a copy that is checked is mostly older
  /// than the file that the environment names for the ledger.
  func checkpoints(with ledger: LedgerOptions) throws -> [String] {
    try checkpoints() + (ledger.witnessFile.map { [try checkpoint(in: $0, "--witness-file")] } ?? [])
  }
}

/// Refuses what is no public key of a ledger, or of a witness.
///
/// - Parameter option: the option that gave it.
func requireKey(_ key: String, _ type: VerifierKey.SignatureType, _ option: String) throws {
  do throws(TransparencyError) { _ = try VerifierKey(key, of: type) } catch {
    throw ValidationError("\(option): \(error.reason)")
  }
}

extension JSON {
  /// Hashes in base64, as in checkpoints and requests to witnesses.
  static func hashes(_ hashes: [Digest]) -> JSON { .array(hashes.map { .string(Base64.encode($0.bytes)) }) }
}
