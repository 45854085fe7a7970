public import LedgerEvents

/// Takes a group from below another.
public struct DetachSubgroup: Command {
  public var group: GroupID
  public var subgroup: GroupID
  /// An admin of the upper group.
  public var requester: Requester

  /// The detachment that somebody asks for.
  public init(_ subgroup: GroupID, from group: GroupID, requester: some Requesting) {
    self.group = group
    self.subgroup = subgroup
    self.requester = requester.requester
  }

  public func decide(
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

  public func outcome(of recorded: RecordedEvents) {}
}
