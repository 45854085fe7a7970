import LedgerCrypto
import LedgerEvents
import LedgerTestSupport
import Testing

@testable import LedgerDomain

@Suite struct RevokePresentedTokenTests {
  var access: GroupAccess
  init() throws { access = try GroupAccess() }

  private func revoke(
    _ token: TokenID, _ digest: Digest, _ change: (inout RevokePresentedToken) -> Void = { _ in }
  ) -> RevokePresentedToken {
    var command = RevokePresentedToken(
      connector: .fake(1), secretDigest: .of("secret"), token: token, digest: digest)
    change(&command)
    return command
  }

  private func revoked(_ reach: RevocationReach, _ target: UInt64) -> LedgerEvent {
    .tokenRevoked(
      filled(TokenRevoked()) {
        $0.reach = reach
        $0.target = target
        $0.connector = access.connector.rawValue
        $0.grant = access.grant.rawValue
        $0.group = access.group.rawValue
      })
  }

  @Test("An access token is stopped alone, a refresh token with its family")
  mutating func stopped() throws {
    let token = revoke(access.token, .of("access"))
    let stopped = try access.scenario.when(token)
      .then(revoked(.token, access.token.rawValue), by: Subject(access.connector))
    #expect(stopped)
    let successor = try access.scenario.successor(
      of: access.refreshToken, in: access.family, predecessorUntil: access.scenario.now + .seconds(60))
    try access.scenario.when(revoke(successor, .of("successor")))
      .then(revoked(.family, access.family.rawValue), by: Subject(access.connector))
    try access.scenario.perform(token)
    #expect(try access.scenario.when(token).thenNothing() == false)
    try access.scenario.perform(revoke(access.refreshToken, .of("refresh")))
    #expect(try access.scenario.when(revoke(successor, .of("successor"))).thenNothing() == false)
  }

  @Test("What is unknown, not a token, or another's stops nothing")
  mutating func nothing() throws {
    _ = try access.scenario.connector(of: access.stranger, publicID: .fake(2), secret: "other")
    let commands = [
      revoke(TokenID(rawValue: 999), .of("access")), revoke(access.token, .of("guess")), revoke(access.token, .zero),
      revoke(TokenID(rawValue: access.grant.rawValue), .zero),
      revoke(access.token, .of("access")) {
        $0.connector = .fake(2)
        $0.secretDigest = .of("other")
      },
    ]
    for command in commands { #expect(try access.scenario.when(command).thenNothing() == false) }
    access.scenario.when(revoke(access.token, .of("access")) { $0.secretDigest = .of("guess") })
      .thenRefused(.invalidClient, field: "connector")
  }
}
