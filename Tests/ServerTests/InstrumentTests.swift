import CredentialLedger
import Glibc
import HTTPTypes
import Hummingbird
import InMemoryTracing
import Logging
import MetricsTestKit
import Synchronization
import TestSupport
import Testing
import Tracing

@testable import LedgerServer

/// What a program has bootstrapped hears of requests.
@Suite struct InstrumentTests {
  @Test("A tracer gets a span for each request, in the trace that the request is of") func tracerGets() async throws {
    let folder = TemporaryFolder()
    let ledger = try await Ledger.create(at: "\(folder.path)/ledger", origin: "ledger.example.org")
    let settings = try ServerSettings.read(flags: ["listen": ["127.0.0.1:0"]], environment: [:], file: nil)
    let tracer = InMemoryTracer()
    let (origins, heard) = AsyncStream.makeStream(of: String.self)
    let server = try withTracer(tracer) {
      try LedgerServer(ledger, settings, Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }) { heard.yield($0) }
    }
    let running = Task { try await server.run() }
    var iterator = origins.makeAsyncIterator()
    let origin = try #require(await iterator.next())
    // By another process, and waited for without a thread: the server answers on those of this one.
    let done = "\(folder.path)/done"
    let script = """
      curl -s -o "$1.0" -H 'in-memory-trace-id: trace-of-caller' -H 'in-memory-span-id: span-of-caller' "$0/healthz"
      curl -s -o "$1.1" "$0/check/x?y=z"
      curl -s -o "$1.2" "$0/nowhere/secret"
      touch "$1"
      """
    let asking = try ChildProcess("/bin/sh", ["-c", script, origin, done])
    let end = ContinuousClock.now + .seconds(600)
    while unsafe access(done, F_OK) != 0, ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(50)) }
    _ = asking.kill()
    await server.stop()
    try await running.value
    await ledger.close()
    let spans = tracer.finishedSpans
    #expect(spans.map(\.operationName) == ["GET /healthz", "GET /check", "GET unknown"])
    #expect(spans.map(\.kind) == [.server, .server, .server])
    let first = try #require(spans.first)
    #expect(first.traceID == "trace-of-caller" && first.parentSpanID == "span-of-caller")
    #expect(spans.dropFirst().allSatisfy { $0.parentSpanID == nil && $0.traceID != "trace-of-caller" })
    #expect(spans[1].attributes["http.response.status_code"]?.toSpanAttribute() == .int64(401))
    #expect(!"\(spans)".contains("secret"))
  }

  @Test("Metrics get the time of each request, and an answer that failed marks its span") func metricsGet() async throws
  {
    let (metrics, tracer) = (TestMetrics(), InMemoryTracer())
    let both = try #require(RequestInstruments(tracer: tracer, metrics: metrics))
    let alone = try #require(RequestInstruments(tracer: nil, metrics: metrics))
    for (instruments, status) in [(both, 200), (both, 503), (alone, 200)] {
      let answer = try await instruments.observing(HTTPFields()) {
        (Response(status: .init(code: status)), RequestStatistics.Key(method: "GET", route: "/r", status: status))
      }
      #expect(answer.status.code == status)
    }
    func times(_ status: String) throws -> Int {
      try metrics.expectTimer(
        "http.server.request.duration",
        [("http.request.method", "GET"), ("http.route", "/r"), ("http.response.status_code", status)]
      ).values.count
    }
    #expect(try times("200") == 2 && times("503") == 1)
    #expect(tracer.finishedSpans.map { $0.status?.code == .error } == [false, true])
  }

  @Test("Where nothing is bootstrapped there is nothing to ask") func nothingBootstrapped() {
    #expect(RequestInstruments.bootstrapped == nil)
    #expect(RequestInstruments(tracer: nil, metrics: nil) == nil)
  }
}
