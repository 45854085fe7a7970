import CredentialLedger
import MetricsTestKit
import TestSupport
import Testing

@testable import LedgerServices

/// What swift-metrics is given of a ledger.
@Suite struct LedgerMetersTests {
  private let folder = TemporaryFolder()

  @Test("Metrics get what the ledger holds now, and what it has done since the report before") func metricsGetLedger()
    async throws
  {
    let ledger = try await Ledger.create(at: folder.path + "/ledger", origin: "ledger.example.org")
    let metrics = TestMetrics()
    let meters = try #require(LedgerMeters(ledger, metrics: metrics))
    meters.report()
    let earlier = metrics.counterTotal(label: "ledger.commits")
    _ = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "ada")
    for _ in 0..<2 { meters.report() }
    let registered = try metrics.expectCounter("ledger.events", [("type", "account.registered")])
    #expect(registered.totalValue == 1)
    #expect(metrics.counterTotal(label: "ledger.commits") > earlier)
    #expect(try metrics.expectMeter("ledger.writer.queue").lastValue == 0)
    #expect(try metrics.expectMeter("ledger.index.lag").lastValue == Double(ledger.metrics.unindexed))
    #expect(try metrics.expectMeter("ledger.background.faults").lastValue == 0)
    #expect(try metrics.expectMeter("ledger.batch.size").lastValue ?? 0 > 0)
    let isUp = try metrics.expectMeter("ledger.up")
    #expect(isUp.lastValue == 1)
    #expect(LedgerMeters(ledger) == nil)
    await ledger.close()
    // Of a ledger that is closed nothing else is reported.
    meters.report()
    #expect(isUp.lastValue == 0)
    #expect(registered.totalValue == 1)
  }
}
