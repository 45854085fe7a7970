import EventLog
import LedgerDomain
public import LedgerEvents
import Projections

/// Who did what, and when.
public struct Audit: Sendable {
  let ledger: Ledger

  /// What is asked about.
  public enum Query: Sendable {
    /// Everything.
    case all
    /// What an account did, and what concerns it.
    case account(AccountID)
    case connector(ConnectorID)
    case group(GroupID)
    case grant(GrantID)
    /// The handle of an access or refresh token.
    case token(TokenID)
    case type(EventType)
    /// What somebody did.
    case actor(Subject)
    /// What concerns something.
    case subject(Subject)
  }

  /// The newest events that a query finds, newest first, without a scan of the log.
  ///
  /// - Parameters:
  ///   - limit: 1 to 10,000.
  ///   - before: only events at smaller positions: the last of an answer, to get the ones that follow it.
  public func latest(
    _ limit: Int = 50, of query: Query = .all, before: UInt64? = nil
  ) async throws(LedgerError) -> [AuditEntry] {
    guard (1...10_000).contains(limit) else {
      throw LedgerError(.invalidValue, "limit: expected 1 to 10,000", field: "limit")
    }
    let ledger = ledger
    return try await ledger.blocking { () throws(LedgerError) in
      try logged { () throws(LogError) in
        let view = try ledger.log.snapshot()
        var entries: [AuditEntry] = []
        guard let terms = query.terms else {
          let end = min(before ?? .max, try view.head() + 1)
          guard end > 1 else { return [] }
          for position in stride(from: end - 1, to: 0, by: -1).prefix(limit) {
            if let record = try view.record(at: position) { entries.append(try AuditEntry(record)) }
          }
          return entries
        }
        for position in try view.auditTrail().latest(limit, of: terms, before: before, in: view) {
          if let record = try view.record(at: position) { entries.append(try AuditEntry(record)) }
        }
        return entries
      }
    }
  }
}

extension Audit.Query {
  /// The terms of the audit trail's index; nil for everything.
  fileprivate var terms: [AuditTerm]? {
    switch self {
    case .all: nil
    case .account(let id): [.actor(LogSubject(Subject(id))), .subject(LogSubject(Subject(id)))]
    case .connector(let id): [.actor(LogSubject(Subject(id))), .subject(LogSubject(Subject(id)))]
    case .group(let id): [.subject(LogSubject(Subject(id)))]
    case .grant(let id): [.subject(LogSubject(Subject(id)))]
    case .token(let id):
      [.subject(LogSubject(Subject(id))), .subject(LogSubject(kind: SubjectKind.family.rawValue, number: id.rawValue))]
    case .type(let type): [.type(type.rawValue)]
    case .actor(let subject): [.actor(LogSubject(subject))]
    case .subject(let subject): [.subject(LogSubject(subject))]
    }
  }
}

extension LogSubject {
  init(_ subject: Subject) { self.init(kind: subject.kind.rawValue, number: subject.number) }
}

/// One event, with who caused it.
public struct AuditEntry: Sendable {
  public let position: UInt64
  public let time: Timestamp
  public let type: EventType
  /// Who caused it.
  public let actor: Subject
  /// What it concerns; the object that it made goes by ``position`` itself.
  public let subjects: [Subject]
  public let requestID: String?
  /// The event, personal data sealed.
  public let event: LedgerEvent

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
    requestID = record.requestID.isEmpty ? nil : String(decoding: record.requestID, as: UTF8.self)
    event = try record.event
  }
}

extension Subject {
  fileprivate init?(_ subject: LogSubject) {
    guard let kind = SubjectKind(rawValue: subject.kind) else { return nil }
    self.init(kind: kind, number: subject.number)
  }
}

/// The events of a ledger from a position on: those that are there, and those that come, without a miss or a repeat.
/// Ends when the ledger is closed or the task cancelled.
public struct LedgerEventStream: AsyncSequence, Sendable {
  let subscription: Subscription<ProjectionSet>

  public func makeAsyncIterator() -> Iterator { Iterator(records: subscription.makeAsyncIterator()) }

  public struct Iterator: AsyncIteratorProtocol {
    var records: Subscription<ProjectionSet>.Iterator

    /// The next event.
    /// - Throws: `damaged` where it cannot be read.
    public mutating func next(isolation: isolated (any Actor)? = #isolation) async throws(LedgerError) -> AuditEntry? {
      do throws(LogError) {
        guard let record = try await records.next(isolation: isolation) else { return nil }
        return try AuditEntry(record)
      } catch { throw LedgerError(error) }
    }
  }
}

extension Ledger {
  /// The audit trail.
  public var audit: Audit { Audit(ledger: self) }

  /// The events from a position on, and those that will come.
  public func events(from position: UInt64 = 1) -> LedgerEventStream {
    LedgerEventStream(subscription: log.subscribe(from: position))
  }

  /// The position of the newest event that was recorded at a time or before it; 0 before the first.
  ///
  /// Recorded times never decrease, so it is found by a binary search: some twenty look-ups in ten million events.
  public func position(at time: Timestamp) throws(LedgerError) -> UInt64 {
    try logged { () throws(LogError) in try StandingHistory.position(at: time, in: log.snapshot()) }
  }

  /// The position of the newest event.
  public func head() throws(LedgerError) -> UInt64 {
    try logged { () throws(LogError) in try log.snapshot().head() }
  }
}
