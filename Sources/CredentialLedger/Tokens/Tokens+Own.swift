import LedgerCrypto
public import LedgerDomain
public import LedgerEvents

extension Tokens {
  /// An access token that is a connector's own.
  public struct IssuedOwn: Sendable {
    /// Shown this once: the ledger keeps a digest.
    public let accessToken: AccessToken
    /// The public handle of the access token.
    public let handle: TokenID
    /// When the access token expires.
    public let expiresAt: Timestamp
    /// What the access token may do.
    public let scopes: Scopes
    /// Whether the connector is to get it signed.
    public let isSigned: Bool
  }

  /// Issues an access token to a connector for itself (RFC 6749 section 4.4), where its owner allows that. It depends on the
  /// connector and the owner's account alone, may do what the connector may, and comes without a refresh token.
  ///
  /// ```swift
  /// let own = try await ledger.tokens.issueOwn(connector: clientID, secret: secret, scopes: .groupInfoRead)
  /// show(own.accessToken.text)
  /// ```
  ///
  /// - Parameters:
  ///   - scopes: what it is to do at most; nil for all that the connector may.
  ///   - conditions: the resource servers that it is for, and the key that it is bound to.
  /// - Throws: `invalid_client`, `unauthorized_client` where the owner does not allow it or is disabled, `invalid_scope`,
  ///   `invalid_target`, `invalid_dpop_proof`.
  public func issueOwn(
    connector: PublicID, secret: ConnectorSecret, scopes: Scopes? = nil, conditions: TokenConditions = .none,
    context: RequestContext = .none
  ) async throws(LedgerError) -> IssuedOwn {
    let issued = try await ledger.submit(
      asked: .issueOwnToken(scopes, conditions), by: .client(connector), context: context
    ) { (secrets) throws(LedgerError) in
      try secrets.tokenSecret(for: .accessToken)
    } _: {
      IssueOwnToken(
        connector: connector, secretDigest: secret.digest, accessDigest: SHA256.hash($0), scopes: scopes,
        conditions: conditions)
    }
    let outcome = issued.outcome
    let text = try ledger.tokenFormat.text(prefix: AccessToken.prefix, handle: outcome.handle, secret: issued.made)
    return IssuedOwn(
      accessToken: AccessToken(text), handle: outcome.handle, expiresAt: outcome.expiresAt, scopes: outcome.scopes,
      isSigned: outcome.isSigned)
  }
}
