import CredentialLedger
import MessageStore

/// How far somebody has been told of both: of messages by their numbers, of events of the ledger by their positions.
struct FeedPoint: Sendable, Equatable {
  var message: UInt64
  var event: Position

  /// The point is behind the item from now on.
  mutating func pass(_ item: FeedItem) {
    switch item {
    case .message(let posted): message = posted.number
    case .event(let entry): event = entry.position
    }
  }
}

/// What webhooks are told of.
enum FeedItem: Sendable {
  case message(Message)
  case event(AuditEntry)
}

/// Messages and events of the ledger as one sequence.
///
/// A message knows the ledger's newest event when it was posted. It comes after all events up to that one, and before those that are
/// newer: who is added and then writes is told in that order, and so is who writes and then leaves.
struct MergedFeed: Sendable {
  /// How many of both are looked at at a time.
  static let page = 64

  let ledger: Ledger
  let messages: any MessagingBackend

  /// Some of what follows a point.
  struct Page: Sendable {
    var items: [FeedItem] = []
    /// The point behind them, and behind all before it that is of no concern.
    var reached: FeedPoint
    /// Whether nothing is left.
    var isLast = false
  }

  /// What follows a point, some at a time.
  ///
  /// - Parameter end: nothing behind this point is given.
  func next(after start: FeedPoint, upTo end: FeedPoint? = nil) async throws -> Page {
    // Events first: what was posted before one of them was asked for is among the messages then.
    let events = try await ledger.audit.search(
      .anyType(of: [
        .groupMemberAdded, .groupMemberRemoved, .groupSubgroupAttached, .groupSubgroupDetached, .groupDeleted,
        .subjectErased,
      ]),
      order: .oldestFirst, after: start.event, limit: Self.page)
    let found = try await messages.messages(after: start.message, limit: Self.page)
      .prefix { $0.number <= end?.message ?? .max }
    // No message is later than this. One that says so is older than a backup from which the ledger was restored.
    let last = try end?.event ?? ledger.head()
    let seen = min(max(start.event, events.next ?? events.head), end?.event ?? .max)

    var page = Page(reached: start)
    var rest = events.entries[...]
    func takeEvents(upTo position: Position) {
      while let entry = rest.first, entry.position <= position {
        page.items.append(.event(entry))
        rest.removeFirst()
      }
      page.reached.event = max(page.reached.event, position)
    }
    // What comes before the others was not looked at yet.
    let ready = found.prefix { min($0.ledgerPosition, last) <= seen }
    for message in ready {
      takeEvents(upTo: min(message.ledgerPosition, last))
      page.items.append(.message(message))
      page.reached.message = message.number
    }
    // Behind a full page there may be messages that come before the events which are left.
    guard ready.count < Self.page else { return page }
    takeEvents(upTo: seen)
    page.isLast = ready.count == found.count && (events.next == nil || seen == end?.event)
    return page
  }
}
