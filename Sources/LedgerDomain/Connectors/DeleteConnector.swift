package import LedgerEvents

/// Deletes a connector: all its tokens stop, by one event, and its webhooks are deleted. Once the event is durable, the
/// keys of their secrets are to be destroyed.
package struct DeleteConnector: Command {
  package var connector: ConnectorID
  /// Its owner.
  package var requester: Requester

  /// The deletion that somebody asks for.
  package init(connector: ConnectorID, requester: some Requesting) {
    self.connector = connector
    self.requester = Requester(requester)
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    try state.requireActive(requester)
    _ = try state.requireConnector(connector, ownedBy: requester)
    var event = ConnectorDeleted()
    event.connector = connector.rawValue
    return Decision(by: requester, .connectorDeleted(event))
  }

  package func outcome(of recorded: RecordedEvents) {}
}
