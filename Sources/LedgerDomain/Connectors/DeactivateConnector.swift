package import LedgerEvents

/// Sets a connector inactive: its tokens stop and its Secret authenticates nobody, by one event, until it is active again.
/// Its grants and webhooks stay; the webhooks are told of nothing meanwhile, and what waits for them is dropped.
package struct DeactivateConnector: Command {
  package var connector: ConnectorID
  /// Why; shown in the audit trail. No personal data.
  package var reason: String
  /// Its owner or an operator; a tenant administrator where no operator owns it.
  package var requester: Requester

  /// The change that somebody asks for.
  package init(connector: ConnectorID, reason: String, requester: some Requesting) {
    self.connector = connector
    self.reason = reason
    self.requester = Requester(requester)
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    try state.requireActive(requester)
    let known = try state.requireConnector(connector, administeredBy: requester)
    let isByAdministrator = requester.account != known.owner
    // An administrator also holds one that its owner set inactive.
    guard !known.isInactive || isByAdministrator && !known.isDeactivatedByAdministrator else {
      return Decision(by: requester)
    }
    var event = ConnectorDeactivated()
    event.connector = connector.rawValue
    event.reason = try TextRule(field: "reason", characters: 1...500, isMultiline: true).trimming(reason)
    event.byAdministrator = isByAdministrator
    return Decision(by: requester, .connectorDeactivated(event))
  }

  package func admit(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) {
    try state.requireActive(requester)
  }

  /// Whether it changed anything.
  package func outcome(of recorded: RecordedEvents) -> Bool { !recorded.events.isEmpty }
}
