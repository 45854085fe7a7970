public import LedgerEvents

/// Deletes a connector: all its tokens stop, by one event, and its webhooks are deleted. Once the event is durable, the
/// keys of their secrets are to be destroyed.
public struct DeleteConnector: Command {
  public var connector: ConnectorID
  /// Its owner.
  public var requester: Requester

  /// The deletion that somebody asks for.
  public init(connector: ConnectorID, requester: some Requesting) {
    self.connector = connector
    self.requester = requester.requester
  }

  public func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    try state.requireActive(requester)
    _ = try state.requireConnector(connector, ownedBy: requester)
    var event = ConnectorDeleted()
    event.connector = connector.rawValue
    return Decision(by: requester, .connectorDeleted(event))
  }

  public func outcome(of recorded: RecordedEvents) {}
}
