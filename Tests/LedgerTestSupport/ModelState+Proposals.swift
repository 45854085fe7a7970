import LedgerCrypto
package import LedgerDomain
package import LedgerEvents

// Changes that operators proposed.
extension ModelState {
  mutating func applyToProposals(
    _ event: LedgerEvent, _ position: UInt64, _ time: Timestamp
  ) throws(EventCodingError) {
    switch event {
    case .proposalMade(let event):
      let kinds: [GuardedChange: Oversight.Guarded] = [
        .erasure: .erasure, .role: .roles, .keys: .keys, .restore: .restore,
      ]
      guard let kind = kinds[event.kind] else { return }
      let id = ProposalID(rawValue: position)
      proposals[id] = ChangeProposal(
        id: id, kind: kind, request: try Digest(field: event.request), words: event.words,
        proposer: AccountID(rawValue: event.proposer), account: AccountID(unlessZero: event.account), proposedAt: time,
        expiresAt: Timestamp(milliseconds: event.expiresAt))
    case .proposalDecided(let event):
      let states: [ProposalDecision: ChangeProposal.Status] = [
        .approved: .approved, .withdrawn: .withdrawn, .rejected: .rejected, .executed: .executed,
      ]
      let id = ProposalID(rawValue: event.proposal)
      if let state = states[event.decision] { proposals[id]?.status = state }
      if event.decision == .approved || event.decision == .rejected {
        proposals[id]?.approver = AccountID(rawValue: event.operator)
      }
    case .ledgerRestored:
      for (id, proposal) in proposals where [.open, .approved].contains(proposal.status) {
        proposals[id]?.status = .void
      }
    // Of lifetimes the model knows nothing once the clock was set back; what ended stays so.
    case .clockCorrected(let event):
      for id in proposals.keys where [.open, .approved].contains(proposals[id]?.status) {
        _ = proposals[id]?.end(before: event, ClockCorrections())
      }
    default: break
    }
  }

  package func proposal(_ id: ProposalID) throws(StateUnreadable) -> ChangeProposal? {
    if let failure { throw failure }
    return proposals[id]
  }
}
