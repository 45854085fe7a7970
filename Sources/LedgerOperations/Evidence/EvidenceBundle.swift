public import LedgerCrypto
public import LedgerEvents

/// Evidence to take away: records, proofs that they are in the ledger, the signed checkpoint that the proofs lead to, and
/// the public keys that signed it. Somebody who has the ledger's key from elsewhere can check it without the ledger.
///
/// It proves that events are in the log, in their places and unaltered. It does not prove that others are not: whether a
/// grant was revoked later shows in the ledger alone, or in a mirror of the whole log.
///
/// ```swift
/// let explanation = try await ledger.explain(.token(handle))
/// let bundle = try await ledger.evidence.bundle(of: explanation.steps.map(\.position))
/// let file = bundle.encoded
///
/// // Elsewhere, with the key that was noted when the ledger was made:
/// let evidence = try EvidenceBundle(decoding: file).verify(keys: [verifierKey])
/// for record in evidence.records { print(record.position, record.entry?.type.description ?? "unknown") }
/// ```
public struct EvidenceBundle: Sendable, Hashable {
  /// The version of the format that this program writes and reads.
  public static let version: UInt64 = 1
  /// How many records a bundle holds at most.
  public static let maximumRecordCount = 10_000

  /// A record with the way from it to the root.
  public struct Entry: Sendable, Hashable {
    /// Where it is in the log, from 1.
    public let position: Position
    /// The record as it was stored and hashed, at most 65,535 bytes.
    public let record: [UInt8]
    /// The inclusion proof (RFC 6962, section 2.1.1): at most 64 hashes, from the leaf up.
    public let hashes: [Digest]

    public init(position: Position, record: [UInt8], hashes: [Digest]) {
      self.position = position
      self.record = record
      self.hashes = hashes
    }
  }

  /// The signed checkpoint (C2SP tlog-checkpoint), with cosignatures where it has any.
  public let checkpoint: String
  /// The ledger's public keys that signed it (C2SP signed-note). They say which key to ask the ledger's owner about, and
  /// deserve no trust by themselves.
  public let keys: [String]
  /// In the order of the log.
  public let entries: [Entry]

  /// Takes the parts as they are; nothing is checked before ``verify(keys:witnesses:)``.
  public init(checkpoint: String, keys: [String], entries: [Entry]) {
    self.checkpoint = checkpoint
    self.keys = keys
    self.entries = entries
  }
}

extension LedgerError.Code {
  /// Evidence is malformed, or does not prove what it claims.
  public static let invalidEvidence = Self(rawValue: "invalid_evidence")
}
