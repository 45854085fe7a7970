import LedgerCrypto
import LedgerEvents
import LedgerTestSupport
import Testing

@testable import LedgerDomain

private let number = "+911199999999"
private let lookup = KeyedHashes.fake.number(.fake(number))

/// Who is named by number is asked, and nothing before the answer: no role, no account to be read, for a month at most.
@Suite struct InvitationTests {
  var scenario = Scenario()
  let admin: AccountID
  let alice: AccountID
  let group: GroupID
  let adminship: MembershipID

  init() throws {
    admin = try scenario.account("admin")
    alice = try scenario.account("alice")
    group = try scenario.group(by: admin)
    adminship = try scenario.member(of: group, account: admin, role: .admin)
  }

  private mutating func invite(_ role: Role = .admin) throws -> MembershipID {
    try scenario.perform(
      AddMember(group: group, person: .number(lookup, .fake(number)), role: role, requester: admin))
  }

  @Test("An invitation that is accepted makes a member, once")
  mutating func accepted() throws {
    let id = try invite()
    let accept = AcceptInvitation(id, by: alice)
    scenario.when(accept).thenRefused(.notFound, field: "invitation")
    let phone = try scenario.phone(number, of: alice)
    #expect(try scenario.state.membership(id)?.account == nil)
    #expect(
      try scenario.state.invitations(to: alice, at: scenario.now) == [
        Invitation(membership: id, group: group, role: .admin, expiresAt: scenario.now + .seconds(30 * 86_400))
      ])
    #expect(try scenario.state.group(group)?.adminCount == 1)
    let accepted = filled(GroupInvitationAccepted()) {
      $0.group = group.rawValue
      $0.membership = id.rawValue
      $0.account = alice.rawValue
      $0.phone = phone.rawValue
    }
    try scenario.when(accept).then(.groupInvitationAccepted(accepted), by: Subject(alice))
    try scenario.perform(accept)
    #expect(try scenario.state.membership(of: alice, in: group) == id)
    #expect(try scenario.state.group(group)?.adminCount == 2)
    #expect(try scenario.state.invitations(to: alice, at: scenario.now).isEmpty)
    try scenario.when(accept).thenNothing()
    // As an admin, from now on.
    try scenario.perform(RenameGroup(group: group, name: "Alice's", requester: alice))
  }

  @Test("An invitation is no role: neither to the invited nor to the last admin")
  mutating func noRole() throws {
    let id = try invite()
    _ = try scenario.phone(number, of: alice)
    scenario.when(RenameGroup(group: group, name: "x", requester: alice)).thenRefused(.notFound, field: "group")
    for leaving in [
      scenario.when(RemoveMember(group: group, membership: adminship, requester: admin)).thenRefused(
        .lastAdmin, field: "membership"),
      scenario.when(ChangeMemberRole(group: group, membership: adminship, role: .member, requester: admin))
        .thenRefused(.lastAdmin, field: "membership"),
    ] { #expect(leaving != nil) }
    scenario.when(RemoveMembers([id, adminship], from: group, requester: admin)).thenRefused(
      .lastAdmin, field: "memberships")
    // It may be changed and taken back itself.
    try scenario.perform(ChangeMemberRole(group: group, membership: id, role: .member, requester: admin))
    #expect(try scenario.state.group(group)?.adminCount == 1)
    try scenario.perform(ChangeMemberRole(group: group, membership: id, role: .admin, requester: admin))
    try scenario.perform(RemoveMember(group: group, membership: id, requester: admin))
    scenario.when(AcceptInvitation(id, by: alice)).thenRefused(.notFound, field: "invitation")
    #expect(try scenario.state.group(group)?.adminCount == 1)
  }

  @Test("A month later it is over, whoever has the number then, and another takes its place")
  mutating func expired() throws {
    let id = try invite()
    _ = try scenario.phone(number, of: alice)
    var punctual = scenario
    punctual.now += .milliseconds(30 * 86_400_000 - 1)
    try punctual.perform(AcceptInvitation(id, by: alice))
    scenario.now += .milliseconds(30 * 86_400_000)
    scenario.when(AcceptInvitation(id, by: alice)).thenRefused(.gone, field: "invitation")
    #expect(try scenario.state.invitations(to: alice, at: scenario.now).isEmpty)
    var many = scenario
    let first = many.next
    let made = try many.perform(
      AddMembers([NewMember(.number(lookup, .fake(number)))], to: group, requester: admin))
    #expect(made.map(\.rawValue) == [first + 1])
    try many.perform(AcceptInvitation(made[0], by: alice))
    let again = try invite(.member)
    #expect(try scenario.state.membership(id)?.isRemoved == true)
    #expect(try scenario.state.group(group)?.memberCount == 2)
    try scenario.perform(AcceptInvitation(again, by: alice))
    #expect(try scenario.state.membership(again)?.role == .member)
  }

  @Test("An invitation is the number's, to nobody else and to nothing deleted")
  mutating func onlyNumber() throws {
    let id = try invite()
    let bob = try scenario.account("bob")
    _ = try scenario.phone("+33699999999", of: bob)
    let phone = try scenario.phone(number, of: alice)
    for invitation in [id, adminship, MembershipID(rawValue: 999)] {
      scenario.when(AcceptInvitation(invitation, by: bob)).thenRefused(.notFound, field: "invitation")
    }
    var disabled = scenario
    try disabled.given(.accountDisabled(filled(AccountDisabled()) { $0.account = alice.rawValue }))
    disabled.when(AcceptInvitation(id, by: alice)).thenRefused(.accountDisabled, field: "account")
    var deleted = scenario
    try deleted.given(.groupDeleted(filled(GroupDeleted()) { $0.group = group.rawValue }))
    deleted.when(AcceptInvitation(id, by: alice)).thenRefused(.gone, field: "invitation")
    #expect(try deleted.state.invitations(to: alice, at: deleted.now).isEmpty)
    var member = scenario
    _ = try member.member(of: group, account: alice)
    member.when(AcceptInvitation(id, by: alice)).thenRefused(.conflict, field: "invitation")
    #expect(try member.state.invitations(to: alice, at: member.now).isEmpty)
    // Who has given the number up has given the invitation up.
    try scenario.given(
      .phoneRemoved(
        filled(PhoneRemoved()) {
          $0.phone = phone.rawValue
          $0.account = alice.rawValue
        }))
    scenario.when(AcceptInvitation(id, by: alice)).thenRefused(.notFound, field: "invitation")
    _ = try scenario.phone(number, of: bob)
    try scenario.perform(AcceptInvitation(id, by: bob))
    _ = try scenario.phone(number, of: alice)
    scenario.when(AcceptInvitation(id, by: alice)).thenRefused(.gone, field: "invitation")
  }

  @Test("A creator who names its own number invites nobody")
  mutating func ownNumber() throws {
    _ = try scenario.phone(number, of: admin)
    let command = CreateGroup(
      creator: admin, publicID: .fake(9), name: "Team",
      members: [NewMember(.number(lookup, .fake(number))), NewMember(.number(.of("+912"), .fake("+912", person: 2)))])
    #expect(try scenario.perform(command).made.memberCount == 2)
  }

  @Test("What an earlier version let a verified number take over stays taken over")
  mutating func earlierVersion() throws {
    let id = try invite()
    let challenge = try scenario.challenge(number, by: alice)
    let verified = filled(PhoneVerified()) {
      $0.account = alice.rawValue
      $0.challenge = challenge.rawValue
      $0.number = .fake(number)
      $0.memberships = [id.rawValue]
    }
    try scenario.given(.phoneVerified(verified))
    #expect(try scenario.state.membership(of: alice, in: group) == id)
    #expect(try scenario.state.group(group)?.adminCount == 2)
  }
}
