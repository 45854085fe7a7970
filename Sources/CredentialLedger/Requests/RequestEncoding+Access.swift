import LedgerDomain
import LedgerEvents

// What is asked about connectors and the access that they have, and in what order it is encoded: fixed for good, as
// ``RequestEncoding`` says.

extension RequestEncoding {
  static func create(_ details: ConnectorDetails, for owner: AccountID) -> Self {
    Self(
      .createConnector, .id(owner), .text(details.name), .text(details.description_p), .text(details.publisher),
      .texts(details.redirectUris), .integer(details.scopes), .integer(details.accessTokenLifetime),
      .integer(details.refreshTokenLifetime), .integer(details.rotation.rawValue))
  }

  static func update(_ connector: ConnectorID, _ changes: UpdateConnector.Changes) -> Self {
    Self(
      .updateConnector, .id(connector), .text(changes.name), .text(changes.description), .text(changes.publisher),
      .texts(changes.redirectURIs), .integer(changes.scopes.map { Int64($0.rawValue) }),
      .integer(changes.accessTokenLifetime), .integer(changes.refreshTokenLifetime),
      .integer(changes.rotation.map { Int64($0.rawValue) }))
  }

  static func rotateSecret(of connector: ConnectorID, overlap: Duration) -> Self {
    let (seconds, attoseconds) = overlap.components
    return Self(.rotateSecret, .id(connector), .integer(seconds), .integer(attoseconds))
  }

  static func delete(_ connector: ConnectorID) -> Self { Self(.deleteConnector, .id(connector)) }

  static func grant(_ connector: ConnectorID, _ access: GrantAccess.Access, for granter: AccountID) -> Self {
    let opened: RequestField =
      switch access {
      case .group(let group): .list([.number(1), .id(group)])
      case .user: .list([.number(2)])
      }
    return Self(.grantAccess, .id(connector), opened, .id(granter))
  }

  static func revoke(_ grant: GrantID) -> Self { Self(.revokeGrant, .id(grant)) }

  static func issueCode(_ connector: ConnectorID, redirectURI: String, codeChallenge: String?) -> Self {
    Self(.issueCode, .id(connector), .text(redirectURI), .text(codeChallenge))
  }

  static func redeem(_ code: AuthorizationCode, redirectURI: String?, codeVerifier: String?) -> Self {
    Self(.redeemCode, .text(code.text), .text(redirectURI), .text(codeVerifier))
  }

  static func issueToken(_ refreshToken: RefreshToken) -> Self { Self(.issueToken, .text(refreshToken.text)) }

  static func revoke(_ target: RevokeToken.Target) -> Self {
    let named: RequestField =
      switch target {
      case .token(let id): .list([.number(1), .id(id)])
      case .refreshToken(let id): .list([.number(2), .id(id)])
      case .grant(let id): .list([.number(3), .id(id)])
      case .connector(let id): .list([.number(4), .id(id)])
      case .account(let id): .list([.number(5), .id(id)])
      }
    return Self(.revokeTokens, named)
  }

  static func revoke(presented: String) -> Self { Self(.revokePresentedToken, .text(presented)) }

  static func registerWebhook(
    on object: WebhookObject, for eventTypes: [WebhookEventType], callbackURL: String, callbackToken: String,
    callbackContext: String, validity: Timestamp?
  ) -> Self {
    let listened: RequestField =
      switch object {
      case .group(let group): .list([.number(1), .id(group)])
      case .action(let id): .list([.number(2), .text(id)])
      case .actionPackage(let id): .list([.number(3), .text(id)])
      }
    return Self(
      .registerWebhook, listened, .texts(eventTypes.map(\.rawValue)), .text(callbackURL), .text(callbackToken),
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

extension RequestField {
  fileprivate static func texts(_ values: [String]?) -> Self {
    values.map { values in .list(values.map { .text($0) }) } ?? .none
  }
}
