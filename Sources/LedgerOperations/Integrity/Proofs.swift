import EventLog
import KeyStore
public import LedgerCrypto
public import LedgerEvents
public import TransparencyLog

/// Proof that an event is in the ledger: all that somebody without the ledger needs to check it.
public struct EventProof: Sendable {
  public let position: Position
  /// The event's record, as it is stored and hashed; nil where it is in an archive that is not available: then
  /// ``leafHash`` is what is proved, and the record from the archive hashes to it.
  public let record: [UInt8]?
  /// The record's hash, the leaf of the tree.
  public let leafHash: Digest
  /// Where the record is, if it is no longer in the live file and the archive is not available.
  public let archivedIn: ArchivePlace?
  public let inclusion: InclusionProof
  /// The signed checkpoint (C2SP tlog-checkpoint) that the proof leads to.
  public let checkpoint: String

  /// Whether the record is in the tree that the checkpoint speaks of, and a key has signed the checkpoint.
  ///
  /// ```swift
  /// let isProved = proof.verify(origin: "ledger.example.org", verifierKey: verifierKey)
  /// ```
  ///
  /// - Parameters:
  ///   - origin: the ledger's name.
  ///   - verifierKey: the key (C2SP signed-note), from another source than the ledger.
  public func verify(origin: String, verifierKey: String) -> Bool {
    verify(origin: origin, verifierKeys: [verifierKey])
  }

  /// The same with several keys, one of which must have signed: those that the ledger has had.
  ///
  /// ```swift
  /// let isGenuine = proof.verify(origin: ledger.origin, verifierKeys: try ledger.verifierKeys)
  /// ```
  public func verify(origin: String, verifierKeys: [String]) -> Bool {
    let keys = verifierKeys.compactMap { try? VerifierKey($0) }
    guard let note = try? SignedNote(decoding: Array(checkpoint.utf8)),
      let signed = try? note.verifiedKeys(among: keys), signed.count == 1,
      let head = try? Checkpoint(noteText: note.text), head.origin == origin,
      inclusion.treeSize == head.size, inclusion.leafIndex == position.leafIndex
    else { return false }
    if let record, SHA256.hash(prefix: 0, record) != leafHash { return false }
    return inclusion.verify(leafHash: leafHash, root: head.root)
  }
}

extension Integrity {
  /// Proves that an event is in the ledger, by a checkpoint over every event so far. Of a record that was moved to an
  /// archive that is not available, its hash is proved.
  ///
  /// ```swift
  /// let proof = try await ledger.integrity.proveInclusion(of: token.handle.position)
  /// ```
  ///
  /// The proof is verified before it is returned.
  ///
  /// - Throws: `not_found` for a position that there is not; `damaged` where the record and the tree do not lead to the
  ///   root that was signed.
  public func proveInclusion(of position: Position) async throws(LedgerError) -> EventProof {
    _ = try await ledger.checkpoint()
    let (log, reading) = (ledger.log, Ledger.checkpointReading(origin: ledger.origin, ledger.keyStore))
    let proof = try await ledger.blocking(.short) { () throws(LedgerError) -> EventProof? in
      try logged { () throws(LogError) in
        let view = try log.snapshot()
        guard let signed = try view.checkpoint(atOrBefore: .max),
          let inclusion = try view.inclusionProof(of: position.rawValue, at: signed.size),
          let leafHash = try position == 0 ? nil : view.leafHash(at: position.rawValue)
        else { return nil }
        let place = log.archive == nil ? try view.archivedPlace(at: position.rawValue) : nil
        let record = try place == nil ? view.record(at: position.rawValue) : nil
        let leaf = record.map { MerkleHash.leaf($0.bytes) } ?? leafHash
        // What does not hold never leaves the ledger as evidence.
        guard inclusion.verify(leafHash: leaf, root: try reading(signed.note).root) else {
          throw Ledger.unproven(at: position)
        }
        return EventProof(
          position: position, record: record?.bytes, leafHash: leaf, archivedIn: place?.segment.place,
          inclusion: inclusion, checkpoint: signed.note)
      }
    }
    guard let proof else {
      let head = try ledger.checkpointedHead()
      throw LedgerError(
        .notFound, "position: expected 1 to \(head), the head of the newest checkpoint", field: "position")
    }
    return proof
  }

  /// Proves that the ledger was only appended to between two sizes; nil where it never had one of them. The proof is
  /// verified before it is returned, and its later root against the newest checkpoint.
  ///
  /// ```swift
  /// let grown = try await ledger.integrity.proveConsistency(from: 10, to: ledger.head())
  /// ```
  ///
  /// - Parameters:
  ///   - old: the last event of the earlier tree.
  ///   - new: the last event of the later tree.
  /// - Throws: `damaged` where the tree does not agree with the newest checkpoint; `closed`, `busy`, `storage`.
  public func proveConsistency(from old: Position, to new: Position) async throws(LedgerError) -> ConsistencyProof? {
    let (oldSize, newSize) = (old.rawValue, new.rawValue)
    let (log, reading) = (ledger.log, Ledger.checkpointReading(origin: ledger.origin, ledger.keyStore))
    return try await ledger.blocking(.short) { () throws(LedgerError) in
      try logged { () throws(LogError) in
        let view = try log.snapshot()
        guard let proof = try view.consistencyProof(from: oldSize, to: newSize),
          let oldRoot = try view.root(at: oldSize),
          let newRoot = try view.root(at: newSize)
        else { return nil }
        try view.requireAgreement(of: newSize, newRoot, reading: reading)
        guard proof.verify(oldRoot: oldRoot, newRoot: newRoot) else { throw Ledger.unproven(at: old) }
        return proof
      }
    }
  }
}

extension Ledger {
  /// How many events the newest checkpoint covers.
  fileprivate func checkpointedHead() throws(LedgerError) -> UInt64 {
    try logged { () throws(LogError) in try log.snapshot().checkpoint(atOrBefore: .max)?.size ?? 0 }
  }

  /// The error for a record that the tree does not lead to what was signed.
  static func unproven(at position: Position) -> LogError {
    LogError(
      .inconsistentTree,
      "the record and the tree do not lead to the root that was signed; verify the ledger, and restore a backup",
      at: position.rawValue)
  }
}
