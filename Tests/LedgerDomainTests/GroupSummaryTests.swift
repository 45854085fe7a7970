import LedgerCrypto
import LedgerEvents
import LedgerTestSupport
import Testing

@testable import LedgerDomain

/// Upper above left and right, both above lowest; another group beside them.
@Suite struct GroupSummaryTests {
  var access: GroupAccess
  let upper: GroupID
  let left: GroupID
  let right: GroupID
  let lowest: GroupID
  let beside: GroupID
  let people: [AccountID]

  init() throws {
    access = try GroupAccess()
    var groups: [GroupID] = []
    for number in 1...5 as ClosedRange<UInt8> {
      groups.append(try access.scenario.group(by: access.owner, publicID: .fake(number), kind: .connectGroup))
    }
    (upper, left, right, lowest, beside) = (groups[0], groups[1], groups[2], groups[3], groups[4])
    for (lower, above) in [(left, upper), (right, upper), (lowest, left), (lowest, right)] {
      try access.scenario.perform(AttachSubgroup(lower, to: above, requester: Requester.operator))
    }
    var people: [AccountID] = []
    for name in ["a", "b", "c"] { people.append(try access.scenario.account(name)) }
    self.people = people
  }

  private var state: ModelState { access.scenario.state }

  private mutating func add(_ members: [NewMember], to group: GroupID) throws {
    try access.scenario.perform(AddMembers(members, to: group, requester: Requester.operator))
  }

  private mutating func subscribe(_ people: [NamedPerson], to group: GroupID) throws {
    try access.scenario.perform(AddSubscribers(people, to: group, requester: Requester.operator))
  }

  private func counts(_ change: (inout GroupCounts) -> Void) -> GroupCounts {
    var counts = GroupCounts()
    change(&counts)
    return counts
  }

  private func refusal(_ body: () throws(DecisionFailure) -> Void) -> Refusal.Code? {
    do throws(DecisionFailure) { try body() } catch {
      if case .refused(let refusal) = error { return refusal.code }
    }
    return nil
  }

  @Test("Nobody and no group is counted twice")
  mutating func distinct() throws {
    let waiting = person("+912", key: 2)
    try add([NewMember(.account(people[0]), role: .admin), NewMember(waiting)], to: upper)
    try add([NewMember(.account(people[0])), NewMember(.account(people[1]), role: .admin)], to: left)
    try add([NewMember(waiting), NewMember(.account(people[1]), role: .admin)], to: right)
    try add([NewMember(.account(people[0]), role: .admin), NewMember(waiting, role: .admin)], to: lowest)
    try add([NewMember(.account(people[2]))], to: beside)
    try subscribe([.account(people[0]), waiting], to: upper)
    try subscribe([.account(people[0]), .account(people[2]), waiting], to: lowest)
    let summary = try state.summary(of: upper, for: .requester(.account(people[0])))
    #expect(try summary.group == state.group(upper))
    #expect(summary.callerRole == .admin)
    #expect(summary.subgroupCount == 2 && summary.parentCount == 0)
    #expect(
      summary.own
        == counts {
          $0.groups = 1
          $0.memberships = 2
          $0.members = 2
          $0.admins = 1
          $0.unprovisioned = 1
          $0.subscribers = 2
        })
    #expect(
      summary.hierarchy
        == counts {
          $0.groups = 4
          $0.memberships = 8
          $0.members = 3
          $0.admins = 3
          $0.unprovisioned = 1
          $0.subscribers = 3
        })
    let lowestSummary = try state.summary(of: lowest, for: .requester(.operator))
    #expect(lowestSummary.parentCount == 2 && lowestSummary.own == lowestSummary.hierarchy)
    #expect(lowestSummary.callerRole == nil)
  }

  @Test("Somebody by number and by account is one person once an invitation is accepted")
  mutating func invitation() throws {
    try add([NewMember(.account(people[0]))], to: left)
    try add([NewMember(person("+912", key: 2))], to: left)
    try add([NewMember(person("+912", key: 2))], to: right)
    func members() throws -> [Int] {
      let counts = try state.summary(of: upper, for: .requester(.operator)).hierarchy
      return [counts.memberships, counts.members, counts.unprovisioned]
    }
    #expect(try members() == [3, 2, 1])
    let challenge = try access.scenario.challenge("+912", by: people[0])
    try access.scenario.perform(
      VerifyPIN(
        account: people[0], challenge: challenge, candidate: .of("1234"),
        number: KeyedHashes.fake.number(.fake("+912"))))
    // Having the number is not enough, and not told by the counts.
    #expect(try members() == [3, 2, 1])
    let invited = try #require(try state.invitations(to: people[0], at: access.scenario.now).first)
    try access.scenario.perform(AcceptInvitation(invited.membership, by: people[0]))
    #expect(try members() == [3, 2, 1])
    let own = try #require(try state.membership(of: people[0], in: self.left))
    try access.scenario.perform(RemoveMember(group: self.left, membership: own, requester: Requester.operator))
    let left = try #require(try state.invitations(to: people[0], at: access.scenario.now).first)
    try access.scenario.perform(AcceptInvitation(left.membership, by: people[0]))
    #expect(try members() == [2, 1, 0])
    // Two who are known by numbers alone stay two.
    try add([NewMember(person("+913", key: 3)), NewMember(person("+914", key: 4))], to: right)
    #expect(try members() == [4, 3, 2])
    // An erased number's person stays one person.
    try access.scenario.perform(
      EraseSubject(.number(KeyedHashes.fake.number(.fake("+913"))), requester: .operator))
    #expect(try members() == [4, 3, 2])
  }

  @Test("Deleted groups, and what lies below them alone, are not counted")
  mutating func deleted() throws {
    try add([NewMember(.account(people[0]))], to: lowest)
    try add([NewMember(.account(people[1]))], to: left)
    func counted() throws -> [Int] {
      let summary = try state.summary(of: upper, for: .requester(.operator))
      return [summary.hierarchy.groups, summary.hierarchy.members, summary.subgroupCount]
    }
    #expect(try counted() == [4, 2, 2])
    try access.scenario.perform(DeleteGroup(group: left, requester: Requester.operator))
    #expect(try counted() == [3, 1, 1])
    try access.scenario.perform(DeleteGroup(group: right, requester: Requester.operator))
    #expect(try counted() == [1, 0, 0])
    #expect(try state.summary(of: lowest, for: .requester(.operator)).parentCount == 0)
    #expect(
      refusal { () throws(DecisionFailure) in _ = try state.summary(of: left, for: .requester(.operator)) } == .notFound
    )
  }

  @Test("A member sees the groups below, and no others")
  mutating func member() throws {
    try add([NewMember(.account(people[0]))], to: left)
    let viewer = GroupViewer.requester(.account(people[0]))
    #expect(try state.summary(of: left, for: viewer).callerRole == .member)
    #expect(try state.summary(of: lowest, for: viewer).callerRole == nil)
    for group in [upper, right, beside, GroupID(rawValue: 999)] {
      #expect(refusal { () throws(DecisionFailure) in _ = try state.summary(of: group, for: viewer) } == .notFound)
    }
    // Not by way of a deleted group, either.
    try access.scenario.perform(DeleteGroup(group: left, requester: Requester.operator))
    #expect(refusal { () throws(DecisionFailure) in _ = try state.summary(of: lowest, for: viewer) } == .notFound)
  }

  private func seen(
    _ viewer: GroupViewer, _ scope: GroupScope = .hierarchy, after: GroupID? = nil, limit: Int = 100
  ) throws -> [VisibleGroup] {
    try state.visibleGroups(to: viewer, scope: scope, after: after, limit: limit)
  }

  @Test("An account sees its groups, those below, and those above by name")
  mutating func account() throws {
    try add([NewMember(.account(people[0]), role: .admin)], to: left)
    try add([NewMember(.account(people[0]))], to: beside)
    let viewer = GroupViewer.requester(.account(people[0]))
    #expect(try seen(viewer, .own).map(\.group.id) == [left, beside])
    #expect(try seen(viewer, .own).map(\.role) == [.admin, .member])
    #expect(try seen(viewer, .own, limit: 1).map(\.group.id) == [left])
    #expect(try seen(viewer, .own, after: left, limit: 1).map(\.group.id) == [beside])
    #expect(try seen(viewer, .own, after: beside).isEmpty)
    let all = try seen(viewer)
    #expect(all.map(\.group.id) == [upper, left, lowest, beside])
    #expect(all.map(\.role) == [nil, .admin, nil, .member])
    #expect(all.map(\.isReadable) == [false, true, true, true])
    #expect(try seen(.requester(.connector(access.connector, for: people[0]))) == all)
    #expect(try seen(viewer, after: upper, limit: 2).map(\.group.id) == [left, lowest])
    #expect(try seen(.requester(.account(people[1]))).isEmpty)
    // Below what it is a member of wins over above it.
    try add([NewMember(.account(people[0]))], to: upper)
    #expect(try seen(viewer).map(\.isReadable) == [true, true, true, true, true])
    try access.scenario.perform(DeleteGroup(group: left, requester: Requester.operator))
    #expect(try seen(viewer).map(\.group.id) == [upper, right, lowest, beside])
  }

  @Test("An operator sees all, in pages")
  mutating func operatorPages() throws {
    try access.scenario.perform(DeleteGroup(group: right, requester: Requester.operator))
    #expect(
      try seen(.requester(.operator)).map(\.group.id) == [access.group, upper, left, lowest, beside].sorted())
    #expect(try seen(.requester(.operator), after: upper, limit: 2).map(\.group.id) == [left, lowest])
    #expect(try seen(.requester(.operator), after: GroupID(rawValue: .max)).isEmpty)
  }

  @Test("A connector sees what it was granted")
  mutating func connector() throws {
    try access.scenario.perform(AttachSubgroup(beside, to: access.group, requester: Requester.operator))
    try access.scenario.perform(AttachSubgroup(access.group, to: upper, requester: Requester.operator))
    let granted = GroupViewer.grant(access.grant)
    #expect(try seen(granted, .own).map(\.group.id) == [access.group])
    // The group and what lies below it; nothing above.
    #expect(try seen(granted).map(\.group.id) == [access.group, beside])
    #expect(try seen(granted).map(\.role) == [.admin, nil])
    #expect(try state.summary(of: beside, for: granted).callerRole == nil)
    #expect(refusal { () throws(DecisionFailure) in _ = try state.summary(of: upper, for: granted) } == .notFound)

    let own = try access.scenario.grant(to: access.connector, by: access.granter, phone: access.phone)
    _ = try access.scenario.family(under: own)
    try add([NewMember(.account(access.granter))], to: lowest)
    #expect(try seen(.grant(own), .own).map(\.role) == [.admin, .member])
    #expect(try seen(.grant(own)) == seen(.requester(.account(access.granter))))

    try access.scenario.perform(RevokeGrant(grant: access.grant, requester: Requester.operator))
    #expect(refusal { () throws(DecisionFailure) in _ = try state.summary(of: beside, for: granted) } == .forbidden)
    #expect(
      refusal { () throws(DecisionFailure) in
        _ = try state.visibleGroups(to: granted, scope: .own, after: nil, limit: 1)
      } == .forbidden)
    #expect(
      refusal { () throws(DecisionFailure) in
        _ = try state.visibleGroups(to: .grant(GrantID(rawValue: 999)), scope: .own, after: nil, limit: 1)
      } == .notFound)
  }

  @Test("Who is disabled sees nothing, and a page has bounds")
  mutating func refused() throws {
    for limit in [0, 1_001] {
      #expect(
        refusal { () throws(DecisionFailure) in
          _ = try state.visibleGroups(to: .requester(.operator), scope: .own, after: nil, limit: limit)
        } == .invalidValue)
    }
    try access.scenario.perform(DisableAccount(account: people[0], reason: "x", requester: .operator))
    #expect(
      refusal { () throws(DecisionFailure) in
        _ = try state.visibleGroups(to: .requester(.account(people[0])), scope: .own, after: nil, limit: 1)
      } == .accountDisabled)
  }
}
