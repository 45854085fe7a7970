package import LedgerEvents

/// Sets a connector active that was set inactive: its Secret and its tokens work again, unless something else stopped them.
package struct ActivateConnector: Command {
  package var connector: ConnectorID
  /// An operator, or a tenant administrator where no operator owns it; its owner, whatever role it has but the operator's, only
  /// where it set it inactive itself.
  package var requester: Requester

  /// The change that somebody asks for.
  package init(connector: ConnectorID, requester: some Requesting) {
    self.connector = connector
    self.requester = Requester(requester)
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    try state.requireActive(requester)
    let known = try state.requireConnector(connector, administeredBy: requester)
    guard known.isInactive else { return Decision(by: requester) }
    // An owner is held by what others did, also one that is a tenant administrator.
    let isOperator = try state.isOperator(requester)
    let isOtherAdministrator = try state.isAdministrator(requester) && requester.account != known.owner
    guard isOperator || isOtherAdministrator || !known.isDeactivatedByAdministrator else {
      throw .refused(
        .forbidden, field: "requester",
        expected: "an operator, or a tenant administrator who does not own the connector", remedy: "ask one of them")
    }
    var event = ConnectorActivated()
    event.connector = connector.rawValue
    return Decision(by: requester, .connectorActivated(event))
  }

  package func admit(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) {
    try state.requireActive(requester)
  }

  /// Whether it changed anything.
  package func outcome(of recorded: RecordedEvents) -> Bool { !recorded.events.isEmpty }
}
