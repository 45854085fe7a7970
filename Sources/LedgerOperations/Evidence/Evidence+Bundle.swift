import EventLog
public import LedgerEvents
import TransparencyLog

extension Evidence {
  /// Puts together evidence of events: what somebody without the ledger needs to check that they are in it.
  ///
  /// ```swift
  /// let explanation = try await ledger.explain(.token(handle))
  /// let bundle = try await ledger.evidence.bundle(of: explanation.steps.map(\.position))
  /// ```
  ///
  /// Reads each record and a few tiles for it: some ten microseconds a record.
  ///
  /// - Parameters:
  ///   - positions: which events; in any order, those given twice count once. 1 to 10,000.
  ///   - checkpoint: the checkpoint to prove them by, such as one that witnesses have cosigned; without it the newest,
  ///     signed anew if the ledger is open for writing and the newest does not cover everything.
  /// - Throws: `invalid_value` for no or too many positions; `not_found` for a position that the checkpoint does not
  ///   cover; `closed` where nothing was signed yet; `archived` where a record is in an archive that is not available; as
  ///   ``Integrity/verify(against:verifierKeys:)`` for a checkpoint that was given; `damaged` where a record and the tree do not lead to the
  ///   root that was signed: each proof is verified before it is returned.
  public func bundle(
    of positions: [Position], at checkpoint: String? = nil
  ) async throws(LedgerError) -> EvidenceBundle {
    let positions = Set(positions).sorted()
    guard (1...EvidenceBundle.maximumRecordCount).contains(positions.count) else {
      throw LedgerError(
        .invalidValue, "positions: expected 1 to \(EvidenceBundle.maximumRecordCount)", field: "positions")
    }
    let text = if let checkpoint { checkpoint } else { try await ledger.checkpoint() }
    let known = try KnownCheckpoint(text, of: ledger)
    let log = ledger.log
    return try await ledger.blocking { () throws(LedgerError) in
      let view = try logged { () throws(LogError) in try log.snapshot() }
      try logged { () throws(LogError) in try view.requireExtension(of: known.checkpoint) }
      var entries: [EvidenceBundle.Entry] = []
      for position in positions {
        let found = try logged { () throws(LogError) in
          (
            record: try view.record(at: position.rawValue),
            proof: try view.inclusionProof(of: position.rawValue, at: known.checkpoint.size)
          )
        }
        guard let record = found.record, let proof = found.proof else {
          throw LedgerError(
            .notFound, "position: expected 1 to \(known.checkpoint.size), which the checkpoint covers",
            field: "position", position: position)
        }
        // What does not hold never leaves the ledger as evidence.
        guard proof.verify(leafHash: MerkleHash.leaf(record.bytes), root: known.checkpoint.root) else {
          throw LedgerError(Ledger.unproven(at: position))
        }
        entries.append(EvidenceBundle.Entry(position: position, record: record.bytes, hashes: proof.hashes))
      }
      return EvidenceBundle(checkpoint: text, keys: known.signers.map { $0.upTo(nil).description }, entries: entries)
    }
  }
}
