import EventLog
import LMDB
public import LedgerEvents

/// What a ledger has done since it was opened, and what its storage holds: for monitoring.
public struct LedgerMetrics: Sendable {
  /// How often a measured value lay in each of a row of ranges.
  public struct Histogram: Sendable {
    /// The upper end of each range, which belongs to it; a last range has none.
    public let bounds: [Double]
    /// How many values lay in each range; one more than there are bounds.
    public let counts: [UInt64]
    /// Of all values.
    public let sum: Double
  }

  /// Events committed by this process, by type, in the order of the types' numbers.
  public let events: [(type: EventType, count: UInt64)]
  /// Events in each commit.
  public let batches: Histogram
  /// How long each commit took, its sync included, in seconds.
  public let commits: Histogram
  /// Size of the map in bytes: what the file may grow to before the map must.
  public let mapBytes: Int
  /// Bytes of the map in use, free pages in between included.
  public let usedBytes: Int
  /// Read transactions that are open, in all processes.
  public let readers: Int
  /// How many commits lie behind the oldest of them: their pages cannot be used again.
  public let oldestReaderCommits: UInt64
  /// How long the oldest read transaction of this process has been open.
  public let oldestRead: Duration
  /// How many of the newest events the audit trail's index does not cover yet.
  public let unindexed: UInt64
}

extension Ledger {
  /// Figures for monitoring. Some microseconds, and one look-up for each reader.
  ///
  /// ```swift
  /// let metrics = try ledger.metrics
  /// print("\(metrics.usedBytes) of \(metrics.mapBytes) bytes are used")
  /// ```
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public var metrics: LedgerMetrics {
    get throws(LedgerError) {
      let activity = log.writer?.activity
      let (storage, reads, readers) = try logged {
        () throws(LogError) -> (EnvironmentStatistics, [LongRead], [ReaderInfo]) in
        do throws(LMDBError) {
          return (
            try log.environment.statistics(), try log.environment.reads(openLongerThan: .zero),
            try log.environment.readers()
          )
        } catch { throw LogError(error) }
      }
      let unindexed = try logged { () throws(LogError) in
        let view = try log.snapshot()
        return try view.head() - view.auditTrail().coveredThrough(in: view)
      }
      let oldest = readers.map(\.snapshot).min() ?? storage.lastTransaction
      let events = (activity?.events ?? []).enumerated().filter { $0.element > 0 }
      return LedgerMetrics(
        events: events.map { (EventType(rawValue: UInt16($0.offset)), $0.element) },
        batches: .init(activity?.batches), commits: .init(activity?.commits), mapBytes: storage.mapSize,
        usedBytes: storage.usedBytes, readers: readers.count,
        oldestReaderCommits: storage.lastTransaction > oldest ? storage.lastTransaction - oldest : 0,
        oldestRead: reads.first?.age ?? .zero, unindexed: unindexed)
    }
  }
}

extension LedgerMetrics.Histogram {
  /// What a writer has counted; nothing where there is no writer.
  fileprivate init(_ histogram: CommitHistogram?) {
    self.init(bounds: histogram?.bounds ?? [], counts: histogram?.counts ?? [0], sum: histogram?.sum ?? 0)
  }
}
