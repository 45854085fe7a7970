package import LedgerEvents

/// An admin gives a member another role. A demoted admin's grants for the group stop for good.
package struct ChangeMemberRole: Command {
  package var group: GroupID
  package var membership: MembershipID
  package var role: Role
  /// An admin of the group.
  package var requester: Requester

  /// The change that somebody asks for.
  package init(group: GroupID, membership: MembershipID, role: Role, requester: some Requesting) {
    self.group = group
    self.membership = membership
    self.role = role
    self.requester = Requester(requester)
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    let group = try state.requireAdmin(of: group, by: requester)
    let member = try state.requireMembership(membership, in: group.id)
    let role = try role.checked()
    guard role != member.role else { return Decision(by: requester) }
    try group.requireAdmin(besides: member)
    var event = GroupMemberRoleChanged()
    event.group = group.id.rawValue
    event.membership = membership.rawValue
    event.account = member.account?.rawValue ?? 0
    event.before = member.role
    event.after = role
    return Decision(by: requester, .groupMemberRoleChanged(event))
  }

  package func outcome(of recorded: RecordedEvents) {}
}
