import CredentialLedger
import LedgerOperations

/// What operators wait for.
enum Reading {
  static func rebuild(_ folder: String) async throws -> [(String, Double)] {
    let ledger = try await Ledger.open(at: folder, .benchmark)
    let events = try ledger.head().rawValue
    let start = ContinuousClock.now
    try await ledger.integrity.rebuildProjections()
    let time = seconds(ContinuousClock.now - start)
    await ledger.close()
    return [("rate", Double(events) / time), ("events", Double(events))]
  }

  static func verify(_ folder: String) async throws -> [(String, Double)] {
    let ledger = try await Ledger.openForReading(at: folder, .benchmark)
    var rates: [Double] = []
    for _ in 0..<3 {
      let start = ContinuousClock.now
      let events = try await ledger.verifyTree().events
      rates.append(Double(events) / seconds(ContinuousClock.now - start))
    }
    await ledger.close()
    return [("rate", median(rates))]
  }

  static func open(_ folder: String) async throws -> [(String, Double)] {
    var times: [Double] = []
    for _ in 0..<11 {
      let start = ContinuousClock.now
      let ledger = try await Ledger.open(at: folder, .benchmark)
      times.append(seconds(ContinuousClock.now - start))
      await ledger.close()
    }
    return [("seconds", median(times))]
  }

  /// Waits until the audit trail's index has caught up with the log.
  static func index(_ folder: String) async throws -> [(String, Double)] {
    let ledger = try await Ledger.open(at: folder, .benchmark)
    let before = try await ledger.integrity.statistics().unindexed
    let start = ContinuousClock.now
    while try await ledger.integrity.statistics().unindexed >= 1_024 { try await Task.sleep(for: .milliseconds(20)) }
    let time = seconds(ContinuousClock.now - start)
    await ledger.close()
    return [("unindexed", Double(before)), ("seconds", time)]
  }

  static func prove(_ folder: String) async throws -> [(String, Double)] {
    let ledger = try await Ledger.openForReading(at: folder, .benchmark)
    var positions = Scattered(below: try ledger.head().rawValue)
    var times: [Double] = []
    for _ in 0..<1_001 {
      let position = positions.next() + 1
      let start = ContinuousClock.now
      _ = try await ledger.integrity.proveInclusion(of: Position(position))
      times.append(seconds(ContinuousClock.now - start))
    }
    await ledger.close()
    return [("seconds", median(times))]
  }
}
