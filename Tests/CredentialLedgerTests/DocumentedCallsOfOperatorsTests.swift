import CredentialLedger
import LedgerOperations
import LedgerTestSupport
import Testing

/// The examples in the doc comments on operators, line by line.
@Suite struct DocumentedCallsOfOperatorsTests {
  let folder = TemporaryFolder()

  @Test("Operators and their rules") func operatorsTheir() async throws {
    let ledger = try await Ledger.create(at: "\(folder.path)/ledger", origin: "ledger.example.org")
    let ada = try await ledger.operators.create(issuer: "https://id.example.org", subject: "248289761001", name: "Ada")
    let bo = try await ledger.accounts.create(
      NewAccount(issuer: "https://id.example.org", subject: "7", name: "Bo", phone: PhoneNumber("+911199999998")),
      context: RequestContext(reason: "taken over from the staff list"))
    #expect(try !ledger.phones.verified(by: bo).isEmpty)
    try await ledger.accounts.check(NewAccount(issuer: "https://id.example.org", subject: "8", name: "Cy"))
    let active = try ledger.operators.list().filter { !$0.isDisabled }
    #expect(active.map(\.id) == [ada])
    let context = RequestContext(namedOperator: try await ledger.operators.find("Ada"), reason: "left the company")
    #expect(context.namedOperator == ada)
    try await ledger.operators.configure(Oversight(namesOperators: true), context: RequestContext(namedOperator: ada))
    let isRequired = try ledger.operators.rules.namesOperators
    #expect(isRequired)
    await ledger.close()
  }

  @Test("Proposals of changes that need two operators") func proposalsChanges() async throws {
    let ledger = try await Ledger.create(at: "\(folder.path)/ledger", origin: "ledger.example.org")
    let issuer = "https://id.example.org"
    let ada = try await ledger.operators.create(issuer: issuer, subject: "1", name: "Ada")
    let bo = try await ledger.operators.create(issuer: issuer, subject: "2", name: "Bo")
    let account = try await ledger.accounts.signIn(issuer: issuer, subject: "3").account
    try await ledger.operators.configure(
      Oversight(namesOperators: true, guarded: [.roles]), context: RequestContext(namedOperator: ada))
    func made() async throws -> ProposalID {
      let proposal = try await ledger.proposals.make(
        .changeRole(of: account, to: .tenantAdmin), by: Requester.operator,
        context: RequestContext(namedOperator: ada, reason: "new head of support"))
      return proposal
    }
    var proposal = try await made()
    try await ledger.proposals.approve(proposal, by: bo)
    try await ledger.accounts.changeRole(
      of: account, to: .tenantAdmin, by: Requester.operator,
      context: RequestContext(namedOperator: ada, proposal: proposal))
    #expect(try ledger.accounts.account(account)?.role == .tenantAdmin)
    proposal = try await made()
    try await ledger.proposals.reject(proposal, by: bo, context: RequestContext(reason: "wrong account"))
    let isApproved = try ledger.proposals.proposal(proposal)?.status == .approved
    #expect(!isApproved)
    proposal = try await made()
    try await ledger.proposals.withdraw(proposal, by: Requester.operator, context: RequestContext(namedOperator: ada))
    let open = try ledger.proposals.list().filter { $0.status == .open }
    #expect(open.isEmpty)
    let provider = KnownKey()
    let key = try ledger.keys.signingKey(of: provider)
    #expect(key == [UInt8](repeating: 1, count: 32))
    await ledger.close()
  }

  @Test("A day with a ledger") func dayLedger() async throws {
    let copied = try await CopiedLedger(tokens: 2)
    let (ledger, steps) = (copied.ledger, copied.steps)
    let grant = steps.granted.grant
    let token = try await ledger.tokens.issue(
      connector: steps.connector.publicID, secret: steps.secret, refreshToken: steps.granted.refreshToken)
    let handle = token.handle
    let note = try await ledger.checkpoint()
    let yesterday = try ledger.now - .seconds(86_400)
    // swift-format-ignore
    let perDay = try await ledger.audit.count(.type(.tokenIssued).and(.recorded(since: yesterday)), by: .day).groups
    #expect(perDay.reduce(0) { $0 + $1.count } == 3)
    // swift-format-ignore
    if let incident = try await ledger.tokens.incident(of: handle) { print(incident.connector?.id as Any, incident.relatives.count) }
    #expect(try await ledger.tokens.incident(of: TokenID(rawValue: 1)) == nil)
    let made = try await ledger.audit.entry(at: grant.position)
    let grants = try ledger.grants.states(to: steps.connector.id).map(\.grant)
    let given = try await ledger.audit.entries(at: grants.map(\.id.position))
    #expect(given.map(\.position).contains(grant.position))
    let connector = steps.connector
    let isIdle = try ledger.grants.lastUse(of: grant).map { $0 < yesterday } ?? true
    let last = try ledger.connectors.lastUse(of: connector.id)
    #expect(isIdle || last != nil)
    var unused = GrantReview()
    unused.unusedFor = .seconds(90 * 86_400)
    let reviewed = try await ledger.grants.toReview(unused)
    #expect(reviewed.grants.isEmpty && reviewed.next == nil)
    #expect(made?.type == .permissionGranted)
    let report = try await ledger.integrity.verify(since: note)
    #expect(report.events == report.since)
    let isSound = try ledger.status.damagedTables.isEmpty
    #expect(isSound)
    #expect(throws: LedgerError.self) {
      let age = try ledger.backups.newest(in: "/backup").flatMap { $0.time }
      _ = age
    }
    let ada = NewAccount(issuer: "https://id.example.org", subject: "love", name: "Ada Love")
    _ = try await ledger.accounts.create(ada)
    let found = try await ledger.find("ada love")
    let leave = try await ledger.disclose(
      .subjects(found.objects.map(\.subject)), for: "a test", by: Requester.operator)
    let names = try await ledger.audit.labels(of: found.objects.map(\.subject), under: leave)
    #expect(names.values.map(\.name) == ["Ada Love"])
    await ledger.close()
  }
}

/// A signing key elsewhere, of which the public key is asked alone.
private struct KnownKey: SigningKeyProvider {
  var place: String { "a test" }
  func verifyingKey() throws(SigningUnavailable) -> Ed25519.VerifyingKey? {
    try? Ed25519.VerifyingKey(bytes: [UInt8](repeating: 1, count: 32))
  }
  func sign(_ bytes: [UInt8]) throws(SigningUnavailable) -> [UInt8] { [] }
}
