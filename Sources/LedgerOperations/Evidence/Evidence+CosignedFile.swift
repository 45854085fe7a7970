import EventLog
package import LedgerEvents
import TransparencyLog

extension Evidence {
  /// When a witness cosigned the checkpoint in a file. The file is read, and the checkpoint verified against the ledger, on threads
  /// for reading: a few tiles.
  ///
  /// - Parameters:
  ///   - path: a file with a checkpoint of this ledger and its signatures.
  ///   - witness: the witness's public key (C2SP signed-note, type 4).
  /// - Returns: nil where the witness has not cosigned it.
  /// - Throws: `invalid_value` for a key that is none of a witness; `not_found` where there is no such file;
  ///   `invalid_checkpoint` for a file of something else, and a cosignature that is wrong; as
  ///   ``Integrity/verify(against:verifierKeys:)`` for the checkpoint.
  package func cosignedAt(in path: String, by witness: String) async throws(LedgerError) -> Timestamp? {
    guard let key = try? VerifierKey(witness), key.type == .cosignature else {
      throw LedgerError(
        .invalidValue, "witness: expected a witness's public key, as <name>+<ID>+<base64>", field: "witness")
    }
    let ledger = ledger
    let read = try await ledger.blocking(.short) { () throws(LedgerError) in
      try DurableFile.read(path, limit: SignedNote.maximumByteCount)
    }
    guard let bytes = read else {
      throw LedgerError(.notFound, "\(path) is no file; check the path", field: "checkpoint")
    }
    guard let text = String(validating: bytes, as: UTF8.self), let note = try? SignedNote(decoding: bytes) else {
      throw LedgerError(.invalidCheckpoint, "\(path) is no signed checkpoint")
    }
    try await ledger.integrity.verify(against: text)
    do throws(TransparencyError) {
      return try note.cosignatures(by: [key]).map(\.time).max().map { Timestamp(seconds: $0) }
    } catch {
      throw LedgerError(.invalidCheckpoint, "\(path): a cosignature is wrong: \(error.reason)")
    }
  }
}
