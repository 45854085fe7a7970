import LedgerCrypto
import LedgerEvents
import LedgerTestSupport
import Testing

@testable import LedgerDomain

@Suite struct GrantAccessTests {
  var access: GroupAccess
  init() throws {
    access = try GroupAccess(details: .fake { $0.scopes = Scopes.all.subtracting(.tenant).rawValue })
  }

  private func command(
    _ target: GrantAccess.Access? = nil, by granter: AccountID? = nil
  ) -> GrantAccess {
    GrantAccess(
      connector: access.connector, access: target ?? .group(access.group), granter: granter ?? access.granter,
      consent: .scopes(.all),
      refreshDigest: .of("new"))
  }

  private func granted(
    by granter: AccountID, _ phone: PhoneID, _ membership: MembershipID?, scopes: Scopes = .all.subtracting(.tenant)
  ) -> LedgerEvent {
    .permissionGranted(
      filled(PermissionGranted()) {
        $0.connector = access.connector.rawValue
        $0.granter = granter.rawValue
        $0.group = membership == nil ? 0 : access.group.rawValue
        $0.membership = membership?.rawValue ?? 0
        $0.phone = phone.rawValue
        $0.scopes = scopes.rawValue
      })
  }

  private func issued(
    _ grant: UInt64, by granter: AccountID, group: Bool = true, supersedes: FamilyID? = nil,
    lifetime: Duration = .seconds(365 * 86_400)
  ) -> LedgerEvent {
    .refreshTokenIssued(
      filled(RefreshTokenIssued()) {
        $0.grant = grant
        $0.connector = access.connector.rawValue
        $0.group = group ? access.group.rawValue : 0
        $0.granter = granter.rawValue
        $0.digest = .init(Digest.of("new"))
        $0.expiresAt = (access.scenario.now + lifetime).milliseconds
        $0.supersedes = supersedes?.rawValue ?? 0
      })
  }

  private var revoked: LedgerEvent {
    .permissionRevoked(
      filled(PermissionRevoked()) {
        $0.grant = access.grant.rawValue
        $0.connector = access.connector.rawValue
        $0.group = access.group.rawValue
        $0.granter = access.granter.rawValue
      })
  }

  @Test("A person's own access is granted with a refresh token")
  func own() throws {
    let next = access.scenario.next
    let outcome = try access.scenario.when(command(.user))
      .then(
        granted(by: access.granter, access.phone, nil), issued(next, by: access.granter, group: false),
        by: Subject(access.granter))
    #expect(outcome.grant.rawValue == next)
    #expect(outcome.family.rawValue == next + 1)
    #expect(outcome.expiresAt == access.scenario.now + .seconds(365 * 86_400))
  }

  @Test("The connector sets scopes and lifetime, and the first phone stands for the granter")
  mutating func details() throws {
    let scopes: Scopes = [.mediaRead]
    let details = ConnectorDetails.fake {
      $0.refreshTokenLifetime = 7_200
      $0.scopes = scopes.rawValue
    }
    access = try GroupAccess(details: details)
    _ = try access.scenario.phone("+919", of: access.granter)
    let next = access.scenario.next
    try access.scenario.when(command(.user))
      .then(
        granted(by: access.granter, access.phone, nil, scopes: scopes),
        issued(next, by: access.granter, group: false, lifetime: .seconds(7_200)))
  }

  @Test("Asking again supersedes the refresh token under the same grant")
  mutating func again() throws {
    let next = access.scenario.next
    let outcome = try access.scenario.when(command())
      .then(issued(access.grant.rawValue, by: access.granter, supersedes: access.family), by: Subject(access.granter))
    #expect(outcome.grant == access.grant)
    #expect(outcome.family.rawValue == next)
    try access.scenario.perform(command())
    #expect(
      try judge(handle: access.token, at: access.scenario.now, in: access.scenario.state)
        == .invalid(.stopped(Subject(access.family), by: Position(next))))
    #expect(
      try judge(handle: TokenID(rawValue: next), at: access.scenario.now, in: access.scenario.state).isValid)
  }

  @Test("A family that is stopped is not superseded")
  mutating func stopped() throws {
    try access.scenario.revoke(.family, access.family.rawValue)
    try access.scenario.when(command()).then(issued(access.grant.rawValue, by: access.granter))
  }

  @Test("A revocation of all tokens does not hold up a new one")
  mutating func afterRevocation() throws {
    try access.scenario.revoke(.connector, access.connector.rawValue)
    try access.scenario.revoke(.account, access.granter.rawValue)
    let outcome = try access.scenario.perform(command())
    #expect(outcome.grant == access.grant)
    let handle = TokenID(rawValue: outcome.family.rawValue)
    #expect(try judge(handle: handle, at: access.scenario.now, in: access.scenario.state).isValid)
  }

  @Test("Another admin takes the grant over")
  mutating func takenOver() throws {
    let admin = try access.scenario.account("second")
    let phone = try access.scenario.phone("+919", of: admin)
    let membership = try access.scenario.member(of: access.group, account: admin, role: .admin)
    let next = access.scenario.next
    let outcome = try access.scenario.when(command(by: admin))
      .then(revoked, granted(by: admin, phone, membership), issued(next + 1, by: admin), by: Subject(admin))
    #expect(outcome.grant.rawValue == next + 1)
    #expect(outcome.family.rawValue == next + 2)
  }

  @Test("A grant that no longer stands is made anew")
  mutating func fallen() throws {
    try access.scenario.changeRole(of: access.membership, in: access.group, from: .admin, to: .member)
    try access.scenario.changeRole(of: access.membership, in: access.group, from: .member, to: .admin)
    let next = access.scenario.next
    try access.scenario.when(command())
      .then(
        revoked, granted(by: access.granter, access.phone, access.membership), issued(next + 1, by: access.granter))
    try access.scenario.perform(command())
    let handle = TokenID(rawValue: next + 2)
    #expect(try judge(handle: handle, at: access.scenario.now, in: access.scenario.state).isValid)
  }

  @Test("A grant on a removed phone is made anew on another")
  mutating func removedPhone() throws {
    let second = try access.scenario.phone("+919", of: access.granter)
    try access.scenario.perform(RemovePhone(phone: access.phone, requester: .account(access.granter)))
    let next = access.scenario.next
    try access.scenario.when(command())
      .then(revoked, granted(by: access.granter, second, access.membership), issued(next + 1, by: access.granter))
  }

  @Test("A grant of other scopes than the connector's is made anew")
  mutating func otherScopes() throws {
    let event = filled(ConnectorUpdated()) {
      $0.connector = access.connector.rawValue
      $0.after = .fake { $0.scopes = 1 }
    }
    try access.scenario.given(.connectorUpdated(event))
    let next = access.scenario.next
    try access.scenario.when(command())
      .then(
        revoked, granted(by: access.granter, access.phone, access.membership, scopes: [.groupInfoRead]),
        issued(next + 1, by: access.granter))
  }

  @Test("A revoked grant is not used again")
  mutating func revokedForGood() throws {
    try access.scenario.given(revoked)
    let next = access.scenario.next
    try access.scenario.when(command())
      .then(granted(by: access.granter, access.phone, access.membership), issued(next, by: access.granter))
  }

  @Test("A person's grant and a group's are two, and each person has one")
  mutating func two() throws {
    let first = try access.scenario.perform(command(.user))
    #expect(first.grant != access.grant)
    let other = try access.scenario.perform(command(.user, by: access.owner))
    #expect(other.grant != first.grant)
    #expect(try access.scenario.perform(command(.user)).grant == first.grant)
  }

  @Test("Only a group's admin gives access to it")
  mutating func groupAdmin() throws {
    access.scenario.when(command(by: access.owner)).thenRefused(.notFound, field: "group")
    access.scenario.when(command(.group(GroupID(rawValue: 999)))).thenRefused(.notFound, field: "group")
    _ = try access.scenario.member(of: access.group, account: access.owner)
    access.scenario.when(command(by: access.owner)).thenRefused(.forbidden, field: "requester")
    try access.scenario.given(.groupDeleted(filled(GroupDeleted()) { $0.group = access.group.rawValue }))
    access.scenario.when(command()).thenRefused(.gone, field: "group")
  }

  @Test("The granter is in force and has a phone")
  mutating func granter() throws {
    access.scenario.when(command(.user, by: AccountID(rawValue: 999))).thenRefused(.notFound, field: "granter")
    access.scenario.when(command(.user, by: access.stranger)).thenRefused(.phoneRequired, field: "account")
    try access.scenario.given(.accountDisabled(filled(AccountDisabled()) { $0.account = access.granter.rawValue }))
    access.scenario.when(command()).thenRefused(.accountDisabled, field: "granter")
  }

  @Test("The connector is there, and its owner in force")
  mutating func connector() throws {
    var unknown = command()
    unknown.connector = ConnectorID(rawValue: 999)
    access.scenario.when(unknown).thenRefused(.notFound, field: "connector")
    var disabled = access.scenario
    try disabled.given(.accountDisabled(filled(AccountDisabled()) { $0.account = access.owner.rawValue }))
    disabled.when(command()).thenRefused(.accountDisabled, field: "connector")
    try access.scenario.perform(DeleteConnector(connector: access.connector, requester: access.owner))
    access.scenario.when(command()).thenRefused(.gone, field: "connector")
  }
}

@Suite struct TenantScopeTests {
  @Test("A grant for a group has nothing that concerns the organisation")
  func organisation() throws {
    let access = try GroupAccess(details: .fake { $0.scopes = Scopes.tenant.rawValue })
    let command = GrantAccess(
      connector: access.connector, access: .group(access.group), granter: access.granter, consent: .scopes(.all),
      refreshDigest: .of("new"))
    access.scenario.when(command).thenRefused(.invalidValue, field: "connector")
    var other = try GroupAccess()
    let granted = try other.scenario.perform(
      GrantAccess(
        connector: other.connector, access: .group(other.group), granter: other.granter, consent: .scopes(.all),
        refreshDigest: .of("new")))
    #expect(try other.scenario.state.grant(granted.grant)?.scopes == Scopes.all.subtracting(.tenant))
    let own = try other.scenario.perform(
      GrantAccess(
        connector: other.connector, access: .user, granter: other.granter, consent: .scopes(.all),
        refreshDigest: .of("own")))
    #expect(try other.scenario.state.grant(own.grant)?.scopes == .all)
  }
}

@Suite struct RevokeGrantTests {
  @Test("Granter, group admins and the connector's owner revoke; others cannot know of it")
  func revokers() throws {
    var access = try GroupAccess()
    let admin = try access.scenario.account("second")
    _ = try access.scenario.member(of: access.group, account: admin, role: .admin)
    let member = try access.scenario.account("member")
    _ = try access.scenario.member(of: access.group, account: member)
    let event = filled(PermissionRevoked()) {
      $0.grant = access.grant.rawValue
      $0.connector = access.connector.rawValue
      $0.group = access.group.rawValue
      $0.granter = access.granter.rawValue
    }
    for requester in [access.granter, access.owner, admin] {
      let isNew = try access.scenario.when(RevokeGrant(grant: access.grant, requester: requester))
        .then(.permissionRevoked(event), by: Subject(requester))
      #expect(isNew)
    }
    for requester in [member, access.stranger] {
      access.scenario.when(RevokeGrant(grant: access.grant, requester: requester))
        .thenRefused(.notFound, field: "grant")
    }
    access.scenario.when(RevokeGrant(grant: GrantID(rawValue: 999), requester: access.granter))
      .thenRefused(.notFound, field: "grant")

    let command = RevokeGrant(grant: access.grant, requester: access.granter)
    #expect(try access.scenario.perform(command))
    #expect(try access.scenario.when(command).thenNothing() == false)
    #expect(
      try judge(handle: access.token, at: access.scenario.now, in: access.scenario.state)
        == .invalid(.stopped(Subject(access.grant), by: Position(access.scenario.next - 1))))
    try access.scenario.given(.accountDisabled(filled(AccountDisabled()) { $0.account = access.granter.rawValue }))
    access.scenario.when(command).thenRefused(.accountDisabled, field: "requester")
  }
}

@Suite struct ReviewGrantTests {
  private func review(_ access: GroupAccess, _ decision: GrantDecision, by requester: Requester) -> ReviewGrant {
    ReviewGrant(grant: access.grant, decision: decision, reason: " used daily ", requester: requester)
  }

  @Test("Who may stop a grant decides about it, an auditor may only keep it, and others cannot know of it")
  func reviewers() throws {
    var access = try GroupAccess()
    let auditor = try access.scenario.account("auditor", role: .auditor)
    let keeper = try access.scenario.account("keeper", role: .operator)
    let event = { (decision: ReviewDecision) in
      filled(PermissionReviewed()) {
        $0.grant = access.grant.rawValue
        $0.connector = access.connector.rawValue
        $0.group = access.group.rawValue
        $0.granter = access.granter.rawValue
        $0.decision = decision
        $0.reason = "used daily"
      }
    }
    for requester in [access.granter, access.owner, auditor, keeper] {
      try access.scenario.when(review(access, .keep, by: .account(requester)))
        .then(.permissionReviewed(event(.keep)), by: Subject(requester))
    }
    access.scenario.when(review(access, .revoke, by: .account(auditor))).thenRefused(.notFound, field: "grant")
    for decision in GrantDecision.allCases {
      access.scenario.when(review(access, decision, by: .account(access.stranger)))
        .thenRefused(.notFound, field: "grant")
    }
    #expect(GrantDecision.allCases.map(\.recorded) == [.keep, .revoke])
    var silent = review(access, .keep, by: .account(access.granter))
    silent.reason = " "
    access.scenario.when(silent).thenRefused(.invalidValue, field: "reason")
    _ = try access.scenario.perform(review(access, .revoke, by: .account(keeper)))
    #expect(
      try judge(handle: access.token, at: access.scenario.now, in: access.scenario.state)
        == .invalid(.stopped(Subject(access.grant), by: Position(access.scenario.next - 1))))
    access.scenario.when(review(access, .keep, by: .account(access.granter))).thenRefused(.gone, field: "grant")
  }
}
