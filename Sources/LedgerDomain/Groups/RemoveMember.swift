package import LedgerEvents

/// An admin removes a member, or a member leaves. The member's grants for the group stop.
package struct RemoveMember: Command {
  package var group: GroupID
  package var membership: MembershipID
  /// An admin of the group, or the member.
  package var requester: Requester

  /// The removal that somebody asks for.
  package init(group: GroupID, membership: MembershipID, requester: some Requesting) {
    self.group = group
    self.membership = membership
    self.requester = Requester(requester)
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    let (group, own) = try state.requireMember(of: group, by: requester)
    guard own == nil || own?.role == .admin || own?.id == membership else { throw .adminRequired }
    let member = try state.requireMembership(membership, in: group.id)
    try group.requireAdmin(besides: member)
    return Decision(by: requester, .groupMemberRemoved(GroupMemberRemoved(of: member)))
  }

  package func outcome(of recorded: RecordedEvents) {}
}
