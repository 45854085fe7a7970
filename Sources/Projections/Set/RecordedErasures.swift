import EventLog
import LedgerEvents
import Synchronization

/// The erasures that a log records, read from its records: so that they are known where no projection can be trusted yet.
///
/// Nothing is read before a key is found missing. Then each record's header is looked at once.
final class RecordedErasures: ErasureRecord {
  private struct Found: Sendable {
    var persons: Set<[UInt8]> = []
    var through: PositionNumber = 0
  }

  private let log: EventLog<ProjectionSet>
  private let found = Mutex(Found())

  init(of log: EventLog<ProjectionSet>) { self.log = log }

  func contains(_ person: [UInt8]) throws(LogError) -> Bool {
    try found.withLock { (found) throws(LogError) in
      if found.persons.contains(person) { return true }
      // A key goes after its event is durable: so a snapshot of now has the event.
      let view = try log.snapshot()
      let head = try view.head()
      guard found.through < head else { return false }
      var erasures: [PositionNumber] = []
      try view.forEachRecord(in: found.through + 1...head) { (place) throws(LogError) in
        if place.stamp.type == EventType.subjectErased.rawValue { erasures.append(place.position) }
        return true
      } _: { (header, _) throws(LogError) in
        if header.type == EventType.subjectErased.rawValue { erasures.append(header.position) }
        return true
      }
      for position in erasures {
        guard let record = try view.record(at: position) else { continue }
        if case .subjectErased(let event) = try record.event { found.persons.insert(Array(event.person)) }
      }
      found.through = head
      return found.persons.contains(person)
    }
  }
}
