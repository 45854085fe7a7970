import EventLog
import Glibc
import LedgerTestSupport
import Synchronization
import Testing

@testable import CredentialLedger

/// A ledger with some history, of which copies are made.
struct CopiedLedger {
  static let configuration = LedgerConfiguration()

  let folder = TemporaryFolder()
  let ledger: Ledger
  let steps: FourSteps

  /// - Parameter tokens: how many are issued.
  init(origin: String = "ledger.example.org", tokens: Int = 40) async throws {
    ledger = try await Ledger.create(at: "\(folder.path)/ledger", origin: origin, Self.configuration)
    steps = try await FourSteps(on: ledger)
    try await issue(tokens)
  }

  /// A path beside the ledger.
  func path(_ name: String) -> String { "\(folder.path)/\(name)" }

  /// The ledger's own key folder.
  var keys: String { path("ledger/keys") }

  /// Issues tokens, many at once.
  func issue(_ count: Int, context: RequestContext = .none) async throws {
    let (ledger, steps) = (ledger, steps)
    let results = await concurrently(count) { (_) throws(LedgerError) in
      try await ledger.tokens.issue(
        connector: steps.connector.publicID, secret: steps.secret, refreshToken: steps.granted.refreshToken,
        context: context)
    }
    #expect(results.allSatisfy { $0.isSuccess })
  }

  /// Runs `body` while tasks issue tokens without a pause.
  func underLoad<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
    let end = End()
    let (ledger, steps) = (ledger, steps)
    return try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<12 {
        group.addTask {
          while !end.hasCome {
            _ = try await ledger.tokens.issue(
              connector: steps.connector.publicID, secret: steps.secret, refreshToken: steps.granted.refreshToken)
          }
        }
      }
      group.addTask {
        while !end.hasCome {
          let made = try await ledger.groups.create(name: "Busy", by: steps.admin)
          try await ledger.groups.delete(made.id, by: steps.admin)
        }
      }
      defer { end.come() }
      let result = try await body()
      end.come()
      try await group.waitForAll()
      return result
    }
  }

  private final class End: Sendable {
    private let state = Atomic(false)
    var hasCome: Bool { state.load(ordering: .relaxed) }
    func come() { state.store(true, ordering: .relaxed) }
  }

  /// The root that the ledger had at a size.
  func root(at position: Position) throws -> Digest? { try ledger.log.snapshot().root(at: position.rawValue) }

  /// Whether anything is left beside a target that was not made.
  func isClean(_ name: String) throws -> Bool {
    try !#require(TemporaryFolder.names(in: folder.path)).contains { $0.hasPrefix(name) }
  }
}

/// The code and the reason that a call fails with.
func failure(_ body: () async throws(LedgerError) -> Void) async -> LedgerError? {
  do throws(LedgerError) { try await body() } catch { return error }
  return nil
}

/// Flips bits of a file, one at a time, and puts each back.
struct Flips {
  let path: String
  let content: [UInt8]

  init(_ path: String) throws {
    self.path = path
    content = try FileBytes.read(path)
  }

  /// Calls `body` with the place of each flip, while the file has it.
  func forEach(_ count: Int, using random: inout SeededRandom, _ body: (Int) async throws -> Void) async throws {
    for _ in 0..<count {
      let place = Int.random(in: content.indices, using: &random)
      var damaged = content
      damaged[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      try FileBytes.write(damaged, to: path)
      try await body(place)
    }
    try FileBytes.write(content, to: path)
  }
}
