import EventLog
public import LedgerEvents

/// A moment in a ledger's history.
///
/// ```swift
/// let state = try await ledger.history.state(at: .time(yesterday))
/// ```
public enum LedgerMoment: Sendable, Equatable {
  /// Right after the event at a position.
  case position(Position)
  /// At a time: right after the newest event that was recorded until then.
  case time(Timestamp)
  /// Right after the newest event.
  case latest
}

extension Ledger {
  /// The position of the last event that counts at a moment.
  ///
  /// - Throws: `invalid_value` for a moment before the ledger began, a position beyond the head, a time to come.
  public func position(of moment: LedgerMoment, field: String = "moment") throws(LedgerError) -> Position {
    let head = try head()
    switch moment {
    case .latest: return head
    case .position(let position):
      guard (1...max(head, 1)).contains(position) else {
        throw LedgerError(
          .invalidValue, "\(field): there is no event at position \(position); expected 1 to \(head)", field: field)
      }
      return position
    case .time(let time):
      let position = try position(at: time)
      if position == 0 {
        throw LedgerError(
          .invalidValue, "\(field): \(time) is before the ledger began\(try began.map { ", at \($0)" } ?? "")",
          field: field)
      }
      let newest = try self.time(of: head)
      let isNow = try time <= now || time == newest
      guard position < head || isNow else {
        throw LedgerError(
          .invalidValue, "\(field): \(time) is still to come; expected a time until now", field: field)
      }
      return position
    }
  }

  private var began: Timestamp? {
    get throws(LedgerError) { try time(of: 1) }
  }

  /// When the event at a position was recorded.
  package func time(of position: Position) throws(LedgerError) -> Timestamp? {
    try logged { () throws(LogError) in
      try log.snapshot().stamp(at: position.rawValue).map { Timestamp(milliseconds: $0.recordedAt) }
    }
  }
}
