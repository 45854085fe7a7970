import CredentialLedger
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
  @Test func `A tracer gets a span for each request, in the trace that the request is of`() async throws {
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
    let port = try #require(origin.split(separator: ":").last.flatMap { Int($0) })
    for (target, fields) in [
      ("/healthz", ["in-memory-trace-id: trace-of-caller", "in-memory-span-id: span-of-caller"]), ("/check/x?y=z", []),
      ("/nowhere/secret", []),
    ] as [(String, [String])] {
      let connection = try Connection(port: port)
      let lines = ["GET \(target) HTTP/1.1", "Host: 127.0.0.1", "Connection: close"] + fields
      connection.send(lines.joined(separator: "\r\n") + "\r\n\r\n")
      #expect(Answer(connection.readAll()).status != 0)
    }
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

  @Test func `Metrics get the time of each request, and an answer that failed marks its span`() async throws {
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

  @Test func `Where nothing is bootstrapped there is nothing to ask`() {
    #expect(RequestInstruments.bootstrapped == nil)
    #expect(RequestInstruments(tracer: nil, metrics: nil) == nil)
  }
}
