import EventLog
package import TransparencyLog

/// A checkpoint from elsewhere that a key of this ledger has signed. Whether the ledger still agrees with it is another
/// question.
package struct KnownCheckpoint: Sendable {
  package let note: SignedNote
  package let checkpoint: Checkpoint
  /// The ledger's keys that have signed, oldest first; at least one.
  package let signers: [VerifierKey]

  /// Checks form, origin and signatures by the given keys.
  package init(_ bytes: [UInt8], origin: String, keys: [VerifierKey]) throws(LedgerError) {
    do throws(TransparencyError) {
      note = try SignedNote(decoding: bytes)
      checkpoint = try Checkpoint(noteText: note.text)
    } catch { throw Self.invalid("this is no signed checkpoint (\(error.reason))") }
    guard checkpoint.origin.utf8.elementsEqual(origin.utf8) else {
      throw Self.invalid("this is a checkpoint of another ledger than \(origin)")
    }
    do throws(TransparencyError) { signers = try note.verifiedKeys(among: keys) } catch {
      throw Self.invalid("the checkpoint is not signed by a key of this ledger (\(error.reason))")
    }
  }

  private static func invalid(_ reason: String) -> LedgerError { LedgerError(.invalidCheckpoint, reason) }
}
