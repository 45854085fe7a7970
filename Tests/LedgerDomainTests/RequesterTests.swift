import LedgerCrypto
import LedgerEvents
import LedgerTestSupport
import Testing

@testable import LedgerDomain

@Suite struct RequesterTests {
  var access: GroupAccess
  init() throws { access = try GroupAccess() }

  @Test("An operator changes groups and grants without being a member")
  mutating func operators() throws {
    let scenario = access.scenario
    let renamed = filled(GroupRenamed()) {
      $0.group = access.group.rawValue
      $0.before = "Group"
      $0.after = "New"
    }
    try scenario.when(RenameGroup(group: access.group, name: "New", requester: Requester.operator))
      .then(.groupRenamed(renamed), by: .operator)
    // The last admin stays, whoever asks.
    scenario.when(RemoveMember(group: access.group, membership: access.membership, requester: Requester.operator))
      .thenRefused(.lastAdmin, field: "membership")
    scenario.when(DeleteGroup(group: GroupID(rawValue: 999), requester: Requester.operator))
      .thenRefused(.notFound, field: "group")
    let added = try access.scenario.perform(
      AddMember(group: access.group, person: .account(access.stranger), requester: Requester.operator))
    try access.scenario.perform(
      RemoveMember(group: access.group, membership: added, requester: Requester.operator))
    #expect(try access.scenario.perform(RevokeGrant(grant: access.grant, requester: Requester.operator)))
  }

  @Test("What an operator creates belongs to whom it names; others create for themselves only")
  func ownership() throws {
    let scenario = access.scenario
    func connector(by requester: Requester) -> CreateConnector {
      CreateConnector(
        owner: access.owner, publicID: .fake(7), secretDigest: .of("x"), details: .fake { $0.name = "Another" },
        requester: requester)
    }
    func group(by requester: Requester) -> CreateGroup {
      CreateGroup(creator: access.stranger, publicID: .fake(8), name: "Its", requester: requester)
    }
    func grant(by requester: Requester) -> GrantAccess {
      GrantAccess(
        connector: access.connector, access: .user, granter: access.granter, consent: .scopes(.all),
        refreshDigest: .of("x"),
        requester: requester)
    }
    var made = scenario
    let id = try made.perform(connector(by: .operator)).id
    #expect(try made.state.connector(id)?.owner == access.owner)
    let creation = try made.perform(group(by: .operator))
    #expect(try made.state.membership(creation.membership)?.account == access.stranger)
    let granted = try made.perform(grant(by: .operator))
    #expect(try made.state.grant(granted.grant)?.granter == access.granter)

    let other = try made.account("other")
    made.when(connector(by: .account(other))).thenRefused(.forbidden, field: "owner")
    made.when(group(by: .account(other))).thenRefused(.forbidden, field: "creator")
    made.when(grant(by: .account(other))).thenRefused(.forbidden, field: "granter")
  }

  @Test("A connector may what its granter may, and both are recorded")
  func forConnector() throws {
    let context = DecisionContext(now: access.scenario.now, next: Position(access.scenario.next))
    let command = RenameGroup(
      group: access.group, name: "New", requester: Requester.connector(access.connector, for: access.granter))
    let decision = try command.decide(access.scenario.state, context)
    #expect(decision.actor == Subject(access.connector))
    #expect(decision.onBehalfOf == Subject(access.granter))
    let other = RenameGroup(
      group: access.group, name: "New", requester: Requester.connector(access.connector, for: access.stranger))
    access.scenario.when(other).thenRefused(.notFound, field: "group")
  }

  @Test("Who is no administrator changes no account", arguments: [AccountRole.auditor, .user])
  func administrators(role: AccountRole) throws {
    var scenario = Scenario()
    let requester = Requester.account(try scenario.account("requester", role: role))
    let admin = Requester.account(try scenario.account("admin", role: .tenantAdmin))
    let other = try scenario.account("other")
    let disabling = { (by: Requester) in DisableAccount(account: other, reason: "left", requester: by) }
    let enabling = { (by: Requester) in EnableAccount(account: other, requester: by) }
    let promoting = { (by: Requester) in ChangeAccountRole(account: other, role: .auditor, requester: by) }
    scenario.when(disabling(requester)).thenRefused(.forbidden, field: "requester")
    scenario.when(promoting(requester)).thenRefused(.forbidden, field: "requester")
    #expect(try scenario.perform(promoting(admin)))
    #expect(try scenario.perform(disabling(admin)))
    scenario.when(enabling(requester)).thenRefused(.forbidden, field: "requester")
    #expect(try scenario.perform(enabling(admin)))
  }
}
