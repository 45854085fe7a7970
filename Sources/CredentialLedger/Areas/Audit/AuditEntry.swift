import EventLog
public import LedgerEvents
import Projections

/// One event, with who caused it.
public struct AuditEntry: Sendable {
  public let position: UInt64
  public let time: Timestamp
  public let type: EventType
  /// Who caused it.
  public let actor: Subject
  /// What it concerns; the object that it made is not among them, see ``object``.
  public let subjects: [Subject]
  /// The object that it made, which goes by ``position``; nil where it made none.
  public let object: Subject?
  public let requestID: String?
  /// The event, personal data sealed.
  public let event: LedgerEvent
  /// The address that the request came from, where it was given.
  let address: Sealed?

  init(_ record: Record) throws(LogError) {
    let header = record.header
    position = header.position
    time = Timestamp(milliseconds: header.recordedAt)
    type = EventType(rawValue: header.type)
    guard let actor = Subject(header.actor) else {
      throw LogError(.unreadableEvent, "the kind of actor is not known; upgrade the program", at: header.position)
    }
    self.actor = actor
    var subjects: [Subject] = []
    for index in 0..<header.subjects.count {
      guard let subject = Subject(header.subjects[index]) else {
        throw LogError(.unreadableEvent, "a kind of subject is not known; upgrade the program", at: header.position)
      }
      subjects.append(subject)
    }
    self.subjects = subjects
    object = Subject(madeBy: header.type, at: header.position)
    requestID = record.requestID.isEmpty ? nil : String(decoding: record.requestID, as: UTF8.self)
    address =
      record.address.isEmpty ? nil : Sealed(person: record.address.prefix(16), box: record.address.dropFirst(16))
    event = try record.event
  }
}

extension Subject {
  init?(_ subject: LogSubject) {
    guard let kind = SubjectKind(rawValue: subject.kind) else { return nil }
    self.init(kind: kind, number: subject.number)
  }
}
