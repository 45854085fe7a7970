import LedgerCrypto
import LedgerEvents
import LedgerTestSupport
import Testing

@testable import LedgerDomain

@Suite struct IssueAccessTokenTests {
  var access: GroupAccess
  init() throws { access = try GroupAccess() }

  private var command: IssueAccessToken {
    IssueAccessToken(
      connector: .fake(1), secretDigest: .of("secret"), refreshToken: access.refreshToken,
      refreshDigest: .of("refresh"), accessDigest: .of("new"), successor: { .init(digest: .of("successor"), kept: [1]) }
    )
  }

  private func issued(
    refreshToken: TokenID? = nil, secret: UInt64? = nil, lifetime: Duration = .seconds(86_400), scopes: Scopes = .all,
    successor: TokenID? = nil
  ) -> LedgerEvent {
    .tokenIssued(
      filled(V3TokenIssued()) {
        $0.family = access.family.rawValue
        $0.grant = access.grant.rawValue
        $0.connector = access.connector.rawValue
        $0.group = access.group.rawValue
        $0.refreshToken = (refreshToken ?? access.refreshToken).rawValue
        $0.secret = secret ?? access.connector.rawValue
        $0.digest = .init(Digest.of("new"))
        $0.expiresAt = (access.scenario.now + lifetime).milliseconds
        $0.scopes = scopes.rawValue
        $0.successor = successor?.rawValue ?? 0
      })
  }

  private func rotated(
    lifetime: Duration = .seconds(365 * 86_400), predecessorUntil: Timestamp
  ) -> LedgerEvent {
    .refreshTokenRotated(
      filled(RefreshTokenRotated()) {
        $0.family = access.family.rawValue
        $0.grant = access.grant.rawValue
        $0.connector = access.connector.rawValue
        $0.group = access.group.rawValue
        $0.predecessor = access.family.rawValue
        $0.digest = .init(Digest.of("successor"))
        $0.expiresAt = (access.scenario.now + lifetime).milliseconds
        $0.predecessorUntil = predecessorUntil.milliseconds
      })
  }

  @Test("A refresh token is traded for an access token that works")
  mutating func traded() throws {
    let outcome = try access.scenario.when(command).then(issued(), by: Subject(access.connector))
    #expect(
      outcome
        == .issued(
          .init(
            handle: TokenID(rawValue: access.scenario.next), expiresAt: access.scenario.now + .seconds(86_400),
            scopes: .all, connector: access.connector, grant: access.grant, group: access.group, successor: nil)))
    let handle = TokenID(rawValue: access.scenario.next)
    try access.scenario.perform(command)
    #expect(
      try judge(
        handle: handle, digest: .of("new"), as: .access, at: access.scenario.now, in: access.scenario.state
      ).isValid)
  }

  @Test("The connector sets the lifetime, and everything on the way the scopes")
  mutating func lifetimeAndScopes() throws {
    access = try GroupAccess(details: .fake { $0.accessTokenLifetime = 120 })
    access.scenario.state.standings[access.connector.rawValue]?.scopes = [.mediaRead, .mediaWrite]
    access.scenario.state.standings[access.grant.rawValue]?.scopes = [.mediaRead, .profileRead]
    try access.scenario.when(command).then(issued(lifetime: .seconds(120), scopes: [.mediaRead]))
    access.scenario.state.standings[access.grant.rawValue]?.scopes = [.profileRead]
    let refusal = access.scenario.when(command).thenRefused(.invalidGrant, field: "refreshToken")
    #expect(refusal?.reason == nil)
  }

  @Test("Wrong ID, wrong Secret and deleted connector cannot be told apart")
  mutating func indistinguishable() throws {
    var unknown = command
    unknown.connector = .fake(200)
    var wrong = command
    wrong.secretDigest = .of("guess")
    var zero = command
    zero.secretDigest = .zero
    var zeroUnknown = unknown
    zeroUnknown.secretDigest = .zero
    let refusals = [unknown, wrong, zero, zeroUnknown].map {
      access.scenario.when($0).thenRefused(.invalidClient, field: "connector")?.description
    }
    try access.scenario.perform(DeleteConnector(connector: access.connector, requester: access.owner))
    let deleted = access.scenario.when(command).thenRefused(.invalidClient, field: "connector")?.description
    #expect(refusals.allSatisfy { $0 == deleted })
  }

  @Test("The Secret is checked before the refresh token")
  func secretFirst() throws {
    var command = command
    command.secretDigest = .of("guess")
    command.refreshDigest = .of("guess")
    access.scenario.when(command).thenRefused(.invalidClient, field: "connector")
  }

  @Test("While a rotation of the Secret overlaps, both are accepted")
  mutating func overlap() throws {
    let until = access.scenario.now + .seconds(60)
    let event = filled(ConnectorSecretRotated()) {
      $0.connector = access.connector.rawValue
      $0.secretDigest = .init(Digest.of("second"))
      $0.previousSecret = access.connector.rawValue
      $0.previousExpiresAt = until.milliseconds
    }
    let secret = try access.scenario.given(.connectorSecretRotated(event))
    var renewed = command
    renewed.secretDigest = .of("second")
    access.scenario.now = until - .milliseconds(1)
    try access.scenario.when(command).then(issued())
    try access.scenario.when(renewed).then(issued(secret: secret))
    access.scenario.now = until
    access.scenario.when(command).thenRefused(.invalidClient, field: "connector")
    try access.scenario.when(renewed).then(issued(secret: secret))
  }

  @Test("A wrong refresh token is refused with the reason inside")
  func wrongToken() throws {
    func reason(_ change: (inout IssueAccessToken) -> Void) -> Verdict.Reason? {
      var command = command
      change(&command)
      return access.scenario.when(command).thenRefused(.invalidGrant, field: "refreshToken")?.reason
    }
    #expect(reason { $0.refreshDigest = .of("guess") } == .unknown)
    #expect(reason { $0.refreshToken = TokenID(rawValue: 999) } == .unknown)
    #expect(
      reason {
        $0.refreshToken = access.token
        $0.refreshDigest = .of("access")
      } == .wrongKind)
  }

  @Test("An expired refresh token is refused")
  mutating func expired() throws {
    access.scenario.now += .seconds(365 * 86_400)
    let refusal = access.scenario.when(command).thenRefused(.invalidGrant, field: "refreshToken")
    #expect(refusal?.reason == .expired(at: access.scenario.now))
  }

  @Test("Whatever is stopped, nothing is issued")
  mutating func stopped() throws {
    for subject in [
      Subject(access.family), Subject(access.grant), Subject(access.owner), Subject(access.granter),
      Subject(access.membership), Subject(access.group), Subject(access.phone), Subject(access.connector),
    ] {
      var scenario = access.scenario
      scenario.state.standings[subject.number]?.stoppedBy = 99
      let refusal = scenario.when(command).thenRefused(.invalidGrant, field: "refreshToken")
      #expect(refusal?.reason == .stopped(subject, by: 99))
    }
  }

  @Test("Another connector's refresh token is refused")
  mutating func foreign() throws {
    _ = try access.scenario.connector(of: access.owner, publicID: .fake(2), secret: "other")
    var command = command
    command.connector = .fake(2)
    command.secretDigest = .of("other")
    let refusal = access.scenario.when(command).thenRefused(.invalidGrant, field: "refreshToken")
    #expect(refusal?.reason == .anotherConnector)
  }

  @Test("After nine tenths of its life a refresh token gets its successor, once")
  mutating func successor() throws {
    let expiry = access.scenario.now + .seconds(365 * 86_400)
    access.scenario.now = expiry - .seconds(365 * 8_640) - .milliseconds(1)
    try access.scenario.when(command).then(issued())
    access.scenario.now += .milliseconds(1)
    let successor = TokenID(rawValue: access.scenario.next + 1)
    let outcome = try access.scenario.when(command)
      .then(issued(successor: successor), rotated(predecessorUntil: expiry))
    guard case .issued(let tokens) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(tokens.successor == successor)

    try access.scenario.perform(command)
    try access.scenario.when(command).then(issued(successor: successor))
    access.scenario.now = expiry - .milliseconds(1)
    try access.scenario.when(command).then(issued(successor: successor))
    var next = command
    next.refreshToken = successor
    next.refreshDigest = .of("successor")
    try access.scenario.when(next).then(issued(refreshToken: successor))
    access.scenario.now = expiry
    let refusal = access.scenario.when(command).thenRefused(.invalidGrant, field: "refreshToken")
    #expect(refusal?.reason == .expired(at: expiry))
    try access.scenario.when(next).then(issued(refreshToken: successor))
  }

  @Test("Without a digest for it there is no successor")
  mutating func withoutDigest() throws {
    access.scenario.now += .seconds(364 * 86_400)
    var command = command
    command.successor = nil
    try access.scenario.when(command).then(issued())
  }

  @Test("Rotated at each use, with a window for those who ask again")
  mutating func rotatedEachUse() throws {
    access = try GroupAccess(details: .fake { $0.rotation = .always })
    let until = access.scenario.now + .seconds(60)
    let successor = TokenID(rawValue: access.scenario.next + 1)
    try access.scenario.when(command).then(issued(successor: successor), rotated(predecessorUntil: until))
    try access.scenario.perform(command)
    access.scenario.now = until - .milliseconds(1)
    try access.scenario.when(command).then(issued(successor: successor))

    access.scenario.now = until
    try expectReuse()
  }

  @Test("The use of a successor ends the window of the token before")
  mutating func windowEnd() throws {
    access = try GroupAccess(details: .fake { $0.rotation = .always })
    try access.scenario.perform(command)
    var next = command
    next.refreshToken = TokenID(rawValue: access.scenario.next - 1)
    next.refreshDigest = .of("successor")
    try access.scenario.perform(next)
    try expectReuse()
  }

  private func expectReuse() throws {
    let reuse = filled(RefreshTokenReuseDetected()) {
      $0.family = access.family.rawValue
      $0.grant = access.grant.rawValue
      $0.connector = access.connector.rawValue
      $0.group = access.group.rawValue
      $0.token = access.family.rawValue
    }
    let outcome = try access.scenario.when(command)
      .then(.refreshTokenReuseDetected(reuse), by: Subject(access.connector))
    #expect(outcome == .reuseDetected(access.family))
  }

  @Test("A reuse stops the family, and is recorded once")
  mutating func reuse() throws {
    access = try GroupAccess(details: .fake { $0.rotation = .always })
    try access.scenario.perform(command)
    let successor = TokenID(rawValue: access.scenario.next - 1)
    access.scenario.now += .seconds(60)
    try access.scenario.perform(command)
    let position = access.scenario.next - 1
    let again = access.scenario.when(command).thenRefused(.invalidGrant, field: "refreshToken")
    #expect(again?.reason == .replaced(by: successor))
    var next = command
    next.refreshToken = successor
    next.refreshDigest = .of("successor")
    let refusal = access.scenario.when(next).thenRefused(.invalidGrant, field: "refreshToken")
    #expect(refusal?.reason == .stopped(Subject(access.family), by: Position(position)))
    #expect(
      try judge(handle: access.token, at: access.scenario.now, in: access.scenario.state)
        == .invalid(.stopped(Subject(access.family), by: Position(position))))
  }

  @Test("The reuse of a successor stops the family too")
  mutating func successorReuse() throws {
    access = try GroupAccess(details: .fake { $0.rotation = .always })
    let successor = try access.scenario.successor(
      of: access.refreshToken, in: access.family, predecessorUntil: access.scenario.now)
    _ = try access.scenario.successor(
      of: successor, in: access.family, secret: "third", predecessorUntil: access.scenario.now)
    var command = command
    command.refreshToken = successor
    command.refreshDigest = .of("successor")
    #expect(try access.scenario.perform(command) == .reuseDetected(access.family))
  }

  @Test("Another connector's reuse stops nothing")
  mutating func foreignReuse() throws {
    _ = try access.scenario.connector(of: access.owner, publicID: .fake(2), secret: "other")
    _ = try access.scenario.successor(
      of: access.refreshToken, in: access.family, predecessorUntil: access.scenario.now)
    var command = command
    command.connector = .fake(2)
    command.secretDigest = .of("other")
    let refusal = access.scenario.when(command).thenRefused(.invalidGrant, field: "refreshToken")
    #expect(refusal?.reason == .anotherConnector)
  }

  @Test("Unreadable state issues nothing")
  mutating func unreadable() throws {
    access.scenario.state.standings[access.phone.rawValue] = nil
    access.scenario.when(command).thenUnreadable()
    access.scenario.state.failure = StateUnreadable("planted")
    access.scenario.when(command).thenUnreadable()
  }
}
