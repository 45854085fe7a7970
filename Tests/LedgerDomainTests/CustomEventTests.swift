import LedgerDomain
import LedgerEvents
import LedgerTestSupport
import Testing

@Suite struct CustomEventTests {
  private func registered(_ access: inout GroupAccess) throws -> EventNamespaceID {
    let id = EventNamespaceID(rawValue: access.scenario.next)
    try access.scenario.perform(
      RegisterNamespace(name: "com.example.billing", types: ["invoice.paid"], requester: Requester.operator))
    return id
  }

  @Test("A namespace is registered once, and only grows") func namespaceRegistered() throws {
    var access = try GroupAccess()
    let first = RegisterNamespace(
      name: "com.example.billing", types: ["invoice.paid", "invoice.paid", "sent"], requester: Requester.operator)
    try access.scenario.when(first).then(
      .eventNamespaceRegistered(
        filled(EventNamespaceRegistered()) {
          $0.name = "com.example.billing"
          $0.eventTypes = ["invoice.paid", "sent"]
        }), by: .operator)
    let id = try registered(&access)
    var again = first
    again.types = ["invoice.paid"]
    try access.scenario.when(again).thenNothing()
    try access.scenario.when(first).then(
      .eventNamespaceExtended(
        filled(EventNamespaceExtended()) {
          $0.namespace = id.rawValue
          $0.eventTypes = ["sent"]
        }), by: .operator)
    again.requester = .account(access.owner)
    access.scenario.when(again).thenRefused(.forbidden, field: "requester")
  }

  @Test(
    "A name that is none, or looks like the ledger's own, is refused",
    arguments: [
      "", "billing", "com.", ".com", "Com.example", "com.example_x", "com.1example", "com.exämple", "com.example-",
      "token.example", "account.example.org", "credledger.example", "ledger.created", "com.example billing",
      "c." + String(repeating: "a", count: 99),
    ])
  func nameNone(name: String) throws {
    let access = try GroupAccess()
    access.scenario.when(RegisterNamespace(name: name, types: ["a"], requester: Requester.operator))
      .thenRefused(.invalidValue, field: "namespace")
  }

  @Test(
    "An event type that is none, or is the ledger's own, is refused",
    arguments: [
      ["token.issued"], ["custom.recorded"], [""], ["Invoice"], ["invoice..paid"], ["1a"], ["a/b"], [],
      [String(repeating: "a", count: 65)], (0...200).map { "a\($0)" },
    ])
  func eventType(types: [String]) throws {
    let access = try GroupAccess()
    access.scenario.when(RegisterNamespace(name: "com.example", types: types, requester: Requester.operator))
      .thenRefused(.invalidValue, field: "types")
  }

  @Test("An event has its subjects, and refuses what is not there or too much") func eventSubjects() throws {
    var access = try GroupAccess()
    let id = try registered(&access)
    var command = RecordCustomEvent(namespace: "com.example.billing", type: "invoice.paid", requester: access.owner)
    command.version = 2
    command.contentType = "text/plain"
    command.payload = [1, 2, 3]
    command.subjects = [Subject(access.owner), Subject(access.owner)]
    let position = access.scenario.next
    let outcome = try access.scenario.when(command).then(
      .customRecorded(
        filled(CustomRecorded()) {
          $0.namespace = id.rawValue
          $0.namespaceName = "com.example.billing"
          $0.eventType = "invoice.paid"
          $0.payloadVersion = 2
          $0.contentType = "text/plain"
          $0.payload = .init([1, 2, 3])
          $0.accounts = [access.owner.rawValue]
        }), by: Subject(access.owner))
    #expect(outcome == Position(position))
    func refused(_ field: String, _ code: Refusal.Code, _ change: (inout RecordCustomEvent) -> Void) {
      var wrong = command
      change(&wrong)
      access.scenario.when(wrong).thenRefused(code, field: field)
    }
    refused("namespace", .notFound) { $0.namespace = "com.example.other" }
    refused("type", .invalidValue) { $0.type = "invoice.sent" }
    refused("payload", .invalidValue) { $0.payload = [UInt8](repeating: 0, count: 32_769) }
    refused("contentType", .invalidValue) { $0.contentType = "text/plain\n" }
    refused("subjects", .notFound) { $0.subjects = [Subject(GroupID(rawValue: 999))] }
    refused("subjects", .notFound) { $0.subjects = [Subject(TokenID(rawValue: access.owner.rawValue))] }
    refused("subjects", .invalidValue) { $0.subjects = [.operator] }
    refused("subjects", .invalidValue) { command in
      command.subjects = (1...6).map { Subject(AccountID(rawValue: $0)) }
    }
    refused("requester", .notFound) { $0.requester = .account(AccountID(rawValue: 999)) }
  }

  @Test("Personal data is sealed for its person, or refused") func personalData() throws {
    var access = try GroupAccess()
    _ = try registered(&access)
    let account = try #require(try access.scenario.state.account(access.owner))
    var command = RecordCustomEvent(namespace: "com.example.billing", type: "invoice.paid", requester: access.owner)
    let box = Sealed(person: account.subject.personBytes, box: Array("Ada".utf8))
    command.personal = [.init(name: "payer", account: access.owner, value: box)]
    let decision = try access.scenario.when(command).result.get()
    guard case .customRecorded(let event) = decision.events.first else {
      Issue.record("no event")
      return
    }
    #expect(event.personal.map(\.value) == [box])
    #expect(event.accounts == [access.owner.rawValue])
    func refused(_ code: Refusal.Code, _ fields: [RecordCustomEvent.PersonalField]) {
      var wrong = command
      wrong.personal = fields
      access.scenario.when(wrong).thenRefused(code, field: "personal")
    }
    refused(
      .conflict,
      [.init(name: "payer", account: access.owner, value: Sealed(person: [UInt8](repeating: 77, count: 16), box: []))])
    refused(.notFound, [.init(name: "payer", account: AccountID(rawValue: 999), value: box)])
    refused(.invalidValue, command.personal + command.personal)
    refused(.invalidValue, [.init(name: "the payer", account: access.owner, value: box)])
    refused(
      .invalidValue,
      [
        .init(
          name: "payer", account: access.owner,
          value: Sealed(person: account.subject.personBytes, box: [UInt8](repeating: 0, count: 20_001)))
      ])
  }
}
