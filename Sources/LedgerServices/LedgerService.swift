public import CredentialLedger
public import Metrics
public import ServiceLifecycle

/// Keeps a ledger open for as long as a program runs, reports its figures to swift-metrics, and closes it.
///
/// ```swift
/// var configuration = LedgerConfiguration()
/// configuration.observer = LedgerInstruments()
/// let ledger = try await Ledger.open(at: path, configuration)
/// let group = ServiceGroup(
///   services: [LedgerService(ledger), server], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
/// try await group.run()
/// ```
///
/// A group stops its services from the last to the first. So put this one before those that use the ledger: it is closed once they
/// have finished what they accepted.
public struct LedgerService: Service {
  private let ledger: Ledger
  private let meters: LedgerMeters?

  /// - Parameters:
  ///   - ledger: open. The service closes it, and nothing may use it afterwards.
  ///   - metrics: gets the figures; those that the program has bootstrapped unless given. Where it has bootstrapped none, nothing
  ///     is reported.
  ///   - interval: how long after a report the next one comes. A report takes some microseconds.
  public init(
    _ ledger: Ledger, metrics: any MetricsFactory = MetricsSystem.factory, every interval: Duration = .seconds(10)
  ) {
    self.ledger = ledger
    meters = LedgerMeters(ledger, metrics: metrics, every: interval)
  }

  /// Runs until graceful shutdown, or until the task is cancelled. Then it reports once more and closes the ledger, which performs
  /// what was queued and signs a last checkpoint.
  public func run() async {
    if let meters { await meters.run() } else { try? await gracefulShutdown() }
    await ledger.close()
  }
}
