import LedgerCrypto
public import LedgerDomain
public import LedgerEvents

/// Authorization codes of the OAuth flow: a person who has signed in lets a connector act for them.
///
/// ```swift
/// let issued = try await ledger.authorizationCodes.issue(
///   connector.id, consent: .scopes(agreed), redirectURI: uri, codeChallenge: challenge, by: account)
/// // The browser takes issued.code.text to the connector, which trades it:
/// let redeemed = try await ledger.authorizationCodes.redeem(
///   AuthorizationCode(presented), connector: clientID, secret: secret, redirectURI: uri, codeVerifier: verifier)
/// ```
public struct AuthorizationCodes: Sendable {
  let ledger: Ledger

  /// A code that was made.
  public struct Issued: Sendable {
    /// To be sent to the connector, this once: the ledger keeps a digest.
    public let code: AuthorizationCode
    /// The code's number: the position of the event that made it.
    public let id: AuthorizationCodeID
    /// When the code expires: a minute after it was made.
    public let expiresAt: Timestamp
  }

  /// The tokens that a code was traded for.
  public struct Redeemed: Sendable {
    /// Shown this once: the ledger keeps a digest.
    public let accessToken: AccessToken
    /// The public handle of the access token.
    public let handle: TokenID
    /// When the access token expires.
    public let expiresAt: Timestamp
    /// What the access token may do.
    public let scopes: Scopes
    /// Shown this once: the ledger keeps a digest.
    public let refreshToken: RefreshToken
    /// When the refresh token expires.
    public let refreshExpiresAt: Timestamp
    public let grant: GrantID
    /// Whom the tokens act for.
    public let account: AccountID
    /// The resource servers that the access token is restricted to.
    public let audiences: Audiences
    /// Whether the connector is to get the access token signed.
    public let isSigned: Bool
  }

  /// Makes a code, good for 60 seconds and one use, unless the account is disabled, its access to the connector revoked,
  /// or all tokens of either stopped before it is redeemed.
  ///
  /// ```swift
  /// let issued = try await ledger.authorizationCodes.issue(
  ///   connector.id, consent: .scopes(agreed), redirectURI: uri, codeChallenge: challenge, by: account)
  /// show(issued.code.text)
  /// ```
  ///
  /// - Parameters:
  ///   - consent: what the person agreed to. The code is good for no more, whatever the connector has when it is redeemed.
  ///   - redirectURI: byte for byte one of those registered for the connector.
  ///   - codeChallenge: as the client sent it (RFC 7636, method S256 only): 43 characters. Needed, unless the connector was
  ///     registered to do without.
  ///   - conditions: the resource servers that the tokens are for, and the key that the client must prove to redeem the code.
  ///   - account: who has signed in and agreed; has a verified phone.
  /// - Throws: `invalid_value` for an address that is not registered, where the browser must not be sent, and for the
  ///   challenge; `conflict` where the connector is not what the person saw any more; `not_found`, `gone`, `account_disabled`, `phone_required`.
  public func issue(
    _ connector: ConnectorID, consent: Consent, redirectURI: String, codeChallenge: String? = nil,
    conditions: TokenConditions = .none, by account: AccountID, context: RequestContext = .none
  ) async throws(LedgerError) -> Issued {
    let challenge = try codeChallenge.map { (text) throws(LedgerError) in
      guard let digest = PKCE.digest(ofChallenge: text) else {
        throw LedgerError(
          .invalidValue, "codeChallenge: expected SHA-256 of the verifier in base64url, 43 characters",
          field: "codeChallenge")
      }
      return digest
    }
    let issued = try await ledger.submit(
      asked: .issueCode(connector, consent, redirectURI: redirectURI, codeChallenge: codeChallenge, conditions),
      by: account.caller, context: context
    ) { (secrets) throws(LedgerError) in
      try secrets.tokenSecret(for: .authorizationCode)
    } _: {
      IssueAuthorizationCode(
        connector: connector, account: account, redirectURI: redirectURI, consent: consent, codeChallenge: challenge,
        digest: SHA256.hash($0), conditions: conditions)
    }
    let outcome = issued.outcome
    let text = try ledger.tokenFormat.text(
      prefix: AuthorizationCode.prefix, handle: TokenID(rawValue: outcome.code.rawValue), secret: issued.made)
    return Issued(code: AuthorizationCode(text), id: outcome.code, expiresAt: outcome.expiresAt)
  }

  /// Records that somebody did not let a connector act for them, as `authorization.refused`. Stops nothing that was allowed
  /// before.
  ///
  /// ```swift
  /// try await ledger.authorizationCodes.refuse(connector.id, scopes: asked, redirectURI: uri, by: account)
  /// ```
  ///
  /// - Parameters:
  ///   - scopes: what the connector asked for.
  ///   - redirectURI: as in ``issue(_:consent:redirectURI:codeChallenge:conditions:by:context:)``.
  ///   - account: who has signed in and refused; needs no verified phone.
  /// - Throws: `invalid_value` for an address that is not registered; `not_found`, `gone`, `account_disabled`.
  public func refuse(
    _ connector: ConnectorID, scopes: Scopes, redirectURI: String, by account: AccountID,
    context: RequestContext = .none
  ) async throws(LedgerError) {
    try await ledger.submit(
      RefuseAuthorization(connector: connector, account: account, redirectURI: redirectURI, scopes: scopes),
      context: context)
  }

  /// Trades a code for tokens.
  ///
  /// ```swift
  /// let redeemed = try await ledger.authorizationCodes.redeem(
  ///   AuthorizationCode(presented), connector: clientID, secret: secret, redirectURI: uri, codeVerifier: verifier)
  /// show(redeemed.accessToken.text, redeemed.refreshToken.text)
  /// ```
  ///
  /// - Parameters:
  ///   - redirectURI: as the client presented it; nil where it presented none.
  ///   - codeVerifier: as the client presented it (RFC 7636); nil where it presented none.
  ///   - conditions: the resource servers that the access token is for, of those of the code, and the key that it is bound to.
  /// - Throws: `invalid_client`, or `invalid_grant` whatever is wrong with the code, with nothing in the text that tells
  ///   what. A code that was redeemed before is refused too, and what came of it stops.
  public func redeem(
    _ code: AuthorizationCode, connector: PublicID, secret: ConnectorSecret, redirectURI: String? = nil,
    codeVerifier: String? = nil, conditions: TokenConditions = .none, context: RequestContext = .none
  ) async throws(LedgerError) -> Redeemed {
    let format = try ledger.tokenFormat
    let presented =
      format.read(prefix: AuthorizationCode.prefix, code.text)
      ?? TokenFormat.Presented(handle: TokenID(rawValue: .max), digest: .zero)
    let submitted = try await ledger.submit(
      asked: .redeem(code, redirectURI: redirectURI, codeVerifier: codeVerifier, conditions), by: .client(connector),
      context: context
    ) { (secrets) throws(LedgerError) in
      (try secrets.tokenSecret(for: .refreshToken), try secrets.tokenSecret(for: .accessToken))
    } _: { (refresh, access) in
      RedeemAuthorizationCode(
        connector: connector, secretDigest: secret.digest,
        code: AuthorizationCodeID(rawValue: presented.handle.rawValue),
        codeDigest: presented.digest, redirectURI: redirectURI,
        verifierDigest: codeVerifier.map(PKCE.digest(ofVerifier:)),
        refreshDigest: SHA256.hash(refresh), accessDigest: SHA256.hash(access), conditions: conditions)
    }
    let (refresh, access) = submitted.made
    switch submitted.outcome {
    case .replayed:
      throw LedgerError(
        Refusal(
          .invalidGrant, field: "code",
          expected: "a code of this connector that was not redeemed yet, with its verifier",
          remedy: "send the person to sign in again"))
    case .redeemed(let redeemed):
      return Redeemed(
        accessToken: AccessToken(format.text(prefix: AccessToken.prefix, handle: redeemed.handle, secret: access)),
        handle: redeemed.handle, expiresAt: redeemed.expiresAt, scopes: redeemed.scopes,
        refreshToken: RefreshToken(
          format.text(
            prefix: RefreshToken.prefix, handle: TokenID(rawValue: redeemed.family.rawValue), secret: refresh)),
        refreshExpiresAt: redeemed.refreshExpiresAt, grant: redeemed.grant, account: redeemed.account,
        audiences: redeemed.audiences, isSigned: redeemed.isSigned)
    }
  }
}

extension Ledger {
  /// Authorization codes of the OAuth flow.
  public var authorizationCodes: AuthorizationCodes { AuthorizationCodes(ledger: self) }
}
