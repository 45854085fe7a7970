import LedgerEvents
import LedgerTestSupport
import Testing

@testable import LedgerDomain

@Suite struct RevokeTokenTests {
  var access: GroupAccess
  init() throws { access = try GroupAccess() }

  private func revoked(_ reach: RevocationReach, _ target: UInt64, under: Bool = true) -> LedgerEvent {
    .tokenRevoked(
      filled(TokenRevoked()) {
        $0.reach = reach
        $0.target = target
        guard under else { return }
        $0.connector = access.connector.rawValue
        $0.grant = access.grant.rawValue
        $0.group = access.group.rawValue
      })
  }

  @Test("Whoever it concerns stops a token or a family, and nobody else")
  mutating func authority() throws {
    let admin = try access.scenario.account("second")
    _ = try access.scenario.member(of: access.group, account: admin, role: .admin)
    let member = try access.scenario.account("member")
    _ = try access.scenario.member(of: access.group, account: member)
    let other = try access.scenario.connector(of: access.stranger, publicID: .fake(2))
    let allowed: [(Requester, Subject)] = [
      (.account(access.granter), Subject(access.granter)), (.account(access.owner), Subject(access.owner)),
      (.account(admin), Subject(admin)),
      (.connector(access.connector, for: access.granter), Subject(access.connector)),
      (.operator, .operator),
    ]
    for (requester, actor) in allowed {
      let isNew = try access.scenario.when(RevokeToken(.token(access.token), requester: requester))
        .then(revoked(.token, access.token.rawValue), by: actor)
      #expect(isNew)
      try access.scenario.when(RevokeToken(.refreshToken(access.refreshToken), requester: requester))
        .then(revoked(.family, access.family.rawValue), by: actor)
      try access.scenario.when(RevokeToken(.grant(access.grant), requester: requester))
        .then(revoked(.family, access.family.rawValue), by: actor)
    }
    for requester: Requester in [
      .account(member), .account(access.stranger), .connector(other, for: access.granter),
      .connector(access.connector, for: member),
    ] {
      access.scenario.when(RevokeToken(.token(access.token), requester: requester))
        .thenRefused(.forbidden, field: "target")
      access.scenario.when(RevokeToken(.refreshToken(access.refreshToken), requester: requester))
        .thenRefused(.forbidden, field: "target")
      access.scenario.when(RevokeToken(.grant(access.grant), requester: requester))
        .thenRefused(.forbidden, field: "target")
    }
  }

  @Test("A token is stopped alone, a family with its tokens, each once")
  mutating func alone() throws {
    let second = try access.scenario.token(from: access.family, secret: "second")
    let token = RevokeToken(.token(access.token), requester: .operator)
    #expect(try access.scenario.perform(token))
    #expect(try access.scenario.when(token).thenNothing() == false)
    #expect(try isValid(access.token) == false)
    #expect(try isValid(second))
    #expect(try isValid(access.refreshToken))

    let family = RevokeToken(.refreshToken(access.refreshToken), requester: .operator)
    #expect(try access.scenario.perform(family))
    try access.scenario.when(family).thenNothing()
    #expect(try isValid(second) == false)
    #expect(try isValid(access.refreshToken) == false)
  }

  @Test("All tokens of a grant are stopped by one event, once, and the grant stands")
  mutating func grant() throws {
    let second = try access.scenario.token(from: access.family, secret: "second")
    let command = RevokeToken(.grant(access.grant), requester: .operator)
    #expect(try access.scenario.perform(command))
    for token in [access.token, second, access.refreshToken] { #expect(try isValid(token) == false) }
    #expect(try access.scenario.state.grant(access.grant)?.isRevoked == false)
    try access.scenario.when(command).thenNothing()
    try access.scenario.when(RevokeToken(.grant(GrantID(rawValue: 999)), requester: .operator)).thenNothing()
  }

  @Test("A successor stands for its family")
  mutating func successor() throws {
    let successor = try access.scenario.successor(
      of: access.refreshToken, in: access.family, predecessorUntil: access.scenario.now)
    try access.scenario.when(RevokeToken(.refreshToken(successor), requester: .operator))
      .then(revoked(.family, access.family.rawValue))
  }

  @Test("What is unknown or of another kind is no error")
  func unknown() throws {
    let targets: [RevokeToken.Target] = [
      .token(TokenID(rawValue: 999)), .token(access.refreshToken), .token(TokenID(rawValue: access.grant.rawValue)),
      .refreshToken(TokenID(rawValue: 999)), .refreshToken(access.token),
      .connector(ConnectorID(rawValue: 999)), .account(AccountID(rawValue: 999)),
    ]
    for target in targets {
      #expect(try access.scenario.when(RevokeToken(target, requester: .operator)).thenNothing() == false)
    }
  }

  @Test("All tokens of a connector are stopped by its owner, itself or the operator")
  mutating func connector() throws {
    let target = RevokeToken.Target.connector(access.connector)
    let event = filled(TokenRevoked()) {
      $0.reach = .connector
      $0.target = access.connector.rawValue
      $0.connector = access.connector.rawValue
    }
    for requester: Requester in [
      .account(access.owner), .connector(access.connector, for: access.owner), .operator,
    ] {
      try access.scenario.when(RevokeToken(target, requester: requester)).then(.tokenRevoked(event))
    }
    for requester: Requester in [
      .account(access.granter), .connector(ConnectorID(rawValue: 999), for: access.owner),
      .connector(access.connector, for: access.granter),
    ] {
      access.scenario.when(RevokeToken(target, requester: requester)).thenRefused(.forbidden, field: "target")
    }
    try access.scenario.perform(RevokeToken(target, requester: .operator))
    #expect(try isValid(access.token) == false)
    try access.scenario.perform(DeleteConnector(connector: access.connector, requester: access.owner))
    try access.scenario.when(RevokeToken(target, requester: .operator)).thenNothing()
  }

  @Test("All tokens that an account gave are stopped by it or the operator")
  mutating func account() throws {
    let target = RevokeToken.Target.account(access.granter)
    for requester: Requester in [.account(access.granter), .operator] {
      try access.scenario.when(RevokeToken(target, requester: requester))
        .then(revoked(.account, access.granter.rawValue, under: false))
    }
    for requester: Requester in [
      .account(access.owner), .connector(access.connector, for: access.granter),
    ] {
      access.scenario.when(RevokeToken(target, requester: requester)).thenRefused(.forbidden, field: "target")
    }
    try access.scenario.perform(RevokeToken(target, requester: .operator))
    #expect(try isValid(access.token) == false)
  }

  @Test("A disabled account stops nothing")
  mutating func disabled() throws {
    try access.scenario.given(.accountDisabled(filled(AccountDisabled()) { $0.account = access.owner.rawValue }))
    access.scenario.when(RevokeToken(.token(access.token), requester: .account(access.owner)))
      .thenRefused(.accountDisabled, field: "requester")
  }

  private func isValid(_ handle: TokenID) throws -> Bool {
    try judge(handle: handle, at: access.scenario.now, in: access.scenario.state).isValid
  }
}
