import LedgerCrypto
package import LedgerEvents

extension IssueAccessToken {
  /// The successor that the presented refresh token, which has none yet, gets now, if any: when a tenth of a refresh token's life is left,
  /// or at each use, as the connector has it. The lifetime is the one set now, whatever it was when the token was made.
  @inlinable
  func rotation(
    of claims: Verdict.Claims, _ credentials: ConnectorCredentials, _ context: DecisionContext
  ) throws(DecisionFailure) -> (event: RefreshTokenRotated, kept: [UInt8])? {
    let lifetime = TokenLifetime.refresh(credentials.refreshTokenLifetime)
    let always = credentials.rotation == .always
    guard always || context.now + lifetime / 10 >= claims.expiresAt, let successor else {
      return nil
    }
    let drawn = try successor()
    var event = RefreshTokenRotated()
    event.family = claims.family?.rawValue ?? 0
    event.grant = claims.grant?.rawValue ?? 0
    event.connector = claims.connector.rawValue
    event.group = claims.group?.rawValue ?? 0
    event.predecessor = refreshToken.rawValue
    event.digest = .init(drawn.digest)
    event.expiresAt = (context.now + lifetime).milliseconds
    let window = always ? context.now + Self.retryWindow : claims.expiresAt
    event.predecessorUntil = min(window, claims.expiresAt).milliseconds
    return (event, drawn.kept)
  }

  /// A replaced refresh token was presented: somebody has a copy of it, so its family stops (RFC 9700 section 4.14.2).
  @inlinable
  func reuse(
    of successor: TokenID, by client: ConnectorID, _ state: borrowing some DomainReader & ~Copyable
  ) throws(DecisionFailure) -> Decision {
    let token = try read(state.required(refreshToken.rawValue, .family))
    let family = try read(state.family(of: token, refreshToken))
    let id = GrantID(rawValue: family.standing.parents[0])
    let grant = try read(state.grant(id))
    guard grant?.connector == client else { throw .invalidGrant(.anotherConnector) }
    guard family.standing.stoppedBy == 0 else { throw .invalidGrant(.replaced(by: successor)) }
    var event = RefreshTokenReuseDetected()
    event.family = family.number
    event.grant = id.rawValue
    event.connector = client.rawValue
    event.group = grant?.group?.rawValue ?? 0
    event.token = refreshToken.rawValue
    return Decision(by: Subject(client), .refreshTokenReuseDetected(event))
  }
}
