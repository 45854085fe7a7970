package import LedgerEvents

/// Sets a connector active that was set inactive: its Secret and its tokens work again, unless something else stopped them.
package struct ActivateConnector: Command {
  package var connector: ConnectorID
  /// A tenant administrator or an operator; its owner too, unless one of those set it inactive.
  package var requester: Requester

  /// The change that somebody asks for.
  package init(connector: ConnectorID, requester: some Requesting) {
    self.connector = connector
    self.requester = requester.requester
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    try state.requireActive(requester)
    let known = try state.requireConnector(connector, administeredBy: requester)
    guard known.isInactive else { return Decision(by: requester) }
    let isAdministrator = try state.isAdministrator(requester)
    guard isAdministrator || !known.isDeactivatedByAdministrator else { throw .administratorRequired }
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
