import LedgerCrypto
import LedgerEvents
import LedgerTestSupport
import Testing

@testable import LedgerDomain

/// Access tokens that are a connector's own.
@Suite struct OwnTokenTests {
  var access: GroupAccess
  init() throws {
    access = try GroupAccess(
      details: .fake {
        $0.clientCredentials = true
        $0.scopes = Scopes([.mediaRead, .mediaWrite, .webhookWrite]).rawValue
      })
  }

  private func command(_ scopes: Scopes? = nil, _ conditions: TokenConditions = .none) -> IssueOwnToken {
    IssueOwnToken(
      connector: .fake(1), secretDigest: .of("secret"), accessDigest: .of("own"), scopes: scopes, conditions: conditions
    )
  }

  private func verdict(_ token: TokenID) throws -> Verdict {
    try judge(handle: token, digest: .of("own"), as: .access, at: access.scenario.now, in: access.scenario.state)
  }

  private mutating func change(_ changes: UpdateConnector.Changes) throws {
    try access.scenario.perform(UpdateConnector(connector: access.connector, changes, requester: access.owner))
  }

  @Test("A connector whose owner allows it gets a token that stands on both alone")
  mutating func issued() throws {
    let event = filled(V3TokenIssued()) {
      $0.connector = access.connector.rawValue
      $0.secret = access.connector.rawValue
      $0.digest = .init(Digest.of("own"))
      $0.expiresAt = (access.scenario.now + .seconds(86_400)).milliseconds
      $0.scopes = Scopes.mediaRead.rawValue
    }
    let outcome = try access.scenario.when(command(.mediaRead)).then(.tokenIssued(event), by: Subject(access.connector))
    #expect(outcome.scopes == .mediaRead && !outcome.isSigned)
    let token = try access.scenario.perform(command(.mediaRead)).handle
    guard case .valid(let claims) = try verdict(token) else {
      Issue.record("not valid")
      return
    }
    #expect(claims.grant == nil && claims.family == nil && claims.group == nil)
    #expect(claims.granter == access.owner && claims.connector == access.connector)
    #expect(claims.scopes == .mediaRead)
    // What people granted is none of its business.
    try access.scenario.perform(RevokeGrant(grant: access.grant, requester: Requester.operator))
    #expect(try verdict(token).isValid)
  }

  @Test("Without the owner's leave, or with nothing left to give, there is none")
  mutating func withoutLeave() throws {
    access.scenario.when(command(.tenant)).thenRefused(.invalidScope, field: "scope")
    var wrong = command()
    wrong.secretDigest = .of("guess")
    access.scenario.when(wrong).thenRefused(.invalidClient, field: "connector")
    try change(.init(allowsOwnTokens: false))
    access.scenario.when(command()).thenRefused(.unauthorizedClient, field: "connector")
    try change(.init(allowsOwnTokens: true))
    try access.scenario.perform(DisableAccount(account: access.owner, reason: "x", requester: .operator))
    access.scenario.when(command()).thenRefused(.unauthorizedClient, field: "connector")
  }

  @Test("What the connector or its owner loses stops them, and a leave given again brings none back")
  mutating func stopped()
    throws
  {
    let token = try access.scenario.perform(command()).handle
    try change(.init(scopes: .mediaRead))
    if case .valid(let claims) = try verdict(token) { #expect(claims.scopes == .mediaRead) }
    try change(.init(allowsOwnTokens: false))
    let stop = access.scenario.next - 1
    #expect(try verdict(token) == .invalid(.stopped(Subject(access.connector), by: Position(stop))))
    try change(.init(allowsOwnTokens: true))
    #expect(try verdict(token) == .invalid(.stopped(Subject(access.connector), by: Position(stop))))
    let another = try access.scenario.perform(command()).handle
    #expect(try verdict(another).isValid)
    try access.scenario.perform(RevokeToken(.connector(access.connector), requester: .account(access.owner)))
    #expect(try !verdict(another).isValid)
    let third = try access.scenario.perform(command()).handle
    #expect(try verdict(third).isValid)
    try access.scenario.perform(DisableAccount(account: access.owner, reason: "x", requester: .operator))
    #expect(try !verdict(third).isValid)
    try access.scenario.perform(EnableAccount(account: access.owner, requester: .operator))
    #expect(try verdict(third).isValid)
    try access.scenario.perform(DeleteConnector(connector: access.connector, requester: access.owner))
    #expect(try !verdict(third).isValid)
  }

  @Test("It is revoked by its handle or by presenting it, and nobody else's business")
  mutating func revoked() throws {
    let token = try access.scenario.perform(command()).handle
    let stopped = LedgerEvent.tokenRevoked(
      filled(TokenRevoked()) {
        $0.reach = .token
        $0.target = token.rawValue
        $0.connector = access.connector.rawValue
      })
    let presented = RevokePresentedToken(
      connector: .fake(1), secretDigest: .of("secret"), token: token, digest: .of("own"))
    try access.scenario.when(presented).then(stopped, by: Subject(access.connector))
    for requester in [Requester.account(access.owner), .operator, .connector(access.connector, for: access.owner)] {
      try access.scenario.when(RevokeToken(.token(token), requester: requester)).then(stopped)
    }
    access.scenario.when(RevokeToken(.token(token), requester: .account(access.stranger)))
      .thenRefused(.forbidden, field: "target")
    try access.scenario.perform(presented)
    #expect(try !verdict(token).isValid)
    #expect(try access.scenario.when(presented).thenNothing() == false)
  }

  @Test("It registers no webhook, which belongs to a grant")
  mutating func webhook() throws {
    let token = try access.scenario.perform(command()).handle
    access.scenario.when(
      RegisterWebhook(
        token: token, publicID: .fake(200), object: .group(access.group), eventTypes: [.textMessageCreated],
        callback: SealedCallback(url: .fake("u"), token: .fake("t"), context: .fake("c")), expiresAt: nil)
    ).thenRefused(.forbidden, field: "accessToken")
  }
}
