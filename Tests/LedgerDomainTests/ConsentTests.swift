import LedgerCrypto
import LedgerEvents
import LedgerTestSupport
import Testing

@testable import LedgerDomain

@Suite struct ConsentTests {
  static let uri = "https://client.example.org/callback"
  static let number = "+910000000002"
  var access: GroupAccess

  init() throws {
    access = try GroupAccess(
      details: .fake {
        $0.redirectUris = [Self.uri]
        $0.scopes = Scopes([.groupInfoRead, .mediaRead]).rawValue
      })
  }

  private func issue(_ consent: Consent, challenge: Digest? = .of("verifier")) -> IssueAuthorizationCode {
    IssueAuthorizationCode(
      connector: access.connector, account: access.granter, redirectURI: Self.uri, consent: consent,
      codeChallenge: challenge, digest: .of("code"))
  }

  private func redeem(_ code: AuthorizationCodeID) -> RedeemAuthorizationCode {
    RedeemAuthorizationCode(
      connector: .fake(1), secretDigest: .of("secret"), code: code, codeDigest: .of("code"), redirectURI: Self.uri,
      verifierDigest: .of("verifier"), refreshDigest: .of("user refresh"), accessDigest: .of("user access"))
  }

  private func grant(_ consent: Consent, _ target: GrantAccess.Access = .user) -> GrantAccess {
    GrantAccess(
      connector: access.connector, access: target, granter: access.granter, consent: consent,
      refreshDigest: .of("own"))
  }

  private mutating func change(to scopes: Scopes, name: String? = nil) throws {
    try access.scenario.perform(
      UpdateConnector(connector: access.connector, .init(name: name, scopes: scopes), requester: access.owner))
  }

  private mutating func scopes(_ outcome: RedeemAuthorizationCode.Outcome) throws -> Scopes {
    guard case .redeemed(let redeemed) = outcome else { throw CodeNotRedeemed() }
    return redeemed.scopes
  }

  @Test("A developer who widens the connector after the consent gets no more by the code")
  mutating func widened() throws {
    let code = try access.scenario.perform(issue(.scopes(.all))).code
    try change(to: [.groupInfoRead, .textMessageRead])
    #expect(try scopes(access.scenario.perform(redeem(code))) == [.groupInfoRead])
  }

  @Test("A code is good for what the person agreed to, and for nothing where that is gone")
  mutating func agreed() throws {
    let code = try access.scenario.perform(issue(.scopes([.mediaRead, .textMessageRead]))).code
    var gone = access.scenario
    #expect(try scopes(access.scenario.perform(redeem(code))) == [.mediaRead])
    try gone.perform(
      UpdateConnector(connector: access.connector, .init(scopes: [.textMessageRead]), requester: access.owner))
    gone.when(redeem(code)).thenRefused(.invalidGrant, field: "code")
    // So is one of a version that did not record it.
    let old = filled(AuthorizationCodeIssued()) {
      $0.connector = access.connector.rawValue
      $0.account = access.granter.rawValue
      $0.redirectUri = Self.uri
      $0.codeChallenge = .init(Digest.of("verifier"))
      $0.digest = .init(Digest.of("code"))
      $0.expiresAt = (access.scenario.now + .seconds(60)).milliseconds
    }
    let id = AuthorizationCodeID(rawValue: try access.scenario.given(.authorizationCodeIssued(old)))
    access.scenario.when(redeem(id)).thenRefused(.invalidGrant, field: "code")
  }

  @Test("Whoever agreed to a connector as it was is asked again once it has changed")
  mutating func askedAgain() throws {
    let seen = try #require(try access.scenario.state.connector(access.connector)).setBy
    var renamed = access.scenario
    try renamed.perform(
      UpdateConnector(connector: access.connector, .init(name: "Bank of Trust"), requester: access.owner))
    for var scenario in [access.scenario, renamed] {
      let isSame = scenario.next == access.scenario.next
      let head = scenario.next - 1
      for command in [grant(.details(asOf: seen)), grant(.details(asOf: seen), .group(access.group))] {
        if isSame {
          _ = try scenario.perform(command)
        } else {
          scenario.when(command).thenRefused(.conflict, field: "consent")
        }
      }
      if !isSame { scenario.when(issue(.details(asOf: seen))).thenRefused(.conflict, field: "consent") }
      _ = try scenario.perform(issue(.details(asOf: Position(head))))
    }
    access.scenario.when(grant(.scopes([.textMessageRead]))).thenRefused(.conflict, field: "consent")
    access.scenario.when(grant(.scopes([]))).thenRefused(.conflict, field: "consent")
  }

  @Test("A grant has what was agreed to, and another agreement makes it anew")
  mutating func remade() throws {
    let first = try access.scenario.perform(grant(.scopes([.mediaRead, .textMessageRead])))
    #expect(try access.scenario.state.grant(first.grant)?.scopes == [.mediaRead])
    #expect(try access.scenario.perform(grant(.scopes([.mediaRead]))).grant == first.grant)
    let second = try access.scenario.perform(grant(.scopes([.groupInfoRead])))
    #expect(second.grant != first.grant)
    #expect(try access.scenario.state.grant(first.grant)?.isRevoked == true)
  }

  @Test("By a PIN a connector gets what it had when the PIN was asked for")
  mutating func byPIN() throws {
    let asked = filled(V3PhonePINRequested()) {
      $0.account = access.granter.rawValue
      $0.number = .fake(Self.number)
      $0.salt = .init([UInt8](repeating: 7, count: 16))
      $0.pinDigest = .init(Digest.of("123456"))
      $0.expiresAt = (access.scenario.now + .seconds(600)).milliseconds
      $0.connector = access.connector.rawValue
    }
    let challenge = ChallengeID(rawValue: try access.scenario.given(.phonePINRequested(asked)))
    func signIn(_ consent: Consent? = nil, pin: String = "123456") -> SignInWithPIN {
      SignInWithPIN(
        connector: .fake(1), secretDigest: .of("secret"), number: KeyedHashes.fake.number(.fake(Self.number)),
        challenge: challenge, candidate: .of(pin), refreshDigest: .of("own"), consent: consent)
    }
    var narrowed = access.scenario
    guard case .signedIn(let first) = try narrowed.perform(signIn(.scopes([.mediaRead]))) else {
      throw CodeNotRedeemed()
    }
    #expect(first.scopes == [.mediaRead])
    try change(to: Scopes.all.subtracting(.tenant))
    access.scenario.when(signIn()).thenRefused(.conflict, field: "consent")
    // A wrong PIN learns nothing of it.
    guard case .rejected = try access.scenario.perform(signIn(pin: "000000")) else { throw CodeNotRedeemed() }
    guard case .signedIn(let second) = try access.scenario.perform(signIn(.scopes([.mediaRead]))) else {
      throw CodeNotRedeemed()
    }
    #expect(second.scopes == [.mediaRead])
  }

  @Test("A code needs a challenge, unless the connector may do without")
  mutating func challenge() throws {
    access.scenario.when(issue(.scopes(.all), challenge: nil)).thenRefused(.invalidValue, field: "codeChallenge")
    try access.scenario.perform(
      UpdateConnector(connector: access.connector, .init(requiresPKCE: false), requester: access.owner))
    _ = try access.scenario.perform(issue(.scopes(.all), challenge: nil))
  }
}

private struct CodeNotRedeemed: Error {}

@Suite struct ApproveScopesTests {
  var access: GroupAccess
  let admin: AccountID

  /// A connector that asks for what concerns the organisation, which nobody has approved.
  init() throws {
    access = try GroupAccess(details: .fake { $0.scopes = Scopes([.mediaRead]).rawValue })
    try access.scenario.perform(
      UpdateConnector(
        connector: access.connector, .init(scopes: [.mediaRead, .tenantRead, .tenantWrite]), requester: access.owner))
    admin = access.granter
  }

  private func approve(_ scopes: Scopes, by requester: Requester = .operator) -> ApproveScopes {
    ApproveScopes(connector: access.connector, scopes: scopes, requester: requester)
  }

  private mutating func granted(by granter: AccountID? = nil) throws -> Scopes {
    let granted = try access.scenario.perform(
      GrantAccess(
        connector: access.connector, access: .user, granter: granter ?? admin, consent: .scopes(.all),
        refreshDigest: .of("own")))
    let handle = TokenID(rawValue: granted.family.rawValue)
    guard case .valid(let claims) = try judge(handle: handle, at: access.scenario.now, in: access.scenario.state) else {
      return []
    }
    return claims.scopes
  }

  @Test("What concerns the organisation is given once an administrator approved it")
  mutating func approval() throws {
    #expect(try granted() == [.mediaRead])
    let event = filled(ConnectorScopesApproved()) {
      $0.connector = access.connector.rawValue
      $0.after = Scopes.tenantRead.rawValue
      $0.scopes = Scopes([.mediaRead, .tenantRead]).rawValue
    }
    try access.scenario.when(approve([.tenantRead], by: .account(admin)))
      .then(.connectorScopesApproved(event), by: Subject(admin))
    try access.scenario.perform(approve([.tenantRead]))
    #expect(try granted() == [.mediaRead, .tenantRead])
    try access.scenario.when(approve([.tenantRead])).thenNothing()
  }

  @Test("What is approved no more stops at once, and what is asked for anew is approved anew")
  mutating func withdrawn() throws {
    try access.scenario.perform(approve([.tenantRead, .tenantWrite]))
    let granted = try access.scenario.perform(
      GrantAccess(
        connector: access.connector, access: .user, granter: admin, consent: .scopes(.all), refreshDigest: .of("own")))
    let handle = TokenID(rawValue: granted.family.rawValue)
    func scopes(_ scenario: Scenario) throws -> Scopes? {
      guard case .valid(let claims) = try judge(handle: handle, at: scenario.now, in: scenario.state) else {
        return nil
      }
      return claims.scopes
    }
    #expect(try scopes(access.scenario) == [.mediaRead, .tenantRead, .tenantWrite])
    var withdrawn = access.scenario
    try withdrawn.perform(approve([]))
    #expect(try scopes(withdrawn) == [.mediaRead])
    for asked in [Scopes([.mediaRead, .tenantRead]), [.mediaRead, .tenantRead, .tenantWrite]] {
      try access.scenario.perform(
        UpdateConnector(connector: access.connector, .init(scopes: asked), requester: access.owner))
    }
    #expect(try scopes(access.scenario) == [.mediaRead, .tenantRead])
  }

  @Test("Nobody gives what concerns the organisation for a time when the role is another")
  mutating func demoted() throws {
    try access.scenario.perform(approve([.tenantRead]))
    #expect(try granted(by: access.owner) == [.mediaRead])
    let handle = TokenID(rawValue: access.scenario.next - 1)
    try access.scenario.perform(
      ChangeAccountRole(account: access.owner, role: .tenantAdmin, requester: .operator))
    guard case .valid(let claims) = try judge(handle: handle, at: access.scenario.now, in: access.scenario.state) else {
      throw CodeNotRedeemed()
    }
    #expect(claims.scopes == [.mediaRead])
  }

  @Test("Who is no administrator approves nothing, and only what is asked for is approved")
  func notApproved() {
    access.scenario.when(approve([.tenantRead], by: .account(access.owner)))
      .thenRefused(.forbidden, field: "requester")
    access.scenario.when(approve([.tenantRead], by: .connector(access.connector, for: admin)))
      .thenRefused(.forbidden, field: "requester")
    access.scenario.when(approve([.tenantRemove])).thenRefused(.invalidValue, field: "scopes")
    access.scenario.when(approve([.mediaRead])).thenRefused(.invalidValue, field: "scopes")
  }
}
