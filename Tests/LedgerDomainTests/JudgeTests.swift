import LedgerCrypto
import LedgerEvents
import LedgerTestSupport
import Testing

@testable import LedgerDomain

@Suite struct JudgeTests {
  var access: GroupAccess
  init() throws { access = try GroupAccess() }

  private func verdict(_ secret: String = "access", at now: Timestamp? = nil) throws -> Verdict {
    try judge(
      handle: access.token, digest: .of(secret), as: .access, at: now ?? access.scenario.now, in: access.scenario.state)
  }

  private func refreshVerdict(
    _ handle: TokenID? = nil, _ secret: String = "refresh", at now: Timestamp? = nil
  ) throws -> Verdict {
    try judge(
      handle: handle ?? access.refreshToken, digest: .of(secret), as: .refresh, at: now ?? access.scenario.now,
      in: access.scenario.state)
  }

  @Test("A valid access token says what it stands on")
  func accessToken() throws {
    #expect(
      try verdict()
        == .valid(
          Verdict.Claims(
            handle: access.token, connector: access.connector, grant: access.grant, family: access.family,
            group: access.group, granter: access.granter, scopes: .all,
            expiresAt: access.scenario.now + .seconds(86_400))))
  }

  @Test("A valid refresh token says what it stands on, as does its successor")
  func refreshToken() throws {
    let expiresAt = access.scenario.now + .seconds(365 * 86_400)
    var claims = Verdict.Claims(
      handle: access.refreshToken, connector: access.connector, grant: access.grant, family: access.family,
      group: access.group, granter: access.granter, scopes: .all, expiresAt: expiresAt)
    #expect(try refreshVerdict() == .valid(claims))
    let first = try mutated { try $0.successor(of: $1.refreshToken, in: $1.family, predecessorUntil: expiresAt) }
    claims.handle = first.made
    #expect(try first.verdict(of: first.made, "successor") == .valid(claims))
  }

  @Test("A person's own token opens no group")
  func own() throws {
    var scenario = access.scenario
    let grant = try scenario.grant(to: access.connector, by: access.granter, phone: access.phone)
    let family = try scenario.family(under: grant)
    let token = try scenario.token(from: family)
    let verdict = try judge(
      handle: token, digest: .of("access"), as: .access, at: scenario.now, in: scenario.state)
    guard case .valid(let claims) = verdict else {
      Issue.record("\(verdict)")
      return
    }
    #expect(claims.group == nil)
    #expect(claims.granter == access.granter)
  }

  @Test("Wrong secret, position without a token, and position of another token are unknown")
  func unknown() throws {
    #expect(try verdict("guess") == .invalid(.unknown))
    #expect(try verdict("refresh") == .invalid(.unknown))
    for number in [0, access.grant.rawValue, access.scenario.next, UInt64.max] {
      let verdict = try judge(
        handle: TokenID(rawValue: number), digest: .of("access"), as: .access, at: access.scenario.now,
        in: access.scenario.state)
      #expect(verdict == .invalid(.unknown))
    }
  }

  @Test("A token of the other kind is refused")
  func otherKind() throws {
    let scenario = access.scenario
    #expect(
      try judge(handle: access.token, digest: .of("access"), as: .refresh, at: scenario.now, in: scenario.state)
        == .invalid(.wrongKind))
    #expect(
      try judge(handle: access.refreshToken, digest: .of("refresh"), as: .access, at: scenario.now, in: scenario.state)
        == .invalid(.wrongKind))
  }

  @Test("A token is valid until just before it expires")
  func expiry() throws {
    let expiry = access.scenario.now + .seconds(86_400)
    #expect(try verdict(at: expiry - .milliseconds(1)).isValid)
    #expect(try verdict(at: expiry) == .invalid(.expired(at: expiry)))
    let refreshExpiry = access.scenario.now + .seconds(365 * 86_400)
    #expect(try refreshVerdict(at: refreshExpiry - .milliseconds(1)).isValid)
    #expect(try refreshVerdict(at: refreshExpiry) == .invalid(.expired(at: refreshExpiry)))
  }

  @Test("An access token outlives the refresh token that it came from")
  func outlives() throws {
    var scenario = access.scenario
    let family = try scenario.family(under: access.grant, lifetime: .seconds(10))
    let token = try scenario.token(from: family)
    #expect(
      try judge(
        handle: token, digest: .of("access"), as: .access, at: scenario.now + .seconds(11), in: scenario.state
      ).isValid)
  }

  @Test("A replaced refresh token works until the moment set, and its family goes on")
  func replaced() throws {
    let until = access.scenario.now + .seconds(60)
    let after = try mutated { try $0.successor(of: $1.refreshToken, in: $1.family, predecessorUntil: until) }
    #expect(try after.verdict(of: access.refreshToken, "refresh", at: until - .milliseconds(1)).isValid)
    #expect(
      try after.verdict(of: access.refreshToken, "refresh", at: until) == .invalid(.replaced(by: after.made)))
    #expect(try after.verdict(of: after.made, "successor", at: until).isValid)
    #expect(
      try judge(handle: access.token, digest: .of("access"), as: .access, at: until, in: after.scenario.state).isValid)
  }

  /// What a token stands on, in the order in which the judge looks.
  enum Link: CaseIterable { case token, family, grant, connector, owner, granter, membership, group, phone }

  private func subject(_ link: Link) -> Subject {
    switch link {
    case .token: Subject(access.token)
    case .family: Subject(access.family)
    case .grant: Subject(access.grant)
    case .connector: Subject(access.connector)
    case .owner: Subject(access.owner)
    case .granter: Subject(access.granter)
    case .membership: Subject(access.membership)
    case .group: Subject(access.group)
    case .phone: Subject(access.phone)
    }
  }

  @Test("Nothing is valid once something that it stands on is stopped", arguments: Link.allCases)
  mutating func stopped(link: Link) throws {
    let stopped = subject(link)
    access.scenario.state.standings[stopped.number]?.stoppedBy = 99
    #expect(try verdict() == .invalid(.stopped(stopped, by: 99)))
    #expect(try judge(handle: access.token, at: access.scenario.now, in: access.scenario.state).isValid == false)
    if link == .token {
      #expect(try refreshVerdict().isValid)
    } else {
      #expect(try refreshVerdict() == .invalid(.stopped(stopped, by: 99)))
    }
    access.scenario.state.standings[stopped.number]?.stoppedBy = 0
    #expect(try verdict().isValid)
  }

  @Test("Of several reasons it names the first on the way")
  mutating func firstReason() throws {
    for link in Link.allCases.reversed() {
      access.scenario.state.standings[subject(link).number]?.stoppedBy = 99
      #expect(try verdict() == .invalid(.stopped(subject(link), by: 99)))
    }
  }

  @Test("A missing row never makes a token valid", arguments: Link.allCases.dropFirst())
  mutating func missingRow(link: Link) throws {
    access.scenario.state.standings[subject(link).number] = nil
    #expect(throws: StateUnreadable.self) { try verdict() }
  }

  @Test("A row of another kind never makes a token valid", arguments: Link.allCases.dropFirst())
  mutating func otherRow(link: Link) throws {
    access.scenario.state.standings[subject(link).number]?.kind = .webhook
    #expect(throws: StateUnreadable.self) { try verdict() }
  }

  @Test("What cannot be read is said to be so")
  mutating func unreadable() throws {
    access.scenario.state.failure = StateUnreadable("planted")
    #expect(throws: StateUnreadable("planted")) { try verdict() }
  }

  @Test("A demotion stops the grants given before it and not those after")
  mutating func demotion() throws {
    try access.scenario.changeRole(of: access.membership, in: access.group, from: .admin, to: .member)
    let floor = access.scenario.next - 1
    #expect(try verdict() == .invalid(.stopped(Subject(access.membership), by: Position(floor))))
    try access.scenario.changeRole(of: access.membership, in: access.group, from: .member, to: .admin)
    #expect(try verdict() == .invalid(.stopped(Subject(access.membership), by: Position(floor))))
    // A token issued after it, even under a new family, stands on the old grant.
    let family = try access.scenario.family(under: access.grant)
    let late = try access.scenario.token(from: family)
    #expect(try state(of: late) == .invalid(.stopped(Subject(access.membership), by: Position(floor))))

    let grant = try access.scenario.grant(
      to: access.connector, by: access.granter, phone: access.phone, group: access.group,
      membership: access.membership)
    let renewed = try access.scenario.token(from: try access.scenario.family(under: grant))
    #expect(try state(of: renewed).isValid)
  }

  @Test(
    "Revoking all tokens stops older families with all that comes from them",
    arguments: [RevocationReach.connector, .account])
  mutating func floor(
    reach: RevocationReach
  ) throws {
    let target = reach == .connector ? Subject(access.connector) : Subject(access.granter)
    try access.scenario.revoke(reach, target.number)
    let floor = access.scenario.next - 1
    #expect(try verdict() == .invalid(.stopped(target, by: Position(floor))))
    #expect(try refreshVerdict() == .invalid(.stopped(target, by: Position(floor))))
    let late = try access.scenario.token(from: access.family)
    #expect(try state(of: late) == .invalid(.stopped(target, by: Position(floor))))
    let renewed = try access.scenario.token(from: try access.scenario.family(under: access.grant))
    #expect(try state(of: renewed).isValid)
  }

  @Test("Revoking all tokens of a connector's owner leaves what others gave")
  mutating func ownerFloor() throws {
    try access.scenario.revoke(.account, access.owner.rawValue)
    #expect(try verdict().isValid)
  }

  @Test("What the connector's owner may do is no limit to what others give")
  mutating func ownerScopes() throws {
    access.scenario.state.standings[access.owner.rawValue]?.scopes = []
    guard case .valid(let claims) = try verdict() else {
      Issue.record("not valid")
      return
    }
    #expect(claims.scopes == .all)
  }

  @Test("Everything else on the way may narrow the scopes", arguments: Link.allCases.filter { $0 != .owner })
  mutating func narrowing(link: Link) throws {
    access.scenario.state.standings[subject(link).number]?.scopes = [.profileRead, .mediaRead]
    access.scenario.state.standings[access.token.rawValue]?.scopes.remove(.mediaRead)
    guard case .valid(let claims) = try verdict() else {
      Issue.record("not valid")
      return
    }
    #expect(claims.scopes.contains(.profileRead))
    #expect(!claims.scopes.contains(.mediaRead))
    #expect(!claims.scopes.contains(.groupInfoRead))
  }

  @Test("Listing needs no digest and no kind")
  func listing() throws {
    let scenario = access.scenario
    #expect(try state(of: access.token) == verdict())
    #expect(try state(of: access.refreshToken) == refreshVerdict())
    #expect(
      try judge(handle: TokenID(rawValue: access.grant.rawValue), at: scenario.now, in: scenario.state)
        == .invalid(.unknown))
  }

  private func state(of handle: TokenID) throws -> Verdict {
    try judge(handle: handle, at: access.scenario.now, in: access.scenario.state)
  }

  /// A scenario after something was made, and the judge of its refresh tokens.
  private struct After {
    let scenario: Scenario
    let made: TokenID

    func verdict(of handle: TokenID, _ secret: String, at now: Timestamp? = nil) throws -> Verdict {
      try judge(handle: handle, digest: .of(secret), as: .refresh, at: now ?? scenario.now, in: scenario.state)
    }
  }

  private func mutated(_ change: (inout Scenario, GroupAccess) throws -> TokenID) throws -> After {
    var scenario = access.scenario
    let made = try change(&scenario, access)
    return After(scenario: scenario, made: made)
  }
}
