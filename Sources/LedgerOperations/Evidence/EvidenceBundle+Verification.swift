import EventLog
public import LedgerCrypto
public import LedgerEvents
import TransparencyLog

/// What evidence proves.
public struct VerifiedEvidence: Sendable {
  /// A record that is in the ledger.
  public struct Record: Sendable {
    public let position: Position
    /// The record as it is stored and hashed.
    public let bytes: [UInt8]
    /// What it says, personal data sealed; nil where this program is too old to read it, which makes it no less proved.
    public let entry: AuditEntry?
  }

  /// A statement of a witness: at that time this was the largest tree it had seen of the ledger, and it was consistent with
  /// all before.
  public struct Cosignature: Sendable, Hashable {
    /// The witness's name.
    public let witness: String
    /// In seconds since 1970.
    public let time: Int64
  }

  /// The ledger's name.
  public let origin: String
  /// How many events the ledger had.
  public let size: UInt64
  /// The root of the tree over them.
  public let root: Digest
  /// Those of the trusted keys that have signed.
  public let signers: [String]
  /// Whether it is known up to which size one of these keys counts: it was given with `@` and a size. Of another key only the
  /// ledger knows whether it was replaced since, and a thief of a key that was replaced can sign what is not the ledger's.
  public let isKeyEndKnown: Bool
  /// By the witnesses that were asked for.
  public let cosignatures: [Cosignature]
  /// In the order of the log.
  public let records: [Record]

  /// What is personal in the records, all of it sealed: without the ledger nobody can open it, nor name anything. Made
  /// once, so that a caller that needs it at each record pays for it once as well.
  public let description: Audit.Description

  fileprivate init(_ head: Checkpoint, signers: [VerifierKey], cosignatures: [Cosignature], records: [Record]) {
    (origin, size, root) = (head.origin, head.size, head.root)
    self.signers = signers.map { $0.upTo(nil).description }
    isKeyEndKnown = signers.contains { $0.lastSize != nil }
    self.cosignatures = cosignatures
    self.records = records
    let entries = records.compactMap(\.entry)
    description = Audit.Description(
      labels: [:],
      personal: Dictionary(
        entries.map { ($0.position, $0.personal.map { Audit.PersonalValue(name: $0.name, state: .sealed) }) },
        uniquingKeysWith: { first, _ in first }))
  }
}

extension EvidenceBundle {
  /// Checks everything: the signatures, and the way from each record to the root that is signed.
  ///
  /// Costs one check of a signature for each key (some 100 microseconds), and for each record its hash and some twenty
  /// more. Needs neither the ledger nor any secret.
  ///
  /// - Parameters:
  ///   - keys: the ledger's public keys (C2SP signed-note), from another source than the evidence. One of them must have
  ///     signed.
  ///   - witnesses: public keys of witnesses, each of which must have cosigned.
  /// - Throws: `key_unavailable` where libcrypto lacks an algorithm; `invalid_value` for a key that is malformed or of the wrong kind; `invalid_evidence` for whatever does not
  ///   hold, with the position where it is about a record.
  public func verify(keys: [String], witnesses: [String] = []) throws(LedgerError) -> VerifiedEvidence {
    try drawn(CryptoLibrary.requireAlgorithms())
    let trusted = try Self.read(keys, as: .ed25519, field: "keys")
    let observers = try Self.read(witnesses, as: .cosignature, field: "witnesses")
    let (note, head) = try signedHead()
    let signers = try Self.verify(note, by: trusted).filter { $0.name.utf8.elementsEqual(head.origin.utf8) }
    guard !signers.isEmpty else {
      throw Self.invalid("the checkpoint is signed by a key of another ledger than \(head.origin)")
    }
    try requireOwnKeys(note, head)
    var cosignatures: [VerifiedEvidence.Cosignature] = []
    for witness in observers {
      guard let time = try Self.cosignatureTime(note, by: witness) else {
        throw Self.invalid("the witness \(witness.name) has not cosigned the checkpoint")
      }
      guard time > 0, Timestamp(seconds: time).isWritable else {
        throw Self.invalid("the time of the cosignature by \(witness.name) is none: \(time) seconds after 1970")
      }
      cosignatures.append(VerifiedEvidence.Cosignature(witness: witness.name, time: time))
    }
    let records = try verifyRecords(head)
    return VerifiedEvidence(
      head, signers: try Self.present(signers, head, records), cosignatures: cosignatures, records: records)
  }

  /// The checkpoint, its signatures unchecked.
  private func signedHead() throws(LedgerError) -> (note: SignedNote, head: Checkpoint) {
    do throws(TransparencyError) {
      let note = try SignedNote(decoding: Array(checkpoint.utf8))
      return (note, try Checkpoint(noteText: note.text))
    } catch { throw Self.invalid("the checkpoint is malformed (\(error.reason))") }
  }

  private static func verify(_ note: SignedNote, by keys: [VerifierKey]) throws(LedgerError) -> [VerifierKey] {
    do throws(TransparencyError) { return try note.verifiedKeys(among: keys) } catch {
      throw invalid("the checkpoint is not signed by a trusted key (\(error.reason))")
    }
  }

  /// Each key that comes with the evidence must have signed, and comes once: so that a wrong one is not taken for the
  /// ledger's.
  private func requireOwnKeys(_ note: SignedNote, _ head: Checkpoint) throws(LedgerError) {
    guard !keys.isEmpty, Set(keys).count == keys.count else {
      throw Self.invalid("the key that signed the checkpoint is missing, or there twice")
    }
    for text in keys {
      guard let key = try? VerifierKey(text), key.type == .ed25519, key.name.utf8.elementsEqual(head.origin.utf8),
        let signed = try? note.verifiedKeys(among: [key]), !signed.isEmpty
      else { throw Self.invalid("a key that comes with the evidence has not signed the checkpoint") }
    }
  }

  /// Those of the signers that no record among the evidence says to have been replaced.
  private static func present(
    _ signers: [VerifierKey], _ head: Checkpoint, _ records: [VerifiedEvidence.Record]
  ) throws(LedgerError) -> [VerifierKey] {
    var present = signers
    for record in records {
      guard case .signingKeyRotated(let event) = record.entry?.event else { continue }
      present.removeAll { $0.key.bytes.elementsEqual(event.before) }
      guard present.isEmpty else { continue }
      throw invalid(
        "the checkpoint of size \(head.size) is signed by a key that this record says to have been replaced",
        at: record.position)
    }
    return present
  }

  private static func cosignatureTime(_ note: SignedNote, by witness: VerifierKey) throws(LedgerError) -> Int64? {
    do throws(TransparencyError) {
      return try note.cosignatures(by: [witness]).first?.time
    } catch { throw invalid("the cosignature by \(witness.name) is not of this checkpoint") }
  }

  private func verifyRecords(_ head: Checkpoint) throws(LedgerError) -> [VerifiedEvidence.Record] {
    guard !entries.isEmpty else { throw Self.invalid("it holds no record") }
    var records: [VerifiedEvidence.Record] = []
    records.reserveCapacity(entries.count)
    var last: Position = 0
    for entry in entries {
      guard entry.position > last, let leafIndex = entry.position.leafIndex else {
        throw Self.invalid("the records are not in the order of the log", at: entry.position)
      }
      last = entry.position
      guard entry.position.rawValue <= head.size else {
        throw Self.invalid("the checkpoint of size \(head.size) does not cover this event", at: entry.position)
      }
      let proof = InclusionProof(leafIndex: leafIndex, treeSize: head.size, hashes: entry.hashes)
      guard proof.verify(leafHash: MerkleHash.leaf(entry.record), root: head.root) else {
        throw Self.invalid("the record and its proof do not lead to the root that is signed", at: entry.position)
      }
      guard let record = try? Record(entry.record, at: entry.position.rawValue) else {
        throw Self.invalid("the record says another position, or has no form that is known", at: entry.position)
      }
      records.append(
        VerifiedEvidence.Record(position: entry.position, bytes: entry.record, entry: try? AuditEntry(record)))
    }
    return records
  }

  private static func read(
    _ texts: [String], as type: VerifierKey.SignatureType, field: String
  ) throws(LedgerError) -> [VerifierKey] {
    var keys: [VerifierKey] = []
    for text in texts {
      do throws(TransparencyError) { keys.append(try VerifierKey(text, of: type)) } catch {
        throw LedgerError(.invalidValue, "\(field): \(error.reason)", field: field)
      }
    }
    return keys
  }

  private static func invalid(_ reason: String, at position: Position? = nil) -> LedgerError {
    LedgerError(.invalidEvidence, reason, position: position)
  }
}
