/// When a ledger verifies the rows that decide access (the directory and token validity) against the sums that each
/// commit keeps of them.
///
/// A row that was changed is found whenever it is read. What only the sums show is a row that is missing or of another
/// moment, such as a grant from before it was revoked: where a device lost a page, or somebody put an old one back.
public struct ScrubPolicy: Sendable, Equatable {
  /// When it is done at opening, before anything is served.
  public enum Opening: Sendable {
    case never
    /// Where the last process that wrote did not close the ledger; only in an opening for writing.
    case afterUncleanEnd
    case always
  }

  /// When it is done at opening. It takes about a second for some million rows.
  public var opening: Opening
  /// How long lies between two rounds in the background of a ledger that is open for writing; nil for none.
  public var interval: Duration?
  /// How many rows a second are looked at in the background. A round keeps a snapshot for as long as it takes.
  public var rate: Int

  public init(opening: Opening = .afterUncleanEnd, interval: Duration? = .seconds(3_600), rate: Int = 200_000) {
    self.opening = opening
    self.interval = interval
    self.rate = rate
  }
}

extension ScrubPolicy.Opening {
  /// Whether an opening scrubs, given how the last writer ended.
  package func isDue(afterCleanEnd wasClean: Bool) -> Bool { self == .always || self == .afterUncleanEnd && !wasClean }
}
