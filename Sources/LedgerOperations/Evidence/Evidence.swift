/// What others can check without the ledger: bundles of events with their proofs, cosigned checkpoints, and tiles.
public struct Evidence: Sendable {
  let ledger: Ledger
}

extension Ledger {
  /// Evidence for others: bundles, cosignatures, tiles.
  public var evidence: Evidence { Evidence(ledger: self) }
}
