package import LedgerEvents

/// An operator proposes a change for another operator to approve.
package struct MakeProposal: Command {
  package var request: ProposedRequest
  /// An operator, at the command line or in person.
  package var requester: Requester
  /// The operator at the command line.
  package var named: AccountID?

  package init(_ request: ProposedRequest, requester: Requester, named: AccountID?) {
    self.request = request
    self.requester = requester
    self.named = named
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    let proposer = requester.account ?? named
    if case .connector = requester { throw .operatorRequired }
    try state.requireOperator(proposer, field: "operator")
    var event = ProposalMade()
    event.kind = request.kind.recorded
    event.request = .init(request.digest)
    event.words = try request.words.recordedLine("words", bytes: 200)
    event.proposer = proposer?.rawValue ?? 0
    event.expiresAt = (context.now + ChangeProposal.lifetime).milliseconds
    event.account = request.account?.rawValue ?? 0
    return Decision(by: requester, .proposalMade(event))
  }

  package func outcome(of recorded: RecordedEvents) -> ProposalID { ProposalID(madeAt: recorded.first) }
}
