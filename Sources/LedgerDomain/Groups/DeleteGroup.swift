public import LedgerEvents

/// An admin deletes a group; every grant for it stops.
public struct DeleteGroup: Command {
  public var group: GroupID
  /// An admin of the group.
  public var requester: Requester

  /// The deletion that somebody asks for.
  public init(group: GroupID, requester: some Requesting) {
    self.group = group
    self.requester = requester.requester
  }

  public func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    _ = try state.requireAdmin(of: group, by: requester)
    var event = GroupDeleted()
    event.group = group.rawValue
    return Decision(by: requester, .groupDeleted(event))
  }

  public func outcome(of recorded: RecordedEvents) {}
}
