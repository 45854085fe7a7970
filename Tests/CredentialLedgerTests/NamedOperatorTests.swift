import LedgerTestSupport
import Testing

@testable import CredentialLedger

/// Who made a change at the command line, and why, stands in the log; and a ledger may require it.
@Suite struct NamedOperatorTests {
  let folder = TemporaryFolder()
  let clock = TestClock()
  let issuer = "https://id.example.org"
  var path: String { folder.path + "/ledger" }

  private func made() async throws -> (ledger: Ledger, ada: AccountID, user: AccountID) {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", clock.configuration)
    let ada = try await ledger.operators.create(issuer: issuer, subject: "ada", name: "Ada")
    return (ledger, ada, try await ledger.accounts.signIn(issuer: issuer, subject: "user", name: "User").account)
  }

  @Test("The record has operator, reason and ticket, and is found by each way of asking") func recordOperator()
    async throws
  {
    let (ledger, ada, user) = try await made()
    let context = RequestContext(namedOperator: ada, reason: "is on leave", ticket: "HR-77")
    try await ledger.accounts.changeRole(of: user, to: .auditor, by: Requester.operator, context: context)
    let entry = try #require(try await ledger.audit.latest(1, of: .type(.accountRoleChanged)).first)
    #expect(entry.actor == .operator && entry.namedOperator == ada)
    #expect(entry.reason == "is on leave" && entry.ticket == "HR-77")
    for filter in [
      Audit.Filter.account(ada), .actor(Subject(ada)), .actor(Subject(kind: .operator, number: ada.rawValue)),
    ] {
      #expect(try await ledger.audit.latest(1, of: filter).first?.position == entry.position)
    }
    let unnamed = try await ledger.accounts.changeRole(of: user, to: .user, by: Requester.operator)
    #expect(unnamed)
    let plain = try #require(try await ledger.audit.latest(1, of: .type(.accountRoleChanged)).first)
    #expect(plain.namedOperator == nil && plain.reason == nil && plain.ticket == nil)
    #expect(try await ledger.integrity.verify().projectionsMatch)
    await ledger.close()
  }

  @Test("A disabled account's reason is the event's, and shown as any other") func disabledAccounts() async throws {
    let (ledger, ada, user) = try await made()
    try await ledger.accounts.disable(
      user, reason: "left", by: Requester.operator, context: RequestContext(namedOperator: ada))
    #expect(try await ledger.audit.latest(1, of: .type(.accountDisabled)).first?.reason == "left")
    await ledger.close()
  }

  @Test("Only an operator in force is named, and only where the command line asks") func onlyOperator() async throws {
    let (ledger, ada, user) = try await made()
    let head = try ledger.head()
    for (named, requester): (AccountID, Requester) in [(user, .operator), (AccountID(rawValue: 99), .operator)] {
      await #expect(throws: LedgerError(.init(rawValue: "forbidden"), "", field: "operator")) {
        try await ledger.accounts.changeRole(
          of: user, to: .auditor, by: requester, context: RequestContext(namedOperator: named))
      }
    }
    await #expect(throws: LedgerError(.invalidValue, "", field: "operator")) {
      try await ledger.accounts.disable(user, reason: "x", by: ada, context: RequestContext(namedOperator: ada))
    }
    #expect(try ledger.head() == head)
    await ledger.close()
  }

  @Test(
    "A reason and a ticket are one line that can be seen",
    arguments: ["", " ", "a\nb", "a\u{202E}b", String(repeating: "é", count: 251)])
  func reasonTicket(text: String) async throws {
    let (ledger, _, user) = try await made()
    for (field, context) in [("reason", RequestContext(reason: text)), ("ticket", RequestContext(ticket: text))] {
      await #expect(throws: LedgerError(.invalidValue, "", field: field)) {
        try await ledger.accounts.changeRole(of: user, to: .auditor, by: Requester.operator, context: context)
      }
    }
    await ledger.close()
  }

  @Test("Where names are required, nothing is changed without one, key by key and event by event") func namesRequired()
    async throws
  {
    var (ledger, ada, user) = try await made()
    let named = RequestContext(namedOperator: ada)
    await #expect(throws: LedgerError(.init(rawValue: "forbidden"), "", field: "operator")) {
      try await ledger.operators.configure(Oversight(namesOperators: true), context: .none)
    }
    #expect(try await ledger.operators.configure(Oversight(namesOperators: true), context: named))
    let (head, keys) = (try ledger.head(), ledger.keys.all)
    let open = ledger
    let changes: [() async throws -> Void] = [
      { try await open.accounts.changeRole(of: user, to: .auditor, by: Requester.operator) },
      { try await open.people.erase(user, by: Requester.operator) },
      { _ = try await open.operators.create(issuer: issuer, subject: "bo", name: "Bo") },
      { try await open.keys.rotate(.tokenMask) }, { try await open.keys.rotateAll() },
      { _ = try await open.keys.drop(.tokenMask) }, { try await open.keys.rotateSigningKey() },
      { try await open.keys.rotateMasterKey(to: .keysFolder) },
    ]
    for (index, change) in changes.enumerated() {
      await #expect(throws: LedgerError(.init(rawValue: "forbidden"), "", field: "operator"), "\(index)") {
        try await change()
      }
    }
    #expect(try ledger.head() == head && ledger.keys.all == keys)
    // People act as before, and what the ledger does by itself needs no name.
    _ = try await ledger.accounts.signIn(issuer: issuer, subject: "user", userAgent: "x")
    try await ledger.keys.rotate(.lookup, context: named)
    #expect(try await ledger.audit.latest(1, of: .type(.keyRotated)).first?.namedOperator == ada)
    await ledger.close()
    ledger = try await Ledger.open(at: path, clock.configuration)
    #expect(try await ledger.audit.latest(1, of: .type(.keyDropped)).first?.namedOperator == nil)
    #expect(try ledger.operators.rules.namesOperators)
    #expect(try await ledger.operators.configure(Oversight(), context: named))
    #expect(try await ledger.accounts.changeRole(of: user, to: .auditor, by: Requester.operator))
    await ledger.close()
  }

  @Test("Operators are found by name, and the identity that was registered signs in") func operatorsFound() async throws
  {
    let (ledger, ada, user) = try await made()
    let signedIn = try await ledger.accounts.signIn(issuer: issuer, subject: "ada")
    #expect(signedIn.account == ada && !signedIn.isNew)
    #expect(try ledger.operators.list().map(\.id) == [ada])
    #expect(try await ledger.operators.find("Ada") == ada)
    #expect(try await ledger.operators.find("account:\(user.rawValue)") == user)
    for name in ["ada", "User", ""] {
      await #expect(throws: LedgerError(.init(rawValue: "forbidden"), "", field: "operator")) {
        try await ledger.operators.find(name)
      }
    }
    await #expect(throws: LedgerError(.init(rawValue: "conflict"), "", field: "subject")) {
      try await ledger.operators.create(issuer: issuer, subject: "user", name: "User")
    }
    _ = try await ledger.operators.create(issuer: issuer, subject: "ada-2", name: "Ada")
    await #expect(throws: LedgerError(.init(rawValue: "conflict"), "", field: "operator")) {
      try await ledger.operators.find("Ada")
    }
    await ledger.close()
  }
}
