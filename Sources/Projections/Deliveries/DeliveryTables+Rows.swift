import EventLog
import LMDB
import LedgerEvents

extension DeliveryTables {
  /// Times before the epoch are none that a clock shows; they count as the epoch.
  static func key(_ due: Milliseconds, _ webhook: WebhookID) -> (UInt64, UInt64) {
    (UInt64(max(due, 0)), webhook.rawValue)
  }

  static func time(_ key: UInt64) -> Milliseconds { Int64(clamping: key) }

  func lane(
    of webhook: WebhookID, in transaction: borrowing some Transaction & ~Copyable
  ) throws(LogError) -> DeliveryLane? {
    try stored { () throws(LMDBError) in try lanes.get(webhook.rawValue, in: transaction) }
  }

  func totals(in transaction: borrowing some Transaction & ~Copyable) throws(LogError) -> DeliveryTotals {
    try stored { () throws(LMDBError) in try totals.get(Self.totalsKey, in: transaction) } ?? DeliveryTotals()
  }

  func put(_ row: DeliveryTotals, in transaction: inout WriteTransaction) throws(LogError) {
    try stored { () throws(LMDBError) in try totals.put(Self.totalsKey, row, in: &transaction) }
  }

  func subtract(_ count: UInt64, _ byteCount: UInt64, in transaction: inout WriteTransaction) throws(LogError) {
    var row = try totals(in: transaction)
    row.count -= min(count, row.count)
    row.byteCount -= min(byteCount, row.byteCount)
    try put(row, in: &transaction)
  }

  /// The lanes that may be taken: those whose time has come, and those whose time a clock that was set back has moved
  /// out of reach.
  func due(
    at now: Milliseconds, limit: Int, in transaction: borrowing some Transaction & ~Copyable
  ) throws(LogError) -> [(due: Milliseconds, webhook: WebhookID)] {
    var found: [(due: Milliseconds, webhook: WebhookID)] = []
    let ranges: [((UInt64, UInt64), (UInt64, UInt64))] = [
      ((0, 0), (UInt64(max(now, 0)) + 1, 0)),
      ((UInt64(max(now, 0)) + UInt64(DeliveryPolicy.farthest) + 1, 0), (.max, .max)),
    ]
    for (lower, upper) in ranges {
      try stored { () throws(LMDBError) in
        try schedule.forEach(from: lower, below: upper, in: transaction) { key, _ in
          guard found.count < limit else { return .stop }
          found.append((Self.time(key.0), WebhookID(rawValue: key.1)))
          return .continue
        }
      }
    }
    return found
  }

  /// The first delivery of a lane.
  func first(
    of webhook: WebhookID, in transaction: borrowing some Transaction & ~Copyable
  ) throws(LogError) -> (number: UInt64, delivery: StoredDelivery)? {
    var found: (UInt64, StoredDelivery?)?
    try stored { () throws(LMDBError) in
      try deliveries.forEach(
        from: (webhook.rawValue, 0), below: (webhook.rawValue, .max), in: transaction
      ) { key, bytes in
        found = (key.1, StoredDelivery(decoding: bytes))
        return .stop
      }
    }
    guard let found else { return nil }
    guard let delivery = found.1 else {
      throw LogError(.damagedProjection, "the delivery \(found.0) of \(webhook) is malformed; delete the webhook")
    }
    return (found.0, delivery)
  }

  /// Makes a lane due at another time.
  func reschedule(
    _ lane: inout DeliveryLane, of webhook: WebhookID, to due: Milliseconds, in transaction: inout WriteTransaction
  ) throws(LogError) {
    let before = lane.due
    lane.due = due
    let row = lane
    try stored { () throws(LMDBError) in
      _ = try schedule.delete(Self.key(before, webhook), in: &transaction)
      try schedule.put(Self.key(due, webhook), [], in: &transaction)
      try lanes.put(webhook.rawValue, row, in: &transaction)
    }
  }

  /// Removes a lane with all its deliveries. At most as many rows as one webhook may have waiting.
  func drop(_ webhook: WebhookID, in transaction: inout WriteTransaction) throws(LogError) {
    guard let lane = try lane(of: webhook, in: transaction) else { return }
    var numbers: [UInt64] = []
    try stored { () throws(LMDBError) in
      try deliveries.forEach(
        from: (webhook.rawValue, 0), below: (webhook.rawValue, .max), in: transaction
      ) { key, _ in
        numbers.append(key.1)
        return .continue
      }
      for number in numbers { try deliveries.delete((webhook.rawValue, number), in: &transaction) }
      try schedule.delete(Self.key(lane.due, webhook), in: &transaction)
      try lanes.delete(webhook.rawValue, in: &transaction)
    }
    try subtract(UInt64(lane.count), lane.byteCount, in: &transaction)
  }
}
