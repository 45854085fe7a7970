public import LedgerDomain
public import LedgerEvents

/// Changes that need two operators: one proposes, another approves, and then either makes the change.
///
/// ``Operators/configure(_:context:)`` says for what the approval is needed. A proposal is of one exact request, is of use for
/// 72 hours, and once. At the command line operators are named and not proven: one who has the keys of the ledger can name two.
/// An approval by an account in person is proven by its sign-in.
public struct Proposals: Sendable {
  let ledger: Ledger

  /// Proposes a change, and changes nothing.
  ///
  /// ```swift
  /// let proposal = try await ledger.proposals.make(
  ///   .changeRole(of: account, to: .tenantAdmin), by: Requester.operator,
  ///   context: RequestContext(namedOperator: ada, reason: "new head of support"))
  /// ```
  ///
  /// - Parameters:
  ///   - change: what is to be done. The record keeps it in words, and the digest of its bytes.
  ///   - requester: an operator, at the command line or in person.
  ///   - context: names the operator at the command line, the reason and the ticket.
  /// - Throws: `forbidden` of the field `operator`; `not_found` of the field `number`.
  public func make(
    _ change: ProposedChange, by requester: some Requesting, context: RequestContext
  ) async throws(LedgerError) -> ProposalID {
    try await ledger.submit(
      MakeProposal(ledger.request(change), requester: Requester(requester), named: context.namedOperator),
      by: requester.caller, context: context)
  }

  /// Approves a proposal of another operator: the change can be made by ``RequestContext/proposal``.
  ///
  /// ```swift
  /// try await ledger.proposals.approve(proposal, by: bo)
  /// try await ledger.accounts.changeRole(
  ///   of: account, to: .tenantAdmin, by: Requester.operator,
  ///   context: RequestContext(namedOperator: ada, proposal: proposal))
  /// ```
  ///
  /// - Parameters:
  ///   - requester: an operator other than the proposer, at the command line or in person.
  ///   - context: names the operator at the command line.
  /// - Throws: `forbidden` of the field `operator`, also for the proposer; `not_found`, `gone` of the field `proposal`.
  public func approve(
    _ proposal: ProposalID, by requester: some Requesting, context: RequestContext = .none
  ) async throws(LedgerError) { try await decide(proposal, .approve, Requester(requester), context) }

  /// Rejects a proposal of another operator, also one that was approved.
  ///
  /// ```swift
  /// try await ledger.proposals.reject(proposal, by: bo, context: RequestContext(reason: "wrong account"))
  /// ```
  ///
  /// - Throws: as ``approve(_:by:context:)``.
  public func reject(
    _ proposal: ProposalID, by requester: some Requesting, context: RequestContext = .none
  ) async throws(LedgerError) { try await decide(proposal, .reject, Requester(requester), context) }

  /// Takes one's own proposal back, also one that was approved.
  ///
  /// ```swift
  /// try await ledger.proposals.withdraw(proposal, by: Requester.operator, context: RequestContext(namedOperator: ada))
  /// ```
  ///
  /// - Throws: as ``approve(_:by:context:)``; `forbidden` for all but the proposer.
  public func withdraw(
    _ proposal: ProposalID, by requester: some Requesting, context: RequestContext = .none
  ) async throws(LedgerError) { try await decide(proposal, .withdraw, Requester(requester), context) }

  private func decide(
    _ proposal: ProposalID, _ answer: DecideProposal.Answer, _ requester: Requester, _ context: RequestContext
  ) async throws(LedgerError) {
    try await ledger.submit(
      DecideProposal(proposal, answer, requester: requester, named: context.namedOperator), by: requester.caller,
      context: context)
  }

  /// A proposal, whatever became of it; nil if there is none.
  ///
  /// ```swift
  /// let isApproved = try ledger.proposals.proposal(proposal)?.status == .approved
  /// ```
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func proposal(_ id: ProposalID) throws(LedgerError) -> ChangeProposal? {
    try ledger.reading { (state) throws(StateUnreadable) in try state.proposal(id) }
  }

  /// Which of several changes a proposal is of; nil where it is of none of them. The record has a digest of the change, and so
  /// a proposal is known by comparing.
  package func change(
    of proposal: ChangeProposal, among changes: [ProposedChange]
  ) throws(LedgerError) -> ProposedChange? {
    for change in changes {
      let request = try ledger.request(change)
      if request.kind == proposal.kind, request.digest == proposal.request { return change }
    }
    return nil
  }

  /// Proposals in the order in which they were made, whatever became of them.
  ///
  /// ```swift
  /// let open = try ledger.proposals.list().filter { $0.status == .open }
  /// ```
  ///
  /// - Parameters:
  ///   - after: the last proposal of the page before.
  ///   - limit: 1 to 1,000.
  /// - Throws: `invalid_value` of the limit; `closed`, `damaged`, `storage`.
  public func list(after: ProposalID? = nil, limit: Int = 100) throws(LedgerError) -> [ChangeProposal] {
    guard (1...1_000).contains(limit) else {
      throw LedgerError(.invalidValue, "limit: expected 1 to 1,000", field: "limit")
    }
    return try ledger.reading { (state) throws(StateUnreadable) in
      try state.proposals(from: ProposalID.following(after).rawValue, limit: limit)
    }
  }
}

extension Ledger {
  /// Changes that need two operators.
  public var proposals: Proposals { Proposals(ledger: self) }
}
