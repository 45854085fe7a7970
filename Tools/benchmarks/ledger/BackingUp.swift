import CredentialLedger
import Glibc
import LedgerOperations
import Synchronization

/// A backup while callers issue tokens: how fast it is beside the disk alone, and how long the callers wait for it.
enum BackingUp {
  static func run(_ tokens: Int, callers: Int, in folder: String) async throws -> [(String, Double)] {
    let clients = try await Clients(in: folder)
    try await fill(clients, tokens)
    let alone = try await latencies(clients, callers: callers) { try await Task.sleep(for: .seconds(5)) }
    let times = Stages()
    let beside = try await latencies(clients, callers: callers) {
      let report = try await clients.ledger.backups.make(at: folder + ".backup") { times.note($0) }
      times.end(bytes: report.manifest.dataByteCount)
    }
    let copy = times.copy
    let sequential = try sequentialRate(bytes: copy.bytes, in: folder + ".sequential")
    await clients.ledger.close()
    return [
      ("bytes", Double(copy.bytes)), ("copyRate", Double(copy.bytes) / copy.seconds), ("sequentialRate", sequential),
      ("secondsInAll", times.all), ("p99Alone", percentile(alone)), ("p99Beside", percentile(beside)),
      ("rateAlone", Double(alone.count) / 5), ("rateBeside", Double(beside.count) / times.all),
    ]
  }

  private static func fill(_ clients: Clients, _ tokens: Int) async throws {
    let next = Counter()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<1_024 {
        group.addTask {
          while case let number = next.take(), number < tokens { _ = try await clients.issue(number) }
        }
      }
      try await group.waitForAll()
    }
  }

  /// How long each token took, in seconds, while `body` ran.
  private static func latencies(
    _ clients: Clients, callers: Int, _ body: @escaping @Sendable () async throws -> Void
  ) async throws -> [Double] {
    let end = Flag()
    return try await withThrowingTaskGroup(of: [Double].self) { group in
      for caller in 0..<callers {
        group.addTask {
          var taken: [Double] = []
          while !end.isSet {
            let start = ContinuousClock.now
            _ = try await clients.issue(caller + taken.count)
            taken.append(seconds(ContinuousClock.now - start))
          }
          return taken
        }
      }
      group.addTask {
        defer { end.set() }
        try await body()
        return []
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
  }

  private static func percentile(_ times: [Double]) -> Double {
    times.isEmpty ? 0 : times.sorted()[times.count * 99 / 100]
  }

  /// What the disk takes when nobody else writes, synced at the end.
  private static func sequentialRate(bytes: UInt64, in file: String) throws -> Double {
    let descriptor = unsafe open(file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    guard descriptor >= 0 else { throw POSIXFailure(errno: errno) }
    defer {
      close(descriptor)
      unsafe unlink(file)
    }
    let piece = [UInt8](repeating: 0xA5, count: 1 << 20)
    let start = ContinuousClock.now
    for _ in 0..<max(1, bytes >> 20) {
      guard unsafe write(descriptor, piece, piece.count) == piece.count else { throw POSIXFailure(errno: errno) }
    }
    guard fsync(descriptor) == 0 else { throw POSIXFailure(errno: errno) }
    return Double(max(1, bytes >> 20) << 20) / seconds(ContinuousClock.now - start)
  }

  private final class Counter: Sendable {
    private let next = Atomic<Int>(0)
    func take() -> Int { next.wrappingAdd(1, ordering: .relaxed).oldValue }
  }

  private final class Flag: Sendable {
    private let state = Atomic(false)
    var isSet: Bool { state.load(ordering: .relaxed) }
    func set() { state.store(true, ordering: .relaxed) }
  }

  /// When the copying began and ended, and everything.
  private final class Stages: Sendable {
    private let start = ContinuousClock.now
    private let state = Mutex<(copied: ContinuousClock.Instant?, end: ContinuousClock.Instant?, bytes: UInt64)>(
      (nil, nil, 0))

    func note(_ progress: TransferProgress) {
      // Before the first record is looked at, the copy is on the device.
      if progress.stage != .copying { state.withLock { $0.copied = $0.copied ?? .now } }
    }

    func end(bytes: UInt64) { state.withLock { ($0.end, $0.bytes) = (.now, bytes) } }

    var copy: (bytes: UInt64, seconds: Double) {
      state.withLock { ($0.bytes, BenchmarkTime.seconds(from: start, to: $0.copied)) }
    }

    var all: Double { state.withLock { BenchmarkTime.seconds(from: start, to: $0.end) } }
  }
}

private enum BenchmarkTime {
  static func seconds(from start: ContinuousClock.Instant, to end: ContinuousClock.Instant?) -> Double {
    end.map { max(0.000_001, ledger_benchmarks.seconds($0 - start)) } ?? 0
  }
}
