import CredentialLedger
import InMemoryTracing
import LedgerServices
import MetricsTestKit
import TestSupport
import Testing
import Tracing

/// What swift-metrics and swift-distributed-tracing are given of commands and validations.
@Suite struct LedgerInstrumentsTests {
  private let folder = TemporaryFolder()

  @Test("Each command is timed by its outcome, and is a span of the task that asked for it") func commandTimed()
    async throws
  {
    let (metrics, tracer) = (TestMetrics(), InMemoryTracer())
    var configuration = LedgerConfiguration()
    configuration.observer = LedgerInstruments(metrics: metrics, tracer: tracer)
    let ledger = try await Ledger.create(at: folder.path + "/ledger", origin: "ledger.example.org", configuration)
    let account = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "ada").account
    await #expect(throws: LedgerError.self) {
      try await tracer.withSpan("request") { _ in
        try await ledger.grants.revoke(GrantID(rawValue: 9_999), by: account)
      }
    }
    await ledger.close()
    func times(_ command: String, _ outcome: String) -> Int {
      metrics.timers(label: "ledger.command.duration", dimensions: [("command", command), ("outcome", outcome)])
        .reduce(0) { $0 + $1.values.count }
    }
    #expect(times("SignIn", "performed") == 1)
    #expect(times("RevokeGrant", "not_found") == 1)
    #expect(times("RevokeGrant", "performed") == 0)
    let spans = tracer.finishedSpans
    let signIn = try #require(spans.first { $0.operationName == "ledger SignIn" })
    #expect(signIn.attributes["ledger.outcome"]?.toSpanAttribute() == .string("performed"))
    #expect(signIn.status == nil && signIn.parentSpanID == nil)
    #expect(signIn.endInstant.nanosecondsSinceEpoch > signIn.startInstant.nanosecondsSinceEpoch)
    let revoke = try #require(spans.first { $0.operationName == "ledger RevokeGrant" })
    let request = try #require(spans.first { $0.operationName == "request" })
    #expect(revoke.parentSpanID == request.spanID && revoke.traceID == request.traceID)
    #expect(revoke.status?.code == .error)
  }

  @Test("Each validation is counted by its outcome") func validationCounted() async throws {
    let metrics = TestMetrics()
    var configuration = LedgerConfiguration()
    configuration.observer = LedgerInstruments(metrics: metrics)
    let ledger = try await Ledger.create(at: folder.path + "/ledger", origin: "ledger.example.org", configuration)
    // Gets one access token, and validates it once.
    try await WaitingDeliveries.enqueue(1, of: "roster", "+911199999998", on: ledger)
    for _ in 0..<2 { #expect(try !ledger.tokens.validate("no token").isValid) }
    await ledger.close()
    func count(_ outcome: String) -> Int64 {
      metrics.counterTotal(label: "ledger.validations", dimensions: [("outcome", outcome)])
    }
    #expect(count("valid") == 1)
    #expect(count("malformed") == 2)
  }

  @Test("Where nothing is bootstrapped a ledger has no observer") func nothingBootstrapped() {
    #expect(LedgerInstruments() == nil)
  }
}
