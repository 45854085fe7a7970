import CredentialLedger
import Glibc
import LedgerOperations

/// What auditors ask for: the latest events of anything, states of the past, evidence.
enum Auditing {
  /// The latest 50 events of one subject of each kind, and of a subject that has none: the median of the slowest kind,
  /// and of each.
  static func latest(_ folder: String) async throws -> [(String, Double)] {
    let ledger = try await Ledger.openForReading(at: folder, .benchmark)
    let filters = try await subjects(of: ledger)
    var times: [(String, Double)] = []
    for (name, filter, isKnown) in filters {
      times.append((name, try await medianTime { try await look(for: filter, isKnown: isKnown, in: ledger) }))
    }
    await ledger.close()
    return [("seconds", times.map(\.1).max() ?? 0)] + times
  }

  private static func look(for filter: Audit.Filter, isKnown: Bool, in ledger: Ledger) async throws {
    guard try await ledger.audit.latest(50, of: filter).isEmpty != isKnown else { throw NotValid() }
  }

  /// Asks for the latest 50 events of a connector so many times: for counting what that costs.
  static func audits(_ count: Int, in folder: String) async throws -> [(String, Double)] {
    let ledger = try await Ledger.openForReading(at: folder, .benchmark)
    let connector = Audit.Filter.connector(ConnectorID(rawValue: try await newest(.connectorCreated, in: ledger)))
    for _ in 0..<count { _ = try await ledger.audit.latest(50, of: connector) }
    await ledger.close()
    return [("audits", Double(count))]
  }

  /// Filters by one subject of each kind, and whether it has events.
  private static func subjects(of ledger: Ledger) async throws -> [(String, Audit.Filter, Bool)] {
    let account = AccountID(rawValue: try await newest(.accountRegistered, in: ledger))
    let token = TokenID(rawValue: try await newest(.tokenIssued, in: ledger))
    return [
      ("account", .account(account), true), ("actor", .actor(Subject(account)), true),
      ("connector", .connector(ConnectorID(rawValue: try await newest(.connectorCreated, in: ledger))), true),
      ("group", .group(GroupID(rawValue: try await newest(.groupCreated, in: ledger))), true),
      ("grant", .grant(GrantID(rawValue: try await newest(.permissionGranted, in: ledger))), true),
      ("phone", .phone(PhoneID(rawValue: try await newest(.phoneVerified, in: ledger))), true),
      ("number", .number(try PhoneNumber("+911199999999")), true), ("token", .token(token), true),
      ("commonType", .type(.tokenIssued), true), ("rareType", .type(.ledgerCreated), true),
      ("request", .request("none has this one"), false),
    ]
  }

  /// The position of the newest event of a type, which is the number of the object that it makes.
  private static func newest(_ type: EventType, in ledger: Ledger) async throws -> UInt64 {
    guard let entry = try await ledger.audit.latest(1, of: .type(type)).first else { throw NotValid() }
    return entry.position.rawValue
  }

  /// The state as of moments all over the history: how long the median and the slowest take until the first object is
  /// read.
  static func past(_ folder: String) async throws -> [(String, Double)] {
    let ledger = try await Ledger.openForReading(at: folder, .benchmark)
    let head = try ledger.head().rawValue
    var positions = Scattered(below: head)
    var times: [Double] = []
    for _ in 0..<25 {
      let position = positions.next() + 1
      let start = ContinuousClock.now
      let state = try await ledger.history.state(at: .position(Position(position)))
      guard try await !state.objects(.accounts, limit: 1).isEmpty || position < 100 else { throw NotValid() }
      times.append(seconds(ContinuousClock.now - start))
      state.close()
    }
    let snapshots = try await ledger.history.snapshots.list().snapshots.count
    await ledger.close()
    return [("seconds", times.max() ?? 0), ("median", median(times)), ("snapshots", Double(snapshots))]
  }

  /// A bundle of so many records from all over the log, encoded as a file has it: how long decoding and verifying it
  /// takes, for each record.
  static func evidence(_ count: Int, in folder: String) async throws -> [(String, Double)] {
    let ledger = try await Ledger.openForReading(at: folder, .benchmark)
    var positions = Scattered(below: try ledger.head().rawValue)
    let file = try await ledger.evidence.bundle(of: (0..<count).map { _ in Position(positions.next() + 1) }).encoded
    let key = try ledger.verifierKey
    await ledger.close()
    var times: [Double] = []
    var records = 0
    for _ in 0..<11 {
      let start = ContinuousClock.now
      records = try EvidenceBundle(decoding: file).verify(keys: [key]).records.count
      times.append(seconds(ContinuousClock.now - start))
    }
    return [("seconds", median(times) / Double(records)), ("records", Double(records))]
  }

  /// Issues tokens at an easy pace, and prints of each its position and when the caller had it, in seconds of
  /// CLOCK_MONOTONIC.
  static func pace(_ count: Int, in folder: String) async throws -> [(String, Double)] {
    let clients = try await Clients(in: folder)
    print("ready")
    fflush(nil)
    guard readLine() != nil else { throw NotValid() }
    for number in 0..<count {
      let token = try await clients.ledger.tokens.issue(
        connector: clients.all[0].connector.publicID, secret: clients.all[0].secret,
        refreshToken: clients.all[0].refreshToken)
      var now = timespec()
      unsafe clock_gettime(CLOCK_MONOTONIC, &now)
      print(token.handle.rawValue, Double(now.tv_sec) + Double(now.tv_nsec) / 1e9)
      // Not in step with a reader that looks at intervals.
      try await Task.sleep(for: .milliseconds(5 + number * 7 % 50))
    }
    await clients.ledger.close()
    return [("tokens", Double(count))]
  }
}

/// Numbers scattered evenly below a limit, the same in each run.
struct Scattered {
  private let limit: UInt64
  private var number: UInt64 = 0

  init(below limit: UInt64) { self.limit = limit }

  mutating func next() -> UInt64 {
    number &+= 0x9E37_79B9_7F4A_7C15
    return number.multipliedFullWidth(by: limit).high
  }
}
