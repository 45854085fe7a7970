public import LedgerEvents

/// Deletes a connector: all its tokens stop, by one event.
public struct DeleteConnector: Command {
  public var connector: ConnectorID
  /// Its owner.
  public var requester: AccountID

  public init(connector: ConnectorID, requester: AccountID) {
    self.connector = connector
    self.requester = requester
  }

  public func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    _ = try state.requireActiveAccount(requester, field: "requester")
    _ = try state.requireConnector(connector, ownedBy: requester)
    var event = ConnectorDeleted()
    event.connector = connector.rawValue
    return Decision(by: Subject(requester), .connectorDeleted(event))
  }

  public func outcome(of recorded: RecordedEvents) {}
}
