import CredentialLedger
import MessageStore

/// Webhooks whose queue was full when there was something to tell: how far each has been told. It is told the rest later, in order,
/// once its queue has room; until then nothing newer goes before that.
struct WebhookBacklog {
  private static let prefix = "webhooks.behind."

  private let store: MessageStore
  /// The number of the last message that a webhook was told of.
  private(set) var told: [WebhookID: UInt64] = [:]

  /// Those that were behind when the program ended.
  init(_ store: MessageStore) async throws(MessagingError) {
    self.store = store
    for (name, position) in try await store.cursors(beginning: Self.prefix) {
      guard let number = UInt64(name.dropFirst(Self.prefix.utf8.count)) else { continue }
      told[WebhookID(rawValue: number)] = position
    }
  }

  /// Notes how far a webhook was told. Durable on return.
  mutating func note(_ webhook: WebhookID, toldUntil position: UInt64) async throws(MessagingError) {
    try await store.setCursor(Self.prefix + String(webhook.rawValue), to: position)
    told[webhook] = position
  }

  /// A webhook has been told all, or is told nothing any more.
  mutating func forget(_ webhook: WebhookID) async throws(MessagingError) {
    try await store.removeCursor(Self.prefix + String(webhook.rawValue))
    told[webhook] = nil
  }
}
