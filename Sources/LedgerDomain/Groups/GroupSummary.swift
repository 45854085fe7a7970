public import LedgerEvents

/// How many people are in a group, or in a group and the groups below it.
public struct GroupCounts: Sendable, Equatable {
  /// Groups that are counted.
  public var groups = 0
  /// Memberships: somebody who is a member of two of the groups counts twice.
  public var memberships = 0
  /// Members, admins included: people, each once.
  public var members = 0
  /// People who are an admin of at least one of the groups.
  public var admins = 0
  /// Of the members, those who were invited by number and have not accepted.
  public var unprovisioned = 0
  /// People who subscribe to at least one of the groups, members or not.
  public var subscribers = 0

  public init() {}
}

/// A group with what is around and in it.
public struct GroupSummary: Sendable, Equatable {
  public var group: Group
  /// What the requester is in the group itself; nil for one who sees it from above.
  public var callerRole: Role?
  /// Groups directly below and directly above that are not deleted.
  public var subgroupCount: Int
  public var parentCount: Int
  /// The group alone.
  public var own: GroupCounts
  /// The group and all that lies below it and is not deleted, in any number of ways, each group and each person once.
  public var hierarchy: GroupCounts
}

extension DomainReader where Self: ~Copyable {
  /// Sums a group up, for somebody who sees it.
  ///
  /// Costs time and memory in proportion to the members and subscribers of the group and the groups below: each list is
  /// read once, its rows side by side and in order. A set of the people remembers who was counted.
  ///
  /// - Throws: ``ErrorCode/notFound`` of a group that the viewer does not see or that is deleted,
  ///   ``ErrorCode/accountDisabled``, ``ErrorCode/forbidden`` of a grant that is not in force.
  package func summary(of id: GroupID, for viewer: GroupViewer) throws(DecisionFailure) -> GroupSummary {
    try summary(of: sight(of: id, for: viewer))
  }

  /// The same, of a group without groups below it and with at most so many members and subscribers each; nil for a larger one.
  package func summary(
    of id: GroupID, for viewer: GroupViewer, upTo people: UInt64
  ) throws(DecisionFailure) -> GroupSummary? {
    try summary(of: sight(of: id, for: viewer), upTo: people)
  }

  /// What somebody sees of the group that clients know by this ID, and the same of it.
  package func summary(
    ofGroup publicID: PublicID, for viewer: GroupViewer, upTo people: UInt64
  ) throws(DecisionFailure) -> (group: VisibleGroup, summary: GroupSummary?) {
    let group = try sight(ofGroup: publicID, for: viewer)
    return (group, try summary(of: group, upTo: people))
  }

  private func summary(of sight: VisibleGroup, upTo people: UInt64) throws(DecisionFailure) -> GroupSummary? {
    guard sight.group.memberCount <= people, sight.group.subscriberCount <= people,
      try read(subgroups(of: sight.group.id)).isEmpty
    else { return nil }
    var census = Census()
    try census.add(sight.group.id, in: self)
    // Without groups below, the hierarchy is the group.
    return GroupSummary(
      group: sight.group, callerRole: sight.role, subgroupCount: 0,
      parentCount: try read(existing(parents(of: sight.group.id))).count, own: census.counts,
      hierarchy: census.counts)
  }

  private func summary(of sight: VisibleGroup) throws(DecisionFailure) -> GroupSummary {
    let id = sight.group.id
    var census = Census()
    try census.add(id, in: self)
    let own = census.counts
    for lower in try read(reach(from: [id], .down)).dropFirst() { try census.add(lower.id, in: self) }
    return GroupSummary(
      group: sight.group, callerRole: sight.role, subgroupCount: try read(existing(subgroups(of: id))).count,
      parentCount: try read(existing(parents(of: id))).count, own: own, hierarchy: census.counts)
  }
}

/// Counts people, each once.
private struct Census {
  private var groups = 0
  private var memberships = 0
  private var members: Set<PersonName> = []
  private var admins: Set<PersonName> = []
  private var subscribers: Set<PersonName> = []
  private var unprovisioned = 0

  var counts: GroupCounts {
    var counts = GroupCounts()
    counts.groups = groups
    counts.memberships = memberships
    counts.members = members.count
    counts.admins = admins.count
    counts.unprovisioned = unprovisioned
    counts.subscribers = subscribers.count
    return counts
  }

  mutating func add(_ group: GroupID, in state: borrowing some DomainReader & ~Copyable) throws(DecisionFailure) {
    groups += 1
    do throws(StateUnreadable) {
      try state.forEachPlace(.members, of: group) { place in
        memberships += 1
        if place.role == .admin { admins.insert(place.person) }
        guard members.insert(place.person).inserted else { return }
        if case .key = place.person { unprovisioned += 1 }
      }
      try state.forEachPlace(.subscribers, of: group) { subscribers.insert($0.person) }
    } catch { throw .unreadable(error) }
  }
}
