package import LedgerEvents

/// A person who has signed in does not let a connector act for them. Changes nothing but the record.
package struct RefuseAuthorization: Command {
  package var connector: ConnectorID
  /// Who has signed in and refused.
  package var account: AccountID
  /// Where the refusal will be sent: one of the addresses registered, as for a code.
  package var redirectURI: String
  /// What the connector asked for.
  package var scopes: Scopes

  package init(connector: ConnectorID, account: AccountID, redirectURI: String, scopes: Scopes) {
    self.connector = connector
    self.account = account
    self.redirectURI = redirectURI
    self.scopes = scopes
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    let connector = try state.requireConnector(connector)
    guard connector.details.redirectUris.contains(where: { RedirectURI.isMatch(redirectURI, registered: $0) }) else {
      throw .refused(
        .invalidValue, field: "redirectURI", expected: "an address that is registered for the connector",
        remedy: "do not redirect there")
    }
    _ = try state.requireActiveAccount(account)
    var event = AuthorizationRefused()
    event.connector = connector.id.rawValue
    event.account = account.rawValue
    event.redirectUri = redirectURI
    event.scopes = scopes.rawValue
    return Decision(by: Subject(account), .authorizationRefused(event))
  }

  package func admit(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) {
    _ = try state.requireActiveAccount(account)
  }

  package func outcome(of recorded: RecordedEvents) {}
}
