package import LedgerEvents

/// Changes some of a connector's details.
///
/// Fewer permissions narrow every live token at once. More of them do not widen a grant that was given before: it
/// lets pass what it was given, and of that what the connector has now. What concerns the organisation counts once it is
/// approved: see ``ApproveScopes``.
package struct UpdateConnector: Command {
  /// What changes; nil leaves a detail as it is.
  package struct Changes: Sendable, Equatable {
    package var name: String?
    package var description: String?
    package var publisher: String?
    package var redirectURIs: [String]?
    package var scopes: Scopes?
    /// Seconds; 0 is the default.
    package var accessTokenLifetime: Int64?
    /// Seconds; 0 is the default.
    package var refreshTokenLifetime: Int64?
    package var rotation: RefreshRotation?
    /// Whether each code needs a challenge.
    package var requiresPKCE: Bool?
    /// Whether it gets access tokens of its own.
    package var allowsOwnTokens: Bool?
    /// Whether its access tokens are bound to a key that it proves to have.
    package var isDPoPBound: Bool?
    /// Whether its access tokens are signed.
    package var hasSignedTokens: Bool?

    package init(
      name: String? = nil, description: String? = nil, publisher: String? = nil, redirectURIs: [String]? = nil,
      scopes: Scopes? = nil, accessTokenLifetime: Int64? = nil, refreshTokenLifetime: Int64? = nil,
      rotation: RefreshRotation? = nil, requiresPKCE: Bool? = nil, allowsOwnTokens: Bool? = nil,
      isDPoPBound: Bool? = nil, hasSignedTokens: Bool? = nil
    ) {
      self.allowsOwnTokens = allowsOwnTokens
      self.isDPoPBound = isDPoPBound
      self.hasSignedTokens = hasSignedTokens
      self.requiresPKCE = requiresPKCE
      self.name = name
      self.description = description
      self.publisher = publisher
      self.redirectURIs = redirectURIs
      self.scopes = scopes
      self.accessTokenLifetime = accessTokenLifetime
      self.refreshTokenLifetime = refreshTokenLifetime
      self.rotation = rotation
    }

    func applied(to details: ConnectorDetails) -> ConnectorDetails {
      var changed = details
      if let name { changed.name = name }
      if let description { changed.description_p = description }
      if let publisher { changed.publisher = publisher }
      if let redirectURIs { changed.redirectUris = redirectURIs }
      if let scopes { changed.scopes = scopes.rawValue }
      if let accessTokenLifetime { changed.accessTokenLifetime = accessTokenLifetime }
      if let refreshTokenLifetime { changed.refreshTokenLifetime = refreshTokenLifetime }
      if let rotation { changed.rotation = rotation }
      if let requiresPKCE { changed.pkceOptional = !requiresPKCE }
      if let allowsOwnTokens { changed.clientCredentials = allowsOwnTokens }
      if let isDPoPBound { changed.dpopBound = isDPoPBound }
      if let hasSignedTokens { changed.signedTokens = hasSignedTokens }
      return changed
    }
  }

  package var connector: ConnectorID
  package var changes: Changes
  /// Its owner.
  package var requester: Requester

  /// The changes that somebody asks for.
  package init(connector: ConnectorID, _ changes: Changes, requester: some Requesting) {
    self.connector = connector
    self.changes = changes
    self.requester = Requester(requester)
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    try state.requireActive(requester)
    let connector = try state.requireConnector(connector, ownedBy: requester)
    let details = try changes.applied(to: connector.details).checked()
    guard details != connector.details else { return Decision(by: requester) }
    let namesake = try read(state.connector(named: details.name, of: connector.owner))
    guard namesake == nil || namesake == connector.id else { throw .connectorNameTaken }
    var event = ConnectorUpdated()
    event.connector = connector.id.rawValue
    event.before = connector.details
    event.after = details
    event.approved = connector.approvedScopes.intersection(Scopes(rawValue: details.scopes)).rawValue
    return Decision(by: requester, .connectorUpdated(event))
  }

  /// Whether anything changed.
  package func outcome(of recorded: RecordedEvents) -> Bool { !recorded.events.isEmpty }
}
