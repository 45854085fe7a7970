import CredentialLedger
import LedgerOperations

/// The figures that the signs of a ledger's health are made of. A test gives those that it wants; the others are those of a ledger
/// that is well.
struct Vitals: Sendable {
  /// How the values of a histogram spread.
  struct Spread: Sendable, Equatable {
    var count: UInt64 = 0
    var mean = 0.0
    /// What 99 of 100 values do not exceed; nil where that is above all bounds.
    var high: Double? = 0

    init() {}

    /// - Parameters:
    ///   - bounds: the upper end of each range.
    ///   - counts: how many values lay in each range, the last of which has no upper end.
    init(bounds: [Double], counts: [UInt64], sum: Double) {
      count = counts.reduce(0, +)
      guard count > 0 else { return }
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
  enum Copy: Sendable, Equatable {
    /// No setting names one.
    case unnamed
    /// What the setting names cannot be read, or is something else.
    case unreadable
    /// There is none where the setting says.
    case missing
    case made(Timestamp)
  }

  var now = Timestamp(milliseconds: 0)
  /// What commands are refused with; nil where they are performed.
  var fault: String?
  /// Why no checkpoint is signed; nil where they are.
  var signingFault: String?
  var head: UInt64 = 0
  var signedSize: UInt64 = 0
  /// When the oldest event was recorded that no checkpoint covers.
  var unsignedSince: Timestamp?
  var cosigned = Copy.unnamed
  var waiting = 0
  var damagedTables: [String] = []
  var batches = Spread()
  /// In seconds.
  var commits = Spread()
  var usedBytes = 0
  var mapBytes = 0
  var freeDiskBytes: UInt64 = .max
  var readers = 0
  var oldestRead = Duration.zero
  var unindexed: UInt64 = 0
  var waitingDeliveries = 0
  /// When a delivery is next due, maybe in the past; nil where none waits.
  var nextDelivery: Timestamp?
  var clock = Timestamp(milliseconds: 0)
  var isClockAtFault = false
  var isClockSynchronized = true
  var backup = Copy.unnamed

  init() {}

  /// The figures of a ledger at this moment, without those of copies: some ten look-ups, one for each reader, and a question to the
  /// file system.
  init(of ledger: Ledger) throws(LedgerError) {
    let (status, metrics) = (try ledger.status, try ledger.metrics)
    let health = status.health
    now = health.now
    fault = health.fault?.rawValue
    signingFault = health.signingFault?.rawValue
    head = health.head
    signedSize = health.signedSize
    unsignedSince = health.unsignedSince
    waiting = health.waiting
    damagedTables = status.damagedTables
    batches = Spread(bounds: metrics.batches.bounds, counts: metrics.batches.counts, sum: metrics.batches.sum)
    commits = Spread(bounds: metrics.commits.bounds, counts: metrics.commits.counts, sum: metrics.commits.sum)
    usedBytes = status.usedBytes
    mapBytes = status.mapBytes
    freeDiskBytes = status.freeDiskBytes
    readers = metrics.readers
    oldestRead = metrics.oldestRead
    unindexed = status.unindexed
    waitingDeliveries = try ledger.deliveries.waiting().count
    nextDelivery = try ledger.deliveries.next()
    clock = status.clock.clock
    isClockAtFault = status.clock.fault != nil
    isClockSynchronized = status.clock.isSynchronized
  }
}

extension ManagementPortal {
  /// The figures of the ledger, with those of the copies that the settings name: their files are read as well.
  func vitals() async throws(LedgerError) -> Vitals {
    var vitals = try Vitals(of: ledger)
    if let folder = settings.backups {
      do throws(LedgerError) {
        let newest = try await ledger.backups.findNewest(in: folder)
        vitals.backup = newest.flatMap { $0.time }.map { Vitals.Copy.made($0) } ?? .missing
      } catch { vitals.backup = .unreadable }
    }
    if let file = settings.cosigned {
      do throws(LedgerError) {
        let time = try await ledger.evidence.cosignedAt(in: file.path, by: file.witness)
        vitals.cosigned = time.map { Vitals.Copy.made($0) } ?? .missing
      } catch { vitals.cosigned = .unreadable }
    }
    return vitals
  }
}
