import EventLog
public import LedgerEvents
import Projections

/// An event whose record is in an archive that is not available: all that the ledger says of it without.
public struct ArchivedEvent: Sendable, Hashable {
  public let position: Position
  public let time: Timestamp
  public let type: EventType
  /// The object that it made, named by ``position``; nil where it made none.
  public let object: Subject?
  /// Where the record is.
  public let place: ArchivePlace

  init(_ found: ArchivedPlace) {
    position = Position(found.position)
    time = Timestamp(milliseconds: found.stamp.recordedAt)
    type = EventType(rawValue: found.stamp.type)
    object = Subject(madeBy: found.stamp.type, at: position)
    place = found.segment.place
  }
}

extension Subject {
  /// The object that an event of a type makes; nil where it makes none.
  init?(madeBy type: UInt16, at position: Position) {
    guard let kind = SubjectKind.allCases.first(where: { EventType.creates(type, $0.rawValue) }) else { return nil }
    self.init(kind: kind, number: position.rawValue)
  }
}
