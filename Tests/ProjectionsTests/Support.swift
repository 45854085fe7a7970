import EventLog
import Glibc
import KeyStore
import LMDB
import LedgerCrypto
import LedgerDomain
import LedgerEvents
import LedgerTestSupport
import Synchronization

@testable import Projections

/// A clock that goes on by a second whenever it is looked at.
final class TestClock: Sendable {
  private let state = Mutex<Int64>(1_700_000_000_000)
  /// What it showed last.
  var latest: Int64 { state.withLock { $0 } }
  var clock: Clock {
    {
      self.state.withLock {
        $0 += 1_000
        return $0
      }
    }
  }
}

typealias LedgerLog = EventLog<ProjectionSet>

/// A log with the ledger's projections, in a folder that goes with it.
final class TestLedger: Sendable {
  static let origin = "ledger.example.org"

  let folder: TemporaryFolder
  let keys: KeyStore
  let clock = TestClock()
  private let current: Mutex<LedgerLog>

  var log: LedgerLog { current.withLock { $0 } }
  var path: String { folder.path + "/log" }

  init(mapSize: Int = 256 << 20) throws {
    let folder = TemporaryFolder()
    self.folder = folder
    let keys = try KeyStore.create(
      at: folder.path + "/keys", origin: Self.origin,
      master: .text(Secret(copying: Array(String(repeating: "5", count: 64).utf8))), createdAt: 1)
    self.keys = keys
    try LedgerLog.create(at: folder.path + "/log", origin: Self.origin, options: .init(mapSize: mapSize))
    current = Mutex(try Self.open(folder.path + "/log", keys, clock, mapSize))
  }

  deinit {
    log.close()
    keys.close()
  }

  /// Closes the log, and opens it again.
  func reopen(mapSize: Int = 256 << 20, between: (Environment) throws -> Void = { _ in }) throws {
    log.close()
    do {
      let environment = try Environment(at: path)
      defer { environment.close() }
      try between(environment)
    }
    let opened = try Self.open(path, keys, clock, mapSize)
    current.withLock { $0 = opened }
  }

  private static func open(
    _ path: String, _ keys: KeyStore, _ clock: TestClock, _ mapSize: Int
  ) throws(LogError) -> LedgerLog {
    try LedgerLog.open(
      at: path, options: .init(mapSize: mapSize),
      participant: { (environment, transaction) throws(LogError) in
        try ProjectionSet(in: &transaction, of: environment, keys: keys)
      },
      configure: { _ throws(LogError) in
        LogWriter<ProjectionSet>.Configuration(
          checkpoints: CheckpointPolicy(events: .max, interval: .max), clock: LedgerClock(clock.clock),
          sign: { (_, _) throws(LogError) in throw LogError(.keyUnavailable, "there is no signer") },
          read: { _ throws(LogError) in throw LogError(.keyUnavailable, "nothing was signed") })
      })
  }

  /// Appends events as if a command had made them.
  @discardableResult
  func append(
    _ events: LedgerEvent..., by actor: LogSubject = LogSubject(kind: 1, number: 1)
  ) async throws -> PositionNumber {
    guard let writer = log.writer else { throw LogError(.closed, "open for reading only") }
    return try await writer.append { (_, _) throws(AppendFailure<DecisionFailure>) in
      AppendProposal(events, RecordContext(actor: actor))
    }.first
  }

  /// The set of tables that the newest snapshot reads.
  func liveSet() throws -> Int {
    let view = try log.snapshot()
    return try view.participant.currentSet(in: view.transaction)
  }

  /// The row that says which set is live.
  func checkpoint() throws -> ProjectionCheckpoint? {
    let view = try log.snapshot()
    return try view.participant.checkpoint.get(ProjectionSet.checkpointKey, in: view.transaction)
  }
}
