package import LedgerEvents

/// An admin deletes a group; every grant for it stops.
package struct DeleteGroup: Command {
  package var group: GroupID
  /// An admin of the group.
  package var requester: Requester

  /// The deletion that somebody asks for.
  package init(group: GroupID, requester: some Requesting) {
    self.group = group
    self.requester = Requester(requester)
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    _ = try state.requireAdmin(of: group, by: requester)
    var event = GroupDeleted()
    event.group = group.rawValue
    return Decision(by: requester, .groupDeleted(event))
  }

  package func outcome(of recorded: RecordedEvents) {}
}
