import CredentialLedger
import HTTPSupport
import Hummingbird
import ManagementPortal

/// The way to the portal, and what an operator's machinery asks: whether the server is alive and ready, and its metrics.
struct OperationsRoutes: Sendable {
  let ledger: Ledger
  let statistics: RequestStatistics
  let connections: ConnectionCounts
  let lifecycle: ServerLifecycle
  let exporter: SpanExporter?

  var routes: [Route] {
    [
      Route(.get, "/") { _, _ in Response(status: .seeOther, headers: [.location: ManagementPortal.path + "/"]) },
      Route(.get, "/healthz") { _, _ in .json(.object([("status", .string("alive"))])) },
      Route(.get, "/readyz") { _, _ in ready },
      Route(.get, "/metrics") { _, _ in metrics },
    ]
  }

  /// 200 where commands are performed, 503 where they are not, with the reason.
  private var ready: Response {
    let health: LedgerHealth
    do throws(LedgerError) { health = try ledger.health } catch {
      return .json(
        .object([("status", .string("unavailable")), ("fault", .string(error.code.rawValue))]),
        status: .serviceUnavailable)
    }
    let fault = lifecycle.isStopping ? "stopping" : health.fault?.rawValue
    var members: [(String, JSONValue)] = [("status", .string(fault == nil ? "ready" : "unavailable"))]
    if let fault { members.append(("fault", .string(fault))) }
    members += [
      ("head", .integer(health.head.rawValue)), ("signedSize", .integer(health.signedSize)),
      ("unsignedSeconds", .number(String(health.unsignedSeconds))), ("waiting", .integer(health.waiting)),
      ("now", .string(health.now.description)),
    ]
    return .json(.object(members), status: fault == nil ? .ok : .serviceUnavailable)
  }

  private var metrics: Response {
    var text = MetricsText()
    text.add(statistics)
    text.metric(
      "credledger_connections_refused_total", "counter", "How many connections were refused to addresses with many.",
      connections.refused)
    text.metric("credledger_up", "gauge", "Whether commands are performed.", (try? ledger.health)?.fault == nil ? 1 : 0)
    if let health = try? ledger.health {
      text.metric("credledger_events", "counter", "How many events the ledger has.", health.head)
      text.metric("credledger_writer_queue", "gauge", "How many requests wait for the writer.", health.waiting)
      text.metric(
        "credledger_unsigned_events", "gauge", "How many events no checkpoint covers yet.",
        health.head.distance(from: Position(health.signedSize)))
      text.metric(
        "credledger_unsigned_seconds", "gauge", "How old the oldest of them is.", health.unsignedSeconds)
      text.family("credledger_background_fault", "gauge", "Whether work in the background failed at its last attempt.")
      for work in BackgroundFault.Work.allCases {
        let hasFailed = health.backgroundFaults.contains { $0.work == work }
        text.sample("credledger_background_fault", [("work", work.rawValue)], hasFailed ? 1 : 0)
      }
    }
    if let metrics = try? ledger.metrics { text.add(metrics) }
    if let exporter {
      text.metric(
        "credledger_spans_dropped_total", "counter", "How many spans of traces were not exported.", exporter.dropped)
    }
    return Response(
      status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: text.text)))
  }
}

extension LedgerHealth {
  /// How old the oldest event is that no checkpoint covers, in seconds.
  fileprivate var unsignedSeconds: Double {
    unsignedSince.map { max(0, Double(now.milliseconds - $0.milliseconds) / 1_000) } ?? 0
  }
}
