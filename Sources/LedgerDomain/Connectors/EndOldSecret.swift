package import LedgerEvents

/// Ends the Secret before the current one of a connector at once, where the overlap of a rotation is not over.
package struct EndOldSecret: Command {
  package var connector: ConnectorID
  /// Its owner or an operator; a tenant administrator where no operator owns it.
  package var requester: Requester

  /// The end that somebody asks for.
  package init(connector: ConnectorID, requester: some Requesting) {
    self.connector = connector
    self.requester = Requester(requester)
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    try state.requireActive(requester)
    let known = try state.requireConnector(connector, administeredBy: requester)
    guard let credentials = try read(state.credentials(of: known.id)) else {
      throw .unreadable(.misplaced(known.id.rawValue))
    }
    guard credentials.previous.rawValue != 0, context.now < credentials.previousUntil else {
      throw .refused(.conflict, field: "secret", expected: "a connector whose old Secret is still accepted")
    }
    var event = ConnectorOldSecretEnded()
    event.connector = connector.rawValue
    event.secret = credentials.previous.rawValue
    return Decision(by: requester, .connectorOldSecretEnded(event))
  }

  package func admit(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) {
    try state.requireActive(requester)
  }

  /// Number of the Secret that ended.
  package func outcome(of recorded: RecordedEvents) -> SecretID {
    guard case .connectorOldSecretEnded(let ended) = recorded.events.first else {
      preconditionFailure("These are not the events of an EndOldSecret.")
    }
    return SecretID(rawValue: ended.secret)
  }
}
