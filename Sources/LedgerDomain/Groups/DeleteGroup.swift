public import LedgerEvents

/// An admin deletes a group; every grant for it stops.
public struct DeleteGroup: Command {
  public var group: GroupID
  /// An admin of the group.
  public var requester: AccountID

  public init(group: GroupID, requester: AccountID) {
    self.group = group
    self.requester = requester
  }

  public func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    _ = try state.requireAdmin(of: group, by: requester)
    var event = GroupDeleted()
    event.group = group.rawValue
    return Decision(by: Subject(requester), .groupDeleted(event))
  }

  public func outcome(of recorded: RecordedEvents) {}
}
