public import LedgerCrypto
public import LedgerEvents

/// A connector trades its refresh token for an access token; when it is time, for a new refresh token too.
///
/// The busiest command: twelve look-ups at most, and nothing decoded that is not needed.
public struct IssueAccessToken: Command {
  /// For how long after an immediate rotation the replaced refresh token still works, so that a caller who lost the
  /// answer may ask again. The use of the successor ends it: that caller has the answer.
  public static let retryWindow = Duration.seconds(60)

  /// The connector's ID, and SHA-256 of the Secret as presented.
  public var connector: PublicID
  public var secretDigest: Digest
  /// Handle and digest of the refresh token as presented.
  public var refreshToken: TokenID
  public var refreshDigest: Digest
  /// SHA-256 of the new access token's secret part.
  public var accessDigest: Digest
  /// What the access token is to be limited to; nil gives all that the refresh token allows.
  public var scopes: Scopes?
  public var conditions: TokenConditions
  /// Draws a successor of the refresh token: asked only where one is due. Without it none is made.
  public var successor: (@Sendable () throws(DecisionFailure) -> NewSuccessor)?

  public init(
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
  public struct NewSuccessor: Sendable {
    /// SHA-256 of its secret part.
    public var digest: Digest
    /// The secret part, sealed, for a caller who presents the replaced token again within its window.
    public var kept: [UInt8]

    public init(digest: Digest, kept: [UInt8]) {
      self.digest = digest
      self.kept = kept
    }
  }

  /// What the refresh token led to.
  public enum Outcome: Sendable, Equatable {
    case issued(Issued)
    /// A replaced refresh token was presented, and its family is stopped: to the caller this is
    /// ``Refusal/Code/invalidGrant``.
    case reuseDetected(FamilyID)
  }

  /// An access token that was issued.
  public struct Issued: Sendable, Equatable {
    /// The access token's handle.
    public var handle: TokenID
    public var expiresAt: Timestamp
    public var scopes: Scopes
    public var connector: ConnectorID
    public var grant: GrantID
    public var group: GroupID?
    /// The refresh token that takes the place of the one presented, made by this request or before.
    public var successor: TokenID?
    /// The resource servers that the access token is restricted to.
    public var audiences = Audiences.unrestricted
    public var isSigned = false
  }

  @inlinable
  public func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    guard let client = try read(state.authenticate(connector, secret: secretDigest, at: context.now)) else {
      throw .invalidClient
    }
    let verdict = try read(judge(handle: refreshToken, digest: refreshDigest, as: .refresh, at: context.now, in: state))
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
    let presented = try read(state.required(refreshToken.rawValue, .family))
    event.successor = presented.credential?.successor ?? 0
    let granted =
      family.rawValue == refreshToken.rawValue
      ? presented.audiences : try read(state.required(family.rawValue, .family)).audiences
    try conditions.apply(to: &event, grantedFor: granted, client.credentials, state)
    guard event.successor == 0, let rotation = try rotation(of: claims, client.credentials, context) else {
      return Decision(by: Subject(client.id), .tokenIssued(event))
    }
    event.successor = context.next + 1
    var decision = Decision(by: Subject(client.id), .tokenIssued(event), .refreshTokenRotated(rotation.event))
    decision.kept = rotation.kept
    return decision
  }

  public func admit(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) {
    guard try read(state.authenticate(connector, secret: secretDigest, at: context.now)) != nil else {
      throw .invalidClient
    }
  }

  public func outcome(of recorded: RecordedEvents) -> Outcome {
    switch recorded.events.first {
    case .tokenIssued(let token):
      return .issued(
        Issued(
          handle: TokenID(rawValue: recorded.first), expiresAt: Timestamp(milliseconds: token.expiresAt),
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
