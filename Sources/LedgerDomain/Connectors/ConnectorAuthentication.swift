public import LedgerCrypto
public import LedgerEvents

/// A connector that has shown its Secret.
@usableFromInline package struct AuthenticatedConnector: Sendable {
  @usableFromInline package var id: ConnectorID
  /// Which of its secrets was shown.
  @usableFromInline package var secret: SecretID
  @usableFromInline package var credentials: ConnectorCredentials

  @inlinable
  init(id: ConnectorID, secret: SecretID, credentials: ConnectorCredentials) {
    self.id = id
    self.secret = secret
    self.credentials = credentials
  }
}

extension DomainReader where Self: ~Copyable {
  /// The connector whose ID and Secret these are. An unknown, deleted or inactive connector, a wrong Secret, and one
  /// whose overlap is over are all alike: nil, after the same comparisons. Two look-ups at most.
  @inlinable
  package func authenticate(
    _ publicID: PublicID, secret digest: Digest, at now: Timestamp
  ) throws(StateUnreadable) -> AuthenticatedConnector? {
    let client = try client(publicID)
    let known = client?.credentials ?? .none
    let isCurrent = known.currentDigest == digest
    let isPrevious = known.previousDigest == digest && now < known.previousUntil
    guard let client, isCurrent || isPrevious else { return nil }
    return AuthenticatedConnector(id: client.id, secret: isCurrent ? known.current : known.previous, credentials: known)
  }
}

extension DomainReader where Self: ~Copyable {
  package func client(_ publicID: PublicID) throws(StateUnreadable) -> ConnectorClient? {
    try lookUp(client: publicID)
  }

  /// What ``client(_:)`` answers, looked up. A connector that is inactive is answered as one that there is not.
  @inlinable
  package func lookUp(client publicID: PublicID) throws(StateUnreadable) -> ConnectorClient? {
    guard let id = try connector(publicID: publicID), let credentials = try credentials(of: id),
      !credentials.isInactive
    else { return nil }
    return ConnectorClient(id: id, credentials: credentials)
  }
}

extension DomainReader where Self: ~Copyable {
  /// The connector that asks for something: by its ID and its Secret, or where the protocol has no Secret by its ID.
  ///
  /// - Parameter secret: SHA-256 of the Secret as presented; nil where none was.
  /// - Throws: ``ErrorCode/invalidClient`` for an unknown, deleted or inactive connector and a wrong Secret.
  @discardableResult
  package func requireClient(
    _ publicID: PublicID, secret: Digest?, at now: Timestamp
  ) throws(DecisionFailure) -> ConnectorID {
    let id =
      if let secret {
        try read(authenticate(publicID, secret: secret, at: now))?.id
      } else {
        try read(client(publicID))?.id
      }
    guard let id else { throw .invalidClient }
    return id
  }
}

extension ConnectorCredentials {
  /// What a presented secret is compared with where there is no connector.
  @usableFromInline
  static var none: Self {
    Self(
      current: SecretID(rawValue: 0), currentDigest: .zero, previous: SecretID(rawValue: 0), previousDigest: .zero,
      previousUntil: Timestamp(rawValue: 0),
      accessTokenLifetime: 0, refreshTokenLifetime: 0, rotation: .late)
  }
}
