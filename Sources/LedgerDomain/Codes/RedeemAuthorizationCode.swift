package import LedgerCrypto
package import LedgerEvents

/// A connector trades an authorization code for tokens: one decision makes the grant, a refresh token and an access
/// token (RFC 6749 section 4.1.3).
///
/// A code can be redeemed once. Presented again, by the connector that it was made for, what came of it stops.
/// Another's code, another address, a wrong verifier, and a code that is over are refused alike, and use up nothing:
/// a code that leaked is worth nothing without the Secret and the verifier, both too long to be guessed in a minute,
/// and somebody who only has the code must not be able to spoil it for its owner.
package struct RedeemAuthorizationCode: Command {
  /// The connector's ID, and SHA-256 of the Secret as presented.
  package var connector: PublicID
  package var secretDigest: Digest
  /// Number and digest of the code as presented.
  package var code: AuthorizationCodeID
  package var codeDigest: Digest
  /// The address as presented, which must be the one that the code was sent to; nil where the client sent none, as
  /// OAuth 2.1 has it: PKCE and the exact match at the start protect the code.
  package var redirectURI: String?
  /// SHA-256 of the code verifier as presented; nil where the client sent none.
  package var verifierDigest: Digest?
  /// SHA-256 of the secret parts of the tokens to be made.
  package var refreshDigest: Digest
  package var accessDigest: Digest
  package var conditions: TokenConditions

  package init(
    connector: PublicID, secretDigest: Digest, code: AuthorizationCodeID, codeDigest: Digest, redirectURI: String?,
    verifierDigest: Digest?, refreshDigest: Digest, accessDigest: Digest, conditions: TokenConditions = .none
  ) {
    self.conditions = conditions
    self.connector = connector
    self.secretDigest = secretDigest
    self.code = code
    self.codeDigest = codeDigest
    self.redirectURI = redirectURI
    self.verifierDigest = verifierDigest
    self.refreshDigest = refreshDigest
    self.accessDigest = accessDigest
  }

  /// What the code led to.
  package enum Outcome: Sendable, Equatable {
    case redeemed(Redeemed)
    /// It had been redeemed before, and what came of it is stopped: to the caller this is
    /// ``ErrorCode/invalidGrant``.
    case replayed(FamilyID)
  }

  /// The tokens that a code was traded for.
  package struct Redeemed: Sendable, Equatable {
    package var account: AccountID
    package var grant: GrantID
    /// The new family, which is the handle of the refresh token too.
    package var family: FamilyID
    package var refreshExpiresAt: Timestamp
    /// The access token's handle.
    package var handle: TokenID
    package var expiresAt: Timestamp
    package var scopes: Scopes
    /// The resource servers that the access token is restricted to.
    package var audiences = Audiences.unrestricted
    package var isSigned = false
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    guard let client = try read(state.authenticate(connector, secret: secretDigest, at: context.now)) else {
      throw .invalidClient
    }
    guard let issued = try read(state.code(code)), issued.digest == codeDigest else { throw .invalidCode(.unknown) }
    guard issued.connector == client.id else { throw .invalidCode(.anotherConnector) }
    if let family = issued.family { return try replay(of: issued, family, state) }
    guard context.now < issued.expiresAt else { throw .invalidCode(.expired(at: issued.expiresAt)) }
    if let reason = try read(
      state.denialReason(forCodeMadeAt: code.rawValue, for: issued.account, to: client.id))
    {
      throw .invalidCode(reason)
    }
    if let redirectURI, !redirectURI.utf8.elementsEqual(issued.redirectURI.utf8) { throw .invalidCode(nil) }
    // A verifier without a challenge is refused too: somebody may have taken the challenge away (RFC 9700 section
    // 4.8.2).
    guard verifierDigest == issued.challenge else { throw .invalidCode(nil) }
    guard issued.keyThumbprint == nil || issued.keyThumbprint == conditions.keyThumbprint else {
      throw .invalidCode(.wrongKey)
    }

    let granting = try granting(to: issued, state, context)
    var redeemed = AuthorizationCodeRedeemed()
    redeemed.code = code.rawValue
    redeemed.connector = client.id.rawValue
    redeemed.account = issued.account.rawValue
    redeemed.family = granting.family.rawValue

    var token = V3TokenIssued()
    token.family = granting.family.rawValue
    token.grant = granting.grant.rawValue
    token.connector = client.id.rawValue
    token.refreshToken = granting.family.rawValue
    token.secret = client.secret.rawValue
    token.digest = .init(accessDigest)
    token.expiresAt = (context.now + TokenLifetime.access(client.credentials.accessTokenLifetime)).milliseconds
    token.scopes = granting.scopes.rawValue
    try conditions.apply(to: &token, grantedFor: issued.audiences, client.credentials, state)
    return Decision(
      by: .connector(client.id, for: issued.account),
      events: [.authorizationCodeRedeemed(redeemed)] + granting.events + [.tokenIssued(token)])
  }

  /// The person's own access. Whatever the rules have against it by now (the phone is gone, the account disabled) is
  /// no business of the client's.
  private func granting(
    to issued: IssuedCode, _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Granting {
    do throws(DecisionFailure) {
      return try state.granting(
        .user, to: issued.connector, by: issued.account, agreeingTo: .scopes(issued.scopes),
        refreshDigest: refreshDigest, audiences: issued.audiences, first: context.next + 1, at: context.now)
    } catch {
      guard case .refused = error else { throw error }
      throw .invalidCode(nil)
    }
  }

  private func replay(
    of issued: IssuedCode, _ id: FamilyID, _ state: borrowing some DomainReader & ~Copyable
  ) throws(DecisionFailure) -> Decision {
    let family = try read(state.required(id.rawValue, .family))
    guard family.stoppedBy == 0 else { throw .invalidCode(.stopped(Subject(id), by: Position(family.stoppedBy))) }
    var event = TokenRevoked()
    event.reach = .family
    event.target = id.rawValue
    event.connector = issued.connector.rawValue
    event.grant = family.parents[0]
    return Decision(by: .connector(issued.connector, for: issued.account), .tokenRevoked(event))
  }

  package func admit(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) {
    guard try read(state.authenticate(connector, secret: secretDigest, at: context.now)) != nil else {
      throw .invalidClient
    }
  }

  package func outcome(of recorded: RecordedEvents) -> Outcome {
    if case .tokenRevoked(let event) = recorded.events.first {
      return .replayed(FamilyID(rawValue: event.target))
    }
    guard case .authorizationCodeRedeemed(let redeemed) = recorded.events.first,
      case .refreshTokenIssued(let refresh) = recorded.events.dropLast().last,
      case .tokenIssued(let token) = recorded.events.last
    else { preconditionFailure("These are not the events of a RedeemAuthorizationCode.") }
    return .redeemed(
      Redeemed(
        account: AccountID(rawValue: redeemed.account), grant: GrantID(rawValue: refresh.grant),
        family: FamilyID(rawValue: redeemed.family), refreshExpiresAt: Timestamp(milliseconds: refresh.expiresAt),
        handle: TokenID(madeAt: recorded.first + UInt64(recorded.events.count - 1)),
        expiresAt: Timestamp(milliseconds: token.expiresAt), scopes: Scopes(rawValue: token.scopes),
        audiences: Audiences(token.audiences) ?? .unrestricted, isSigned: token.format == .signed))
  }
}

extension DecisionFailure {
  fileprivate static func invalidCode(_ reason: Verdict.Reason?) -> Self {
    .refused(
      .invalidGrant, field: "code", expected: "a code of this connector that was not redeemed yet, with its verifier",
      remedy: "send the person to sign in again", reason: reason)
  }
}
