import EventLog
import LedgerDomain
package import LedgerEvents
import Projections

/// How far the deliveries to a webhook have come.
package struct WebhookQueue: Sendable {
  /// How many wait.
  package let count: Int
  /// How often the first of them was tried.
  package let attempts: Int
  /// When it is next tried; maybe in the past.
  package let dueAt: Timestamp
}

/// A try to deliver, as it is kept for people to look at.
package struct DeliveryTry: Sendable {
  /// The name of what happened on the wire, such as `TextMessageCreated`.
  package let eventType: String
  package let eventID: String
  package let time: Timestamp
  /// Which try it was, from 1.
  package let attempt: Int
  /// The HTTP status of the answer; nil where there was none.
  package let answer: Int?
  package let isDelivered: Bool
}

extension Deliveries {
  /// The newest tries to deliver to a webhook, 20 at most, the newest first. One look-up.
  package func tries(of webhook: WebhookID) throws(LedgerError) -> [DeliveryTry] {
    try logged { () throws(LogError) in try ledger.log.snapshot().deliveryTries(of: webhook) }.reversed().map {
      DeliveryTry(
        eventType: $0.eventType, eventID: $0.eventID, time: Timestamp(milliseconds: $0.time),
        attempt: Int($0.attempt), answer: $0.answer == 0 ? nil : Int($0.answer), isDelivered: $0.isDelivered)
    }
  }

  /// What waits for a webhook; nil where nothing does. One look-up.
  package func queue(of webhook: WebhookID) throws(LedgerError) -> WebhookQueue? {
    try logged { () throws(LogError) in try ledger.log.snapshot().deliveryLane(of: webhook) }.map {
      WebhookQueue(count: Int(clamping: $0.count), attempts: Int($0.attempts), dueAt: Timestamp(milliseconds: $0.due))
    }
  }

  /// How many deliveries to one webhook may wait.
  package var limit: Int { ledger.configuration.deliveries.perWebhook }

  /// Has the first delivery that waits for a webhook tried at once, in place of when it is due. One commit, without an event.
  ///
  /// - Returns: false where nothing waits, or it is due already.
  @discardableResult
  package func retry(_ webhook: WebhookID) async throws(LedgerError) -> Bool {
    let now = try ledger.now.milliseconds
    let isHurried = try await ledger.maintain { (view, _) throws(LogError) in
      try view.hurryDelivery(to: webhook, at: now)
    }
    ledger.deliveryChanges.ring()
    return isHurried
  }

  /// Gives a delivery back that was not made, because the program stops or has no room for it: the try does not count.
  ///
  /// - Parameter wait: when it is handed out again; at once unless it says otherwise.
  package func giveBack(_ delivery: Delivery, after wait: Duration = .zero) async throws(LedgerError) {
    let due = (try ledger.now + wait).milliseconds
    let (number, webhook, attempt) = (delivery.number, delivery.webhook.id, UInt8(clamping: delivery.attempt))
    _ = try await ledger.maintain { (view, _) throws(LogError) in
      try view.giveBackDelivery(number, to: webhook, attempt: attempt, at: due)
    }
    ledger.deliveryChanges.ring()
  }
}
