package import LedgerEvents

/// An admin adds many people at once: all of them, or nobody where anybody is refused.
///
/// Afterwards everybody who was named is a member, or invited where it was by number, with at least the role that was named.
/// So asking again is harmless, and a list may name people who are members already.
package struct AddMembers: Command {
  /// How many people a request may name.
  package static let limit = 200

  package var group: GroupID
  package var members: [NewMember]
  /// An admin of the group.
  package var requester: Requester

  /// The additions that somebody asks for.
  package init(_ members: [NewMember], to group: GroupID, requester: some Requesting) {
    self.members = members
    self.group = group
    self.requester = Requester(requester)
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    _ = try state.requireAdmin(of: group, by: requester)
    try requireCount(members.count, in: 1...Self.limit, field: "members")
    return Decision(by: requester, events: try state.additions(of: members, to: group, at: context.now))
  }

  /// The memberships that were made, in the order in which their members were named; none for those who were members.
  package func outcome(of recorded: RecordedEvents) -> [MembershipID] {
    recorded.events.enumerated().compactMap { index, event in
      if case .groupMemberAdded = event { MembershipID(madeAt: recorded.first + UInt64(index)) } else { nil }
    }
  }
}
