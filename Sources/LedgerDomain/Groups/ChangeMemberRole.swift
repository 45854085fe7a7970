public import LedgerEvents

/// An admin gives a member another role. A demoted admin's grants for the group stop for good.
public struct ChangeMemberRole: Command {
  public var group: GroupID
  public var membership: MembershipID
  public var role: Role
  /// An admin of the group.
  public var requester: Requester

  /// The change that somebody asks for.
  public init(group: GroupID, membership: MembershipID, role: Role, requester: some Requesting) {
    self.group = group
    self.membership = membership
    self.role = role
    self.requester = requester.requester
  }

  public func decide(
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

  public func outcome(of recorded: RecordedEvents) {}
}
