package import EventLog
public import LedgerEvents
import Projections

/// One event, with who caused it.
public struct AuditEntry: Sendable {
  public let position: Position
  public let time: Timestamp
  public let type: EventType
  /// Who caused it.
  public let actor: Subject
  /// What it concerns; the object that it made is not among them, see ``object``.
  public let subjects: [Subject]
  /// The object that it made, named by ``position``; nil where it made none.
  public let object: Subject?
  public let requestID: String?
  /// The account of the operator who was named for it; nil where nobody was.
  public let namedOperator: AccountID?
  /// Why it was asked for; nil where nothing was said.
  public let reason: String?
  /// What it goes back to outside the ledger; nil where nothing was named.
  public let ticket: String?
  /// The event, personal data sealed.
  public let event: LedgerEvent
  /// The address that the request came from, where it was given.
  let address: Sealed?

  /// Reads a stored record.
  package init(_ record: Record) throws(LogError) {
    let header = record.header
    position = Position(header.position)
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
    object = Subject(madeBy: header.type, at: position)
    requestID = record.requestID.isEmpty ? nil : String(decoding: record.requestID, as: UTF8.self)
    namedOperator = subjects.first { $0.kind == .operator && $0.number > 0 }.map { AccountID(rawValue: $0.number) }
    ticket = record.ticket.isEmpty ? nil : String(decoding: record.ticket, as: UTF8.self)
    address =
      record.address.isEmpty ? nil : Sealed(person: record.address.prefix(16), box: record.address.dropFirst(16))
    let event = try record.event
    self.event = event
    reason = record.reason.isEmpty ? event.ownReason : String(decoding: record.reason, as: UTF8.self)
  }
}

extension LedgerEvent {
  /// The reason that some events have of their own.
  fileprivate var ownReason: String? {
    switch self {
    case .accountDisabled(let event): event.reason.isEmpty ? nil : event.reason
    case .connectorDeactivated(let event): event.reason.isEmpty ? nil : event.reason
    case .webhookDisabled(let event): event.reason.isEmpty ? nil : event.reason
    case .permissionReviewed(let event): event.reason.isEmpty ? nil : event.reason
    default: nil
    }
  }
}
