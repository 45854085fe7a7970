package import EventLog

/// When a delivery that failed is tried again.
package enum DeliveryPolicy {
  /// How long after each try but the last the next one comes, in milliseconds: 2 minutes, then four times as long as
  /// before, so that the seventh comes 45 and a half hours after the first. A worker that takes a delivery has it for so long.
  package static let delays: [Milliseconds] = (0..<6).map { 120_000 << (2 * $0) }
  /// How often a delivery is tried before the webhook is disabled.
  package static let tries = delays.count + 1
  /// For how long the last try is another's.
  static let lastLease = delays[0]
  /// No lane is due later than this from now: one that is was written before the clock was set back.
  static let farthest = delays[delays.count - 1]

  /// When a delivery is next to be taken, should nobody report on its try.
  static func due(after attempt: UInt8, at now: Milliseconds) -> Milliseconds {
    now + (delays.indices ~= Int(attempt) - 1 ? delays[Int(attempt) - 1] : lastLease)
  }
}
