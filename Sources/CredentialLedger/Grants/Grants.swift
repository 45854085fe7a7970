import LedgerCrypto
public import LedgerDomain
public import LedgerEvents

/// Access that people give to connectors.
public struct Grants: Sendable {
  let ledger: Ledger

  /// A grant with its refresh token, which is shown once.
  public struct Granted: Sendable {
    public let grant: GrantID
    /// Shown this once: the ledger keeps a digest.
    public let refreshToken: RefreshToken
    /// When the refresh token expires.
    public let expiresAt: Timestamp
  }

  /// Gives a connector access, and makes a refresh token for it. One made before for the same access stops.
  ///
  /// ```swift
  /// let granted = try await ledger.grants.grant(
  ///   connector.id, consent: .details(asOf: connector.setBy), access: .group(group.id), by: admin)
  /// show(granted.refreshToken.text)
  /// ```
  ///
  /// - Parameters:
  ///   - consent: what the granter agreed to: some scopes, or the connector as it was shown.
  ///   - access: to a group that the granter is an admin of, or to what the granter may do.
  ///   - granter: has a verified phone. The requester, unless an operator grants for somebody.
  /// - Throws: `conflict` where the connector is not what the granter saw any more; `forbidden`, `phone_required`,
  ///   `not_found`, `gone`, `account_disabled`; `invalid_value` where nothing is left that the granter may give.
  public func grant(
    _ connector: ConnectorID, consent: Consent, access: GrantAccess.Access, for granter: AccountID? = nil,
    by requester: some Requesting, context: RequestContext = .none
  ) async throws(LedgerError) -> Granted {
    let granter = try requester.account(for: granter, field: "granter")
    let granted = try await ledger.submit(
      asked: .grant(connector, access, for: granter, consent), by: requester.caller, context: context
    ) { (secrets) throws(LedgerError) in
      try secrets.tokenSecret(for: .refreshToken)
    } _: {
      GrantAccess(
        connector: connector, access: access, granter: granter, consent: consent, refreshDigest: SHA256.hash($0),
        requester: Requester(requester))
    }
    let outcome = granted.outcome
    let text = try ledger.tokenFormat.text(
      prefix: RefreshToken.prefix, handle: TokenID(rawValue: outcome.family.rawValue), secret: granted.made)
    return Granted(grant: outcome.grant, refreshToken: RefreshToken(text), expiresAt: outcome.expiresAt)
  }

  /// Revokes a grant: every token under it stops, by this one event.
  ///
  /// ```swift
  /// try await ledger.grants.revoke(granted.grant, by: admin)
  /// ```
  ///
  /// - Parameter requester: the granter, an admin of the group, the connector's owner, or an operator.
  /// - Returns: false if it was revoked before; nothing is appended then.
  /// - Throws: `not_found`, also where the requester may not revoke it; `account_disabled`.
  @discardableResult
  public func revoke(
    _ grant: GrantID, by requester: some Requesting, context: RequestContext = .none
  ) async throws(LedgerError) -> Bool {
    try await ledger.submit(RevokeGrant(grant: grant, requester: requester), context: context)
  }

  /// Records a decision about a grant in an access review, as `permission.reviewed`. A grant that is not kept is revoked in
  /// the same commit.
  ///
  /// ```swift
  /// try await ledger.grants.review(granted.grant, .keep, reason: "the survey runs until May", by: admin)
  /// ```
  ///
  /// - Parameters:
  ///   - reason: 1 to 500 characters, in the log for good; no personal data.
  ///   - requester: the granter, an admin of the group, the connector's owner or an operator; to keep it, an auditor too.
  /// - Returns: the position of the decision's event.
  /// - Throws: `not_found` for a grant that the requester may not review, `gone` for one that is revoked, `invalid_value`,
  ///   `account_disabled`.
  @discardableResult
  public func review(
    _ grant: GrantID, _ decision: GrantDecision, reason: String, by requester: some Requesting,
    context: RequestContext = .none
  ) async throws(LedgerError) -> Position {
    try await ledger.submit(
      ReviewGrant(grant: grant, decision: decision, reason: reason, requester: Requester(requester)), context: context)
  }

  /// A grant as it is now; nil if there is none.
  ///
  /// ```swift
  /// let scopes = try ledger.grants.grant(granted.grant)?.scopes
  /// ```
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func grant(_ id: GrantID) throws(LedgerError) -> Grant? {
    try ledger.reading { (state) throws(StateUnreadable) in try state.grant(id) }
  }
}

extension Ledger {
  /// Access that people give.
  public var grants: Grants { Grants(ledger: self) }
}
