import CredentialLedger
import MessageStore

/// Webhooks whose queue was full when there was something to tell: how far each has been told. It is told the rest later, in order,
/// once its queue has room; until then nothing newer goes before that.
struct WebhookBacklog {
  /// What the names begin with under which it is kept: for messages, and for events of the ledger.
  private static let (messages, events) = ("webhooks.behind.", "webhooks.behind-events.")

  private let positions: any FeedPositions
  /// How far each was told.
  private(set) var told: [WebhookID: FeedPoint] = [:]

  /// Those that were behind when the program ended.
  ///
  /// - Parameter start: how far all others are told. It stands for the half that is missing where the program ended between two.
  init(_ positions: any FeedPositions, others start: FeedPoint) async throws(MessagingError) {
    self.positions = positions
    for (name, position) in try await positions.cursors(beginning: Self.messages) {
      guard let number = UInt64(name.dropFirst(Self.messages.utf8.count)) else { continue }
      told[WebhookID(rawValue: number), default: start].message = position
    }
    for (name, position) in try await positions.cursors(beginning: Self.events) {
      guard let number = UInt64(name.dropFirst(Self.events.utf8.count)) else { continue }
      told[WebhookID(rawValue: number), default: start].event = Position(position)
    }
  }

  /// Notes how far a webhook was told. Durable on return.
  mutating func note(_ webhook: WebhookID, toldUntil point: FeedPoint) async throws(MessagingError) {
    guard told[webhook] != point else { return }
    try await positions.setCursor(Self.messages + String(webhook.rawValue), to: point.message)
    try await positions.setCursor(Self.events + String(webhook.rawValue), to: point.event.rawValue)
    told[webhook] = point
  }

  /// A webhook has been told all, or is told nothing any more.
  mutating func forget(_ webhook: WebhookID) async throws(MessagingError) {
    try await positions.removeCursor(Self.messages + String(webhook.rawValue))
    try await positions.removeCursor(Self.events + String(webhook.rawValue))
    told[webhook] = nil
  }
}
