import EventLog
import LMDB
public import LedgerDomain
public import LedgerEvents

// Webhooks: where connectors want to hear of what happens.
extension LedgerState {
  @usableFromInline package func webhook(_ id: WebhookID) throws(StateUnreadable) -> Webhook? {
    var webhook = try row(Webhook.self, .number(.webhook, id.rawValue))
    webhook?.correct(by: clock)
    return webhook
  }

  @usableFromInline package func webhook(publicID: PublicID) throws(StateUnreadable) -> WebhookID? {
    try row(UInt64.self, .publicID(.webhookByPublicID, publicID)).map { WebhookID(rawValue: $0) }
  }

  @usableFromInline package func webhooks(of grant: GrantID) throws(StateUnreadable) -> [WebhookID] {
    try reading { () throws(LogError) in
      try directory.numbers(.webhookOfGrant, of: grant.rawValue, in: transaction).map { WebhookID(rawValue: $0) }
    }
  }

  /// The webhooks of a connector that are not deleted, oldest first.
  package func webhooks(of connector: ConnectorID) throws(StateUnreadable) -> [WebhookID] {
    try reading { () throws(LogError) in
      try directory.numbers(.webhookOfConnector, of: connector.rawValue, in: transaction)
        .map { WebhookID(rawValue: $0) }
    }
  }

  /// The webhooks that listen to an object and are not deleted, oldest first, as many as `limit`.
  package func webhooks(
    on object: WebhookObject, after last: WebhookID? = nil, limit: Int
  ) throws(StateUnreadable) -> [WebhookID] {
    try reading { () throws(LogError) in
      var found: [WebhookID] = []
      try stored { () throws(LMDBError) in
        try directory.rows.forEach(
          from: Directory.key(of: object, webhook: WebhookID.following(last).rawValue),
          below: Directory.key(of: object, webhook: .max), in: transaction
        ) { key, _ in
          guard found.count < limit else { return .stop }
          if case .digest(_, _, let number) = key { found.append(WebhookID(rawValue: number)) }
          return .continue
        }
      }
      return found
    }
  }

  /// The webhooks that were deleted, of one connector or of all, oldest first, and the names of their keys. Reads the rows
  /// of all webhooks.
  package func deletedWebhooks(
    of connector: ConnectorID? = nil
  ) throws(StateUnreadable) -> [(id: WebhookID, key: [UInt8])] {
    try reading { () throws(LogError) in
      var found: [(id: WebhookID, key: [UInt8])] = []
      var malformed: DirectoryKey?
      try stored { () throws(LMDBError) in
        try directory.rows.forEach(from: .number(.webhook, 0), below: .number(.webhook, .max), in: transaction) {
          key, bytes in
          guard let webhook = Webhook(decoding: bytes) else {
            malformed = key
            return .stop
          }
          if webhook.isDeleted, connector == nil || connector == webhook.connector {
            found.append((webhook.id, webhook.key))
          }
          return .continue
        }
      }
      if let malformed { throw Directory.malformed(malformed) }
      return found
    }
  }
}
