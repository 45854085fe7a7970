public import LedgerEvents

/// An admin gives a group another name.
public struct RenameGroup: Command {
  public var group: GroupID
  public var name: String
  /// An admin of the group.
  public var requester: AccountID

  public init(group: GroupID, name: String, requester: AccountID) {
    self.group = group
    self.name = name
    self.requester = requester
  }

  public func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    let group = try state.requireAdmin(of: group, by: requester).group
    let name = try Group.nameRule.trimming(name)
    guard name != group.name else { return Decision(by: Subject(requester)) }
    var event = GroupRenamed()
    event.group = group.id.rawValue
    event.before = group.name
    event.after = name
    return Decision(by: Subject(requester), .groupRenamed(event))
  }

  public func outcome(of recorded: RecordedEvents) {}
}
