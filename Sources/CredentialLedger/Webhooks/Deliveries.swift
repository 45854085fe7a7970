import EventLog
import KeyStore
public import LedgerDomain
public import LedgerEvents
import Projections

/// Something that happened, to be delivered to the webhooks that listen to it.
public struct WebhookEvent: Sendable {
  public var object: WebhookObject
  public var type: WebhookEventType
  /// What the messaging service calls it: 1 to 255 printable ASCII characters, without blanks.
  public var eventID: String
  /// The payload, as it will be sent: at most `DeliveryLimits.payloadByteCount` bytes.
  public var payload: [UInt8]

  public init(object: WebhookObject, type: WebhookEventType, eventID: String, payload: [UInt8]) {
    self.object = object
    self.type = type
    self.eventID = eventID
    self.payload = payload
  }
}

/// A delivery to make. Prints without what is secret in it.
public struct Delivery: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public let webhook: Webhook
  /// Where to send it, and what goes with it.
  public let callback: WebhookCallback
  /// Which delivery it is; the same at each try.
  public let number: UInt64
  /// Which try this is, from 1.
  public let attempt: Int
  /// The name on the wire of what happened.
  public let eventType: String
  /// What the messaging service calls what happened.
  public let eventID: String
  /// When it was enqueued.
  public let enqueuedAt: Timestamp
  /// What to send: at most `DeliveryLimits.payloadByteCount` bytes, not to be logged.
  public let payload: [UInt8]

  public var description: String { "delivery \(number) to \(webhook.id), try \(attempt)" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

/// The durable queue of deliveries to webhooks.
///
/// The queue is beside the log: no event stands for a delivery. It is as durable as the log, so what a call returned from
/// is there after a crash, with its tries counted: each is made at least once, while the webhook is in force. Those of
/// one webhook come in order: the next is leased once the one before is acknowledged.
///
/// ```swift
/// while !Task.isCancelled {
///   for delivery in try await ledger.deliveries.lease() {
///     if await send(delivery) {
///       try await ledger.deliveries.acknowledge(delivery)
///     } else {
///       try await ledger.deliveries.reject(delivery)
///     }
///   }
///   try await ledger.deliveries.waitUntilDue()
/// }
/// ```
public struct Deliveries: Sendable {
  /// How many deliveries one lease has at most, and with how many bytes.
  public static let leaseLimit = 256
  private static let leaseByteLimit = 4 << 20

  let ledger: Ledger

  /// What was put into the queue.
  public struct Enqueued: Sendable, Equatable {
    /// How many webhooks get a delivery.
    public var count: Int
    /// The webhooks that will not, as too much waits for them, or altogether.
    public var full: [WebhookID]
  }

  /// What happens to a rejected delivery.
  public enum Rejection: Sendable, Equatable {
    /// It is leased again then.
    case again(at: Timestamp)
    /// It was the seventh try. The webhook is disabled, and its waiting deliveries are dropped.
    case disabled
    /// It was acknowledged or dropped meanwhile, or has been leased again.
    case settled
  }

  /// Puts something that happened into the queue of each webhook that listens to it and is in force. Durable on return.
  ///
  /// - Returns: how many webhooks get a delivery. If it throws, some may get one anyway; asking again may deliver twice.
  /// - Throws: `invalid_value` for a payload or ID that is too large; `busy`, `closed`, `storage`.
  @discardableResult
  public func enqueue(_ event: WebhookEvent) async throws(LedgerError) -> Enqueued {
    try await enqueue(event) { _ in true }
  }

  /// The same for some of the webhooks.
  package func enqueue(
    _ event: WebhookEvent, where isWanted: (Webhook) -> Bool
  ) async throws(LedgerError) -> Enqueued {
    guard event.payload.count <= DeliveryLimits.payloadByteCount else {
      throw LedgerError(
        .invalidValue, "payload: expected at most \(DeliveryLimits.payloadByteCount) bytes", field: "payload")
    }
    // It goes into a header field, where a line end would begin another (RFC 9110 section 5.5).
    guard 1...255 ~= event.eventID.utf8.count, event.eventID.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else {
      throw LedgerError(
        .invalidValue, "eventID: expected 1 to 255 printable ASCII characters without blanks", field: "eventID")
    }
    guard event.object.group.rawValue != 0 else {
      throw LedgerError(.invalidValue, "object: expected the group that it belongs to", field: "object")
    }
    var all = Enqueued(count: 0, full: [])
    var last: WebhookID?
    while true {
      let page = try ledger.webhooks.states(on: event.object, after: last, limit: 64)
      let listening = page.filter {
        $0.isInForce && $0.webhook.eventTypes.contains(event.type) && isWanted($0.webhook)
      }
      .map(\.webhook)
      if !listening.isEmpty {
        let enqueued = try await enqueue(event, for: listening)
        all.count += enqueued.count
        all.full += enqueued.full
      }
      guard page.count == 64 else { return all }
      last = page.last?.webhook.id
    }
  }

  private func enqueue(
    _ event: WebhookEvent, for webhooks: [Webhook]
  ) async throws(LedgerError) -> Enqueued {
    let (ledger, now) = (ledger, try ledger.now.milliseconds)
    let sealed = try await ledger.blocking(.short) { () throws(LedgerError) in
      var sealed: [(webhook: WebhookID, delivery: StoredDelivery)] = []
      for webhook in webhooks {
        guard let key = PersonID(bytes: webhook.key) else { continue }
        do throws(KeyStoreError) {
          var delivery = StoredDelivery(
            eventType: event.type.rawValue, eventID: event.eventID, enqueuedAt: now, box: [])
          delivery.box = try ledger.keyStore.vault.seal(
            event.payload, for: key, purpose: .webhookPayload, in: delivery.place(of: webhook.id)
          ).box
          sealed.append((webhook.id, delivery))
        } catch {
          guard error.code == .personMissing else { throw LedgerError(error) }
          // Deleted a moment ago.
          guard try ledger.isDestroyed(key) else { throw Ledger.lost(key) }
        }
      }
      return sealed
    }
    let limits = ledger.configuration.deliveries
    let (accepted, full) = try await ledger.maintain { (view, _) throws(LogError) in
      try view.enqueue(sealed, at: now, limits)
    }
    ledger.deliveryChanges.ring()
    return Enqueued(count: accepted, full: full)
  }

  /// Leases what is due, at most one delivery of each webhook. Until its next try would be due, for two minutes at least,
  /// nobody else gets it. If it is neither acknowledged nor rejected by then, the try counts as failed and the delivery is
  /// leased again. Commits only if something is due.
  ///
  /// - Parameter limit: 1 to 256.
  /// - Throws: `invalid_value`, `busy`, `closed`, `storage`.
  public func lease(limit: Int = 64) async throws(LedgerError) -> [Delivery] {
    guard (1...Self.leaseLimit).contains(limit) else {
      throw LedgerError(.invalidValue, "limit: expected 1 to \(Self.leaseLimit)", field: "limit")
    }
    let (ledger, now) = (ledger, try ledger.now.milliseconds)
    while try logged({ () throws(LogError) in try ledger.log.snapshot().hasDueDelivery(at: now) }) {
      let (leased, exhausted) = try await ledger.maintain { (view, _) throws(LogError) in
        try view.leaseDeliveries(limit: limit, byteLimit: Self.leaseByteLimit, at: now)
      }
      for webhook in exhausted { try await ledger.disableForFailures(webhook) }
      let deliveries = try await ledger.blocking(.short) { () throws(LedgerError) in
        var deliveries: [Delivery] = []
        for item in leased { if let delivery = try ledger.open(item) { deliveries.append(delivery) } }
        return deliveries
      }
      if !deliveries.isEmpty { return deliveries }
    }
    return []
  }

  /// Acknowledges a delivery: the receiver answered 2xx, and it is removed.
  ///
  /// - Parameter answer: the HTTP status of the answer, for people to look at; nil where it is not known.
  /// - Returns: false if it was acknowledged before, or dropped.
  /// - Throws: `closed`, `busy`, `disk_full`, `outcome_unknown`; then acknowledge again, or the delivery is made again.
  @discardableResult
  public func acknowledge(_ delivery: Delivery, answer: Int? = nil) async throws(LedgerError) -> Bool {
    let (now, number, webhook) = (try ledger.now.milliseconds, delivery.number, delivery.webhook.id)
    let isFirst = try await ledger.maintain { (view, _) throws(LogError) in
      try view.acknowledgeDelivery(number, to: webhook, answer: UInt16(clamping: answer ?? 0), at: now) == .noted
    }
    // The next one of the webhook is due.
    ledger.deliveryChanges.ring()
    return isFirst
  }

  /// Rejects a delivery: the try failed. After the first it is tried six times more within two days, each time after four times
  /// as long as before; then the webhook is disabled.
  ///
  /// - Parameter answer: the HTTP status of the answer, for people to look at; nil where there was none.
  /// - Throws: as ``acknowledge(_:answer:)``.
  @discardableResult
  public func reject(_ delivery: Delivery, answer: Int? = nil) async throws(LedgerError) -> Rejection {
    let (now, number, webhook) = (try ledger.now.milliseconds, delivery.number, delivery.webhook.id)
    let attempt = UInt8(clamping: delivery.attempt)
    let report = try await ledger.maintain { (view, _) throws(LogError) in
      try view.rejectDelivery(
        number, to: webhook, attempt: attempt, answer: UInt16(clamping: answer ?? 0), at: now)
    }
    switch report {
    case .noted, .settled: return .settled
    case .again(let time): return .again(at: Timestamp(milliseconds: time))
    case .exhausted:
      try await ledger.disableForFailures(webhook)
      return .disabled
    }
  }

  /// When something is next due, maybe in the past; nil while nothing waits. One look-up.
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func next() throws(LedgerError) -> Timestamp? {
    try logged { () throws(LogError) in try ledger.log.snapshot().nextDelivery() }.map { Timestamp(milliseconds: $0) }
  }

  /// How many deliveries wait, for one webhook or altogether, and how many bytes they have. One look-up.
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func waiting(for webhook: WebhookID? = nil) throws(LedgerError) -> (count: Int, byteCount: Int) {
    try logged { () throws(LogError) in try ledger.log.snapshot().waitingDeliveries(for: webhook) }
  }
}

extension Ledger {
  /// The durable queue of deliveries to webhooks.
  public var deliveries: Deliveries { Deliveries(ledger: self) }

  /// The tries of a webhook's first delivery are used up.
  fileprivate func disableForFailures(_ webhook: WebhookID) async throws(LedgerError) {
    _ = try await submit(DisableWebhook(webhook: webhook, .failures(DeliveryPolicy.tries)))
    try await dropDeliveries(to: webhook)
  }

  /// A delivery with what is sealed in it; nil once the webhook's key is destroyed.
  fileprivate func open(_ item: LeasedDelivery) throws(LedgerError) -> Delivery? {
    guard let callback = try open(item.webhook.details), let payload = try payload(of: item) else { return nil }
    return Delivery(
      webhook: item.webhook, callback: callback, number: item.number, attempt: Int(item.attempt),
      eventType: item.delivery.eventType, eventID: item.delivery.eventID,
      enqueuedAt: Timestamp(milliseconds: item.delivery.enqueuedAt), payload: payload)
  }

  /// What a delivery says, as it was sealed for this very row; nil once the webhook's key is destroyed.
  private func payload(of item: LeasedDelivery) throws(LedgerError) -> [UInt8]? {
    guard let key = PersonID(bytes: item.webhook.key) else { return nil }
    let value = SealedValue(person: key, box: item.delivery.box)
    return try opened(by: key) { () throws(KeyStoreError) in
      do throws(KeyStoreError) {
        return try keyStore.vault.open(value, purpose: .webhookPayload, in: item.delivery.place(of: item.webhook.id))
      } catch {
        guard error.code == .notAuthentic else { throw error }
      }
      // Versions before bound it to the webhook alone. What waits from then is delivered or dropped within two days.
      return try keyStore.vault.open(value, purpose: .webhookPayload)
    }
  }
}

extension StoredDelivery {
  /// What the box of a delivery is bound to: the rest of its row, so that no other's payload passes for its own.
  func place(of webhook: WebhookID) -> [UInt8] {
    RequestField.list([
      .number(webhook.rawValue), .text(eventType), .text(eventID), .number(UInt64(bitPattern: enqueuedAt)),
    ]).bytes
  }
}
