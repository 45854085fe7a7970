import LedgerCrypto
import LedgerEvents
import LedgerTestSupport
import Testing

@testable import LedgerDomain

@Suite struct GroupTests {
  var scenario: Scenario
  let admin: AccountID
  let member: AccountID
  let stranger: AccountID
  let group: GroupID
  let adminship: MembershipID
  let membership: MembershipID

  init() throws {
    let access = try GroupAccess()
    scenario = access.scenario
    admin = access.granter
    stranger = access.stranger
    group = access.group
    adminship = access.membership
    member = try scenario.account("member")
    membership = try scenario.member(of: group, account: member)
  }

  /// Commands about the group, as a given account.
  private func everyChange(by requester: AccountID) -> [any Command] {
    [
      AddMember(group: group, person: .account(stranger), requester: requester),
      ChangeMemberRole(group: group, membership: membership, role: .admin, requester: requester),
      RemoveMember(group: group, membership: adminship, requester: requester),
      RenameGroup(group: group, name: "New", requester: requester),
      DeleteGroup(group: group, requester: requester),
    ]
  }

  private func expectRefused(
    _ command: some Command, _ code: Refusal.Code, _ field: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    scenario.when(command).thenRefused(code, field: field, sourceLocation: sourceLocation)
  }

  @Test("Only an admin of a group that is there changes it")
  mutating func authority() throws {
    for command in everyChange(by: member) { expectRefused(command, .forbidden, "requester") }
    for command in everyChange(by: stranger) { expectRefused(command, .notFound, "group") }
    try scenario.given(.groupDeleted(filled(GroupDeleted()) { $0.group = group.rawValue }))
    for command in everyChange(by: admin) { expectRefused(command, .gone, "group") }
    for command in everyChange(by: stranger) { expectRefused(command, .notFound, "group") }
    try scenario.given(.accountDisabled(filled(AccountDisabled()) { $0.account = admin.rawValue }))
    for command in everyChange(by: admin) { expectRefused(command, .accountDisabled, "requester") }
  }

  @Test("A group is created with its creator as admin")
  func created() throws {
    let command = CreateGroup(
      creator: stranger, publicID: .fake(9), name: " Name ", kind: .connectGroup, welcomeMessage: "Hello\nall ")
    let created = filled(GroupCreated()) {
      $0.publicID = .init(PublicID.fake(9))
      $0.name = "Name"
      $0.kind = .connectGroup
      $0.creator = stranger.rawValue
      $0.welcomeMessage = "Hello\nall"
    }
    let added = filled(GroupMemberAdded()) {
      $0.group = scenario.next
      $0.account = stranger.rawValue
      $0.role = .admin
    }
    let outcome = try scenario.when(command).then(
      .groupCreated(created), .groupMemberAdded(added), by: Subject(stranger))
    #expect(outcome.group.rawValue == scenario.next)
    #expect(outcome.membership.rawValue == scenario.next + 1)
  }

  @Test("What a group is created with has bounds")
  func bounds() throws {
    let good = CreateGroup(creator: stranger, publicID: .fake(9), name: "Name")
    var command = good
    command.name = ""
    scenario.when(command).thenRefused(.invalidValue, field: "name")
    command.name = String(repeating: "x", count: 101)
    scenario.when(command).thenRefused(.invalidValue, field: "name")
    command = good
    command.kind = .unspecified
    scenario.when(command).thenRefused(.invalidValue, field: "kind")
    command = good
    command.welcomeMessage = String(repeating: "x", count: 1_001)
    scenario.when(command).thenRefused(.invalidValue, field: "welcomeMessage")
    command = good
    command.publicID = .fake(100)
    scenario.when(command).thenRefused(.conflict, field: "publicID")
    command = good
    command.creator = AccountID(rawValue: 999)
    scenario.when(command).thenRefused(.notFound, field: "creator")
  }

  private func added(_ account: AccountID?, _ number: String? = nil, _ role: Role = .member) -> LedgerEvent {
    .groupMemberAdded(
      filled(GroupMemberAdded()) {
        $0.group = group.rawValue
        $0.account = account?.rawValue ?? 0
        if let number { $0.number = .fake(number) }
        $0.role = role
      })
  }

  private func add(_ person: AddMember.Person, _ role: Role = .member) -> AddMember {
    AddMember(group: group, person: person, role: role, requester: admin)
  }

  private func number(_ number: String) -> AddMember.Person {
    .number(KeyedHashes.fake.number(.fake(number)), .fake(number))
  }

  @Test("A member is added by account, once")
  mutating func addedOnce() throws {
    let id = try scenario.when(add(.account(stranger), .admin)).then(added(stranger, nil, .admin), by: Subject(admin))
    #expect(id.rawValue == scenario.next)
    try scenario.perform(add(.account(stranger)))
    scenario.when(add(.account(stranger))).thenRefused(.conflict, field: "person")
  }

  @Test("A number is invited alike, whether or not an account holds it")
  mutating func invited() throws {
    try scenario.when(add(number("+915"))).then(added(nil, "+915"))
    _ = try scenario.phone("+915", of: stranger)
    try scenario.when(add(number("+915"))).then(added(nil, "+915"))
    var invited = scenario
    try invited.perform(add(number("+915")))
    invited.when(add(number("+915"))).thenRefused(.conflict, field: "person")
    // Who is a member is not invited.
    try scenario.perform(add(.account(stranger)))
    scenario.when(add(number("+915"))).thenRefused(.conflict, field: "person")
  }

  @Test("A person who left may be added again")
  mutating func again() throws {
    try scenario.perform(RemoveMember(group: group, membership: membership, requester: member))
    try scenario.when(add(.account(member))).then(added(member))
  }

  @Test("Who is added is in force, and has a role")
  mutating func refused() throws {
    scenario.when(add(.account(AccountID(rawValue: 999)))).thenRefused(.notFound, field: "person")
    scenario.when(add(.account(stranger), .unspecified)).thenRefused(.invalidValue, field: "role")
    try scenario.given(.accountDisabled(filled(AccountDisabled()) { $0.account = stranger.rawValue }))
    scenario.when(add(.account(stranger))).thenRefused(.accountDisabled, field: "person")
  }

  private func change(_ membership: MembershipID, _ role: Role) -> ChangeMemberRole {
    ChangeMemberRole(group: group, membership: membership, role: role, requester: admin)
  }

  @Test("A role is changed, with before and after")
  mutating func role() throws {
    let event = filled(GroupMemberRoleChanged()) {
      $0.group = group.rawValue
      $0.membership = membership.rawValue
      $0.account = member.rawValue
      $0.before = .member
      $0.after = .admin
    }
    try scenario.when(change(membership, .admin)).then(.groupMemberRoleChanged(event), by: Subject(admin))
    try scenario.when(change(membership, .member)).thenNothing()
    scenario.when(change(membership, .unspecified)).thenRefused(.invalidValue, field: "role")
  }

  @Test("The last admin stays one")
  mutating func lastAdmin() throws {
    scenario.when(change(adminship, .member)).thenRefused(.lastAdmin, field: "membership")
    scenario.when(RemoveMember(group: group, membership: adminship, requester: admin))
      .thenRefused(.lastAdmin, field: "membership")
    try scenario.perform(change(membership, .admin))
    var demoted = scenario
    try demoted.perform(change(adminship, .member))
    try scenario.perform(RemoveMember(group: group, membership: adminship, requester: admin))
    scenario.when(RemoveMember(group: group, membership: membership, requester: member))
      .thenRefused(.lastAdmin, field: "membership")
  }

  @Test("Members of other groups and former ones are not changed")
  mutating func foreign() throws {
    let other = try scenario.perform(CreateGroup(creator: stranger, publicID: .fake(9), name: "Other"))
    scenario.when(change(other.membership, .member)).thenRefused(.notFound, field: "membership")
    scenario.when(RemoveMember(group: group, membership: other.membership, requester: admin))
      .thenRefused(.notFound, field: "membership")
    try scenario.perform(RemoveMember(group: group, membership: membership, requester: admin))
    scenario.when(change(membership, .admin)).thenRefused(.gone, field: "membership")
    scenario.when(RemoveMember(group: group, membership: membership, requester: admin))
      .thenRefused(.gone, field: "membership")
  }

  @Test("An admin removes a member, and a member leaves")
  func removed() throws {
    let event = filled(GroupMemberRemoved()) {
      $0.group = group.rawValue
      $0.membership = membership.rawValue
      $0.account = member.rawValue
    }
    for requester in [admin, member] {
      try scenario.when(RemoveMember(group: group, membership: membership, requester: requester))
        .then(.groupMemberRemoved(event), by: Subject(requester))
    }
  }

  @Test("A group is renamed and deleted")
  func renamed() throws {
    let renamed = filled(GroupRenamed()) {
      $0.group = group.rawValue
      $0.before = "Group"
      $0.after = "New"
    }
    try scenario.when(RenameGroup(group: group, name: " New ", requester: admin)).then(.groupRenamed(renamed))
    try scenario.when(RenameGroup(group: group, name: "Group", requester: admin)).thenNothing()
    scenario.when(RenameGroup(group: group, name: "\n", requester: admin)).thenRefused(.invalidValue, field: "name")
    let deleted = filled(GroupDeleted()) { $0.group = group.rawValue }
    try scenario.when(DeleteGroup(group: group, requester: admin)).then(.groupDeleted(deleted), by: Subject(admin))
  }
}
