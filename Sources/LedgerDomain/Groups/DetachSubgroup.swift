package import LedgerEvents

/// Takes a group from below another.
package struct DetachSubgroup: Command {
  package var group: GroupID
  package var subgroup: GroupID
  /// An admin of the upper group.
  package var requester: Requester

  /// The detachment that somebody asks for.
  package init(_ subgroup: GroupID, from group: GroupID, requester: some Requesting) {
    self.group = group
    self.subgroup = subgroup
    self.requester = Requester(requester)
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    _ = try state.requireAdmin(of: group, by: requester)
    guard try read(state.subgroups(of: group)).contains(subgroup) else {
      throw .refused(.notFound, field: "subgroup", expected: "a sub-group of the group")
    }
    var event = GroupSubgroupDetached()
    event.group = group.rawValue
    event.subgroup = subgroup.rawValue
    return Decision(by: requester, .groupSubgroupDetached(event))
  }

  package func outcome(of recorded: RecordedEvents) {}
}
