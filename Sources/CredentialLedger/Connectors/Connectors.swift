import LedgerCrypto
public import LedgerDomain
public import LedgerEvents
import Projections

/// Third-party programs that may be given access.
public struct Connectors: Sendable {
  let ledger: Ledger

  /// Creates a connector. Its Secret is in the answer and nowhere else: the ledger keeps a digest.
  ///
  /// ```swift
  /// let (connector, secret) = try await ledger.connectors.create(
  ///   name: "Roster", permissions: [.groupInformation, .textMessage], by: developer)
  /// show(connector.publicID.description, secret.text)
  /// ```
  ///
  /// - Parameters:
  ///   - name: 1 to 100 characters, unique among the owner's connectors by its exact UTF-8, once trimmed.
  ///   - permissions: what it may be granted; at least one.
  ///   - redirectURIs: HTTPS, or HTTP to the loopback; at most 10.
  ///   - accessTokenLifetime: seconds, from a minute to 7 days; 0 is 24 hours.
  ///   - refreshTokenLifetime: seconds, from an hour to 730 days; 0 is 365 days.
  ///   - rotation: when a refresh token is replaced. With `always` a replaced one is good for 60 seconds more, or until its
  ///     successor is used; its use after that revokes the family. See ``Tokens/issue(connector:secret:refreshToken:conditions:context:)``.
  ///   - requiresPKCE: whether an authorization code needs a challenge (RFC 7636). Let it do without only for a program that
  ///     cannot send one.
  ///   - allowsOwnTokens: whether it gets access tokens of its own, for no person: see
  ///     ``Tokens/issueOwn(connector:secret:scopes:conditions:context:)``.
  ///   - isDPoPBound: whether its access tokens are bound to a key that it proves to have (RFC 9449).
  ///   - hasSignedTokens: whether its access tokens are signed (RFC 9068).
  ///   - owner: the developer, with a verified phone. The requester, unless an operator creates it for somebody.
  /// - Throws: `invalid_value`, `conflict` for a name that is taken, `phone_required`, `account_disabled`, `forbidden`.
  public func create(
    name: String, permissions: Set<Permission>, description: String = "", publisher: String = "",
    redirectURIs: [String] = [], accessTokenLifetime: Int64 = 0, refreshTokenLifetime: Int64 = 0,
    rotation: RefreshRotation = .late, requiresPKCE: Bool = true, allowsOwnTokens: Bool = false,
    isDPoPBound: Bool = false, hasSignedTokens: Bool = false, for owner: AccountID? = nil,
    by requester: some Requesting,
    context: RequestContext = .none
  ) async throws(LedgerError) -> (connector: Connector, secret: ConnectorSecret) {
    let owner = try requester.account(for: owner, field: "owner")
    var details = ConnectorDetails()
    details.name = name
    details.description_p = description
    details.publisher = publisher
    details.redirectUris = redirectURIs
    details.scopes = Scopes(permissions).rawValue
    details.accessTokenLifetime = accessTokenLifetime
    details.refreshTokenLifetime = refreshTokenLifetime
    details.rotation = rotation
    details.pkceOptional = !requiresPKCE
    details.clientCredentials = allowsOwnTokens
    details.dpopBound = isDPoPBound
    details.signedTokens = hasSignedTokens
    let asked = details
    let made = try await ledger.submit(
      asked: .create(asked, for: owner), by: requester.caller, context: context
    ) { (secrets) throws(LedgerError) in
      (try secrets.publicID(), try secrets.connectorSecret())
    } _: { (publicID, secret) in
      CreateConnector(
        owner: owner, publicID: publicID, secretDigest: secret.digest, details: asked,
        requester: Requester(requester))
    }
    return (made.outcome, made.made.1)
  }

  /// Changes some of a connector's details; what is nil stays as it is. Fewer permissions narrow every live token at
  /// once; more of them do not widen what was granted before.
  ///
  /// The bounds are those of ``create(name:permissions:description:publisher:redirectURIs:accessTokenLifetime:refreshTokenLifetime:rotation:requiresPKCE:allowsOwnTokens:isDPoPBound:hasSignedTokens:for:by:context:)``.
  ///
  /// ```swift
  /// try await ledger.connectors.update(connector.id, permissions: [.textMessage], rotation: .always, by: developer)
  /// ```
  ///
  /// - Parameters:
  ///   - allowsOwnTokens: false stops the tokens of its own that it has, for good.
  ///   - requester: the owner, or an operator.
  /// - Returns: false if nothing was different; nothing is appended then.
  /// - Throws: `invalid_value`, `conflict` for a name that is taken, `not_found`, `gone`, `account_disabled`.
  @discardableResult
  public func update(
    _ connector: ConnectorID, name: String? = nil, permissions: Set<Permission>? = nil, description: String? = nil,
    publisher: String? = nil, redirectURIs: [String]? = nil, accessTokenLifetime: Int64? = nil,
    refreshTokenLifetime: Int64? = nil, rotation: RefreshRotation? = nil, requiresPKCE: Bool? = nil,
    allowsOwnTokens: Bool? = nil, isDPoPBound: Bool? = nil, hasSignedTokens: Bool? = nil, by requester: some Requesting,
    context: RequestContext = .none
  ) async throws(LedgerError) -> Bool {
    let changes = UpdateConnector.Changes(
      name: name, description: description, publisher: publisher, redirectURIs: redirectURIs,
      scopes: permissions.map { Scopes($0) }, accessTokenLifetime: accessTokenLifetime,
      refreshTokenLifetime: refreshTokenLifetime, rotation: rotation, requiresPKCE: requiresPKCE,
      allowsOwnTokens: allowsOwnTokens, isDPoPBound: isDPoPBound, hasSignedTokens: hasSignedTokens)
    return try await ledger.submit(
      UpdateConnector(connector: connector, changes, requester: requester), context: context)
  }

  /// Decides which of the scopes that concern the organisation a connector may have. Until then it has none of them.
  ///
  /// ```swift
  /// try await ledger.connectors.approve(.tenant, of: connector.id, by: Requester.operator)
  /// ```
  ///
  /// - Parameters:
  ///   - scopes: all that is approved from now on, of those that the connector asks for; none to withdraw.
  ///   - requester: an operator or a tenant administrator.
  /// - Returns: false if nothing was different; nothing is appended then.
  /// - Throws: `invalid_value`, `forbidden`, `not_found`, `gone`, `account_disabled`.
  @discardableResult
  public func approve(
    _ scopes: Scopes, of connector: ConnectorID, by requester: some Requesting, context: RequestContext = .none
  ) async throws(LedgerError) -> Bool {
    try await ledger.submit(
      ApproveScopes(connector: connector, scopes: scopes, requester: requester), context: context)
  }

  /// Gives a connector another Secret, which is in the answer and nowhere else.
  ///
  /// ```swift
  /// let another = try await ledger.connectors.rotateSecret(of: connector.id, overlap: .seconds(86_400), by: developer)
  /// ```
  ///
  /// - Parameters:
  ///   - overlap: for how long the Secret before is accepted still, at most 30 days; zero where it leaked.
  ///   - requester: the owner, or an operator.
  /// - Throws: `invalid_value`, `not_found`, `gone`, `account_disabled`.
  public func rotateSecret(
    of connector: ConnectorID, overlap: Duration, by requester: some Requesting, context: RequestContext = .none
  ) async throws(LedgerError) -> ConnectorSecret {
    try await ledger.submit(
      asked: .rotateSecret(of: connector, overlap: overlap), by: requester.caller, context: context
    ) { (secrets) throws(LedgerError) in
      try secrets.connectorSecret()
    } _: {
      RotateSecret(connector: connector, secretDigest: $0.digest, overlap: overlap, requester: requester)
    }.made
  }

  /// Ends the Secret before the current one at once, where the overlap of a rotation is not over. Nothing else changes.
  ///
  /// ```swift
  /// try await ledger.connectors.endOldSecret(of: connector.id, by: developer)
  /// ```
  ///
  /// - Parameter requester: the owner, an operator, or a tenant administrator where no operator owns the connector.
  /// - Returns: number of the Secret that ended.
  /// - Throws: `conflict` where no old Secret is accepted any more, `forbidden`, `not_found`, `gone`, `account_disabled`.
  @discardableResult
  public func endOldSecret(
    of connector: ConnectorID, by requester: some Requesting, context: RequestContext = .none
  ) async throws(LedgerError) -> SecretID {
    try await ledger.submit(EndOldSecret(connector: connector, requester: requester), context: context)
  }

  /// Sets a connector inactive, by one event: none of its tokens is valid and its Secret authenticates nobody until it is
  /// active again. Its grants stay as they are. Its webhooks are told of nothing meanwhile, and what waits for them is dropped.
  ///
  /// ```swift
  /// try await ledger.connectors.deactivate(connector.id, reason: "under review", by: Requester.operator)
  /// ```
  ///
  /// Tokens that resource servers verify by their signature alone work there until they expire.
  ///
  /// - Parameters:
  ///   - reason: shown in the audit trail, 1 to 500 characters; no personal data, as it stays for good.
  ///   - requester: the owner, an operator, or a tenant administrator where no operator owns the connector. What others than
  ///     the owner set inactive, the owner cannot set active.
  /// - Returns: false if nothing was different; nothing is appended then.
  /// - Throws: `invalid_value`, `forbidden`, `not_found`, `gone`, `account_disabled`.
  @discardableResult
  public func deactivate(
    _ connector: ConnectorID, reason: String, by requester: some Requesting, context: RequestContext = .none
  ) async throws(LedgerError) -> Bool {
    try await ledger.submit(
      DeactivateConnector(connector: connector, reason: reason, requester: requester), context: context)
  }

  /// Sets a connector active that was set inactive: its Secret works again, and each of its tokens that was neither revoked
  /// nor is expired.
  ///
  /// ```swift
  /// try await ledger.connectors.activate(connector.id, by: Requester.operator)
  /// ```
  ///
  /// - Parameters:
  ///   - requester: an operator, or a tenant administrator where no operator owns the connector. The owner too, but not where another set it inactive, unless it is an
  ///     operator.
  ///   - context: its reason is shown in the audit trail.
  /// - Returns: whether it was inactive until now.
  /// - Throws: `forbidden`, `not_found`, `gone`, `account_disabled`.
  @discardableResult
  public func activate(
    _ connector: ConnectorID, by requester: some Requesting, context: RequestContext = .none
  ) async throws(LedgerError) -> Bool {
    try await ledger.submit(ActivateConnector(connector: connector, requester: requester), context: context)
  }

  /// Deletes a connector: all its tokens stop, by this one event, and its webhooks are deleted with it. What waits for
  /// them is dropped, and the keys of their addresses, tokens and contexts are destroyed.
  ///
  /// ```swift
  /// try await ledger.connectors.delete(connector.id, by: developer)
  /// ```
  ///
  /// Costs a row a webhook in the commit, and a look at each webhook of the ledger after it.
  ///
  /// - Parameter requester: the owner, or an operator.
  /// - Throws: `not_found`, `gone`, `account_disabled`; `storage` where a key could not be destroyed: opening the ledger
  ///   again does it.
  public func delete(
    _ connector: ConnectorID, by requester: some Requesting, context: RequestContext = .none
  ) async throws(LedgerError) {
    _ = try await ledger.submit(DeleteConnector(connector: connector, requester: requester), context: context)
    let webhooks = try ledger.reading { (state) throws(StateUnreadable) in try state.deletedWebhooks(of: connector) }
    try await ledger.destroyKeys(of: webhooks.map(\.key))
    for (webhook, _) in webhooks { try await ledger.dropDeliveries(to: webhook) }
  }

  /// All connectors, deleted ones included, a page at a time, oldest first: for operators.
  ///
  /// ```swift
  /// var page = try ledger.connectors.all(limit: 100)
  /// while let last = page.last { page = try ledger.connectors.all(after: last.id) }
  /// ```
  ///
  /// - Parameters:
  ///   - last: the last of the page before; nil for the first page.
  ///   - limit: 1 to 1,000.
  /// - Throws: `invalid_value` of the limit; `closed`, `damaged`, `storage`.
  public func all(after last: ConnectorID? = nil, limit: Int = 100) throws(LedgerError) -> [Connector] {
    try Self.require(limit)
    return try ledger.reading { (state) throws(StateUnreadable) in
      try state.connectors(from: ConnectorID.following(last).rawValue, limit: limit)
    }
  }

  /// The connectors that have a grant for a group, in force or not, and are not deleted; oldest grant first.
  ///
  /// ```swift
  /// let names = try ledger.connectors.connectors(of: group.id).map(\.name)
  /// ```
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func connectors(of group: GroupID) throws(LedgerError) -> [Connector] {
    try ledger.reading { (state) throws(StateUnreadable) in try state.connectors(of: group) }
  }

  /// A connector as it is now; nil if there is none.
  ///
  /// ```swift
  /// let owner = try ledger.connectors.connector(connector.id)?.owner
  /// ```
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func connector(_ id: ConnectorID) throws(LedgerError) -> Connector? {
    try ledger.reading { (state) throws(StateUnreadable) in try state.connector(id) }
  }

  /// The connector that clients know by this ID.
  ///
  /// ```swift
  /// let known = try ledger.connectors.connector(publicID: clientID)
  /// ```
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func connector(publicID: PublicID) throws(LedgerError) -> Connector? {
    try ledger.reading { (state) throws(StateUnreadable) in
      guard let id = try state.connector(publicID: publicID) else { return nil }
      return try state.connector(id)
    }
  }

  /// The connectors that an account has created, oldest first.
  ///
  /// ```swift
  /// let own = try ledger.connectors.owned(by: developer)
  /// ```
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func owned(by owner: AccountID) throws(LedgerError) -> [Connector] {
    try ledger.reading { (state) throws(StateUnreadable) in try state.connectors(ownedBy: owner) }
  }
}

extension Ledger {
  /// Third-party programs.
  public var connectors: Connectors { Connectors(ledger: self) }
}

extension Scopes {
  /// Those of several permissions.
  fileprivate init(_ permissions: Set<Permission>) {
    self = permissions.reduce(into: Scopes()) { $0.formUnion($1.scopes) }
  }
}
