package import LedgerEvents

/// An operator approves, rejects or withdraws a proposal.
package struct DecideProposal: Command {
  /// What an operator says to a proposal.
  package enum Answer: Sendable, Hashable {
    /// Another operator than the proposer.
    case approve
    /// The proposer, also once it was approved.
    case withdraw
    /// Another operator than the proposer, also once it was approved.
    case reject
  }

  package var proposal: ProposalID
  package var answer: Answer
  /// An operator, at the command line or in person.
  package var requester: Requester
  /// The operator at the command line.
  package var named: AccountID?

  package init(_ proposal: ProposalID, _ answer: Answer, requester: Requester, named: AccountID?) {
    self.proposal = proposal
    self.answer = answer
    self.requester = requester
    self.named = named
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    if case .connector = requester { throw .operatorRequired }
    let decider = requester.account ?? named
    try state.requireOperator(decider, field: "operator")
    guard let known = try read(state.proposal(proposal)) else { throw .unknownProposal }
    guard (decider == known.proposer) == (answer == .withdraw) else {
      throw .refused(
        .forbidden, field: "operator",
        expected: answer == .withdraw ? "the operator who proposed it" : "another operator than the one who proposed it"
      )
    }
    try state.requireUsable(known, answer == .approve ? [.open] : [.open, .approved], at: context.now)
    var event = ProposalDecided()
    event.proposal = proposal.rawValue
    event.decision =
      switch answer {
      case .approve: .approved
      case .withdraw: .withdrawn
      case .reject: .rejected
      }
    event.operator = decider?.rawValue ?? 0
    return Decision(by: requester, .proposalDecided(event))
  }

  package func outcome(of recorded: RecordedEvents) {}
}
