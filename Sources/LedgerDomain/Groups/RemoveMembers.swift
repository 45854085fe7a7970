package import LedgerEvents

/// An admin removes many members at once: all of them, or nobody where anybody is refused. Afterwards none of those who
/// were named is a member; who was removed before may be named as well.
package struct RemoveMembers: Command {
  package var group: GroupID
  package var memberships: [MembershipID]
  /// An admin of the group.
  package var requester: Requester

  /// The removals that somebody asks for.
  package init(_ memberships: [MembershipID], from group: GroupID, requester: some Requesting) {
    self.memberships = memberships
    self.group = group
    self.requester = Requester(requester)
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    let group = try state.requireAdmin(of: group, by: requester)
    try requireCount(memberships.count, in: 1...AddMembers.limit, field: "memberships")
    var refusals = ItemRefusals(field: "memberships")
    var seen: Set<MembershipID> = []
    var admins = group.adminCount
    var events: [LedgerEvent] = []
    for (index, id) in memberships.enumerated() where seen.insert(id).inserted {
      guard let member = try read(state.membership(id)), member.group == group.id else {
        refusals.note(index, .notFound, expected: "a member of the group")
        continue
      }
      guard !member.isRemoved else { continue }
      if member.role == .admin, !member.isInvitation {
        guard admins > 1 else {
          refusals.note(index, .lastAdmin, expected: "left in the group, as no other admin is")
          continue
        }
        admins -= 1
      }
      events.append(.groupMemberRemoved(GroupMemberRemoved(of: member)))
    }
    try refusals.check()
    return Decision(by: requester, events: events)
  }

  /// The memberships that ended, in the order in which they were named.
  package func outcome(of recorded: RecordedEvents) -> [MembershipID] {
    recorded.events.compactMap {
      if case .groupMemberRemoved(let event) = $0 { MembershipID(rawValue: event.membership) } else { nil }
    }
  }
}

extension GroupMemberRemoved {
  init(of member: Membership) {
    self.init()
    group = member.group.rawValue
    membership = member.id.rawValue
    account = member.account?.rawValue ?? 0
  }
}
