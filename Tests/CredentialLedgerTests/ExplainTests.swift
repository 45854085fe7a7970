import CredentialLedger
import LedgerTestSupport
import Testing

@Suite struct ExplainTests {
  let folder = TemporaryFolder()
  var path: String { folder.path + "/ledger" }
  let clock = TestClock()

  @Test("The chain leads from the phone to the deciding event") func chainLeads() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", clock.configuration)
    let steps = try await FourSteps(on: ledger)
    let token = try await ledger.tokens.issue(
      connector: steps.connector.publicID, secret: steps.secret, refreshToken: steps.granted.refreshToken)
    let valid = try await ledger.explain(.presented(token.accessToken.text))
    #expect(valid.isValid)
    #expect(valid.claims?.handle == token.handle)
    #expect(
      valid.steps.map(\.type) == [
        .accountRegistered, .accountRegistered, .phoneVerified, .connectorCreated, .groupCreated, .groupMemberAdded,
        .permissionGranted, .refreshTokenIssued, .tokenIssued,
      ])
    #expect(valid.decidedBy?.position == token.handle.position)

    let issued = clock.now
    clock.advance(seconds: 10)
    try await ledger.grants.revoke(steps.granted.grant, by: steps.admin)
    let revoked = try ledger.head()
    let revokedAt = clock.now
    clock.advance(seconds: 10)
    try await ledger.connectors.delete(steps.connector.id, by: steps.developer)

    let now = try await ledger.explain(.token(token.handle))
    #expect(now.denialReason == .stopped(Subject(steps.granted.grant), by: revoked))
    #expect(now.decidedBy?.type == .permissionRevoked)
    #expect(now.steps.last?.type == .connectorDeleted)
    let between = try await ledger.explain(.token(token.handle), at: revokedAt)
    #expect(between.decidedBy?.position == revoked)
    #expect(between.steps.last?.type == .permissionRevoked)
    let then = try await ledger.explain(.token(token.handle), at: issued)
    #expect(then.isValid)
    #expect(then.steps == valid.steps)

    #expect(try await ledger.explain(.connector(steps.connector.id)).decidedBy?.type == .connectorDeleted)
    #expect(try await ledger.explain(.connector(steps.connector.id), at: revokedAt).isValid)
    #expect(try await ledger.explain(.grant(steps.granted.grant)).decidedBy?.position == revoked)
    #expect(try await ledger.explain(.grant(steps.granted.grant), at: issued).isValid)
    #expect(try await ledger.explain(.account(steps.admin)).isValid)
    #expect(try await ledger.explain(.presented("cla_nonsense")).denialReason == .malformed)
    let before = try await ledger.explain(.token(token.handle), at: issued + .milliseconds(-1))
    #expect(before.denialReason == .unknown)
    #expect(before.steps.isEmpty)
    await ledger.close()
  }

  @Test("A past time is decided as it was then") func pastTime() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", clock.configuration)
    let steps = try await FourSteps(on: ledger)
    let token = try await ledger.tokens.issue(
      connector: steps.connector.publicID, secret: steps.secret, refreshToken: steps.granted.refreshToken)
    var said: [(time: Timestamp, verdict: Verdict)] = []
    func note() throws {
      said.append((clock.now, try ledger.tokens.validate(token.accessToken)))
      clock.advance(seconds: 60)
    }
    try note()
    _ = try await ledger.tokens.revoke(.token(TokenID(rawValue: 999)), by: Requester.operator)
    try note()
    try await ledger.tokens.revoke(.connector(steps.connector.id), by: steps.developer)
    try note()
    let again = try await ledger.grants.grant(
      steps.connector.id, consent: .scopes(.all), access: .group(steps.group.id), by: steps.admin)
    try note()
    _ = try await ledger.tokens.issue(
      connector: steps.connector.publicID, secret: steps.secret, refreshToken: again.refreshToken)
    try note()
    clock.advance(seconds: 86_400)
    try note()
    #expect(said.map(\.verdict.isValid) == [true, true, false, false, false, false])
    for (time, verdict) in said {
      let explanation = try await ledger.explain(.token(token.handle), at: time)
      switch verdict {
      case .valid(let claims): #expect(explanation.claims == claims)
      case .invalid(let reason): #expect(explanation.denialReason == reason)
      }
    }
    await ledger.close()
  }
}
