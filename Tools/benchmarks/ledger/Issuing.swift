import CredentialLedger
import LedgerOperations
import Synchronization

/// Tokens issued by concurrent callers, each of whom waits until its token is durable before it asks for the next.
enum Issuing {
  static func forSeconds(_ count: Int, callers: Int, in folder: String) async throws -> [(String, Double)] {
    let clients = try await Clients(in: folder)
    _ = try await issue(clients, callers: callers, for: .milliseconds(300))
    var rates: [Double] = []
    for _ in 0..<3 {
      let start = ContinuousClock.now
      let issued = try await issue(clients, callers: callers, for: .seconds(count) / 3)
      rates.append(Double(issued) / seconds(ContinuousClock.now - start))
    }
    let proof = try await clients.ledger.integrity.proveInclusion(of: try clients.ledger.head())
    await clients.ledger.close()
    return [("rate", median(rates)), ("recordBytes", Double(proof.record?.count ?? 0))]
  }

  /// Issues a number of tokens: for counting what that costs.
  static func tokens(_ count: Int, callers: Int, in folder: String) async throws -> [(String, Double)] {
    let clients = try await Clients(in: folder)
    let counter = Counter()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<callers {
        group.addTask {
          while true {
            let number = counter.next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard number < count else { return }
            _ = try await clients.issue(number)
          }
        }
      }
      try await group.waitForAll()
    }
    await clients.ledger.close()
    return [("tokens", Double(count))]
  }

  private static func issue(_ clients: Clients, callers: Int, for duration: Duration) async throws -> Int {
    let end = ContinuousClock.now + duration
    return try await withThrowingTaskGroup(of: Int.self) { group in
      for caller in 0..<callers {
        group.addTask {
          var issued = 0
          while ContinuousClock.now < end {
            _ = try await clients.issue(caller + issued)
            issued += 1
          }
          return issued
        }
      }
      return try await group.reduce(0, +)
    }
  }
}

/// Numbers that concurrent callers share out.
private final class Counter: Sendable {
  let next = Atomic<Int>(0)
}
