import LedgerCrypto
import LedgerEvents
import LedgerTestSupport
import Testing

@testable import LedgerDomain

@Suite struct AuthorizationCodeTests {
  static let uri = "https://client.example.org/callback"
  var access: GroupAccess

  init() throws {
    access = try GroupAccess(details: .fake { $0.redirectUris = [Self.uri, "https://client.example.org/other"] })
  }

  private func issue(
    _ uri: String = uri, challenge: Digest? = .of("verifier"), by account: AccountID? = nil
  ) -> IssueAuthorizationCode {
    IssueAuthorizationCode(
      connector: access.connector, account: account ?? access.granter, redirectURI: uri, consent: .scopes(.all),
      codeChallenge: challenge,
      digest: .of("code"))
  }

  private func redeem(
    _ code: AuthorizationCodeID, _ change: (inout RedeemAuthorizationCode) -> Void = { _ in }
  ) -> RedeemAuthorizationCode {
    var command = RedeemAuthorizationCode(
      connector: .fake(1), secretDigest: .of("secret"), code: code, codeDigest: .of("code"), redirectURI: Self.uri,
      verifierDigest: .of("verifier"), refreshDigest: .of("user refresh"), accessDigest: .of("user access"))
    change(&command)
    return command
  }

  @Test("Whoever has signed in gets a code for a minute")
  func issued() throws {
    let now = access.scenario.now
    let event = filled(AuthorizationCodeIssued()) {
      $0.connector = access.connector.rawValue
      $0.account = access.granter.rawValue
      $0.redirectUri = Self.uri
      $0.codeChallenge = .init(Digest.of("verifier"))
      $0.digest = .init(Digest.of("code"))
      $0.expiresAt = (now + .seconds(60)).milliseconds
      $0.scopes = Scopes.all.rawValue
    }
    let outcome = try access.scenario.when(issue()).then(.authorizationCodeIssued(event), by: Subject(access.granter))
    #expect(outcome.code.rawValue == access.scenario.next)
    #expect(outcome.expiresAt == now + .seconds(60))
  }

  @Test("Whoever has signed in may refuse, which is recorded, and needs no phone")
  mutating func refused() throws {
    let account = try access.scenario.account("without a phone")
    let refused = RefuseAuthorization(
      connector: access.connector, account: account, redirectURI: Self.uri, scopes: [.mediaRead])
    let event = filled(AuthorizationRefused()) {
      $0.connector = access.connector.rawValue
      $0.account = account.rawValue
      $0.redirectUri = Self.uri
      $0.scopes = Scopes.mediaRead.rawValue
    }
    try access.scenario.when(refused).then(.authorizationRefused(event), by: Subject(account))
    var wrong = refused
    wrong.redirectURI = "https://elsewhere.example.org/"
    access.scenario.when(wrong).thenRefused(.invalidValue, field: "redirectURI")
    wrong = refused
    wrong.connector = ConnectorID(rawValue: 999)
    access.scenario.when(wrong).thenRefused(.notFound, field: "connector")
    try access.scenario.given(.accountDisabled(filled(AccountDisabled()) { $0.account = account.rawValue }))
    access.scenario.when(refused).thenRefused(.accountDisabled, field: "account")
  }

  @Test(
    "A code goes to a registered address, byte for byte, and nowhere else",
    arguments: [
      "https://client.example.org/callback/", "https://client.example.org/callback?x=1",
      "HTTPS://client.example.org/callback", "https://client.example.org/", "",
    ])
  func address(uri: String) {
    access.scenario.when(issue(uri)).thenRefused(.invalidValue, field: "redirectURI")
  }

  @Test(
    "A code goes to any port of a registered loopback address",
    arguments: [
      ("http://127.0.0.1/cb", "http://127.0.0.1:51004/cb", true), ("http://[::1]/cb", "http://[::1]:61023/cb", true),
      ("http://127.0.0.1:1/cb?a=1", "http://127.0.0.1/cb?a=1", true),
      ("http://localhost/cb", "http://localhost:8/cb", true),
      ("http://127.0.0.1/cb", "http://127.0.0.1:51004/other", false),
      ("http://127.0.0.1/cb", "http://[::1]:1/cb", false),
      ("http://127.0.0.1/cb", "http://127.0.0.1:0/cb", false),
      ("http://127.0.0.1/cb", "http://127.0.0.1:99999/cb", false),
      ("http://127.0.0.1/cb", "http://127.0.0.1:1@evil.example/cb", false),
      ("http://127.0.0.1/cb", "http://127.0.0.1.evil.example:1/cb", false),
      ("http://127.0.0.1/cb", "https://127.0.0.1:1/cb", false),
      ("http://127.0.0.1/cb", "http://127.0.0.1:1/cb?x", false),
      ("https://client.example.org/cb", "https://client.example.org:8443/cb", false),
      ("https://127.0.0.1/cb", "https://127.0.0.1:8443/cb", false),
    ])
  func loopback(
    registered: String, presented: String, isTaken: Bool
  ) throws {
    var access = try GroupAccess(
      details: .fake {
        $0.redirectUris = [registered]
        $0.pkceOptional = true
      })
    let command = IssueAuthorizationCode(
      connector: access.connector, account: access.granter, redirectURI: presented, consent: .scopes(.all),
      codeChallenge: nil,
      digest: .of("code"))
    guard isTaken else {
      access.scenario.when(command).thenRefused(.invalidValue, field: "redirectURI")
      return
    }
    // The code remembers the address that it was sent to.
    let code = try access.scenario.perform(command).code
    let redeemed = redeem(code) {
      $0.connector = .fake(1)
      $0.redirectURI = presented
      $0.verifierDigest = nil
    }
    try access.scenario.perform(redeemed)
  }

  @Test("A code needs a connector, an enabled account and a verified phone")
  mutating func requirements() throws {
    access.scenario.when(issue(by: access.stranger)).thenRefused(.phoneRequired, field: "account")
    access.scenario.when(issue(by: AccountID(rawValue: 999))).thenRefused(.notFound, field: "account")
    var unknown = issue()
    unknown.connector = ConnectorID(rawValue: 999)
    access.scenario.when(unknown).thenRefused(.notFound, field: "connector")
    try access.scenario.given(.accountDisabled(filled(AccountDisabled()) { $0.account = access.granter.rawValue }))
    access.scenario.when(issue()).thenRefused(.accountDisabled, field: "account")
    try access.scenario.given(.accountDisabled(filled(AccountDisabled()) { $0.account = access.owner.rawValue }))
    access.scenario.when(issue()).thenRefused(.accountDisabled, field: "connector")
    try access.scenario.given(
      .connectorDeleted(filled(ConnectorDeleted()) { $0.connector = access.connector.rawValue }))
    access.scenario.when(issue()).thenRefused(.gone, field: "connector")
  }

  @Test("A code is traded for a grant, a refresh token and an access token that work")
  mutating func traded() throws {
    let code = try access.scenario.perform(issue()).code
    let first = access.scenario.next
    let now = access.scenario.now
    let redeemed = filled(AuthorizationCodeRedeemed()) {
      $0.code = code.rawValue
      $0.connector = access.connector.rawValue
      $0.account = access.granter.rawValue
      $0.family = first + 2
    }
    let granted = filled(PermissionGranted()) {
      $0.connector = access.connector.rawValue
      $0.granter = access.granter.rawValue
      $0.phone = access.phone.rawValue
      $0.scopes = Scopes.all.rawValue
    }
    let refresh = filled(RefreshTokenIssued()) {
      $0.grant = first + 1
      $0.connector = access.connector.rawValue
      $0.granter = access.granter.rawValue
      $0.digest = .init(Digest.of("user refresh"))
      $0.expiresAt = (now + .seconds(365 * 86_400)).milliseconds
    }
    let token = filled(V3TokenIssued()) {
      $0.family = first + 2
      $0.grant = first + 1
      $0.connector = access.connector.rawValue
      $0.refreshToken = first + 2
      $0.secret = access.connector.rawValue
      $0.digest = .init(Digest.of("user access"))
      $0.expiresAt = (now + .seconds(86_400)).milliseconds
      $0.scopes = Scopes.all.rawValue
    }
    let outcome = try access.scenario.when(redeem(code)).then(
      .authorizationCodeRedeemed(redeemed), .permissionGranted(granted), .refreshTokenIssued(refresh),
      .tokenIssued(token), by: Subject(access.connector))
    #expect(
      outcome
        == .redeemed(
          .init(
            account: access.granter, grant: GrantID(rawValue: first + 1), family: FamilyID(rawValue: first + 2),
            refreshExpiresAt: now + .seconds(365 * 86_400), handle: TokenID(rawValue: first + 3),
            expiresAt: now + .seconds(86_400), scopes: .all)))
    try access.scenario.perform(redeem(code))
    #expect(
      try judge(
        handle: TokenID(rawValue: first + 3), digest: .of("user access"), as: .access, at: now,
        in: access.scenario.state
      ).isValid)
    #expect(
      try judge(
        handle: TokenID(rawValue: first + 2), digest: .of("user refresh"), as: .refresh, at: now,
        in: access.scenario.state
      ).isValid)
  }

  @Test("A second code of the same person supersedes the family of the first")
  mutating func superseded() throws {
    let code = try access.scenario.perform(issue()).code
    guard case .redeemed(let first) = try access.scenario.perform(redeem(code)) else { throw Unexpected() }
    let again = try access.scenario.perform(issue()).code
    guard case .redeemed(let second) = try access.scenario.perform(redeem(again)) else { throw Unexpected() }
    #expect(second.grant == first.grant)
    #expect(second.family != first.family)
    #expect(try !judge(handle: first.handle, at: access.scenario.now, in: access.scenario.state).isValid)
    #expect(try judge(handle: second.handle, at: access.scenario.now, in: access.scenario.state).isValid)
  }

  @Test("Presented again, a code stops what came of it")
  mutating func reused() throws {
    let code = try access.scenario.perform(issue()).code
    guard case .redeemed(let made) = try access.scenario.perform(redeem(code)) else { throw Unexpected() }
    let stopped = filled(TokenRevoked()) {
      $0.reach = .family
      $0.target = made.family.rawValue
      $0.connector = access.connector.rawValue
      $0.grant = made.grant.rawValue
    }
    access.scenario.now = access.scenario.now + .seconds(3_600)
    let outcome = try access.scenario.when(redeem(code)).then(.tokenRevoked(stopped), by: Subject(access.connector))
    #expect(outcome == .replayed(made.family))
    // Another connector, or one who does not know the code, stops nothing.
    access.scenario.when(redeem(code) { $0.codeDigest = .of("guess") }).thenRefused(.invalidGrant, field: "code")
    _ = try access.scenario.connector(of: access.owner, publicID: .fake(2), secret: "other")
    access.scenario.when(
      redeem(code) {
        $0.connector = .fake(2)
        $0.secretDigest = .of("other")
      }
    ).thenRefused(.invalidGrant, field: "code")
    try access.scenario.perform(redeem(code))
    #expect(try !judge(handle: made.handle, at: access.scenario.now, in: access.scenario.state).isValid)
    access.scenario.when(redeem(code)).thenRefused(.invalidGrant, field: "code")
  }

  @Test("Whatever is wrong with a code looks the same, and uses up nothing")
  mutating func wrong() throws {
    let code = try access.scenario.perform(issue()).code
    try access.scenario.perform(
      UpdateConnector(connector: access.connector, .init(requiresPKCE: false), requester: access.owner))
    let bare = try access.scenario.perform(issue(challenge: nil)).code
    _ = try access.scenario.connector(of: access.owner, publicID: .fake(2), secret: "other")
    let wrong: [RedeemAuthorizationCode] = [
      redeem(AuthorizationCodeID(rawValue: 999)), redeem(AuthorizationCodeID(rawValue: access.family.rawValue)),
      redeem(code) { $0.codeDigest = .of("guess") }, redeem(code) { $0.codeDigest = .zero },
      redeem(code) { $0.redirectURI = "https://client.example.org/other" },
      redeem(code) { $0.redirectURI = "" },
      redeem(code) { $0.verifierDigest = .of("guess") }, redeem(code) { $0.verifierDigest = nil },
      // A verifier where there was no challenge.
      redeem(bare),
      redeem(code) {
        $0.connector = .fake(2)
        $0.secretDigest = .of("other")
      },
    ]
    var descriptions = Set<String>()
    for command in wrong {
      let refusal = access.scenario.when(command).thenRefused(.invalidGrant, field: "code")
      descriptions.insert(refusal?.description ?? "none")
    }
    var late = access.scenario
    late.now = late.now + .seconds(60)
    descriptions.insert(late.when(redeem(code)).thenRefused(.invalidGrant, field: "code")?.description ?? "none")
    var disabled = access.scenario
    try disabled.given(.accountDisabled(filled(AccountDisabled()) { $0.account = access.granter.rawValue }))
    descriptions.insert(disabled.when(redeem(code)).thenRefused(.invalidGrant, field: "code")?.description ?? "none")
    #expect(descriptions.count == 1)
    access.scenario.when(redeem(code) { $0.secretDigest = .of("guess") })
      .thenRefused(.invalidClient, field: "connector")
    access.scenario.now = access.scenario.now + .milliseconds(59_999)
    guard case .redeemed = try access.scenario.perform(redeem(code)) else { throw Unexpected() }
    // Without a challenge there is no verifier, and the address may be left out.
    guard
      case .redeemed = try access.scenario.perform(
        redeem(bare) {
          $0.redirectURI = nil
          $0.verifierDigest = nil
        })
    else { throw Unexpected() }
  }
}

struct Unexpected: Error {}
