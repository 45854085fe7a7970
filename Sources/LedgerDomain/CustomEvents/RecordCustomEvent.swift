package import LedgerEvents

/// Records an event of a program that embeds the ledger, under its namespace.
package struct RecordCustomEvent: Command {
  /// Something personal, sealed under the key of the account's person.
  package struct PersonalField: Sendable {
    package var name: String
    package var account: AccountID
    package var value: Sealed

    package init(name: String, account: AccountID, value: Sealed) {
      self.name = name
      self.account = account
      self.value = value
    }
  }

  package static let maximumPayloadByteCount = 32_768
  /// What a header has room for beside the namespace, the operator who is named and the person on whose behalf it is.
  package static let maximumSubjectCount = 5
  package static let maximumPersonalCount = 16
  /// Of all personal values of an event, sealed.
  package static let maximumPersonalByteCount = 20_000

  package var namespace: String
  package var type: String
  /// As the program counts; 0 where it does not.
  package var version: UInt32 = 0
  /// Empty for none.
  package var contentType = ""
  package var payload: [UInt8] = []
  /// Accounts, connectors, groups, grants and tokens. The accounts of ``personal`` are added.
  package var subjects: [Subject] = []
  package var personal: [PersonalField] = []
  package var requester: Requester

  /// An event without payload, subjects and personal fields; these are set afterwards.
  package init(namespace: String, type: String, requester: some Requesting) {
    self.namespace = namespace
    self.type = type
    self.requester = Requester(requester)
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    try state.requireActive(requester)
    guard let id = try read(state.eventNamespace(named: namespace)),
      let known = try read(state.eventNamespace(id))
    else {
      throw .refused(
        .notFound, field: "namespace", expected: "a namespace of this ledger", remedy: "register it first")
    }
    guard known.eventTypes.contains(type) else {
      throw .refused(
        .invalidValue, field: "type", expected: "an event type of the namespace", remedy: "register it first")
    }
    guard payload.count <= Self.maximumPayloadByteCount else {
      throw .refused(
        .invalidValue, field: "payload", expected: "at most \(Self.maximumPayloadByteCount) bytes")
    }
    guard contentType.utf8.count <= 100, contentType.utf8.allSatisfy({ 0x20...0x7E ~= $0 }) else {
      throw .refused(.invalidValue, field: "contentType", expected: "a media type of at most 100 bytes of ASCII")
    }
    var event = CustomRecorded()
    event.namespace = id.rawValue
    event.namespaceName = known.name
    event.eventType = type
    event.payloadVersion = version
    event.contentType = contentType
    event.payload = .init(payload)
    event.personal = try sealed(state)
    try add(subjectsWithPersons, to: &event, state)
    return Decision(by: requester, .customRecorded(event))
  }

  /// What the event concerns, each once: what was named, and whose data it carries.
  private var subjectsWithPersons: [Subject] {
    var all: [Subject] = []
    for subject in subjects + personal.map({ Subject($0.account) }) where !all.contains(subject) { all.append(subject) }
    return all
  }

  private func sealed(
    _ state: borrowing some DomainReader & ~Copyable
  ) throws(DecisionFailure) -> [CustomPersonalField] {
    guard personal.count <= Self.maximumPersonalCount,
      personal.reduce(0, { $0 + $1.value.box.count }) <= Self.maximumPersonalByteCount,
      Set(personal.map(\.name)).count == personal.count,
      personal.allSatisfy({ NamespaceRules.isWord($0.name) && $0.name.utf8.count <= 64 })
    else {
      throw .refused(
        .invalidValue, field: "personal",
        expected: "at most \(Self.maximumPersonalCount) fields of \(Self.maximumPersonalByteCount) bytes in all, each "
          + "with a name of its own of a to z, 0 to 9 and _")
    }
    var fields: [CustomPersonalField] = []
    for field in personal {
      guard let account = try read(state.account(field.account)) else {
        throw .refused(.notFound, field: "personal", expected: "a registered account")
      }
      guard !account.isErased else {
        throw .refused(.gone, field: "personal", expected: "a person who was not erased")
      }
      // What is sealed under another key would outlive the person's erasure.
      guard account.subject.person == field.value.person else {
        throw .refused(.conflict, field: "personal", expected: "values sealed for this person", remedy: "ask again")
      }
      var sealed = CustomPersonalField()
      sealed.name = field.name
      sealed.account = field.account.rawValue
      sealed.value = field.value
      fields.append(sealed)
    }
    return fields
  }

  private func add(
    _ subjects: [Subject], to event: inout CustomRecorded, _ state: borrowing some DomainReader & ~Copyable
  ) throws(DecisionFailure) {
    guard subjects.count <= Self.maximumSubjectCount else {
      throw .refused(
        .invalidValue, field: "subjects",
        expected: "at most \(Self.maximumSubjectCount), with the accounts whose data it carries")
    }
    for subject in subjects {
      let number = subject.number
      let isThere: Bool
      switch subject.kind {
      case .account:
        isThere = try read(state.account(AccountID(rawValue: number))) != nil
        event.accounts.append(number)
      case .connector:
        isThere = try read(state.connector(ConnectorID(rawValue: number))) != nil
        event.connectors.append(number)
      case .group:
        isThere = try read(state.group(GroupID(rawValue: number))) != nil
        event.groups.append(number)
      case .grant:
        isThere = try read(state.grant(GrantID(rawValue: number))) != nil
        event.grants.append(number)
      case .token:
        let kind = try read(state.standing(of: number))?.kind
        isThere = kind == .token || kind == .family
        event.tokens.append(number)
      default:
        throw .refused(
          .invalidValue, field: "subjects", expected: "accounts, connectors, groups, grants and tokens alone")
      }
      guard isThere else {
        throw .refused(.notFound, field: "subjects", expected: "objects of this ledger, and \(subject) is none")
      }
    }
  }

  /// The position of the event.
  package func outcome(of recorded: RecordedEvents) -> Position { recorded.first }
}
