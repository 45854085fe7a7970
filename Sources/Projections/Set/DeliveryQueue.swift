package import EventLog
import LMDB
package import LedgerDomain
package import LedgerEvents

/// A delivery that was handed out, with what to report it by.
package struct LeasedDelivery: Sendable {
  package let webhook: Webhook
  package let number: UInt64
  /// Which try this is, from 1.
  package let attempt: UInt8
  package let delivery: StoredDelivery
}

/// What came of reporting on a delivery.
package enum DeliveryReport: Sendable, Equatable {
  /// Noted.
  case noted
  /// It is tried again then.
  case again(at: Milliseconds)
  /// It was the last try.
  case exhausted
  /// It is no longer the one to report on: done before, dropped, or handed out again meanwhile.
  case settled
}

// What is done on the writer's thread. Rows that the tables lack are leased for what they mean: nothing waits.
extension WritableLedgerView {
  private func tables() throws(LogError) -> DeliveryTables {
    guard let tables = participant.deliveries else { throw LogError(.closed, "the ledger is open for reading only") }
    return tables
  }

  /// Puts a delivery at the end of each webhook's lane.
  ///
  /// - Returns: the webhooks whose lane, or the queue, is full. Those that deliver nothing now are ignored.
  package mutating func enqueue(
    _ deliveries: [(webhook: WebhookID, delivery: StoredDelivery)], at now: Milliseconds,
    _ limits: DeliveryLimits
  ) throws(LogError) -> (accepted: Int, full: [WebhookID]) {
    let tables = try tables()
    var totals = try tables.totals(in: transaction)
    var full: [WebhookID] = []
    var accepted = 0
    for (id, delivery) in deliveries {
      guard let webhook = try webhook(id), try denialReason(for: webhook, at: now) == nil else { continue }
      let bytes = delivery.encoded
      let known = try tables.lane(of: id, in: transaction)
      var lane = known ?? DeliveryLane(attempts: 0, due: now, count: 0, byteCount: 0)
      guard lane.count < limits.perWebhook, totals.count < limits.total,
        totals.byteCount + UInt64(bytes.count) <= limits.totalByteCount
      else {
        full.append(id)
        continue
      }
      totals.newest += 1
      totals.count += 1
      totals.byteCount += UInt64(bytes.count)
      lane.count += 1
      lane.byteCount += UInt64(bytes.count)
      let number = totals.newest
      try stored { () throws(LMDBError) in
        try tables.deliveries.put((id.rawValue, number), bytes, in: &transaction)
        try tables.lanes.put(id.rawValue, lane, in: &transaction)
        if known == nil { try tables.schedule.put(DeliveryTables.key(lane.due, id), [], in: &transaction) }
      }
      accepted += 1
    }
    try tables.put(totals, in: &transaction)
    return (accepted, full)
  }

  /// Hands out the first delivery of each lane that is due, oldest first, and keeps it from others until it would be
  /// tried again: a try that nobody reports on counts as one that failed.
  ///
  /// - Parameters:
  ///   - limit: how many lanes to look at.
  ///   - byteLimit: no more are handed out once they have so many bytes.
  /// - Returns: what was handed out, and the webhooks whose tries are used up. What waits for a webhook that does not
  ///   deliver any more is dropped.
  package mutating func leaseDeliveries(
    limit: Int, byteLimit: Int, at now: Milliseconds
  ) throws(LogError) -> (leased: [LeasedDelivery], exhausted: [WebhookID]) {
    let tables = try tables()
    var leased: [LeasedDelivery] = []
    var exhausted: [WebhookID] = []
    var byteCount = 0
    for (due, id) in try tables.due(at: now, limit: limit, in: transaction) where byteCount < byteLimit {
      guard var lane = try tables.lane(of: id, in: transaction), lane.due == due else {
        try stored { () throws(LMDBError) in
          _ = try tables.schedule.delete(DeliveryTables.key(due, id), in: &transaction)
        }
        continue
      }
      guard let webhook = try webhook(id), try denialReason(for: webhook, at: now) == nil,
        let (number, delivery) = try tables.first(of: id, in: transaction)
      else {
        try tables.drop(id, in: &transaction)
        continue
      }
      if lane.attempts >= DeliveryPolicy.tries {
        exhausted.append(id)
      } else {
        lane.attempts += 1
        byteCount += delivery.box.count
        leased.append(
          LeasedDelivery(webhook: webhook, number: number, attempt: lane.attempts, delivery: delivery))
      }
      let next = DeliveryPolicy.due(after: lane.attempts, at: now)
      try tables.reschedule(&lane, of: id, to: next, in: &transaction)
    }
    return (leased, exhausted)
  }

  /// A delivery was made: it is removed, and the next one of its webhook may be leased.
  ///
  /// - Parameter answer: the HTTP status of the answer; 0 where it is not known.
  package mutating func acknowledgeDelivery(
    _ number: UInt64, to id: WebhookID, answer: UInt16 = 0, at now: Milliseconds
  ) throws(LogError) -> DeliveryReport {
    let tables = try tables()
    guard var lane = try tables.lane(of: id, in: transaction),
      let (first, delivery) = try tables.first(of: id, in: transaction), first == number
    else { return .settled }
    let made = StoredTry(
      eventType: delivery.eventType, eventID: delivery.eventID, time: now, answer: answer, isDelivered: true,
      attempt: lane.attempts)
    try tables.note(made, number, of: id, in: &transaction)
    guard lane.count > 1 else {
      try tables.drop(id, in: &transaction)
      return .noted
    }
    let byteCount = UInt64(delivery.encoded.count)
    try stored { () throws(LMDBError) in _ = try tables.deliveries.delete((id.rawValue, number), in: &transaction) }
    try tables.subtract(1, byteCount, in: &transaction)
    lane.count -= 1
    lane.byteCount -= min(byteCount, lane.byteCount)
    lane.attempts = 0
    try tables.reschedule(&lane, of: id, to: now, in: &transaction)
    return .noted
  }

  /// A try failed: the delivery stays first of its webhook's, and is tried again later.
  ///
  /// - Parameters:
  ///   - attempt: which try it was. A report on an earlier lease changes nothing.
  ///   - answer: the HTTP status of the answer; 0 where there was none.
  package mutating func rejectDelivery(
    _ number: UInt64, to id: WebhookID, attempt: UInt8, answer: UInt16 = 0, at now: Milliseconds
  ) throws(LogError) -> DeliveryReport {
    let tables = try tables()
    guard var lane = try tables.lane(of: id, in: transaction), lane.attempts == attempt,
      let (first, delivery) = try tables.first(of: id, in: transaction), first == number
    else { return .settled }
    let made = StoredTry(
      eventType: delivery.eventType, eventID: delivery.eventID, time: now, answer: answer, isDelivered: false,
      attempt: attempt)
    try tables.note(made, number, of: id, in: &transaction)
    guard Int(attempt) <= DeliveryPolicy.delays.count else {
      // Due at once: should the process end before the webhook is disabled, the next lease finds it.
      try tables.reschedule(&lane, of: id, to: now, in: &transaction)
      return .exhausted
    }
    let due = DeliveryPolicy.due(after: attempt, at: now)
    try tables.reschedule(&lane, of: id, to: due, in: &transaction)
    return .again(at: due)
  }

  /// Makes the first delivery of a lane due now.
  ///
  /// - Returns: false where nothing waits, or it is due already.
  package mutating func hurryDelivery(to id: WebhookID, at now: Milliseconds) throws(LogError) -> Bool {
    let tables = try tables()
    guard var lane = try tables.lane(of: id, in: transaction), lane.due > now else { return false }
    try tables.reschedule(&lane, of: id, to: now, in: &transaction)
    return true
  }

  /// A delivery was handed out and not tried: it is due again, and the try does not count.
  package mutating func giveBackDelivery(
    _ number: UInt64, to id: WebhookID, attempt: UInt8, at now: Milliseconds
  ) throws(LogError) -> DeliveryReport {
    let tables = try tables()
    guard var lane = try tables.lane(of: id, in: transaction), lane.attempts == attempt, attempt > 0,
      let (first, _) = try tables.first(of: id, in: transaction), first == number
    else { return .settled }
    lane.attempts -= 1
    try tables.reschedule(&lane, of: id, to: now, in: &transaction)
    return .again(at: now)
  }

  /// Drops what waits for a webhook, if that does not deliver now.
  package mutating func dropDeliveries(to id: WebhookID, at now: Milliseconds) throws(LogError) {
    let known = try webhook(id)
    if let known, try denialReason(for: known, at: now) == nil { return }
    try tables().drop(id, in: &transaction)
    if known?.isDeleted ?? true { try tables().forgetTries(of: id, in: &transaction) }
  }

  private func webhook(_ id: WebhookID) throws(LogError) -> Webhook? {
    try withState(orThrow: { $0 }) { (state) throws(LogError) -> Webhook? in
      do throws(StateUnreadable) { return try state.webhook(id) } catch {
        throw LogError(.damagedProjection, error.description)
      }
    }
  }

  private func denialReason(for webhook: Webhook, at now: Milliseconds) throws(LogError) -> Webhook.DenialReason? {
    try withState(orThrow: { $0 }) { (state) throws(LogError) -> Webhook.DenialReason? in
      do throws(StateUnreadable) {
        return try state.denialReason(for: webhook, at: Timestamp(milliseconds: now))
      } catch {
        throw LogError(.damagedProjection, error.description)
      }
    }
  }
}
