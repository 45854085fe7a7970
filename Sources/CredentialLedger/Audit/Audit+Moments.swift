import EventLog
import LedgerEvents
import Projections

extension Audit {
  /// When an event was recorded, and of which type it is.
  package struct Moment: Sendable {
    package let type: EventType
    package let time: Timestamp
  }

  /// Of the newest events that a filter lets pass, when each was recorded, and its type; the newest first. Reads no more of them
  /// than their headers, about a microsecond each; where a request is asked for, the whole records.
  ///
  /// - Parameter limit: how many at most, 1 to 10,000.
  /// - Returns: and whether these are all, as far as ``stepLimit`` lets look.
  package func moments(
    of filter: Filter = .all, limit: Int
  ) async throws(LedgerError) -> (moments: [Moment], isWhole: Bool) {
    guard !filter.needsRecord else {
      let page = try await search(filter, limit: limit)
      return (page.entries.map { Moment(type: $0.type, time: $0.time) }, page.next == nil)
    }
    let ledger = ledger
    return try await ledger.blocking(.short) { () throws(LedgerError) in
      try logged { () throws(LogError) in
        let view = try ledger.log.snapshot()
        guard let range = try ledger.range(of: filter, ascending: false, after: nil, in: view) else {
          return ([], true)
        }
        let search = AuditSearch(groups: try ledger.groups(of: filter, in: view), range: range)
        var moments: [Moment] = []
        var budget = Self.stepLimit
        let next = try view.auditTrail().search(search, budget: &budget, in: view) { (position) throws(LogError) in
          if let stamp = try view.stamp(at: position) {
            moments.append(
              Moment(type: EventType(rawValue: stamp.type), time: Timestamp(milliseconds: stamp.recordedAt)))
          }
          return moments.count < limit
        }
        return (moments, next == nil)
      }
    }
  }
}
