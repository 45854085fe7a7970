import LedgerCrypto
public import LedgerDomain
public import LedgerEvents

extension Tokens {
  /// Revokes tokens, by one event whatever their number.
  ///
  /// ```swift
  /// try await ledger.tokens.revoke(.connector(connector.id), by: Requester.operator)
  /// ```
  ///
  /// - Parameter requester: the granter, an admin of the group, or the connector's owner; for an account its holder only.
  /// - Returns: false if there was nothing to revoke (RFC 7009 section 2.2); nothing is appended then.
  /// - Throws: `forbidden`, `account_disabled`.
  @discardableResult
  public func revoke(
    _ target: RevokeToken.Target, by requester: some Requesting, context: RequestContext = .none
  ) async throws(LedgerError) -> Bool {
    try await ledger.submit(RevokeToken(target, requester: Requester(requester)), context: context)
  }

  /// Revokes a token that a connector or a resource server presents (RFC 7009): an access token alone, a refresh token with its family.
  ///
  /// ```swift
  /// try await ledger.tokens.revoke(presented: presented, connector: clientID, secret: secret)
  /// ```
  ///
  /// - Parameters:
  ///   - presented: the text, of either kind.
  ///   - connector: the public ID of the connector, or of the resource server.
  /// - Returns: false if there was nothing to revoke: answer the client the same.
  /// - Throws: `invalid_client`.
  @discardableResult
  public func revoke(
    presented: String, connector: PublicID, secret: ConnectorSecret, context: RequestContext = .none
  ) async throws(LedgerError) -> Bool {
    let token = try ledger.tokenFormat.read(ledger.opaque(presented))?.token
    return try await ledger.submit(
      RevokePresentedToken(
        connector: connector, secretDigest: secret.digest, token: token?.handle ?? TokenID(rawValue: .max),
        digest: token?.digest ?? .zero),
      asked: .revoke(presented: presented), by: .client(connector), answersAlike: true, context: context)
  }
}

extension TokenFormat {
  /// Reads a token of either kind.
  func read(_ text: String) -> (kind: TokenKind, token: Presented)? {
    if let token = read(prefix: AccessToken.prefix, text) { return (.access, token) }
    return read(prefix: RefreshToken.prefix, text).map { (.refresh, $0) }
  }
}
