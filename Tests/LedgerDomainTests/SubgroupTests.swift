import LedgerCrypto
import LedgerEvents
import LedgerTestSupport
import Testing

@testable import LedgerDomain

@Suite struct SubgroupTests {
  var scenario = Scenario()
  let admin: AccountID
  let upper: GroupID
  let lower: GroupID

  init() throws {
    admin = try scenario.account("admin")
    upper = try scenario.perform(CreateGroup(creator: admin, publicID: .fake(1), name: "Upper")).group
    lower = try scenario.perform(CreateGroup(creator: admin, publicID: .fake(2), name: "Lower")).group
  }

  private func attach(_ subgroup: GroupID, to group: GroupID) -> AttachSubgroup {
    AttachSubgroup(subgroup, to: group, requester: admin)
  }

  private func attachAll(_ subgroups: [GroupID]) -> AttachSubgroups {
    AttachSubgroups(subgroups, to: upper, requester: admin)
  }

  private func attached(_ subgroup: GroupID) -> LedgerEvent {
    .groupSubgroupAttached(
      filled(GroupSubgroupAttached()) {
        $0.group = upper.rawValue
        $0.subgroup = subgroup.rawValue
      })
  }

  @Test("A group is attached once, and detached")
  mutating func attachedOnce() throws {
    let attached = filled(GroupSubgroupAttached()) {
      $0.group = upper.rawValue
      $0.subgroup = lower.rawValue
    }
    #expect(try scenario.when(attach(lower, to: upper)).then(.groupSubgroupAttached(attached), by: Subject(admin)))
    let detach = DetachSubgroup(lower, from: upper, requester: admin)
    scenario.when(detach).thenRefused(.notFound, field: "subgroup")
    try scenario.perform(attach(lower, to: upper))
    #expect(try scenario.when(attach(lower, to: upper)).thenNothing() == false)
    let detached = filled(GroupSubgroupDetached()) {
      $0.group = upper.rawValue
      $0.subgroup = lower.rawValue
    }
    try scenario.when(detach).then(.groupSubgroupDetached(detached), by: Subject(admin))
    try scenario.perform(detach)
    scenario.when(detach).thenRefused(.notFound, field: "subgroup")
  }

  @Test("Whoever asks is an admin of both groups, or an operator")
  mutating func authority() throws {
    let other = try scenario.account("other")
    scenario.when(AttachSubgroup(lower, to: upper, requester: other)).thenRefused(.notFound, field: "group")
    _ = try scenario.member(of: upper, account: other, role: .admin)
    scenario.when(AttachSubgroup(lower, to: upper, requester: other)).thenRefused(.notFound, field: "group")
    _ = try scenario.member(of: lower, account: other)
    scenario.when(AttachSubgroup(lower, to: upper, requester: other)).thenRefused(.forbidden, field: "requester")
    try scenario.perform(AttachSubgroup(lower, to: upper, requester: Requester.operator))
    let stranger = try scenario.account("stranger")
    scenario.when(DetachSubgroup(lower, from: upper, requester: stranger))
      .thenRefused(.notFound, field: "group")
    try scenario.perform(DeleteGroup(group: lower, requester: admin))
    scenario.when(attach(lower, to: upper)).thenRefused(.gone, field: "group")
    // A deleted group can still be taken out.
    try scenario.perform(DetachSubgroup(lower, from: upper, requester: admin))
  }

  @Test("A group is never above itself")
  mutating func cycles() throws {
    scenario.when(attach(upper, to: upper)).thenRefused(.conflict, field: "subgroup")
    try scenario.perform(attach(lower, to: upper))
    scenario.when(attach(upper, to: lower)).thenRefused(.conflict, field: "subgroup")
    let lowest = try scenario.group(by: admin, publicID: .fake(3))
    _ = try scenario.member(of: lowest, account: admin, role: .admin)
    try scenario.perform(attach(lowest, to: lower))
    try scenario.perform(attach(lowest, to: upper))
    scenario.when(attach(upper, to: lowest)).thenRefused(.conflict, field: "subgroup")
  }

  @Test("Depth, groups below and groups above have bounds")
  mutating func bounds() throws {
    var groups: [GroupID] = []
    for number in 10..<130 as Range<UInt8> {
      groups.append(
        try scenario.perform(CreateGroup(creator: admin, publicID: .fake(number), name: "Group")).group)
    }
    var deep = scenario
    for level in 1..<5 { try deep.perform(attach(groups[level], to: groups[level - 1])) }
    deep.when(attach(groups[5], to: groups[4])).thenRefused(.invalidValue, field: "subgroup")
    deep.when(attach(groups[0], to: upper)).thenRefused(.invalidValue, field: "subgroup")
    try deep.perform(attach(groups[1], to: upper))

    var wide = scenario
    for group in groups.prefix(100) { try wide.perform(attach(group, to: upper)) }
    wide.when(attach(groups[100], to: upper)).thenRefused(.invalidValue, field: "group")

    for group in groups.prefix(20) { try scenario.perform(attach(lower, to: group)) }
    scenario.when(attach(lower, to: groups[20])).thenRefused(.invalidValue, field: "subgroup")

    try scenario.perform(attach(groups[100], to: upper))
    scenario.when(attachAll(Array(groups.prefix(100)))).thenRefused(.invalidValue, field: "group")
    try scenario.perform(attachAll(Array(groups.prefix(99))))
  }

  @Test("Many groups are attached at once: all of them, or none where any is refused")
  mutating func attachedAtOnce() throws {
    let third = try scenario.perform(CreateGroup(creator: admin, publicID: .fake(3), name: "Third")).group
    let other = try scenario.account("other")
    let foreign = try scenario.group(by: other, publicID: .fake(4))
    let refusal = scenario.when(attachAll([third, upper, lower, foreign])).thenRefused(.conflict, field: "subgroups")
    #expect(refusal?.items.map(\.index) == [1, 3])
    #expect(refusal?.items.map(\.code) == [.conflict, .notFound])
    try scenario.when(attachAll([lower, third, lower])).then(attached(lower), attached(third), by: Subject(admin))
    try scenario.perform(attachAll([lower]))
    try scenario.when(attachAll([lower, third])).then(attached(third))
    try scenario.when(attachAll([lower])).thenNothing()
    scenario.when(attachAll([])).thenRefused(.invalidValue, field: "subgroups")
    scenario.when(AttachSubgroups([third], to: upper, requester: other)).thenRefused(.notFound, field: "group")
  }
}
