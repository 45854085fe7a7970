import CredentialLedger

/// What operators and auditors wait for.
enum Reading {
  static func rebuild(_ folder: String) async throws -> [(String, Double)] {
    let ledger = try await Ledger.open(at: folder, .benchmark)
    let events = try ledger.head()
    let start = ContinuousClock.now
    try await ledger.rebuildProjections()
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

  static func latest(_ folder: String) async throws -> [(String, Double)] {
    let ledger = try await Ledger.openForReading(at: folder, .benchmark)
    guard let newest = try await ledger.audit.latest(1, of: .type(.connectorCreated)).first else {
      throw NotValid()
    }
    let connector = ConnectorID(rawValue: newest.position)
    let time = try await medianTime {
      guard try await ledger.audit.latest(50, of: .connector(connector)).count == 50 else { throw NotValid() }
    }
    await ledger.close()
    return [("seconds", time)]
  }

  /// Asks for the latest 50 events of a connector so many times: for counting what that costs.
  static func audits(_ count: Int, in folder: String) async throws -> [(String, Double)] {
    let ledger = try await Ledger.openForReading(at: folder, .benchmark)
    guard let newest = try await ledger.audit.latest(1, of: .type(.connectorCreated)).first else { throw NotValid() }
    for _ in 0..<count { _ = try await ledger.audit.latest(50, of: .connector(ConnectorID(rawValue: newest.position))) }
    await ledger.close()
    return [("audits", Double(count))]
  }

  static func prove(_ folder: String) async throws -> [(String, Double)] {
    let ledger = try await Ledger.openForReading(at: folder, .benchmark)
    let head = try ledger.head()
    var position: UInt64 = 0
    var times: [Double] = []
    for _ in 0..<1_001 {
      position = (position &+ 0x9E37_79B9_7F4A_7C15) % head
      let start = ContinuousClock.now
      _ = try await ledger.proveInclusion(of: position + 1)
      times.append(seconds(ContinuousClock.now - start))
    }
    await ledger.close()
    return [("seconds", median(times))]
  }

  private static func medianTime(_ body: () async throws -> Void) async throws -> Double {
    var times: [Double] = []
    for _ in 0..<101 {
      let start = ContinuousClock.now
      try await body()
      times.append(seconds(ContinuousClock.now - start))
    }
    return median(times)
  }
}
