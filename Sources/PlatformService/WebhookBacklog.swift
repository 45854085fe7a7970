import CredentialLedger
import MessageStore

/// Webhooks whose queue was full when there was something to tell: how far each has been told. It is told the rest later, in order,
/// once its queue has room; until then nothing newer goes before that.
struct WebhookBacklog {
  /// What there is to tell of; each is told in its own order.
  enum Source: String {
    /// Messages, by their numbers.
    case messages = "webhooks.behind."
    /// Events of the ledger, by their positions.
    case events = "webhooks.behind-events."
  }

  private let positions: any FeedPositions
  private let source: Source
  /// The number of the last thing that a webhook was told of.
  private(set) var told: [WebhookID: UInt64] = [:]

  /// Those that were behind when the program ended.
  init(_ positions: any FeedPositions, of source: Source) async throws(MessagingError) {
    self.positions = positions
    self.source = source
    for (name, position) in try await positions.cursors(beginning: source.rawValue) {
      guard let number = UInt64(name.dropFirst(source.rawValue.utf8.count)) else { continue }
      told[WebhookID(rawValue: number)] = position
    }
  }

  /// Notes how far a webhook was told. Durable on return.
  mutating func note(_ webhook: WebhookID, toldUntil position: UInt64) async throws(MessagingError) {
    try await positions.setCursor(source.rawValue + String(webhook.rawValue), to: position)
    told[webhook] = position
  }

  /// A webhook has been told all, or is told nothing any more.
  mutating func forget(_ webhook: WebhookID) async throws(MessagingError) {
    try await positions.removeCursor(source.rawValue + String(webhook.rawValue))
    told[webhook] = nil
  }
}
