import EventLog
import KeyStore
import LedgerCrypto
public import LedgerDomain
public import LedgerEvents
import Projections

/// Access tokens: issued against a refresh token, validated, revoked.
public struct Tokens: Sendable {
  let ledger: Ledger

  /// An access token with what belongs to it.
  public struct Issued: Sendable {
    /// Shown this once: the ledger keeps a digest.
    public let accessToken: AccessToken
    /// The public handle of the access token: the position of the event that issued it.
    public let handle: TokenID
    /// When the access token expires.
    public let expiresAt: Timestamp
    /// What the access token may do.
    public let scopes: Scopes
    /// The successor of the refresh token presented; nil as long as that one is to be used on.
    public let refreshToken: RefreshToken?
    /// The resource servers that the access token is restricted to.
    public let audiences: Audiences
    /// Whether the connector is to get it signed: see ``Tokens/signed(_:_:)``.
    public let isSigned: Bool
  }

  /// Trades a refresh token for an access token.
  ///
  /// ```swift
  /// let token = try await ledger.tokens.issue(connector: clientID, secret: secret, refreshToken: refreshToken)
  /// show(token.accessToken.text)
  /// ```
  ///
  /// With `RefreshRotation.always` the refresh token is replaced by each use, and the answer has its successor. For 60
  /// seconds, or until the successor is used, the replaced token gets the same successor again, for a caller who lost the
  /// answer. After that its use is a reuse: the whole family is revoked. With `RefreshRotation.late` the token gets a
  /// successor when a tenth of its life is left, and may be used until it expires, or until the successor has got one.
  ///
  /// The answer follows from the recorded event: a repeated request has the successor that its first answer had, or none.
  /// The successor is random. For somebody who lost the answer it is kept until the window ends, sealed under the replaced token.
  ///
  /// - Parameters:
  ///   - connector: the connector's public ID.
  ///   - secret: its Secret.
  ///   - refreshToken: handed over by the granter.
  ///   - scopes: what the access token is to be limited to, as far as it was granted (RFC 6749 section 6); nil gives all.
  ///     The refresh token keeps its scopes.
  ///   - conditions: the resource servers that the access token is for, and the key that it is bound to.
  /// - Throws: `invalid_scope` where none of `scopes` was granted; `invalid_client` or `invalid_grant`, with nothing in the
  ///   text that tells why; see `Refusal.reason`; `invalid_target`, and `invalid_dpop_proof` where the connector needs to
  ///   prove a key.
  public func issue(
    connector: PublicID, secret: ConnectorSecret, refreshToken: RefreshToken, scopes: Scopes? = nil,
    conditions: TokenConditions = .none,
    context: RequestContext = .none
  ) async throws(LedgerError) -> Issued {
    let ledger = ledger
    let format = try ledger.tokenFormat
    // A malformed token goes the same way as an unknown one, so that nothing outside tells them apart.
    let presented =
      format.read(prefix: RefreshToken.prefix, refreshToken.text)
      ?? TokenFormat.Presented(handle: TokenID(rawValue: .max), digest: .zero)
    let seal = SuccessorSeal(token: refreshToken.text)
    let random = ledger.configuration.random
    let submitted = try await ledger.submit(
      asked: .issueToken(refreshToken, scopes, conditions), by: .client(connector), context: context
    ) { (secrets) throws(LedgerError) in
      try DrawnTokens(secrets, random)
    } _: { drawn in
      IssueAccessToken(
        connector: connector, secretDigest: secret.digest, refreshToken: presented.handle,
        refreshDigest: presented.digest, accessDigest: drawn.accessDigest, scopes: scopes, conditions: conditions
      ) { () throws(DecisionFailure) in try drawn.sealedSuccessor(by: seal) }
    }
    let made = submitted.made
    switch submitted.outcome {
    case .reuseDetected:
      throw LedgerError(Refusal(.invalidGrant, field: "refreshToken", expected: "a refresh token that is valid"))
    case .issued(let issued):
      ledger.lastUses?.note(presented.handle, at: try ledger.now)
      return Issued(
        accessToken: AccessToken(
          format.text(
            prefix: AccessToken.prefix, handle: issued.handle, secret: made.access, digest: made.accessDigest)),
        handle: issued.handle, expiresAt: issued.expiresAt, scopes: issued.scopes,
        refreshToken: try issued.successor.flatMap { (handle) throws(LedgerError) -> RefreshToken? in
          try ledger.successorSecret(handle, of: presented, seal, made.secrets).map {
            RefreshToken(format.text(prefix: RefreshToken.prefix, handle: handle, secret: $0))
          }
        }, audiences: issued.audiences, isSigned: issued.isSigned)
    }
  }

  /// Whether an access token is valid now, looked up along everything that it depends on. Runs where it is called, in a
  /// microsecond or two. A valid token counts as used.
  ///
  /// ```swift
  /// switch try ledger.tokens.validate(presented) {
  /// case .valid(let claims): print("may do \(claims.scopes) until \(claims.expiresAt)")
  /// case .invalid(let reason): print("refused: \(reason)")
  /// }
  /// ```
  ///
  /// A token that is bound to a key is invalid without a proof of that key, and one that is restricted to resource servers
  /// is invalid elsewhere.
  ///
  /// - Parameters:
  ///   - presented: the text, as it came.
  ///   - key: SHA-256 thumbprint (RFC 7638) of the key that its holder proved to have (RFC 9449); nil where none was proved.
  ///   - target: where the token is presented.
  /// - Returns: the claims, or the reason. Tell the outside that it is invalid, and no more.
  /// - Throws: `damaged` or `storage` where the state could not be read: treat the token as invalid then.
  public func validate(
    _ presented: String, provenKey key: KeyThumbprint? = nil, at target: TokenTarget = .ownServer
  ) throws(LedgerError) -> Verdict {
    do throws(LedgerError) {
      let verdict = try self.verdict(of: presented, key, target)
      ledger.observer?.validated(.success(verdict))
      return verdict
    } catch {
      ledger.observer?.validated(.failure(error))
      throw error
    }
  }

  private func verdict(
    of presented: String, _ key: KeyThumbprint?, _ target: TokenTarget
  ) throws(LedgerError) -> Verdict {
    let presented = try ledger.opaque(presented)
    guard let token = try ledger.tokenFormat.read(prefix: AccessToken.prefix, presented) else {
      // A refresh token in the place of an access token is a mistake to be told from a mistyped one.
      return try .invalid(
        ledger.tokenFormat.read(prefix: RefreshToken.prefix, presented) == nil ? .malformed : .wrongKind)
    }
    let now = try ledger.now
    let verdict = try ledger.reading { (state) throws(StateUnreadable) in
      try judge(handle: token.handle, digest: token.digest, as: .access, at: now, in: state)
    }
    if case .valid(let claims) = verdict {
      if let reason = claims.denialReason(provenKey: key, at: target) { return .invalid(reason) }
      ledger.lastUses?.note(token.handle, at: now)
    }
    return verdict
  }

  /// Whether an access token is valid now.
  ///
  /// ```swift
  /// let isValid = try ledger.tokens.validate(token.accessToken).isValid
  /// ```
  ///
  /// - Throws: as ``validate(_:provenKey:at:)``.
  public func validate(_ token: AccessToken) throws(LedgerError) -> Verdict { try validate(token.text) }
}

extension Ledger {
  /// Access and refresh tokens.
  public var tokens: Tokens { Tokens(ledger: self) }
}
