public import LedgerEvents

/// How long the events of expired tokens stay in the live file once an archive has them.
public struct RetentionPolicy: Sendable, Hashable {
  /// How long ago a token must have expired, by the ledger's clock at the run: a day or more.
  public var olderThan: Duration

  public init(olderThan: Duration) { self.olderThan = olderThan }

  /// The shortest and the longest that a policy can say: a day, and a hundred years of 365 days.
  public static let bounds: ClosedRange<Duration> = .seconds(86_400) ... .seconds(36_500 * 86_400)

  /// - Throws: `invalid_value`.
  func validate() throws(LedgerError) {
    guard Self.bounds.contains(olderThan) else {
      throw LedgerError(
        .invalidValue, "olderThan: expected 1 day to 36,500 days, for instance 90 days", field: "olderThan")
    }
  }

  /// In milliseconds.
  var milliseconds: Int64 { (Timestamp(milliseconds: 0) + olderThan).milliseconds }
}

/// What a policy removes, or has removed.
public struct RetentionReport: Sendable {
  /// The records that one segment of the archive takes over.
  public struct Share: Sendable, Hashable {
    /// The segment that has the records.
    public let place: ArchivePlace
    /// How many records leave.
    public internal(set) var records: UInt64
    /// How many bytes their rows take in the file.
    public internal(set) var bytes: UInt64
  }

  /// Tokens count that had expired by then.
  public let expiredBy: Timestamp
  /// How many segments the archive has, each of which was compared with the ledger.
  public let segments: Int
  /// The newest event in the archive.
  public let position: Position
  /// The segments that have what leaves.
  public internal(set) var shares: [Share]
  /// How many records had left before.
  public let archivedBefore: UInt64
  /// The events `retention.applied` of this run; none where it was only tried.
  public internal(set) var events: [Position]

  /// How many records leave.
  public var records: UInt64 { shares.reduce(0) { $0 + $1.records } }
  /// How many bytes their rows take in the file: what becomes free in it, for later rows, up to pages that keep a row of
  /// something else. The file itself does not shrink.
  public var bytes: UInt64 { shares.reduce(0) { $0 + $1.bytes } }
}
