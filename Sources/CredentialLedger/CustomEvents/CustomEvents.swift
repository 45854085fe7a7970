import KeyStore
public import LedgerDomain
public import LedgerEvents

/// The events of one namespace: to record, to read and to follow.
///
/// They are in the ledger's log like its own: the same commit, proofs, audit trail, replay, exports and archive. They change
/// nothing that the ledger decides by, and their type in the log is `custom.recorded`, whatever they are called.
///
/// ```swift
/// let billing = ledger.events(of: "com.example.billing")
/// let position = try await billing.append(
///   "invoice.paid", payload: Array("{}".utf8), about: [Subject(connector.id)],
///   personal: [PersonalField("payer", of: account, "Ada Lovelace")], by: account)
/// ```
public struct CustomEvents: Sendable {
  let ledger: Ledger
  /// The namespace's name.
  public let namespace: String

  /// How many bytes of UTF-8 a personal text may have.
  public static let maximumTextByteCount = 4_096

  /// Records an event: durable when it returns, and provable like every other. One commit, shared with what others ask for at
  /// the same time.
  ///
  /// ```swift
  /// let position = try await ledger.events(of: "com.example.billing").append(
  ///   "invoice.sent", version: 2, payload: Array("{}".utf8), contentType: "application/json", by: Requester.operator)
  /// ```
  ///
  /// - Parameters:
  ///   - type: one that was registered.
  ///   - version: of the payload, as the program counts.
  ///   - payload: at most 32,768 bytes, opaque to the ledger and in the log for good: nothing personal and no secret.
  ///   - contentType: the media type of the payload, at most 100 bytes of ASCII.
  ///   - subjects: accounts, connectors, groups, grants and tokens that it concerns, by which the audit trail finds it: at most
  ///     five, with the accounts of `personal`.
  ///   - personal: at most 16 fields of some 19,000 bytes in all, gone with the erasure of their persons.
  ///   - requester: who is recorded as having caused it. The library does not ask what that person may do with the program's
  ///     own objects: the program does.
  ///   - context: an idempotency key in it makes a repeated call record nothing.
  /// - Returns: the position of the event.
  /// - Throws: `not_found` of `namespace`, `subjects`, `account` or `personal`; `invalid_value`; `gone` for an erased person;
  ///   `account_disabled`.
  public func append(
    _ type: String, version: UInt32 = 0, payload: [UInt8] = [], contentType: String? = nil,
    about subjects: [Subject] = [], personal: [PersonalField] = [], by requester: some Requesting,
    context: RequestContext = .none
  ) async throws(LedgerError) -> Position {
    guard personal.allSatisfy({ $0.text.utf8.count <= Self.maximumTextByteCount }) else {
      throw LedgerError(
        .invalidValue, "personal: expected texts of at most \(Self.maximumTextByteCount) bytes", field: "personal")
    }
    var command = RecordCustomEvent(namespace: namespace, type: type, requester: requester)
    command.version = version
    command.payload = payload
    command.contentType = contentType ?? ""
    command.subjects = subjects
    command.personal = try await seal(personal, type: type)
    let recorded = command
    return try await ledger.submit(
      recorded, asked: .append(recorded, personal), by: requester.caller, context: context)
  }

  private func seal(
    _ fields: [PersonalField], type: String
  ) async throws(LedgerError) -> [RecordCustomEvent.PersonalField] {
    guard !fields.isEmpty else { return [] }
    // The command says so too; here it is before any key is used.
    guard fields.count <= RecordCustomEvent.maximumPersonalCount else {
      throw LedgerError(
        .invalidValue, "personal: expected at most \(RecordCustomEvent.maximumPersonalCount) fields", field: "personal")
    }
    let (ledger, namespace) = (ledger, namespace)
    return try await ledger.blocking(.short) { () throws(LedgerError) in
      var sealed: [RecordCustomEvent.PersonalField] = []
      for field in fields {
        let person = try ledger.person(of: field.account)
        let value = try ledger.seal(field.text, for: person, .customField(field.name, of: type, in: namespace))
        sealed.append(RecordCustomEvent.PersonalField(name: field.name, account: field.account, value: value))
      }
      return sealed
    }
  }

  /// A page of the events of a namespace.
  public struct Page: Sendable {
    public let events: [CustomEvent]
    /// After which position to go on in the same order; nil once everything there was has been looked at.
    public let next: Position?
    /// The newest event of the log that there was, of whatever type.
    public let head: Position
  }

  /// The namespace's events, a page at a time, by an index. On a thread for reading.
  ///
  /// ```swift
  /// let page = try await ledger.events(of: "com.example.billing").page(about: Subject(account), limit: 20)
  /// ```
  ///
  /// - Parameters:
  ///   - subject: only those that concern it; nil for all.
  ///   - order: the oldest first unless set.
  ///   - after: only those that come after this position in that order: ``Page/next`` of the page before.
  ///   - limit: 1 to 10,000.
  /// - Throws: `not_found` for a namespace that was not registered; `invalid_value`, `archived`, `damaged`, `storage`.
  public func page(
    about subject: Subject? = nil, order: Audit.Order = .oldestFirst, after: Position? = nil, limit: Int = 50
  ) async throws(LedgerError) -> Page {
    var filter = try filter()
    if let subject { filter = filter.and(.subject(subject)) }
    let page = try await ledger.audit.search(filter, order: order, after: after, limit: limit)
    try page.requireWhole()
    return Page(events: page.entries.compactMap { CustomEvent($0) }, next: page.next, head: page.head)
  }

  /// The namespace's events after a position, and those that come, without a miss or a repeat. Ends when the ledger is closed or
  /// the task cancelled.
  ///
  /// ```swift
  /// for try await event in try ledger.events(of: "com.example.billing").follow(after: 0) { show(event.type) }
  /// ```
  ///
  /// - Throws: `not_found` for a namespace that was not registered.
  public func follow(after position: Position) throws(LedgerError) -> CustomEventStream {
    CustomEventStream(entries: ledger.audit.follow(try filter(), after: position))
  }

  /// What is personal in an event, as far as a disclosure goes. On a thread for reading.
  ///
  /// ```swift
  /// let leave = try await ledger.disclose(.accounts([account]), for: "invoice 12", by: Requester.operator)
  /// let values = try await ledger.events(of: "com.example.billing").reveal(event, under: leave)
  /// ```
  ///
  /// - Returns: for each personal field its text, or that it is sealed or its person erased. The address of the request is
  ///   among them where one was recorded.
  /// - Throws: as ``Audit/describe(_:under:)``.
  public func reveal(
    _ event: CustomEvent, under disclosure: Disclosure
  ) async throws(LedgerError) -> [Audit.PersonalValue] {
    try await ledger.audit.describe([event.entry], under: disclosure).personal[event.position] ?? []
  }

  private func filter() throws(LedgerError) -> Audit.Filter {
    guard let known = try ledger.eventNamespaces.namespace(namespace) else {
      throw LedgerError(
        Refusal(.notFound, field: "namespace", expected: "a namespace of this ledger", remedy: "register it first"))
    }
    return .subject(Subject(known.id)).and(.type(.customRecorded))
  }
}

/// What ``CustomEvents/follow(after:)`` gives.
public struct CustomEventStream: AsyncSequence, Sendable {
  let entries: AuditStream

  public func makeAsyncIterator() -> Iterator { Iterator(entries: entries.makeAsyncIterator()) }

  public struct Iterator: AsyncIteratorProtocol {
    var entries: AuditStream.Iterator

    /// The next event.
    /// - Throws: `damaged`, `archived`, `storage`.
    public mutating func next(isolation: isolated (any Actor)? = #isolation) async throws(LedgerError) -> CustomEvent? {
      while let entry = try await entries.next(isolation: isolation) {
        if let event = CustomEvent(entry) { return event }
      }
      return nil
    }
  }
}

extension Ledger {
  /// The events that a program records under its namespace. The namespace need not be registered yet.
  public func events(of namespace: String) -> CustomEvents { CustomEvents(ledger: self, namespace: namespace) }
}

extension RequestEncoding {
  static func append(_ command: RecordCustomEvent, _ personal: [PersonalField]) -> Self {
    Self(
      .recordCustomEvent, .text(command.namespace), .text(command.type), .integer(command.version),
      .text(command.contentType), .bytes(command.payload), .list(command.subjects.map { .text("\($0)") }),
      .list(personal.map { .list([.text($0.name), .id($0.account), .text($0.text)]) }))
  }
}
