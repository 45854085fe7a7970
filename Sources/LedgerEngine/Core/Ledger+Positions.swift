import EventLog
public import LedgerEvents
import Projections

extension Ledger {
  /// The position of the newest event that was recorded at a time or before it; 0 before the first.
  ///
  /// Recorded times never decrease, so it is found by a binary search: some twenty look-ups in ten million events.
  ///
  /// ```swift
  /// let position = try ledger.position(at: yesterday)
  /// ```
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func position(at time: Timestamp) throws(LedgerError) -> Position {
    Position(try logged { () throws(LogError) in try StandingHistory.position(at: time, in: log.snapshot()) })
  }

  /// The position of the newest event.
  ///
  /// ```swift
  /// let head = try ledger.head()
  /// ```
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func head() throws(LedgerError) -> Position {
    Position(try logged { () throws(LogError) in try log.snapshot().head() })
  }
}
