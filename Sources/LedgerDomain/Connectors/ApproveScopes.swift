package import LedgerEvents

/// Decides which of the scopes that concern the organisation a connector may have. Without an approval it has none of
/// them, whatever its details say and people agree to.
///
/// What is approved no more stops at once. A developer who adds such a scope later has to have that one approved too.
package struct ApproveScopes: Command {
  package var connector: ConnectorID
  /// All that is approved from now on: scopes of ``Scopes/tenant`` that the connector's details have; none to withdraw.
  package var scopes: Scopes
  /// An operator or a tenant administrator.
  package var requester: Requester

  /// The approval that somebody gives.
  package init(connector: ConnectorID, scopes: Scopes, requester: some Requesting) {
    self.connector = connector
    self.scopes = scopes
    self.requester = Requester(requester)
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    try state.requireAdministrator(requester)
    let connector = try state.requireConnector(connector)
    let asked = Scopes(rawValue: connector.details.scopes)
    guard asked.intersection(.tenant).isSuperset(of: scopes) else {
      throw .refused(
        .invalidValue, field: "scopes",
        expected: "scopes that concern the organisation and that the connector asks for")
    }
    guard scopes != connector.approvedScopes else { return Decision(by: requester) }
    var event = ConnectorScopesApproved()
    event.connector = connector.id.rawValue
    event.before = connector.approvedScopes.rawValue
    event.after = scopes.rawValue
    event.scopes = asked.approved(scopes).rawValue
    return Decision(by: requester, .connectorScopesApproved(event))
  }

  package func admit(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) {
    try state.requireAdministrator(requester)
  }

  /// Whether anything changed.
  package func outcome(of recorded: RecordedEvents) -> Bool { !recorded.events.isEmpty }
}
