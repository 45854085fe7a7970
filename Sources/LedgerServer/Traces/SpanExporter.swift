import AsyncHTTPClient
import Glibc
import HTTPSupport
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// What is told of a request in its trace.
struct RequestSpan: Sendable {
  let context: TraceContext
  let method: String
  /// The route's pattern, never the path as it came.
  let route: String
  let status: Int
  /// When it began and ended, in nanoseconds since the Unix epoch.
  let began: UInt64
  let ended: UInt64

  /// The time of the wall clock, in nanoseconds since the Unix epoch.
  static var now: UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return UInt64(max(0, time.tv_sec)) &* 1_000_000_000 &+ UInt64(max(0, time.tv_nsec))
  }

  /// The span in OTLP's form of JSON (OpenTelemetry Protocol 1.0).
  var json: JSONValue {
    func attribute(_ name: String, _ value: (String, JSONValue)) -> JSONValue {
      .object([("key", .string(name)), ("value", .object([value]))])
    }
    var members: [(String, JSONValue)] = [
      ("traceId", .string(context.trace)), ("spanId", .string(context.span)),
    ]
    if let parent = context.parent { members.append(("parentSpanId", .string(parent))) }
    members += [
      ("name", .string("\(method) \(route)")), ("kind", .integer(2)),
      ("startTimeUnixNano", .string(String(began))), ("endTimeUnixNano", .string(String(max(began, ended)))),
      (
        "attributes",
        .array([
          attribute("http.request.method", ("stringValue", .string(method))),
          attribute("http.route", ("stringValue", .string(route))),
          attribute("http.response.status_code", ("intValue", .string(String(status)))),
        ])
      ), ("status", .object(status >= 500 ? [("code", .integer(2))] : [])),
    ]
    return .object(members)
  }
}

/// Sends spans to a collector by OTLP over HTTP, in batches. Spans that wait are bounded: more are dropped and counted, and
/// no request waits.
final class SpanExporter: Service {
  private static let capacity = 4_096
  private static let batch = 512
  private static let interval = Duration.seconds(2)

  private let endpoint: String
  private let logger: Logger
  private let waiting = Mutex<[RequestSpan]>([])
  private let lost = Atomic<UInt64>(0)
  private let outgoing: ClientOnDemand

  /// - Parameter endpoint: the collector's address, without `/v1/traces`.
  init(_ endpoint: String, _ logger: Logger) {
    self.endpoint = endpoint + "/v1/traces"
    self.logger = logger
    outgoing = ClientOnDemand(
      HTTPClient.Configuration(
        redirectConfiguration: .disallow, timeout: HTTPClient.Configuration.Timeout(connect: .seconds(5))))
  }

  /// How many spans were not exported.
  var dropped: UInt64 { lost.load(ordering: .relaxed) }

  func note(_ span: RequestSpan) {
    guard span.context.isSampled else { return }
    let isTaken = waiting.withLock { spans in
      guard spans.count < Self.capacity else { return false }
      spans.append(span)
      return true
    }
    if !isTaken { lost.add(1, ordering: .relaxed) }
  }

  /// Sends spans until the server stops, and then what is left.
  func run() async throws {
    try? await cancelWhenGracefulShutdown { [self] in
      while true {
        try await Task.sleep(for: Self.interval)
        await flush()
      }
    }
    await flush()
    await outgoing.shutdown()
  }

  private func flush() async {
    while true {
      let spans = waiting.withLock { waiting in
        let next = Array(waiting.prefix(Self.batch))
        waiting.removeFirst(next.count)
        return next
      }
      guard !spans.isEmpty else { return }
      guard await export(spans) else {
        lost.add(UInt64(spans.count), ordering: .relaxed)
        return
      }
    }
  }

  private func export(_ spans: [RequestSpan]) async -> Bool {
    let service = JSONValue.object([
      ("key", .string("service.name")), ("value", .object([("stringValue", .string("credledger"))])),
    ])
    let body = JSONValue.object([
      (
        "resourceSpans",
        .array([
          .object([
            ("resource", .object([("attributes", .array([service]))])),
            (
              "scopeSpans",
              .array([
                .object([
                  ("scope", .object([("name", .string("credledger"))])), ("spans", .array(spans.map(\.json))),
                ])
              ])
            ),
          ])
        ])
      )
    ])
    var request = HTTPClientRequest(url: endpoint)
    request.method = .POST
    request.headers.add(name: "Content-Type", value: "application/json")
    request.body = .bytes(ByteBuffer(bytes: body.bytes))
    // A task of its own: the last spans are sent though the server stops.
    let (client, prepared) = (outgoing.client, request)
    let status = try? await Task { try await client.execute(prepared, timeout: .seconds(10)).status.code }.value
    guard let status, (200...299).contains(status) else {
      logger.warning(
        "spans were not exported",
        metadata: ["spans": .stringConvertible(spans.count), "status": .string(status.map { "\($0)" } ?? "-")])
      return false
    }
    return true
  }
}
