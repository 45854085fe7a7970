import CredentialLedger
import LedgerTestSupport
import Testing

@Suite struct TokenTests {
  let folder = TemporaryFolder()
  var path: String { folder.path + "/ledger" }
  let clock = TestClock()

  @Test("Of many who refresh when it is time all get one successor also after a restart") func refreshWhen()
    async throws
  {
    var ledger = try await Ledger.create(at: path, origin: "ledger.example.org", clock.configuration)
    let steps = try await FourSteps(on: ledger)
    clock.advance(seconds: 329 * 86_400)
    let first = ledger
    let results = await concurrently(256) { (_) throws(LedgerError) in
      try await first.tokens.issue(
        connector: steps.connector.publicID, secret: steps.secret, refreshToken: steps.granted.refreshToken)
    }
    let successors = Set(results.compactMap { $0.value?.refreshToken?.text })
    #expect(results.allSatisfy { $0.isSuccess })
    #expect(results.allSatisfy { $0.value?.refreshToken != nil })
    #expect(successors.count == 1)
    #expect(Set(results.compactMap { $0.value?.accessToken.text }).count == 256)
    #expect(try await ledger.audit.latest(of: .type(.refreshTokenRotated)).count == 1)
    await ledger.close()

    ledger = try await Ledger.open(at: path, clock.configuration)
    let again = try await ledger.tokens.issue(
      connector: steps.connector.publicID, secret: steps.secret, refreshToken: steps.granted.refreshToken)
    #expect(again.refreshToken?.text == successors.first)
    let next = try await ledger.tokens.issue(
      connector: steps.connector.publicID, secret: steps.secret, refreshToken: #require(again.refreshToken))
    #expect(next.refreshToken == nil)
    #expect(try ledger.tokens.validate(next.accessToken).isValid)
    await ledger.close()
  }

  @Test("A token is revoked by presenting it") func tokenRevoked() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", clock.configuration)
    let steps = try await FourSteps(on: ledger)
    func issue() async throws -> Tokens.Issued {
      try await ledger.tokens.issue(
        connector: steps.connector.publicID, secret: steps.secret, refreshToken: steps.granted.refreshToken)
    }
    func revoke(_ text: String) async throws -> Bool {
      try await ledger.tokens.revoke(presented: text, connector: steps.connector.publicID, secret: steps.secret)
    }
    let (one, other) = (try await issue(), try await issue())
    #expect(try await revoke(one.accessToken.text))
    #expect(try await !revoke(one.accessToken.text))
    #expect(try await !revoke("cla_nonsense"))
    #expect(try !ledger.tokens.validate(one.accessToken).isValid)
    #expect(try ledger.tokens.validate(other.accessToken).isValid)
    #expect(try await revoke(steps.granted.refreshToken.text))
    #expect(try !ledger.tokens.validate(other.accessToken).isValid)
    await ledger.close()
  }

  @Test("Introspection says what a valid token is and nothing of others") func introspectionSays() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", clock.configuration)
    let steps = try await FourSteps(on: ledger)
    let token = try await ledger.tokens.issue(
      connector: steps.connector.publicID, secret: steps.secret, refreshToken: steps.granted.refreshToken)
    #expect(try ledger.tokens.validate(steps.granted.refreshToken.text) == .invalid(.wrongKind))
    let access = try ledger.tokens.introspect(token.accessToken.text)
    #expect(access.active)
    #expect(access.scope == token.scopes.description.replacing(",", with: " "))
    #expect(access.scope?.contains("groupinfo.read groupinfo.write") == true)
    #expect(access.clientID == steps.connector.publicID)
    #expect(access.kind == .access)
    #expect(access.expiresAt == token.expiresAt)
    #expect(access.issuedAt == clock.now)
    #expect(access.subject == steps.admin)
    #expect(access.handle == token.handle)
    #expect(access.grant == steps.granted.grant)
    #expect(access.group == steps.group.id)
    #expect(try ledger.tokens.introspect(steps.granted.refreshToken.text).kind == .refresh)
    #expect(try ledger.tokens.introspect("cla_nonsense") == .inactive)
    clock.advance(seconds: 86_400)
    #expect(try ledger.tokens.introspect(token.accessToken.text) == .inactive)
    await ledger.close()
  }

  @Test("Tokens are listed in pages with what they are worth") func tokensListed() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", clock.configuration)
    let steps = try await FourSteps(on: ledger)
    var handles: [TokenID] = []
    for _ in 0..<5 {
      handles.append(
        try await ledger.tokens.issue(
          connector: steps.connector.publicID, secret: steps.secret, refreshToken: steps.granted.refreshToken
        ).handle)
    }
    try await ledger.tokens.revoke(.token(handles[4]), by: Requester.operator)
    let page = try await ledger.tokens.list(.grant(steps.granted.grant), limit: 2)
    #expect(page.map(\.handle) == [handles[4], handles[3]])
    #expect(page.map(\.verdict.isValid) == [false, true])
    let rest = try await ledger.tokens.list(.connector(steps.connector.id), before: handles[3])
    #expect(rest.map(\.handle) == [handles[2], handles[1], handles[0], TokenID(rawValue: handles[0].rawValue - 1)])
    #expect(rest.map(\.kind) == [.access, .access, .access, .refresh])
    let family = try await ledger.tokens.list(.family(FamilyID(rawValue: handles[0].rawValue - 1)))
    #expect(family.count == 6)
    await ledger.close()
  }

  @Test("A report of a leak that comes again appends nothing, and one of another place or reporter does")
  func leakAgain() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", clock.configuration)
    let leaked = try await FourSteps(on: ledger).granted.refreshToken.text
    func report(
      _ location: String, by reporter: String = "key 1", context: RequestContext = .none
    ) async throws -> ReportLeak.Outcome {
      try await ledger.tokens.reportLeak(
        leaked, reporter: reporter, source: "commit", location: location, context: context)
    }
    let once = RequestContext(idempotencyKey: "once")
    #expect(try await report("page 1", context: once) == .recorded(stopped: true))
    #expect(try await report("page 1") == .recorded(stopped: false))
    #expect(try await report("page 1", context: once) == .recorded(stopped: true))
    #expect(try await ledger.audit.latest(of: .type(.tokenLeakReported)).count == 1)
    for (location, reporter) in [("page 2", "key 1"), ("page 2", "key 2"), ("page 1", "key 1"), ("page 2", "key 1")] {
      #expect(try await report(location, by: reporter) == .recorded(stopped: false))
    }
    #expect(try await ledger.audit.latest(of: .type(.tokenLeakReported)).count == 3)
    await ledger.close()
  }
}
