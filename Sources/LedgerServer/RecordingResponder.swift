import HTTPSupport
import Hummingbird
import Logging

/// Names each request, says in the log how it was answered, and counts it.
struct RecordingResponder: HTTPResponder {
  let routes: RouteResponder
  let statistics: RequestStatistics
  let proxies: [AddressRange]
  let exporter: SpanExporter?
  var instruments: RequestInstruments?

  func respond(to request: Request, context: HTTPContext) async throws -> Response {
    guard let instruments else { return try await answer(request, context).0 }
    return try await instruments.observing(request.headers) { try await answer(request, context) }
  }

  private func answer(
    _ request: Request, _ context: HTTPContext
  ) async throws -> (Response, RequestStatistics.Key) {
    var context = context
    if !proxies.isEmpty {
      context.clientAddress = AddressRange.client(
        of: context.peer, forwarded: request.headers[.forwardedFor], through: proxies)
    }
    let parent = request.headers[.traceparent]
    let trace = parent == nil && exporter == nil ? nil : TraceContext(traceparent: parent)
    context.trace = trace.map { ($0.trace, $0.span) }
    let started = exporter == nil ? 0 : RequestSpan.now
    let began = ContinuousClock.now
    var response = try await routes.respond(to: request, context: context)
    response.headers[.requestID] = context.requestID
    let seconds = (ContinuousClock.now - began) / .seconds(1)
    // Neither the path nor the query is told: both hold what the client chose, a token for instance.
    let route = context.isUnknownPath ? "unknown" : context.endpointPath ?? "unknown"
    let method = RouteTable.known.contains(request.method) ? request.method.rawValue : "other"
    let key = RequestStatistics.Key(method: method, route: route, status: response.status.code)
    statistics.note(key, seconds: seconds)
    if let exporter, let trace {
      exporter.note(
        RequestSpan(
          context: trace, method: method, route: route, status: response.status.code, began: started,
          ended: RequestSpan.now))
    }
    let level: Logger.Level = response.status.code >= 500 ? .error : .info
    guard context.logger.logLevel <= level else { return (response, key) }
    context.requestLogger.log(
      level: level, "request",
      metadata: [
        "method": .string(method), "route": .string(route), "status": .stringConvertible(response.status.code),
        "ms": .stringConvertible((seconds * 1_000_000).rounded() / 1_000),
      ])
    return (response, key)
  }
}
