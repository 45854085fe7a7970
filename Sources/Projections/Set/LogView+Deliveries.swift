package import EventLog
import LMDB
package import LedgerEvents

// What waits for webhooks, and what was tried.
extension LogView where Reading: ~Copyable, Participant == ProjectionSet {
  /// When a lane may next be taken; nil where nothing waits.
  package func nextDelivery() throws(LogError) -> Milliseconds? {
    guard let tables = participant.deliveries else { return nil }
    return try stored { () throws(LMDBError) in try tables.schedule.first(in: transaction) }.map {
      DeliveryTables.time($0.key.0)
    }
  }

  /// The lane of a webhook; nil where nothing waits.
  package func deliveryLane(
    of id: WebhookID
  ) throws(LogError) -> (attempts: UInt8, due: Milliseconds, count: UInt64)? {
    guard let lane = try participant.deliveries?.lane(of: id, in: transaction) else { return nil }
    return (lane.attempts, lane.due, UInt64(lane.count))
  }

  /// Whether a lane may be taken.
  package func hasDueDelivery(at now: Milliseconds) throws(LogError) -> Bool {
    try participant.deliveries?.due(at: now, limit: 1, in: transaction).isEmpty == false
  }

  /// How many deliveries wait, for one webhook or altogether, and how many bytes they have.
  package func waitingDeliveries(for id: WebhookID?) throws(LogError) -> (count: Int, byteCount: Int) {
    guard let tables = participant.deliveries else { return (0, 0) }
    guard let id else {
      let totals = try tables.totals(in: transaction)
      return (Int(clamping: totals.count), Int(clamping: totals.byteCount))
    }
    let lane = try tables.lane(of: id, in: transaction)
    return (Int(lane?.count ?? 0), Int(clamping: lane?.byteCount ?? 0))
  }

  /// The newest tries to deliver to a webhook, the oldest first.
  package func deliveryTries(of id: WebhookID) throws(LogError) -> [StoredTry] {
    guard let tables = participant.deliveries else { return [] }
    return try tables.tries(of: id, in: transaction)
  }
}
