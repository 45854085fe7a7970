package import EventLog
import LMDB
package import LedgerEvents

/// A replay into a scratch environment that takes the time of each event.
package struct ReplayProfile {
  /// What the events of a type cost.
  package struct Cost: Sendable {
    package let type: EventType
    package fileprivate(set) var events: UInt64 = 0
    /// Rows that were written or deleted.
    package fileprivate(set) var rows: UInt64 = 0
    /// To decode and to apply them.
    package fileprivate(set) var duration: Duration = .zero
  }

  private let log: EventLog<ProjectionSet>
  private let path: String
  private let only: Set<ProjectionName>

  /// - Parameter path: a folder that does not exist; the caller removes it.
  package init(of log: EventLog<ProjectionSet>, at path: String, only: Set<ProjectionName>) {
    self.log = log
    self.path = path
    self.only = only
  }

  /// Replays everything up to a position.
  ///
  /// - Returns: the most expensive type first.
  package func run(upTo head: PositionNumber, progress: (PositionNumber) -> Void) throws(LogError) -> [Cost] {
    let environment = try stored { () throws(LMDBError) in try Environment(at: path) }
    defer { environment.close() }
    let changes = PastChanges()
    let (directory, validity) = try environment.write { (transaction) throws(LogError) in
      try stored { () throws(LMDBError) in
        // As a state of the past that begins with nothing: that keeps what is changed.
        let past = PastDirectory(
          nil, deleted: try environment.openTable(.init("deleted"), in: &transaction), changes)
        return (
          Directory(
            DirectoryTable(try environment.openTable(.init("directory"), in: &transaction), over: past),
            log.replayedPersonalData),
          TokenValidity(try environment.openTable(.init("validity"), in: &transaction))
        )
      }
    }
    var costs: [UInt16: Cost] = [:]
    var position: PositionNumber = 0
    let clock = ContinuousClock()
    while position < head {
      try environment.write { (transaction) throws(LogError) in
        let end = min(head, position + 65_536)
        while position < end {
          let records = try log.snapshot().records(from: position + 1, limit: Int(min(4_096, end - position)))
          guard let last = records.last else {
            throw LogError(.damagedRecord, "the log ends before its head", at: position + 1)
          }
          for record in records {
            let type = record.header.type
            var cost = costs[type] ?? Cost(type: EventType(rawValue: type))
            changes.begin()
            let start = clock.now
            let event = try record.event
            if only.contains(.directory) { try directory.apply(event, record.header, in: &transaction) }
            if only.contains(.validity) { try validity.apply(event, record.header, in: &transaction) }
            cost.duration += clock.now - start
            cost.events += 1
            cost.rows += UInt64(changes.end().count)
            if only.contains(.validity) {
              try StandingEffect.forEach(of: event, at: record.header.position) { (_, _) throws(LogError) in
                cost.rows += 1
              }
            }
            costs[type] = cost
          }
          position = last.header.position
        }
      }
      progress(position)
    }
    return costs.values.sorted { $0.duration > $1.duration }
  }
}
