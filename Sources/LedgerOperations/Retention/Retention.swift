/// What a ledger removes from its live file once the archive has it.
public struct Retention: Sendable {
  let ledger: Ledger
}

extension Ledger {
  /// What leaves the live file for the archive.
  public var retention: Retention { Retention(ledger: self) }
}
