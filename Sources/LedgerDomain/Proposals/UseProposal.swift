/// Uses up the proposal of a change whose own events come after something that no event can take back, such as a new key: so
/// that one proposal makes one key, whatever goes wrong in between.
public struct UseProposal: Command {
  public var kind: Oversight.Guarded
  public var approval: Approval

  public init(of kind: Oversight.Guarded, _ approval: Approval) {
    self.kind = kind
    self.approval = approval
  }

  public func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    // A change that needs none uses none.
    guard let used = try state.requireApproval(of: kind, approval, at: context.now) else {
      return Decision(by: Requester.operator)
    }
    return Decision(by: Requester.operator, used)
  }

  public func outcome(of recorded: RecordedEvents) {}
}
