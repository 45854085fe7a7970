import CredentialLedger
import Glibc
import LedgerOperations

/// An operator's and an auditor's day: what they find, review and count.
enum Operating {
  /// How many callers fill a ledger.
  private static let callers = 256

  /// Fills a ledger with people, each of whom gave one of a hundred connectors access to their own data.
  static func people(_ count: Int, in folder: String) async throws -> [(String, Double)] {
    let clients = try await Clients(in: folder)
    let ledger = clients.ledger
    let start = ContinuousClock.now
    try await withThrowingTaskGroup(of: Void.self) { group in
      for first in 0..<min(callers, count) {
        group.addTask {
          for number in stride(from: first, to: count, by: callers) {
            let person = try await ledger.accounts.create(
              NewAccount(
                issuer: "https://id.example.org", subject: "subject \(number)", name: name(number),
                email: "person\(number)@example.org",
                phone: PhoneNumber("+91\(8_000_000_000 + number)")),
              context: RequestContext(reason: "benchmark"))
            let connector = clients.all[number % clients.all.count].connector.id
            _ = try await ledger.grants.grant(connector, consent: .scopes(.all), access: .user, by: person)
          }
        }
      }
      try await group.waitForAll()
    }
    let taken = seconds(ContinuousClock.now - start)
    await ledger.close()
    return [("rate", Double(count) / taken), ("people", Double(count))]
  }

  /// First names that many share, and a last name of one's own.
  private static func name(_ number: Int) -> String {
    let first = ["Ada", "Bo", "Cy", "Dilan", "Émilie", "Farid", "Grace", "Hana"][number % 8]
    return "\(first) Person\(number)"
  }

  /// Finding one person by name, and by a name that one in eight has together with one's own; in seconds.
  static func find(_ folder: String) async throws -> [(String, Double)] {
    let ledger = try await Ledger.openForReading(at: folder, .benchmark)
    // Each thousandth of all accounts, however many there are.
    var (number, last) = (0, AccountID?.none)
    while case let page = try ledger.accounts.list(after: last, limit: 1_000), let end = page.last?.id {
      (number, last) = (number + page.count, end)
    }
    var scattered = Scattered(below: UInt64(max(1, number - 1)))
    let one = try await medianTime {
      guard try await !ledger.find("person\(scattered.next())").objects.isEmpty else { throw NotValid() }
    }
    let both = try await medianTime {
      let number = Int(scattered.next())
      guard try await !ledger.find(name(number)).objects.isEmpty else { throw NotValid() }
    }
    let page = try await medianTime {
      guard try await !ledger.find("ada", limit: 100).objects.isEmpty else { throw NotValid() }
    }
    await ledger.close()
    return [("seconds", max(one, both, page)), ("one", one), ("both", both), ("page", page)]
  }

  /// The first page of a review of access, as the portal asks for it.
  static func review(_ folder: String) async throws -> [(String, Double)] {
    let ledger = try await Ledger.openForReading(at: folder, .benchmark)
    let page = try await medianTime {
      guard try await ledger.grants.toReview(limit: 201).grants.count == 201 else { throw NotValid() }
    }
    await ledger.close()
    return [("seconds", page)]
  }

  /// How the ledger stands, as `credledger status` asks; and how many events there are of each type.
  static func status(_ folder: String) async throws -> [(String, Double)] {
    let ledger = try await Ledger.openForReading(at: folder, .benchmark)
    let status = try await medianTime { _ = try ledger.status }
    let statistics = try await medianTime { _ = try await ledger.integrity.statistics() }
    await ledger.close()
    return [("seconds", status), ("statistics", statistics)]
  }

  /// Counting all events by the day.
  static func days(_ folder: String) async throws -> [(String, Double)] {
    let ledger = try await Ledger.openForReading(at: folder, .benchmark)
    var times: [Double] = []
    var total: UInt64 = 0
    for _ in 0..<5 {
      let start = ContinuousClock.now
      total = try await ledger.audit.count(by: .day).total
      times.append(seconds(ContinuousClock.now - start))
    }
    await ledger.close()
    return [("seconds", median(times)), ("events", Double(total))]
  }

  /// Opens ledgers in one process, has each written and read at the same time, and says what they take together.
  ///
  /// - Parameter isSharing: whether they share their readers.
  static func several(_ count: Int, isSharing: Bool, in folder: String) async throws -> [(String, Double)] {
    var configuration = LedgerConfiguration.benchmark
    if isSharing { configuration.sharedReaders = SharedReaders() }
    let (before, start) = (processStatus(), ContinuousClock.now)
    var ledgers: [Ledger] = []
    for number in 0..<count {
      ledgers.append(
        try await Ledger.create(at: "\(folder)-\(number)", origin: "ledger\(number).example.org", configuration))
    }
    let taken = seconds(ContinuousClock.now - start)
    try await withThrowingTaskGroup { group in
      for ledger in ledgers {
        group.addTask {
          _ = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "benchmark")
          guard try await ledger.integrity.verify().projectionsMatch else { throw NotValid() }
        }
      }
      try await group.waitForAll()
    }
    let after = processStatus()
    for ledger in ledgers { await ledger.close() }
    func grown(_ field: String) -> Double { (after[field] ?? 0) - (before[field] ?? 0) }
    return [
      ("seconds", taken), ("threads", grown("Threads")), ("addressSpace", grown("VmSize") * 1_024),
      ("memory", grown("RssAnon") * 1_024),
    ]
  }
}
