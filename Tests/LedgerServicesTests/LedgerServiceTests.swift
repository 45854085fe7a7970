import CredentialLedger
import LedgerServices
import Logging
import MetricsTestKit
import ServiceLifecycle
import TestSupport
import Testing

/// How a ledger ends with the services of a program.
@Suite struct LedgerServiceTests {
  private let folder = TemporaryFolder()

  /// Writes once more while the group stops, as a server does that finishes what it accepted.
  private struct LastWriter: Service {
    let ledger: Ledger

    func run() async throws {
      try await gracefulShutdown()
      _ = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "ada")
    }
  }

  @Test("Graceful shutdown closes the ledger after the services that use it, and what they did last is reported")
  func shutdownCloses() async throws {
    let ledger = try await Ledger.create(at: folder.path + "/ledger", origin: "ledger.example.org")
    let metrics = TestMetrics()
    let services: [any Service] = [LedgerService(ledger, metrics: metrics), LastWriter(ledger: ledger)]
    let group = ServiceGroup(services: services, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let running = Task { try await group.run() }
    #expect(try await Patience.wait { !metrics.meters(label: "ledger.up").isEmpty })
    await group.triggerGracefulShutdown()
    try await running.value
    #expect(throws: LedgerError.self) { try ledger.head() }
    #expect(metrics.counterTotal(label: "ledger.events", dimensions: [("type", "account.registered")]) == 1)
  }

  @Test("A cancelled service closes the ledger as well, also where no metrics are bootstrapped") func cancelledCloses()
    async throws
  {
    let ledger = try await Ledger.create(at: folder.path + "/ledger", origin: "ledger.example.org")
    let running = Task { await LedgerService(ledger).run() }
    running.cancel()
    await running.value
    #expect(throws: LedgerError.self) { try ledger.head() }
  }
}
