package import CredentialLedger
package import Metrics
import ServiceLifecycle
import Synchronization

/// Gives the figures of a ledger to the metrics of swift-metrics that the program has bootstrapped. The ledger counts in any
/// case, so a request costs the same with them and without.
package final class LedgerMeters: Service {
  /// What has been reported of the numbers that only grow.
  private struct Totals {
    var events: [UInt16: UInt64] = [:]
    var batched = 0.0
    var commits: UInt64 = 0
    var seconds = 0.0
  }

  private let ledger: Ledger
  private let factory: any MetricsFactory
  private let interval: Duration
  /// Kept: for a backend that counts whole numbers alone it has the fraction that is not counted yet.
  private let seconds: FloatingPointCounter
  private let totals = Mutex(Totals())

  /// Nil where the program has bootstrapped no metrics.
  ///
  /// - Parameter interval: how long after a report the next one comes.
  package init?(
    _ ledger: Ledger, metrics: any MetricsFactory = MetricsSystem.factory, every interval: Duration = .seconds(10)
  ) {
    guard !(metrics is NOOPMetricsHandler) else { return nil }
    self.ledger = ledger
    self.interval = interval
    factory = metrics
    seconds = FloatingPointCounter(label: "ledger.commit.seconds", factory: metrics)
  }

  /// Reports until graceful shutdown, or until the task is cancelled, and then once more.
  package func run() async {
    try? await cancelWhenGracefulShutdown { [self] in
      while true {
        report()
        try await Task.sleep(for: interval)
      }
    }
    report()
  }

  /// Reports the present values, and what was counted since the last report. Some microseconds.
  func report() {
    guard let metrics = try? ledger.metrics, let health = try? ledger.health else {
      set("ledger.up", 0)
      return
    }
    set("ledger.up", health.fault == nil ? 1 : 0)
    set("ledger.writer.queue", health.waiting)
    set("ledger.unsigned.events", health.head.distance(from: Position(health.signedSize)))
    set("ledger.background.faults", health.backgroundFaults.count)
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
      seconds.increment(by: metrics.commits.sum - reported.seconds)
      Meter(label: "ledger.batch.size", factory: factory)
        .set((metrics.batches.sum - reported.batched) / Double(commits - reported.commits))
      (reported.batched, reported.commits, reported.seconds) = (metrics.batches.sum, commits, metrics.commits.sum)
    }
  }

  private func set(_ label: String, _ value: some BinaryInteger) { Meter(label: label, factory: factory).set(value) }
}
