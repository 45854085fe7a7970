public import LedgerCrypto
public import LedgerEvents

/// A connector gets an access token for itself, for no person (RFC 6749 section 4.4), where its owner allows that.
///
/// The token stands on the connector and its owner's account alone. There is no refresh token: the connector asks again.
public struct IssueOwnToken: Command {
  /// The connector's ID, and SHA-256 of the Secret as presented.
  public var connector: PublicID
  public var secretDigest: Digest
  /// SHA-256 of the new access token's secret part.
  public var accessDigest: Digest
  /// What the token may do at most; nil for all that the connector may.
  public var scopes: Scopes?
  public var conditions: TokenConditions

  public init(
    connector: PublicID, secretDigest: Digest, accessDigest: Digest, scopes: Scopes?, conditions: TokenConditions
  ) {
    self.connector = connector
    self.secretDigest = secretDigest
    self.accessDigest = accessDigest
    self.scopes = scopes
    self.conditions = conditions
  }

  /// An access token that was issued.
  public struct Outcome: Sendable, Equatable {
    public var handle: TokenID
    public var expiresAt: Timestamp
    public var scopes: Scopes
    public var isSigned: Bool
  }

  public func decide(
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

  public func admit(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) {
    guard try read(state.authenticate(connector, secret: secretDigest, at: context.now)) != nil else {
      throw .invalidClient
    }
  }

  public func outcome(of recorded: RecordedEvents) -> Outcome {
    guard case .tokenIssued(let token) = recorded.events.first else {
      preconditionFailure("These are not the events of an IssueOwnToken.")
    }
    return Outcome(
      handle: TokenID(rawValue: recorded.first), expiresAt: Timestamp(milliseconds: token.expiresAt),
      scopes: Scopes(rawValue: token.scopes), isSigned: token.format == .signed)
  }
}
