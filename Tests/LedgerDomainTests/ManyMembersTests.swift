import LedgerCrypto
import LedgerEvents
import LedgerTestSupport
import Testing

@testable import LedgerDomain

/// Somebody named by number, under a key of its own.
func person(_ number: String, key: UInt8) -> NamedPerson {
  .number(KeyedHashes.fake.number(.fake(number)), .fake(number, person: key))
}

@Suite struct ManyMembersTests {
  var scenario = Scenario()
  let admin: AccountID
  let member: AccountID
  let other: AccountID
  let group: GroupID
  let adminship: MembershipID
  let membership: MembershipID

  init() throws {
    admin = try scenario.account("admin")
    member = try scenario.account("member")
    other = try scenario.account("other")
    group = try scenario.group(by: admin)
    adminship = try scenario.member(of: group, account: admin, role: .admin)
    membership = try scenario.member(of: group, account: member)
  }

  private func added(
    _ account: AccountID?, _ number: Sealed? = nil, _ role: Role = .member, to group: UInt64? = nil
  ) -> LedgerEvent {
    .groupMemberAdded(
      filled(GroupMemberAdded()) {
        $0.group = group ?? self.group.rawValue
        $0.account = account?.rawValue ?? 0
        if let number { $0.number = number }
        $0.role = role
      })
  }

  private func expectItems(
    _ refusal: Refusal?, _ items: [(Int, Refusal.Code)], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(refusal?.items.map(\.index) == items.map(\.0), sourceLocation: sourceLocation)
    #expect(refusal?.items.map(\.code) == items.map(\.1), sourceLocation: sourceLocation)
  }

  // MARK: Creation

  private func creation(_ members: [NewMember]) -> CreateGroup {
    CreateGroup(creator: admin, publicID: .fake(9), name: "Team", members: members)
  }

  private var created: LedgerEvent {
    .groupCreated(
      filled(GroupCreated()) {
        $0.publicID = .init(PublicID.fake(9))
        $0.name = "Team"
        $0.kind = .group
        $0.creator = admin.rawValue
      })
  }

  @Test("A group is created with members and admins, each once")
  mutating func createdOnce() throws {
    _ = try scenario.phone("+911", of: other)
    let next = scenario.next
    let outcome = try scenario.when(
      creation([
        NewMember(person("+911", key: 1)), NewMember(person("+912", key: 2)), NewMember(.account(admin)),
        NewMember(.account(other), role: .admin), NewMember(person("+912", key: 2)), NewMember(.account(member)),
      ])
    ).then(
      // That the first number is the other's is not said.
      created, added(admin, nil, .admin, to: next), added(nil, .fake("+911"), .member, to: next),
      added(nil, .fake("+912", person: 2), .member, to: next), added(other, nil, .admin, to: next),
      added(member, nil, .member, to: next), by: Subject(admin))
    #expect(outcome.membership.rawValue == next + 1)
    #expect(outcome.made.memberCount == 5)
  }

  @Test("A group is not created where anybody is refused")
  mutating func refusedWhole() throws {
    try scenario.given(.accountDisabled(filled(AccountDisabled()) { $0.account = other.rawValue }))
    let refusal = scenario.when(
      creation([
        NewMember(.account(member)), NewMember(.account(AccountID(rawValue: 999))), NewMember(.account(other)),
        NewMember(person("+912", key: 2), role: .unspecified),
      ])
    ).thenRefused(.notFound, field: "members")
    expectItems(refusal, [(1, .notFound), (2, .accountDisabled), (3, .invalidValue)])
    let many = (0..<201).map { NewMember(person("+91\($0)", key: 3)) }
    scenario.when(creation(many)).thenRefused(.invalidValue, field: "members")
    #expect(try scenario.perform(creation(Array(many.dropLast()))).made.memberCount == 201)
  }

  @Test("A number is sealed under the key that it has")
  mutating func sealedKey() throws {
    try scenario.perform(creation([NewMember(person("+912", key: 2))]))
    scenario.when(AddMembers([NewMember(person("+912", key: 3))], to: group, requester: admin))
      .thenRefused(.conflict, field: "number")
    scenario.when(AddSubscribers([person("+912", key: 3)], to: group, requester: admin))
      .thenRefused(.invalidValue, field: "group")
  }

  // MARK: Adding

  private func addition(_ members: [NewMember], by requester: AccountID? = nil) -> AddMembers {
    AddMembers(members, to: group, requester: requester ?? admin)
  }

  @Test("Many are added at once, and who is a member may be named")
  mutating func addedMany() throws {
    let command = addition([
      NewMember(.account(other), role: .admin), NewMember(.account(member)), NewMember(.account(admin)),
      NewMember(person("+912", key: 2)),
    ])
    let next = scenario.next
    let made = try scenario.when(command).then(
      added(other, nil, .admin), added(nil, .fake("+912", person: 2)), by: Subject(admin))
    #expect(made.map(\.rawValue) == [next, next + 1])
    try scenario.perform(command)
    #expect(try scenario.when(command).thenNothing().isEmpty)
  }

  @Test("Nobody is added where anybody is refused")
  func refusedAddition() throws {
    let refusal = scenario.when(
      addition([
        NewMember(.account(other)), NewMember(.account(member), role: .admin),
        NewMember(.account(AccountID(rawValue: 999))),
      ])
    ).thenRefused(.conflict, field: "members")
    expectItems(refusal, [(1, .conflict), (2, .notFound)])
    #expect(refusal?.expected.contains("members[1]") == true)
  }

  @Test("Whoever adds or removes many is an admin")
  mutating func authority() throws {
    let person = [NewMember(person("+912", key: 2))]
    scenario.when(addition(person, by: member)).thenRefused(.forbidden, field: "requester")
    scenario.when(addition(person, by: other)).thenRefused(.notFound, field: "group")
    scenario.when(removal([membership], by: member)).thenRefused(.forbidden, field: "requester")
    scenario.when(removal([membership], by: other)).thenRefused(.notFound, field: "group")
    try scenario.perform(AddMembers(person, to: group, requester: Requester.operator))
    try scenario.given(.groupDeleted(filled(GroupDeleted()) { $0.group = group.rawValue }))
    scenario.when(addition(person)).thenRefused(.gone, field: "group")
    scenario.when(removal([membership])).thenRefused(.gone, field: "group")
    try scenario.given(.accountDisabled(filled(AccountDisabled()) { $0.account = admin.rawValue }))
    scenario.when(addition(person)).thenRefused(.accountDisabled, field: "requester")
    scenario.when(removal([membership])).thenRefused(.accountDisabled, field: "requester")
  }

  @Test("How many may be named is bounded")
  func bounds() {
    scenario.when(addition([])).thenRefused(.invalidValue, field: "members")
    scenario.when(addition((0..<201).map { NewMember(person("+91\($0)", key: 3)) }))
      .thenRefused(.invalidValue, field: "members")
    scenario.when(removal([])).thenRefused(.invalidValue, field: "memberships")
    scenario.when(removal((1...201).map { MembershipID(rawValue: $0) })).thenRefused(
      .invalidValue, field: "memberships")
  }

  // MARK: Removing

  private func removal(_ memberships: [MembershipID], by requester: AccountID? = nil) -> RemoveMembers {
    RemoveMembers(memberships, from: group, requester: requester ?? admin)
  }

  private func removed(_ membership: MembershipID, _ account: AccountID?) -> LedgerEvent {
    .groupMemberRemoved(
      filled(GroupMemberRemoved()) {
        $0.group = group.rawValue
        $0.membership = membership.rawValue
        $0.account = account?.rawValue ?? 0
      })
  }

  @Test("Many are removed at once, and who was removed may be named")
  mutating func removedMany() throws {
    let waiting = try scenario.member(of: group, account: nil, number: "+912")
    let command = removal([membership, waiting, membership])
    #expect(
      try scenario.when(command).then(removed(membership, member), removed(waiting, nil), by: Subject(admin))
        == [membership, waiting])
    try scenario.perform(command)
    #expect(try scenario.when(command).thenNothing().isEmpty)
  }

  @Test("An admin is left, and those of other groups are not removed")
  mutating func admins() throws {
    let elsewhere = try scenario.perform(creation([])).membership
    let refusal = scenario.when(removal([membership, elsewhere, adminship, MembershipID(rawValue: 999)]))
      .thenRefused(.notFound, field: "memberships")
    expectItems(refusal, [(1, .notFound), (2, .lastAdmin), (3, .notFound)])
    let second = try scenario.member(of: group, account: other, role: .admin)
    try scenario.when(removal([adminship])).then(removed(adminship, admin))
    expectItems(
      scenario.when(removal([adminship, second])).thenRefused(.lastAdmin, field: "memberships"), [(1, .lastAdmin)])
  }

  @Test("A long list of refusals is told in short, and in full in its items")
  func longRefusal() throws {
    let unknown = (900..<905).map { NewMember(.account(AccountID(rawValue: $0))) }
    let refusal = try #require(scenario.when(addition(unknown)).thenRefused(.notFound, field: "members"))
    #expect(refusal.items.count == 5)
    #expect(refusal.expected.contains("members[2]") && !refusal.expected.contains("members[3]"))
    #expect(refusal.expected.hasSuffix("and 2 more"))
  }

  @Test("Nothing is decided from a state that cannot be read")
  mutating func unreadable() {
    scenario.state.failure = StateUnreadable("broken")
    scenario.when(addition([NewMember(.account(other))])).thenUnreadable()
    scenario.when(removal([membership])).thenUnreadable()
    scenario.when(creation([NewMember(.account(other))])).thenUnreadable()
  }
}
