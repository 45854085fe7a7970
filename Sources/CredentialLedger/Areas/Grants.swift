import LedgerCrypto
public import LedgerDomain
public import LedgerEvents

/// Access that people give to connectors.
public struct Grants: Sendable {
  let ledger: Ledger

  /// A grant with its refresh token, which is shown once.
  public struct Granted: Sendable {
    public let grant: GrantID
    public let refreshToken: RefreshToken
    public let expiresAt: Timestamp
  }

  /// Gives a connector access, and makes a refresh token for it. One made before for the same access stops.
  ///
  /// - Parameters:
  ///   - access: to a group that the granter is an admin of, or to what the granter may do.
  ///   - granter: has a verified phone.
  /// - Throws: `forbidden`, `phone_required`, `not_found`, `gone`, `account_disabled`.
  public func grant(
    _ connector: ConnectorID, access: GrantAccess.Access, by granter: AccountID, context: RequestContext = .none
  ) async throws(LedgerError) -> Granted {
    let request = try ledger.prepare(
      context, caller: granter.description, "grants.grant", connector.description, "\(access)", granter.description)
    let secret = try drawn { () throws(CryptoError) in try request.random.bytes(count: TokenFormat.secretByteCount) }
    let outcome = try await ledger.execute(
      GrantAccess(
        connector: connector, access: access, granter: granter, refreshDigest: SHA256.hash(secret)), by: granter,
      request)
    let text = ledger.tokenFormat.text(
      prefix: RefreshToken.prefix, handle: TokenID(rawValue: outcome.family.rawValue), secret: secret)
    return Granted(grant: outcome.grant, refreshToken: RefreshToken(text), expiresAt: outcome.expiresAt)
  }

  /// Revokes a grant: every token under it stops, by this one event.
  ///
  /// - Parameter requester: the granter, an admin of the group, or the connector's owner.
  /// - Returns: false if it was revoked before; nothing is appended then.
  @discardableResult
  public func revoke(
    _ grant: GrantID, by requester: AccountID, context: RequestContext = .none
  ) async throws(LedgerError) -> Bool {
    let request = try ledger.prepare(
      context, caller: requester.description, "grants.revoke", grant.description, requester.description)
    return try await ledger.execute(RevokeGrant(grant: grant, requester: requester), by: requester, request)
  }

  /// A grant as it is now; nil if there is none.
  public func grant(_ id: GrantID) throws(LedgerError) -> Grant? {
    try ledger.reading { (state) throws(StateUnreadable) in try state.grant(id) }
  }

  /// The grants of a group that are not revoked.
  public func grants(of group: GroupID) throws(LedgerError) -> [Grant] {
    try ledger.reading { (state) throws(StateUnreadable) in
      var grants: [Grant] = []
      for id in try state.grants(of: group) { if let grant = try state.grant(id) { grants.append(grant) } }
      return grants
    }
  }
}

extension Ledger {
  /// Access that people give.
  public var grants: Grants { Grants(ledger: self) }
}
