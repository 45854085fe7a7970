import LedgerCrypto
import LedgerEvents
import LedgerTestSupport
import Testing

@testable import LedgerDomain

/// Setting connectors inactive and active again.
@Suite struct ConnectorStandingTests {
  var access: GroupAccess
  private let operatorAccount: AccountID
  private let auditor: AccountID

  init() throws {
    var access = try GroupAccess()
    operatorAccount = try access.scenario.account("operator", role: .operator)
    auditor = try access.scenario.account("auditor", role: .auditor)
    self.access = access
  }

  private func deactivate(by requester: Requester, reason: String = "under review") -> DeactivateConnector {
    DeactivateConnector(connector: access.connector, reason: reason, requester: requester)
  }

  private func activate(by requester: Requester) -> ActivateConnector {
    ActivateConnector(connector: access.connector, requester: requester)
  }

  private var owner: Requester { .account(access.owner) }
  /// The granter is a tenant administrator.
  private var administrators: [Requester] { [.account(access.granter), .account(operatorAccount), .operator] }
  private var others: [Requester] {
    [.account(access.stranger), .account(auditor), .connector(access.connector, for: access.granter)]
  }

  private func verdict(_ scenario: Scenario) throws -> Verdict {
    try judge(handle: access.token, at: scenario.now, in: scenario.state)
  }

  private func authenticates(_ scenario: Scenario) throws -> Bool {
    try scenario.state.authenticate(.fake(1), secret: .of("secret"), at: scenario.now) != nil
  }

  @Test("Its owner, a tenant administrator and operators set a connector inactive and active again")
  func authority() throws {
    for requester in [owner] + administrators {
      var scenario = access.scenario
      let deactivated = filled(ConnectorDeactivated()) {
        $0.connector = access.connector.rawValue
        $0.reason = "under review"
        $0.byAdministrator = requester != owner
      }
      #expect(
        try scenario.when(deactivate(by: requester, reason: " under review\n"))
          .then(.connectorDeactivated(deactivated), by: requester.actor))
      #expect(try !scenario.when(activate(by: requester)).thenNothing())
      try scenario.perform(deactivate(by: requester))
      #expect(try scenario.state.connector(access.connector)?.isInactive == true)
      #expect(try !scenario.when(deactivate(by: requester)).thenNothing())
      let activated = filled(ConnectorActivated()) { $0.connector = access.connector.rawValue }
      #expect(
        try scenario.when(activate(by: requester)).then(.connectorActivated(activated), by: requester.actor))
      try scenario.perform(activate(by: requester))
      #expect(try scenario.state.connector(access.connector)?.isInactive == false)
    }
  }

  @Test("To others the connector does not exist, and one that is disabled changes nothing")
  mutating func refused() throws {
    for requester in others {
      access.scenario.when(deactivate(by: requester)).thenRefused(.notFound, field: "connector")
      access.scenario.when(activate(by: requester)).thenRefused(.notFound, field: "connector")
    }
    access.scenario.when(deactivate(by: owner, reason: " ")).thenRefused(.invalidValue, field: "reason")
    for account in [access.owner, access.granter] {
      var disabled = access.scenario
      try disabled.given(.accountDisabled(filled(AccountDisabled()) { $0.account = account.rawValue }))
      disabled.when(deactivate(by: .account(account))).thenRefused(.accountDisabled, field: "requester")
      disabled.when(activate(by: .account(account))).thenRefused(.accountDisabled, field: "requester")
    }
    try access.scenario.perform(deactivate(by: owner))
    try access.scenario.perform(DeleteConnector(connector: access.connector, requester: access.owner))
    access.scenario.when(activate(by: owner)).thenRefused(.gone, field: "connector")
    access.scenario.when(deactivate(by: .operator)).thenRefused(.gone, field: "connector")
  }

  @Test("What an administrator set inactive its owner does not set active, also where the owner did so before")
  func heldByAdministrator() throws {
    for requester in administrators {
      for isInactive in [false, true] {
        var scenario = access.scenario
        if isInactive { try scenario.perform(deactivate(by: owner)) }
        #expect(try scenario.perform(deactivate(by: requester)))
        scenario.when(activate(by: owner)).thenRefused(.forbidden, field: "requester")
        for other in administrators { #expect(try scenario.when(activate(by: other)).result.get().events.count == 1) }
        try scenario.perform(activate(by: requester))
        #expect(try verdict(scenario).isValid)
      }
    }
  }

  @Test("An owner that is a tenant administrator does not undo what another one or an operator did")
  func ownerTenant() throws {
    var raised = access.scenario
    let role = filled(AccountRoleChanged()) {
      $0.account = access.owner.rawValue
      $0.before = .user
      $0.after = .tenantAdmin
    }
    try raised.given(.accountRoleChanged(role))
    for requester in administrators {
      var scenario = raised
      try scenario.perform(deactivate(by: requester))
      scenario.when(activate(by: owner)).thenRefused(.forbidden, field: "requester")
      try scenario.perform(activate(by: requester))
      // What it did itself it undoes.
      try scenario.perform(deactivate(by: owner))
      #expect(try scenario.perform(activate(by: owner)))
    }
    // An operator has every right, whoever owns the connector.
    let operating = filled(AccountRoleChanged()) {
      $0.account = access.owner.rawValue
      $0.before = .tenantAdmin
      $0.after = .operator
    }
    try raised.given(.accountRoleChanged(operating))
    try raised.perform(deactivate(by: .operator))
    #expect(try raised.perform(activate(by: owner)))
  }

  @Test("A tenant administrator neither stops nor starts what an operator owns, nor ends its old Secret")
  mutating func ownedByOperator() throws {
    try access.scenario.perform(
      RotateSecret(
        connector: access.connector, secretDigest: .of("second"), overlap: .seconds(60), requester: access.owner))
    let role = filled(AccountRoleChanged()) {
      $0.account = access.owner.rawValue
      $0.before = .user
      $0.after = .operator
    }
    try access.scenario.given(.accountRoleChanged(role))
    let administrator = Requester.account(access.granter)
    for isInactive in [false, true] {
      if isInactive { try access.scenario.perform(deactivate(by: .account(operatorAccount))) }
      access.scenario.when(deactivate(by: administrator)).thenRefused(.forbidden, field: "requester")
      access.scenario.when(activate(by: administrator)).thenRefused(.forbidden, field: "requester")
      access.scenario.when(EndOldSecret(connector: access.connector, requester: administrator))
        .thenRefused(.forbidden, field: "requester")
    }
    // Its owner and other operators may.
    for requester in [owner, .account(operatorAccount), .operator] {
      #expect(try access.scenario.when(activate(by: requester)).result.get().events.count == 1)
      let end = EndOldSecret(connector: access.connector, requester: requester)
      #expect(try access.scenario.when(end).result.get().events.count == 1)
    }
  }

  @Test("While it is inactive no token is valid and its Secret shows nobody; afterwards both work, and the grant stays")
  mutating func stopped() throws {
    #expect(try verdict(access.scenario).isValid && authenticates(access.scenario))
    let position = access.scenario.next
    try access.scenario.perform(deactivate(by: owner))
    let reason = Verdict.Reason.stopped(Subject(access.connector), by: Position(position))
    #expect(try verdict(access.scenario) == .invalid(reason))
    #expect(try denialReason(for: Subject(access.grant), in: access.scenario.state) == reason)
    #expect(try !authenticates(access.scenario))
    #expect(try access.scenario.state.client(.fake(1)) == nil)
    #expect(try access.scenario.state.grant(access.grant)?.isRevoked == false)
    // What was revoked meanwhile, and what expired, stays so.
    var revoked = access.scenario
    try revoked.revoke(.token, access.token.rawValue)
    try revoked.perform(activate(by: owner))
    #expect(try !verdict(revoked).isValid && authenticates(revoked))
    var late = access.scenario
    late.now = late.now + .seconds(400 * 86_400)
    try late.perform(activate(by: owner))
    #expect(try !verdict(late).isValid)
    try access.scenario.perform(activate(by: owner))
    #expect(try verdict(access.scenario).isValid && authenticates(access.scenario))
    #expect(try denialReason(for: Subject(access.grant), in: access.scenario.state) == nil)
  }

  @Test("Nothing is issued or given to an inactive connector, and its Secret is rotated all the same")
  mutating func nothingGiven() throws {
    let issue = IssueAccessToken(
      connector: .fake(1), secretDigest: .of("secret"), refreshToken: access.refreshToken,
      refreshDigest: .of("refresh"), accessDigest: .of("new"),
      successor: { .init(digest: .of("successor"), kept: [1]) })
    let grant = GrantAccess(
      connector: access.connector, access: .user, granter: access.granter, consent: .scopes(.all),
      refreshDigest: .of("own"))
    try access.scenario.perform(deactivate(by: owner))
    guard case .failure(.refused(let refusal)) = access.scenario.when(issue).result else {
      Issue.record("A token was issued")
      return
    }
    #expect(refusal.code == .invalidClient)
    access.scenario.when(grant).thenRefused(.conflict, field: "connector")
    try access.scenario.perform(
      RotateSecret(
        connector: access.connector, secretDigest: .of("second"), overlap: .zero, requester: access.owner))
    try access.scenario.perform(activate(by: owner))
    #expect(try !authenticates(access.scenario))
    #expect(
      try access.scenario.state.authenticate(.fake(1), secret: .of("second"), at: access.scenario.now) != nil)
    _ = try access.scenario.when(grant).result.get()
  }
}

/// Ending the Secret before the current one.
@Suite struct EndOldSecretTests {
  var access: GroupAccess
  init() throws { access = try GroupAccess() }

  private func command(by requester: Requester? = nil) -> EndOldSecret {
    EndOldSecret(connector: access.connector, requester: requester ?? .account(access.owner))
  }

  private mutating func rotate(to secret: String, overlap: Duration = .seconds(60)) throws {
    try access.scenario.perform(
      RotateSecret(
        connector: access.connector, secretDigest: .of(secret), overlap: overlap, requester: access.owner))
  }

  private func authenticates(_ secret: String) throws -> Bool {
    try access.scenario.state.authenticate(.fake(1), secret: .of(secret), at: access.scenario.now) != nil
  }

  @Test("The old Secret is refused from then on, the current one and the tokens stay, and it ends once")
  mutating func ended() throws {
    try rotate(to: "second")
    let event = filled(ConnectorOldSecretEnded()) {
      $0.connector = access.connector.rawValue
      $0.secret = access.connector.rawValue
    }
    let ended = try access.scenario.when(command())
      .then(.connectorOldSecretEnded(event), by: Subject(access.owner))
    #expect(ended == SecretID(rawValue: access.connector.rawValue))
    #expect(try authenticates("secret") && authenticates("second"))
    try access.scenario.perform(command())
    #expect(try !authenticates("secret") && authenticates("second"))
    #expect(try judge(handle: access.token, at: access.scenario.now, in: access.scenario.state).isValid)
    access.scenario.when(command()).thenRefused(.conflict, field: "secret")
    // The next rotation overlaps as ever.
    try rotate(to: "third")
    #expect(try authenticates("second") && authenticates("third"))
  }

  @Test("Where no old Secret is accepted there is nothing to end")
  mutating func nothingToEnd() throws {
    access.scenario.when(command()).thenRefused(.conflict, field: "secret")
    try rotate(to: "second", overlap: .zero)
    access.scenario.when(command()).thenRefused(.conflict, field: "secret")
    try rotate(to: "third")
    access.scenario.now = access.scenario.now + .seconds(60)
    access.scenario.when(command()).thenRefused(.conflict, field: "secret")
  }

  @Test("Its owner, a tenant administrator and operators end it, and nobody else")
  mutating func authority() throws {
    try rotate(to: "second")
    let operatorAccount = try access.scenario.account("operator", role: .operator)
    let auditor = try access.scenario.account("auditor", role: .auditor)
    let allowed: [Requester] = [
      .account(access.owner), .account(access.granter), .account(operatorAccount), .operator,
    ]
    for requester in allowed {
      #expect(try access.scenario.when(command(by: requester)).result.get().events.count == 1)
    }
    let others: [Requester] = [
      .account(access.stranger), .account(auditor), .connector(access.connector, for: access.granter),
    ]
    for requester in others {
      access.scenario.when(command(by: requester)).thenRefused(.notFound, field: "connector")
    }
    try access.scenario.perform(DeleteConnector(connector: access.connector, requester: access.owner))
    access.scenario.when(command()).thenRefused(.gone, field: "connector")
  }
}
