import LedgerCrypto
import LedgerEvents
import LedgerTestSupport
import Testing

@testable import LedgerDomain

/// What stops codes and PINs that were made before, and what does not.
@Suite struct CodeDenialReasonTests {
  static let uri = "https://client.example.org/callback"
  private static let number = "+910000000002"

  /// What happens between the making of a code and its being presented.
  enum Between: CaseIterable, Sendable {
    case ownAccessRevoked, ownAccessGivenAndRevoked, tokensOfAccount, tokensOfConnector, disabledAndEnabled
    case nothing, groupAccessRevoked, ownFamilyRevoked, ownerDisabledAndEnabled, ownAccessRevokedBefore

    var isDenial: Bool {
      switch self {
      case .ownAccessRevoked, .ownAccessGivenAndRevoked, .tokensOfAccount, .tokensOfConnector, .disabledAndEnabled:
        true
      default: false
      }
    }
  }

  private func access() throws -> GroupAccess {
    try GroupAccess(
      details: .fake {
        $0.redirectUris = [Self.uri]
        $0.pkceOptional = true
      })
  }

  /// Gives the connector the granter's own access.
  private func grant(_ access: inout GroupAccess) throws -> GrantID {
    let made = try access.scenario.perform(
      GrantAccess(
        connector: access.connector, access: .user, granter: access.granter, consent: .scopes(.all),
        refreshDigest: .of("own")))
    return made.grant
  }

  private func prepare(_ between: Between, _ access: inout GroupAccess) throws -> GrantID? {
    switch between {
    case .ownAccessRevoked, .ownFamilyRevoked: return try grant(&access)
    case .ownAccessRevokedBefore:
      let own = try grant(&access)
      try access.scenario.perform(RevokeGrant(grant: own, requester: access.granter))
      return nil
    default: return nil
    }
  }

  private func apply(_ between: Between, _ own: GrantID?, _ access: inout GroupAccess) throws {
    func disableAndEnable(_ account: AccountID) throws {
      try access.scenario.given(.accountDisabled(filled(AccountDisabled()) { $0.account = account.rawValue }))
      try access.scenario.given(.accountEnabled(filled(AccountEnabled()) { $0.account = account.rawValue }))
    }
    switch between {
    case .ownAccessRevoked:
      try access.scenario.perform(RevokeGrant(grant: #require(own), requester: access.granter))
    case .ownAccessGivenAndRevoked:
      let own = try grant(&access)
      try access.scenario.perform(RevokeGrant(grant: own, requester: access.granter))
    case .tokensOfAccount:
      try access.scenario.perform(RevokeToken(.account(access.granter), requester: .operator))
    case .tokensOfConnector:
      try access.scenario.perform(RevokeToken(.connector(access.connector), requester: .operator))
    case .disabledAndEnabled: try disableAndEnable(access.granter)
    case .nothing, .ownAccessRevokedBefore: break
    case .groupAccessRevoked:
      try access.scenario.perform(RevokeGrant(grant: access.grant, requester: access.granter))
    case .ownFamilyRevoked:
      try access.scenario.perform(RevokeToken(.grant(#require(own)), requester: .operator))
    case .ownerDisabledAndEnabled: try disableAndEnable(access.owner)
    }
  }

  @Test("A code leads nowhere once what it was to give was stopped", arguments: Between.allCases)
  func code(between: Between) throws {
    var access = try access()
    let own = try prepare(between, &access)
    let code = try access.scenario.perform(
      IssueAuthorizationCode(
        connector: access.connector, account: access.granter, redirectURI: Self.uri, consent: .scopes(.all),
        codeChallenge: nil,
        digest: .of("code"))
    ).code
    try apply(between, own, &access)
    let redeem = RedeemAuthorizationCode(
      connector: .fake(1), secretDigest: .of("secret"), code: code, codeDigest: .of("code"), redirectURI: nil,
      verifierDigest: nil, refreshDigest: .of("user refresh"), accessDigest: .of("user access"))
    guard between.isDenial else {
      try access.scenario.perform(redeem)
      return
    }
    access.scenario.when(redeem).thenRefused(.invalidGrant, field: "code")
    // One that is made after it works.
    let later = try access.scenario.perform(
      IssueAuthorizationCode(
        connector: access.connector, account: access.granter, redirectURI: Self.uri, consent: .scopes(.all),
        codeChallenge: nil,
        digest: .of("code"))
    ).code
    var again = redeem
    again.code = later
    try access.scenario.perform(again)
  }

  @Test("A PIN for signing in leads nowhere once what it was to give was stopped", arguments: Between.allCases)
  func signInPIN(between: Between) throws {
    var access = try access()
    let own = try prepare(between, &access)
    func request() throws -> ChallengeID {
      let command = RequestSignInPIN(
        connector: .fake(1), secretDigest: .of("secret"), number: .of(Self.number),
        holder: .init(account: access.granter, sealedNumber: .fake(Self.number)),
        salt: [UInt8](repeating: 7, count: 16), pinDigest: .of("123456"))
      return try #require(try access.scenario.perform(command)).challenge
    }
    func signIn(_ challenge: ChallengeID) -> SignInWithPIN {
      SignInWithPIN(
        connector: .fake(1), secretDigest: .of("secret"), number: .of(Self.number), challenge: challenge,
        candidate: .of("123456"), refreshDigest: .of("user refresh"))
    }
    let challenge = try request()
    try apply(between, own, &access)
    guard between.isDenial else {
      try access.scenario.perform(signIn(challenge))
      return
    }
    access.scenario.when(signIn(challenge)).thenRefused(.invalidGrant, field: "pin")
    try access.scenario.perform(signIn(request()))
  }

  @Test("A PIN for a phone is over once the account was disabled, though it was enabled since")
  func phone() throws {
    var scenario = Scenario()
    let alice = try scenario.account("alice")
    let challenge = try scenario.challenge("+910000000001", by: alice)
    let command = VerifyPIN(
      account: alice, challenge: challenge, candidate: .of("1234"), number: .of("+910000000001"))
    try scenario.given(.accountDisabled(filled(AccountDisabled()) { $0.account = alice.rawValue }))
    scenario.when(command).thenRefused(.accountDisabled, field: "account")
    try scenario.given(.accountEnabled(filled(AccountEnabled()) { $0.account = alice.rawValue }))
    scenario.when(command).thenRefused(.noOpenPIN, field: "challenge")
    var later = command
    later.challenge = try scenario.challenge("+910000000001", by: alice)
    try scenario.perform(later)
  }
}
