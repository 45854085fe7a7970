package import LedgerEvents

/// Records a decision about a grant in an access review; a grant that is not kept is revoked in the same commit.
package struct ReviewGrant: Command {
  package var grant: GrantID
  package var decision: GrantDecision
  /// Why; shown in the audit trail. No personal data.
  package var reason: String
  /// The granter, an admin of the grant's group, the connector's owner or an operator; to keep it, an auditor as well.
  package var requester: Requester

  package init(grant: GrantID, decision: GrantDecision, reason: String, requester: Requester) {
    self.grant = grant
    self.decision = decision
    self.reason = reason
    self.requester = requester
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    try state.requireActive(requester)
    guard let known = try read(state.grant(grant)), try mayReview(known, state) else {
      throw .refused(.notFound, field: "grant", expected: "a grant that you may review")
    }
    guard !known.isRevoked else {
      throw .refused(.gone, field: "grant", expected: "a grant that was not revoked")
    }
    var event = PermissionReviewed()
    event.grant = known.id.rawValue
    event.connector = known.connector.rawValue
    event.group = known.group?.rawValue ?? 0
    event.granter = known.granter.rawValue
    event.decision = decision.recorded
    event.reason = try TextRule(field: "reason", characters: 1...500, isMultiline: true).trimming(reason)
    switch decision {
    case .keep: return Decision(by: requester, .permissionReviewed(event))
    case .revoke:
      return Decision(
        by: requester, events: [.permissionReviewed(event), .permissionRevoked(PermissionRevoked(of: known))])
    }
  }

  private func mayReview(
    _ known: Grant, _ state: borrowing some DomainReader & ~Copyable
  ) throws(DecisionFailure) -> Bool {
    if try state.isOperator(requester) { return true }
    if try state.may(requester, stop: known) { return true }
    guard decision == .keep, case .account(let id) = requester else { return false }
    return try read(state.account(id))?.role == .auditor
  }

  /// The position of the decision's event.
  package func outcome(of recorded: RecordedEvents) -> Position { recorded.first }
}
