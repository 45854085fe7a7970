/// The archive of a ledger: segments of its log in a folder that only grows.
public struct Archive: Sendable {
  let ledger: Ledger
}

extension Ledger {
  /// The archive, a folder of segments of the log.
  public var archive: Archive { Archive(ledger: self) }
}
