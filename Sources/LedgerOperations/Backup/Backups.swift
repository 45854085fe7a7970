/// Backups of a ledger and exports of it: copies that it can be made of again, by ``Ledger/restore(from:keys:at:_:record:missingKeys:against:by:progress:)``
/// and ``Ledger/importing(_:keys:at:_:record:missingKeys:against:by:progress:)``.
public struct Backups: Sendable {
  let ledger: Ledger
}

extension Ledger {
  /// Backups and exports.
  public var backups: Backups { Backups(ledger: self) }
}
