import LedgerDomain
import LedgerEvents

// What is asked about connectors and the access that they have, and in what order it is encoded: fixed for good, as
// ``RequestEncoding`` says.

extension RequestEncoding {
  static func create(_ details: ConnectorDetails, for owner: AccountID) -> Self {
    Self(
      .createConnector, version: 3, .id(owner), .text(details.name), .text(details.description_p),
      .text(details.publisher),
      .texts(details.redirectUris), .integer(details.scopes), .integer(details.accessTokenLifetime),
      .integer(details.refreshTokenLifetime), .integer(details.rotation.rawValue),
      .integer(details.pkceOptional ? 1 : 0), .integer(details.clientCredentials ? 1 : 0),
      .integer(details.dpopBound ? 1 : 0), .integer(details.signedTokens ? 1 : 0))
  }

  static func rotateSecret(of connector: ConnectorID, overlap: Duration) -> Self {
    let (seconds, attoseconds) = overlap.components
    return Self(.rotateSecret, .id(connector), .integer(seconds), .integer(attoseconds))
  }

  static func grant(
    _ connector: ConnectorID, _ access: GrantAccess.Access, for granter: AccountID, _ consent: Consent
  ) -> Self {
    let opened: RequestField =
      switch access {
      case .group(let group): .list([.number(1), .id(group)])
      case .user: .list([.number(2)])
      }
    return Self(.grantAccess, version: 2, .id(connector), opened, .id(granter), consent.field)
  }

  static func issueCode(
    _ connector: ConnectorID, _ consent: Consent, redirectURI: String, codeChallenge: String?,
    _ conditions: TokenConditions
  ) -> Self {
    Self(
      .issueCode, version: 3, .id(connector), .text(redirectURI), .text(codeChallenge), consent.field, conditions.field)
  }

  static func redeem(
    _ code: AuthorizationCode, redirectURI: String?, codeVerifier: String?, _ conditions: TokenConditions
  ) -> Self {
    Self(.redeemCode, version: 2, .text(code.text), .text(redirectURI), .text(codeVerifier), conditions.field)
  }

  /// In the oldest version that can say it, so that a request without conditions stays the same one across an update.
  static func issueToken(_ refreshToken: RefreshToken, _ scopes: Scopes?, _ conditions: TokenConditions) -> Self {
    guard conditions == .none else {
      return Self(
        .issueToken, version: 3, .text(refreshToken.text), .integer(scopes.map { Int64($0.rawValue) }), conditions.field
      )
    }
    guard let scopes else { return Self(.issueToken, .text(refreshToken.text)) }
    return Self(.issueToken, version: 2, .text(refreshToken.text), .number(UInt64(scopes.rawValue)))
  }

  static func issueOwnToken(_ scopes: Scopes?, _ conditions: TokenConditions) -> Self {
    Self(.issueOwnToken, .integer(scopes.map { Int64($0.rawValue) }), conditions.field)
  }

  static func reportLeak(_ presented: String, reporter: String, source: String, location: String) -> Self {
    Self(.reportLeak, .text(presented), .text(reporter), .text(source), .text(location))
  }

  static func createResourceServer(name: String, audience: String?) -> Self {
    Self(.createResourceServer, .text(name), .text(audience))
  }

  static func rotateSecret(of server: ResourceServerID, overlap: Duration) -> Self {
    let (seconds, attoseconds) = overlap.components
    return Self(.rotateResourceServerSecret, .id(server), .integer(seconds), .integer(attoseconds))
  }

  static func revoke(presented: String) -> Self { Self(.revokePresentedToken, .text(presented)) }

  static func registerWebhook(
    on object: WebhookObject, for eventTypes: [WebhookEventType], callbackURL: String, callbackToken: String,
    callbackContext: String, validity: Timestamp?
  ) -> Self {
    let listened: RequestField =
      switch object {
      case .group(let group): .list([.number(1), .id(group)])
      case .action(let id, in: let group): .list([.number(2), .text(id), .id(group)])
      case .actionPackage(let id, in: let group): .list([.number(3), .text(id), .id(group)])
      }
    return Self(
      .registerWebhook, version: 2, listened, .texts(eventTypes.map(\.rawValue)), .text(callbackURL),
      .text(callbackToken),
      .text(callbackContext), .integer(validity?.milliseconds))
  }

  static func update(
    _ webhook: WebhookID, eventTypes: [WebhookEventType]?, callbackURL: String?, callbackToken: String?,
    callbackContext: String?, validity: Timestamp?, isActive: Bool?
  ) -> Self {
    Self(
      .updateWebhook, .id(webhook), .texts(eventTypes?.map(\.rawValue)), .text(callbackURL), .text(callbackToken),
      .text(callbackContext), .integer(validity?.milliseconds), .integer(isActive.map { $0 ? 1 : 0 }))
  }

  static func disable(_ webhook: WebhookID, reason: String) -> Self {
    Self(.disableWebhook, .id(webhook), .text(reason))
  }

  static func delete(_ webhook: WebhookID) -> Self { Self(.deleteWebhook, .id(webhook)) }
}

extension TokenConditions {
  fileprivate var field: RequestField {
    .list([
      audiences.map { .list($0.numbers.map { .number($0) }) } ?? .none,
      keyThumbprint.map { .bytes($0.bytes) } ?? .none,
    ])
  }
}

extension Consent {
  var field: RequestField {
    switch self {
    case .scopes(let scopes): .list([.number(1), .integer(scopes.rawValue)])
    case .details(asOf: let position): .list([.number(2), .number(position.rawValue)])
    }
  }
}
