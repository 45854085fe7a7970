package import LedgerEvents

/// The figures that a ledger's health is judged by. Those that are not given are those of a ledger that is well.
package struct Vitals: Sendable {
  /// How the values of a histogram spread.
  package struct Spread: Sendable, Equatable {
    package var count: UInt64 = 0
    package var mean = 0.0
    /// What 99 of 100 values do not exceed; nil where that is above all bounds.
    package var high: Double? = 0
    /// The upper end of each range; empty where there are no values.
    package private(set) var bounds: [Double] = []
    /// How many values lay in each range, the last of which has no upper end; empty where there are none.
    package private(set) var counts: [UInt64] = []

    package init() {}

    /// - Parameters:
    ///   - bounds: the upper end of each range.
    ///   - counts: how many values lay in each range, the last of which has no upper end.
    package init(bounds: [Double], counts: [UInt64], sum: Double) {
      count = counts.reduce(0, +)
      guard count > 0 else { return }
      (self.bounds, self.counts) = (bounds, counts)
      mean = sum / Double(count)
      var below: UInt64 = 0
      for (index, number) in counts.enumerated() {
        below += number
        if Double(below) >= Double(count) * 0.99 {
          high = index < bounds.count ? bounds[index] : nil
          return
        }
      }
    }
  }

  /// What is known of a copy that is kept outside of the ledger.
  package enum Copy: Sendable, Equatable {
    /// No setting names one.
    case unnamed
    /// What the setting names cannot be read, or is something else.
    case unreadable
    /// There is none where the setting says.
    case missing
    case made(Timestamp)
  }

  package var now = Timestamp(milliseconds: 0)
  /// What commands are refused with; nil where they are performed.
  package var fault: String?
  /// Why no checkpoint is signed; nil where they are.
  package var signingFault: String?
  package var head: UInt64 = 0
  package var signedSize: UInt64 = 0
  /// When the oldest event was recorded that no checkpoint covers.
  package var unsignedSince: Timestamp?
  package var cosigned = Copy.unnamed
  package var waiting = 0
  package var damagedTables: [String] = []
  package var batches = Spread()
  /// In seconds.
  package var commits = Spread()
  package var usedBytes = 0
  package var mapBytes = 0
  package var freeDiskBytes: UInt64 = .max
  package var readers = 0
  package var oldestRead = Duration.zero
  package var unindexed: UInt64 = 0
  package var waitingDeliveries = 0
  /// When a delivery is next due, maybe in the past; nil where none waits.
  package var nextDelivery: Timestamp?
  package var clock = Timestamp(milliseconds: 0)
  package var isClockAtFault = false
  package var isClockSynchronized = true
  package var backup = Copy.unnamed

  package init() {}

  /// The figures that a ledger's status has.
  package init(_ status: LedgerStatus) {
    let health = status.health
    now = health.now
    fault = health.fault?.rawValue
    signingFault = health.signingFault?.rawValue
    head = health.head.rawValue
    signedSize = health.signedSize
    unsignedSince = health.unsignedSince
    waiting = health.waiting
    damagedTables = status.damagedTables
    usedBytes = status.usedBytes
    mapBytes = status.mapBytes
    freeDiskBytes = status.freeDiskBytes
    unindexed = status.unindexed
    clock = status.clock.clock
    isClockAtFault = status.clock.fault != nil
    isClockSynchronized = status.clock.isSynchronized
  }

  /// The figures of a ledger at this moment, without those of copies: some ten look-ups, one for each reader, and a question to the
  /// file system.
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  package init(of ledger: Ledger) throws(LedgerError) {
    self.init(try ledger.status)
    let metrics = try ledger.metrics
    batches = Spread(bounds: metrics.batches.bounds, counts: metrics.batches.counts, sum: metrics.batches.sum)
    commits = Spread(bounds: metrics.commits.bounds, counts: metrics.commits.counts, sum: metrics.commits.sum)
    readers = metrics.readers
    oldestRead = metrics.oldestRead
    waitingDeliveries = try ledger.deliveries.waiting().count
    nextDelivery = try ledger.deliveries.next()
  }
}
