package import LedgerEvents

/// An admin gives a group another name.
package struct RenameGroup: Command {
  package var group: GroupID
  package var name: String
  /// An admin of the group.
  package var requester: Requester

  /// The change that somebody asks for.
  package init(group: GroupID, name: String, requester: some Requesting) {
    self.group = group
    self.name = name
    self.requester = Requester(requester)
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    let group = try state.requireAdmin(of: group, by: requester)
    let name = try Group.nameRule.trimming(name)
    guard name != group.name else { return Decision(by: requester) }
    var event = GroupRenamed()
    event.group = group.id.rawValue
    event.before = group.name
    event.after = name
    return Decision(by: requester, .groupRenamed(event))
  }

  package func outcome(of recorded: RecordedEvents) {}
}
