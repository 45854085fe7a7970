import CredentialLedger
import Metrics
import ServiceLifecycle
import Synchronization

/// Gives the figures of a ledger to the metrics of swift-metrics that the program has bootstrapped. The ledger counts in any
/// case, so a request costs the same with them and without.
final class LedgerMeters: Service {
  private static let interval = Duration.seconds(10)

  /// What has been reported of the numbers that only grow.
  private struct Totals {
    var events: [UInt16: UInt64] = [:]
    var commits: UInt64 = 0
    var seconds = 0.0
  }

  private let ledger: Ledger
  private let factory: any MetricsFactory
  private let totals = Mutex(Totals())

  /// Nil where the program has bootstrapped no metrics.
  init?(_ ledger: Ledger, metrics: any MetricsFactory = MetricsSystem.factory) {
    guard !(metrics is NOOPMetricsHandler) else { return nil }
    self.ledger = ledger
    factory = metrics
  }

  /// Reports until the server stops, and then once more.
  func run() async throws {
    try? await cancelWhenGracefulShutdown { [self] in
      while true {
        report()
        try await Task.sleep(for: Self.interval)
      }
    }
    report()
  }

  /// Reports the present values, and what was counted since the last report. Some microseconds.
  func report() {
    guard let metrics = try? ledger.metrics, let health = try? ledger.health else { return }
    set("ledger.writer.queue", health.waiting)
    set("ledger.index.lag", metrics.unindexed)
    set("ledger.readers", metrics.readers)
    set("ledger.map.used", metrics.usedBytes)
    if let deliveries = try? ledger.deliveries.waiting() { set("ledger.deliveries.waiting", deliveries.count) }
    totals.withLock { reported in
      for (type, count) in metrics.events {
        let before = reported.events.updateValue(count, forKey: type.rawValue) ?? 0
        guard count > before else { continue }
        Counter(label: "ledger.events", dimensions: [("type", type.name ?? "other")], factory: factory)
          .increment(by: count - before)
      }
      let commits = metrics.commits.counts.reduce(UInt64(0), +)
      guard commits > reported.commits else { return }
      Counter(label: "ledger.commits", factory: factory).increment(by: commits - reported.commits)
      FloatingPointCounter(label: "ledger.commit.seconds", factory: factory)
        .increment(by: metrics.commits.sum - reported.seconds)
      (reported.commits, reported.seconds) = (commits, metrics.commits.sum)
    }
  }

  private func set(_ label: String, _ value: some BinaryInteger) { Meter(label: label, factory: factory).set(value) }
}
