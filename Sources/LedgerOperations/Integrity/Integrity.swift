/// Whether a ledger is what its history says: verification, proofs, and projections compared with a replay.
public struct Integrity: Sendable {
  let ledger: Ledger
}

extension Ledger {
  /// Verification, proofs, replay.
  public var integrity: Integrity { Integrity(ledger: self) }
}
