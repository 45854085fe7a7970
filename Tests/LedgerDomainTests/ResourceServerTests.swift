import LedgerCrypto
import LedgerEvents
import LedgerTestSupport
import Testing

@testable import LedgerDomain

/// Resource servers, and tokens that are restricted to them or bound to a key.
@Suite struct ResourceServerTests {
  var access: GroupAccess
  init() throws { access = try GroupAccess() }

  private func create(
    _ publicID: UInt8 = 50, audience: String? = "https://archive.example.org", name: String = "Archive",
    by requester: Requester = .operator
  ) -> CreateResourceServer {
    CreateResourceServer(
      publicID: .fake(publicID), secretDigest: .of("server"), name: name, audience: audience, requester: requester)
  }

  private func authenticates(_ secret: String, as publicID: UInt8 = 50) throws -> Bool {
    try access.scenario.state.authenticate(
      resourceServer: .fake(publicID), secret: .of(secret), at: access.scenario.now) != nil
  }

  @Test("An operator registers one, which authenticates until it is deleted")
  mutating func registered() throws {
    let event = filled(ResourceServerCreated()) {
      $0.publicID = .init(PublicID.fake(50))
      $0.secretDigest = .init(Digest.of("server"))
      $0.name = "Archive"
      $0.audience = "https://archive.example.org"
    }
    try access.scenario.when(create(name: " Archive ")).then(.resourceServerCreated(event), by: .operator)
    let server = try access.scenario.perform(create()).id
    #expect(try authenticates("server") && !authenticates("guess") && !authenticates("server", as: 51))
    try access.scenario.perform(
      RotateResourceServerSecret(
        server: server, secretDigest: .of("new"), overlap: .seconds(60), requester: Requester.operator))
    #expect(try authenticates("server") && authenticates("new"))
    access.scenario.now = access.scenario.now + .seconds(60)
    #expect(try !authenticates("server") && authenticates("new"))
    // The zero digest is that of no Secret before.
    #expect(
      try access.scenario.state.authenticate(resourceServer: .fake(50), secret: .zero, at: access.scenario.now) == nil)
    let delete = DeleteResourceServer(server: server, requester: Requester.operator)
    try access.scenario.perform(delete)
    #expect(try !authenticates("new"))
    access.scenario.when(delete).thenRefused(.gone, field: "resourceServer")
    try access.scenario.perform(create(52))
  }

  @Test("Others do not, and names and addresses have bounds")
  mutating func authority() throws {
    try access.scenario.perform(create())
    access.scenario.when(create(51)).thenRefused(.conflict, field: "audience")
    access.scenario.when(create(50, audience: nil)).thenRefused(.conflict, field: "publicID")
    access.scenario.when(create(1, audience: nil)).thenRefused(.conflict, field: "publicID")
    access.scenario.when(create(51, audience: nil, name: "")).thenRefused(.invalidValue, field: "name")
    for uri in [
      "", "archive", ":x", "https:", "https://a.example/#x", "https://a example", "https://\u{E9}.example", "1a:b",
    ] {
      access.scenario.when(create(51, audience: uri)).thenRefused(.invalidValue, field: "audience")
    }
    for uri in ["urn:example:archive", "https://a.example/x?y", "a:b"] {
      try access.scenario.when(create(51, audience: uri)).then(
        .resourceServerCreated(
          filled(ResourceServerCreated()) {
            $0.publicID = .init(PublicID.fake(51))
            $0.secretDigest = .init(Digest.of("server"))
            $0.name = "Archive"
            $0.audience = uri
          }))
    }
    access.scenario.when(create(51, by: .account(access.owner))).thenRefused(.forbidden, field: "requester")
    let unknown = ResourceServerID(rawValue: 999)
    access.scenario.when(DeleteResourceServer(server: unknown, requester: Requester.operator))
      .thenRefused(.notFound, field: "resourceServer")
    access.scenario.when(
      RotateResourceServerSecret(
        server: unknown, secretDigest: .of("new"), overlap: .zero, requester: Requester.operator)
    ).thenRefused(.notFound, field: "resourceServer")
  }

  @Test("A resource server revokes what it is shown")
  mutating func shownToken() throws {
    let server = try access.scenario.perform(create()).id
    let revoke = RevokePresentedToken(
      connector: .fake(50), secretDigest: .of("server"), token: access.token, digest: .of("access"))
    #expect(try access.scenario.perform(revoke))
    #expect(try access.scenario.when(revoke).thenNothing() == false)
    try access.scenario.perform(DeleteResourceServer(server: server, requester: Requester.operator))
    access.scenario.when(revoke).thenRefused(.invalidClient, field: "connector")
  }

  // MARK: What tokens are restricted to, and bound to

  private func issue(_ conditions: TokenConditions) -> IssueAccessToken {
    IssueAccessToken(
      connector: .fake(1), secretDigest: .of("secret"), refreshToken: access.refreshToken,
      refreshDigest: .of("refresh"), accessDigest: .of("new"), conditions: conditions, successor: nil)
  }

  private func claims(_ token: TokenID, _ digest: Digest = .of("new")) throws -> Verdict.Claims? {
    guard
      case .valid(let claims) = try judge(
        handle: token, digest: digest, as: .access, at: access.scenario.now, in: access.scenario.state)
    else { return nil }
    return claims
  }

  private mutating func issued(_ conditions: TokenConditions) throws -> Verdict.Claims? {
    guard case .issued(let issued) = try access.scenario.perform(issue(conditions)) else { return nil }
    return try claims(issued.handle)
  }

  @Test("A token is good where it is for, and nowhere else")
  mutating func audience() throws {
    let archive = try access.scenario.perform(create()).id
    let other = try access.scenario.perform(create(51, audience: "urn:other")).id
    let free = try #require(try issued(.none))
    for target in [TokenTarget.ownServer, .resourceServer(archive), .any] {
      #expect(free.denialReason(provenKey: nil, at: target) == nil)
    }
    let restricted = try #require(try issued(.init(audiences: Audiences([archive]))))
    #expect(restricted.audiences.servers == [archive])
    #expect(restricted.denialReason(provenKey: nil, at: .resourceServer(archive)) == nil)
    #expect(restricted.denialReason(provenKey: nil, at: .any) == nil)
    for target in [TokenTarget.ownServer, .resourceServer(other)] {
      #expect(restricted.denialReason(provenKey: nil, at: target) == .otherAudience)
    }
    let own = try #require(try issued(.init(audiences: Audiences([other], includingOwn: true))))
    #expect(own.denialReason(provenKey: nil, at: .ownServer) == nil)
    #expect(own.denialReason(provenKey: nil, at: .resourceServer(archive)) == .otherAudience)
    try access.scenario.perform(DeleteResourceServer(server: other, requester: Requester.operator))
    access.scenario.when(issue(.init(audiences: Audiences([other])))).thenRefused(.invalidTarget, field: "resource")
    access.scenario.when(issue(.init(audiences: Audiences([ResourceServerID(rawValue: 999)]))))
      .thenRefused(.invalidTarget, field: "resource")
    #expect(Audiences([archive, other, ResourceServerID(rawValue: 99), ResourceServerID(rawValue: 98)]) == nil)
  }

  @Test("What a code was for, its tokens and those that refresh them are for at most")
  mutating func narrowing() throws {
    let archive = try access.scenario.perform(create()).id
    let other = try access.scenario.perform(create(51, audience: "urn:other")).id
    let uri = "https://example.org/callback"
    try access.scenario.perform(
      UpdateConnector(
        connector: access.connector, .init(redirectURIs: [uri], requiresPKCE: false), requester: access.owner))
    let code = try access.scenario.perform(
      IssueAuthorizationCode(
        connector: access.connector, account: access.granter, redirectURI: uri, consent: .scopes(.all),
        codeChallenge: nil,
        digest: .of("code"),
        conditions: .init(audiences: Audiences([archive], includingOwn: true), keyThumbprint: .of("key")))
    ).code
    func redeem(_ conditions: TokenConditions) -> RedeemAuthorizationCode {
      RedeemAuthorizationCode(
        connector: .fake(1), secretDigest: .of("secret"), code: code, codeDigest: .of("code"), redirectURI: uri,
        verifierDigest: nil, refreshDigest: .of("refreshing"), accessDigest: .of("new"), conditions: conditions)
    }
    for key in [nil, Digest.of("other")] {
      access.scenario.when(redeem(.init(keyThumbprint: key))).thenRefused(.invalidGrant, field: "code")
    }
    access.scenario.when(redeem(.init(audiences: Audiences([other]), keyThumbprint: .of("key"))))
      .thenRefused(.invalidTarget, field: "resource")
    guard
      case .redeemed(let redeemed) = try access.scenario.perform(
        redeem(.init(audiences: Audiences([archive]), keyThumbprint: .of("key"))))
    else {
      Issue.record("not redeemed")
      return
    }
    let first = try #require(try claims(redeemed.handle))
    #expect(first.audiences.servers == [archive] && !first.audiences.includesOwn)
    #expect(first.denialReason(provenKey: .of("key"), at: .resourceServer(archive)) == nil)
    #expect(first.denialReason(provenKey: nil, at: .resourceServer(archive)) == .wrongKey)
    func refresh(_ audiences: Audiences?, _ token: TokenID, _ secret: String) -> IssueAccessToken {
      IssueAccessToken(
        connector: .fake(1), secretDigest: .of("secret"), refreshToken: token, refreshDigest: .of(secret),
        accessDigest: .of("new"), conditions: .init(audiences: audiences), successor: nil)
    }
    var token = TokenID(rawValue: redeemed.family.rawValue)
    var secret = "refreshing"
    // Its successor is restricted alike.
    for _ in 0..<2 {
      guard case .issued(let all) = try access.scenario.perform(refresh(nil, token, secret)) else { return }
      #expect(all.audiences == Audiences([archive], includingOwn: true))
      guard
        case .issued(let own) = try access.scenario.perform(refresh(Audiences([], includingOwn: true), token, secret))
      else { return }
      #expect(own.audiences == Audiences([], includingOwn: true))
      access.scenario.when(refresh(Audiences([other]), token, secret)).thenRefused(.invalidTarget, field: "resource")
      token = try access.scenario.successor(
        of: token, in: redeemed.family, predecessorUntil: access.scenario.now + .seconds(60))
      secret = "successor"
    }
  }

  @Test("A token that is bound to a key needs it, and one that is not takes none")
  mutating func boundKey() throws {
    let bound = try #require(try issued(.init(keyThumbprint: .of("key"))))
    #expect(bound.keyThumbprint == .of("key"))
    #expect(bound.denialReason(provenKey: .of("key"), at: .ownServer) == nil)
    #expect(bound.denialReason(provenKey: .of("other"), at: .ownServer) == .wrongKey)
    #expect(bound.denialReason(provenKey: nil, at: .ownServer) == .wrongKey)
    let free = try #require(try issued(.none))
    #expect(free.denialReason(provenKey: .of("key"), at: .ownServer) == .wrongKey)
    try access.scenario.perform(
      UpdateConnector(
        connector: access.connector, .init(isDPoPBound: true, hasSignedTokens: true), requester: access.owner))
    access.scenario.when(issue(.none)).thenRefused(.invalidProof, field: "DPoP")
    guard case .issued(let signed) = try access.scenario.perform(issue(.init(keyThumbprint: .of("key")))) else {
      return
    }
    #expect(signed.isSigned)
  }
}
