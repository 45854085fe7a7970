/// Uses up the proposal of a change whose own events come after something that no event can take back, such as a new key: so
/// that one proposal makes one key, whatever goes wrong in between.
package struct UseProposal: Command {
  package var kind: Oversight.Guarded
  package var approval: Approval

  package init(of kind: Oversight.Guarded, _ approval: Approval) {
    self.kind = kind
    self.approval = approval
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    // A change that needs none uses none.
    guard let used = try state.requireApproval(of: kind, approval, at: context.now) else {
      return Decision(by: Requester.operator)
    }
    return Decision(by: Requester.operator, used)
  }

  package func outcome(of recorded: RecordedEvents) {}
}
