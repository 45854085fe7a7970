package import LedgerCrypto
package import LedgerEvents

/// A connector gets an access token for itself, for no person (RFC 6749 section 4.4), where its owner allows that.
///
/// The token depends on the connector and its owner's account alone. There is no refresh token: the connector asks again.
package struct IssueOwnToken: Command {
  /// The connector's ID, and SHA-256 of the Secret as presented.
  package var connector: PublicID
  package var secretDigest: Digest
  /// SHA-256 of the new access token's secret part.
  package var accessDigest: Digest
  /// What the token may do at most; nil for all that the connector may.
  package var scopes: Scopes?
  package var conditions: TokenConditions

  package init(
    connector: PublicID, secretDigest: Digest, accessDigest: Digest, scopes: Scopes?, conditions: TokenConditions
  ) {
    self.connector = connector
    self.secretDigest = secretDigest
    self.accessDigest = accessDigest
    self.scopes = scopes
    self.conditions = conditions
  }

  /// An access token that was issued.
  package struct Outcome: Sendable, Equatable {
    package var handle: TokenID
    package var expiresAt: Timestamp
    package var scopes: Scopes
    package var isSigned: Bool
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    guard let client = try read(state.authenticate(connector, secret: secretDigest, at: context.now)) else {
      throw .invalidClient
    }
    let connector = try state.requireConnector(client.id)
    guard connector.details.clientCredentials, try read(state.account(connector.owner))?.isDisabled == false else {
      throw .refused(
        .unauthorizedClient, field: "connector", expected: "a connector whose owner allows it access of its own")
    }
    let granted = scopes.map { connector.scopes.intersection($0) } ?? connector.scopes
    guard !granted.isEmpty else {
      throw .refused(.invalidScope, field: "scope", expected: "at least one scope that the connector has")
    }
    var event = V3TokenIssued()
    event.connector = client.id.rawValue
    event.secret = client.secret.rawValue
    event.digest = .init(accessDigest)
    event.expiresAt = (context.now + TokenLifetime.access(client.credentials.accessTokenLifetime)).milliseconds
    event.scopes = granted.rawValue
    try conditions.apply(to: &event, grantedFor: .unrestricted, client.credentials, state)
    return Decision(by: Subject(client.id), .tokenIssued(event))
  }

  package func admit(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) {
    guard try read(state.authenticate(connector, secret: secretDigest, at: context.now)) != nil else {
      throw .invalidClient
    }
  }

  package func outcome(of recorded: RecordedEvents) -> Outcome {
    guard case .tokenIssued(let token) = recorded.events.first else {
      preconditionFailure("These are not the events of an IssueOwnToken.")
    }
    return Outcome(
      handle: TokenID(madeAt: recorded.first), expiresAt: Timestamp(milliseconds: token.expiresAt),
      scopes: Scopes(rawValue: token.scopes), isSigned: token.format == .signed)
  }
}
