package import LedgerCrypto
package import LedgerEvents

/// A connector trades its refresh token for an access token; when it is time, for a new refresh token too.
///
/// The busiest command: twelve look-ups at most, and nothing decoded that is not needed.
package struct IssueAccessToken: Command {
  /// For how long after an immediate rotation the replaced refresh token still works, so that a caller who lost the
  /// answer may ask again. The use of the successor ends it: that caller has the answer.
  package static let retryWindow = Duration.seconds(60)

  /// The connector's ID, and SHA-256 of the Secret as presented.
  package var connector: PublicID
  package var secretDigest: Digest
  /// Handle and digest of the refresh token as presented.
  package var refreshToken: TokenID
  package var refreshDigest: Digest
  /// SHA-256 of the new access token's secret part.
  package var accessDigest: Digest
  /// What the access token is to be limited to; nil gives all that the refresh token allows.
  package var scopes: Scopes?
  package var conditions: TokenConditions
  /// Draws a successor of the refresh token: asked only where one is due. Without it none is made.
  package var successor: (@Sendable () throws(DecisionFailure) -> NewSuccessor)?

  package init(
    connector: PublicID, secretDigest: Digest, refreshToken: TokenID, refreshDigest: Digest, accessDigest: Digest,
    scopes: Scopes? = nil, conditions: TokenConditions = .none,
    successor: (@Sendable () throws(DecisionFailure) -> NewSuccessor)?
  ) {
    self.connector = connector
    self.secretDigest = secretDigest
    self.refreshToken = refreshToken
    self.refreshDigest = refreshDigest
    self.accessDigest = accessDigest
    self.scopes = scopes
    self.conditions = conditions
    self.successor = successor
  }

  /// A refresh token that was drawn to take the place of another.
  package struct NewSuccessor: Sendable {
    /// SHA-256 of its secret part.
    package var digest: Digest
    /// The secret part, sealed, for a caller who presents the replaced token again within its window.
    package var kept: [UInt8]

    package init(digest: Digest, kept: [UInt8]) {
      self.digest = digest
      self.kept = kept
    }
  }

  /// What the refresh token led to.
  package enum Outcome: Sendable, Equatable {
    case issued(Issued)
    /// A replaced refresh token was presented, and its family is stopped: to the caller this is
    /// ``ErrorCode/invalidGrant``.
    case reuseDetected(FamilyID)
  }

  /// An access token that was issued.
  package struct Issued: Sendable, Equatable {
    /// The access token's handle.
    package var handle: TokenID
    package var expiresAt: Timestamp
    package var scopes: Scopes
    package var connector: ConnectorID
    package var grant: GrantID
    package var group: GroupID?
    /// The refresh token that takes the place of the one presented, made by this request or before.
    package var successor: TokenID?
    /// The resource servers that the access token is restricted to.
    package var audiences = Audiences.unrestricted
    package var isSigned = false
  }

  @inlinable
  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    guard let client = try read(state.authenticate(connector, secret: secretDigest, at: context.now)) else {
      throw .invalidClient
    }
    let presented = try read(state.standing(of: refreshToken.rawValue))
    let verdict = try read(
      judge(presented, handle: refreshToken, digest: refreshDigest, as: .refresh, at: context.now, in: state))
    let claims: Verdict.Claims
    switch verdict {
    case .valid(let valid): claims = valid
    case .invalid(.replaced(let successor)):
      return try reuse(of: successor, by: client.id, state)
    case .invalid(let reason): throw .invalidGrant(reason)
    }
    guard claims.connector == client.id, let family = claims.family, let grant = claims.grant else {
      throw .invalidGrant(.anotherConnector)
    }
    guard !claims.scopes.isEmpty else { throw .invalidGrant(nil) }
    let given = scopes.map { claims.scopes.intersection($0) } ?? claims.scopes
    guard !given.isEmpty else {
      throw .refused(.invalidScope, field: "scope", expected: "scopes of which at least one was granted")
    }

    var event = V3TokenIssued()
    event.family = family.rawValue
    event.grant = grant.rawValue
    event.connector = claims.connector.rawValue
    event.group = claims.group?.rawValue ?? 0
    event.refreshToken = refreshToken.rawValue
    event.secret = client.secret.rawValue
    event.digest = .init(accessDigest)
    event.expiresAt = (context.now + TokenLifetime.access(client.credentials.accessTokenLifetime)).milliseconds
    event.scopes = given.rawValue
    event.successor = presented?.credential?.successor ?? 0
    let granted: Audiences
    if let presented, family.rawValue == refreshToken.rawValue {
      granted = presented.audiences
    } else {
      granted = try read(state.required(family.rawValue, .family)).audiences
    }
    try conditions.apply(to: &event, grantedFor: granted, client.credentials, state)
    guard event.successor == 0, let rotation = try rotation(of: claims, client.credentials, context) else {
      return Decision(by: Subject(client.id), .tokenIssued(event))
    }
    event.successor = (context.next + 1).rawValue
    var decision = Decision(by: Subject(client.id), .tokenIssued(event), .refreshTokenRotated(rotation.event))
    decision.kept = rotation.kept
    return decision
  }

  package func admit(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) {
    guard try read(state.authenticate(connector, secret: secretDigest, at: context.now)) != nil else {
      throw .invalidClient
    }
  }

  package func outcome(of recorded: RecordedEvents) -> Outcome {
    switch recorded.events.first {
    case .tokenIssued(let token):
      return .issued(
        Issued(
          handle: TokenID(madeAt: recorded.first), expiresAt: Timestamp(milliseconds: token.expiresAt),
          scopes: Scopes(rawValue: token.scopes), connector: ConnectorID(rawValue: token.connector),
          grant: GrantID(rawValue: token.grant), group: GroupID(unlessZero: token.group),
          successor: TokenID(unlessZero: token.successor), audiences: Audiences(token.audiences) ?? .unrestricted,
          isSigned: token.format == .signed))
    case .refreshTokenReuseDetected(let reuse):
      return .reuseDetected(FamilyID(rawValue: reuse.family))
    default:
      preconditionFailure("These are not the events of an IssueAccessToken.")
    }
  }
}

extension DecisionFailure {
  @usableFromInline
  static var invalidClient: Self {
    .refused(.invalidClient, field: "connector", expected: "the ID and the Secret of a connector")
  }

  @usableFromInline
  static func invalidGrant(_ reason: Verdict.Reason?) -> Self {
    .refused(
      .invalidGrant, field: "refreshToken", expected: "a valid refresh token of this connector",
      remedy: "have access granted again", reason: reason)
  }
}
