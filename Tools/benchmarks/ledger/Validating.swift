import CredentialLedger
import Glibc

/// Full validation of random tokens, each in a snapshot of its own.
enum Validating {
  static func run(tasks: Int, seconds count: Int, in folder: String) async throws -> [(String, Double)] {
    let tokens = drawn(try Filling.kept(in: folder))
    let ledger = try await Ledger.openForReading(at: folder, .benchmark)
    _ = try await validate(tokens, on: ledger, tasks: tasks, for: .milliseconds(500))
    var rates: [Double] = []
    for _ in 0..<3 { rates.append(try await validate(tokens, on: ledger, tasks: tasks, for: .seconds(count) / 3)) }
    await ledger.close()
    return [("rate", median(rates)), ("tokens", Double(tokens.count))]
  }

  /// Validates a number of tokens: for counting what that costs.
  static func run(count: Int, in folder: String) async throws -> [(String, Double)] {
    let tokens = try Filling.kept(in: folder)
    let ledger = try await Ledger.openForReading(at: folder, .benchmark)
    for number in 0..<count { try require(ledger.tokens.validate(tokens[number % tokens.count])) }
    await ledger.close()
    return [("validations", Double(count))]
  }

  /// The tokens in an order that has nothing to do with the log's, their texts laid down in that order: so the draw
  /// costs no look into cold memory, as it costs a server none, which has just received its token.
  private static func drawn(_ tokens: [String]) -> [String] {
    var tokens = tokens
    // xorshift64, so that each run draws the same.
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    for index in tokens.indices.reversed() {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      tokens.swapAt(index, Int(state % UInt64(index + 1)))
    }
    return tokens.map { String(decoding: Array($0.utf8), as: UTF8.self) }
  }

  private static func validate(
    _ tokens: [String], on ledger: Ledger, tasks: Int, for duration: Duration
  ) async throws -> Double {
    let start = ContinuousClock.now
    let end = start + duration
    let count = try await withThrowingTaskGroup(of: Int.self) { group in
      for task in 0..<tasks {
        group.addTask {
          var next = tokens.count / tasks * task
          var done = 0
          while ContinuousClock.now < end {
            for _ in 0..<256 {
              try require(ledger.tokens.validate(tokens[next]))
              next = next + 1 < tokens.count ? next + 1 : 0
            }
            done += 256
          }
          return done
        }
      }
      return try await group.reduce(0, +)
    }
    return Double(count) / seconds(ContinuousClock.now - start)
  }

  private static func require(_ verdict: Verdict) throws {
    guard verdict.isValid else { throw NotValid() }
  }
}

/// A token that must be valid is not: then the figure would be worth nothing.
struct NotValid: Error {}
