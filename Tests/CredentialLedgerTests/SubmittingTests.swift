import KeyStore
import LedgerTestSupport
import Testing

@testable import CredentialLedger

/// What follows from who calls, and from the command, in whichever way it is submitted.
@Suite struct SubmittingTests {
  let folder = TemporaryFolder()
  let clock = TestClock()
  let issuer = "https://id.example.org"

  private func made() async throws -> (Ledger, FourSteps) {
    let ledger = try await Ledger.create(
      at: folder.path + "/ledger", origin: "ledger.example.org", clock.configuration)
    return (ledger, try await FourSteps(on: ledger))
  }

  private func token(_ ledger: Ledger, _ steps: FourSteps, _ context: RequestContext) async throws -> AccessToken {
    try await ledger.tokens.issue(
      connector: steps.connector.publicID, secret: steps.secret, refreshToken: steps.granted.refreshToken,
      context: context
    ).accessToken
  }

  @Test("An address is sealed under the key of who calls, also where a credential alone says who that is")
  func addresses() async throws {
    let (ledger, steps) = try await made()
    let from = RequestContext(address: "192.0.2.7")
    func sealer() async throws -> [UInt8]? { try await ledger.audit.latest(1).first?.address?.personBytes }
    let (developer, admin) = (try ledger.person(of: steps.developer).bytes, try ledger.person(of: steps.admin).bytes)
    try await ledger.groups.rename(steps.group.id, to: "North", by: steps.admin, context: from)
    #expect(try await sealer() == admin)
    let issued = try await token(ledger, steps, from)
    #expect(try await sealer() == developer)
    try await ledger.tokens.revoke(
      presented: issued.text, connector: steps.connector.publicID, secret: steps.secret, context: from)
    #expect(try await sealer() == developer)
    let arrived = try await ledger.accounts.signIn(issuer: issuer, subject: "new", context: from).account
    let person = try ledger.person(of: arrived).bytes
    #expect(try await sealer() == person)
    try await ledger.groups.rename(steps.group.id, to: "South", by: Requester.operator, context: from)
    #expect(try await sealer() == nil)
    await ledger.close()
  }

  @Test("Where operators must be named, what programs note is recorded without a name, and what operators ask is not")
  func automatic() async throws {
    let (ledger, steps) = try await made()
    let ada = try await ledger.operators.create(issuer: issuer, subject: "ada", name: "Ada")
    let sent = try await ledger.phones.requestPIN(for: PhoneNumber("+33699999999"), by: steps.admin)
    let leaked = try await token(ledger, steps, .none).text
    try await ledger.operators.configure(Oversight(namesOperators: true), context: RequestContext(namedOperator: ada))
    let head = try ledger.head()
    await #expect(throws: LedgerError(.init(rawValue: "forbidden"), "", field: "operator")) {
      try await ledger.tokens.reportLeak(leaked, reporter: "scan", source: "file", location: "notes.txt")
    }
    #expect(try ledger.head() == head)
    try await ledger.phones.record(.init(attempts: 1, status: 201), of: sent.challenge)
    try await ledger.accounts.recordSignOut(ofSignIns: [0], steps.admin, .ended, by: Requester.operator)
    try await ledger.accounts.recordRefusedSignIn(issuer: issuer, .unverified)
    let outcome = try await ledger.tokens.reportLeak(leaked, reporter: "key 1", source: "content", location: "page 3")
    #expect(outcome == .recorded(stopped: true))
    #expect(try ledger.head() == head + 5)
    await ledger.close()
  }

  @Test("A repeated request is answered from its events, whatever became since of what it made")
  func repeated() async throws {
    let (ledger, steps) = try await made()
    let once = RequestContext(idempotencyKey: "once")
    func group() async throws -> Group {
      try await ledger.groups.create(
        name: "Team", members: [.init(.account(steps.developer))], by: steps.admin, context: once)
    }
    func connector() async throws -> Connector {
      try await ledger.connectors.create(
        name: "Second", permissions: [.textMessage], by: steps.developer, context: once
      ).connector
    }
    func server() async throws -> ResourceServer {
      try await ledger.resourceServers.create(name: "Archive", by: Requester.operator, context: once).server
    }
    let (team, second, archive) = (try await group(), try await connector(), try await server())
    #expect(try ledger.groups.group(team.id) == team)
    #expect(try ledger.connectors.connector(second.id) == second)
    #expect(try ledger.resourceServers.server(archive.id) == archive)
    try await ledger.groups.rename(team.id, to: "Others", by: steps.admin)
    try await ledger.connectors.update(second.id, description: "another", by: steps.developer)
    try await ledger.resourceServers.delete(archive.id, by: Requester.operator)
    let head = try ledger.head()
    #expect(try await group() == team)
    #expect(try await connector() == second)
    #expect(try await server() == archive)
    #expect(try ledger.head() == head)
    await ledger.close()
  }
}
