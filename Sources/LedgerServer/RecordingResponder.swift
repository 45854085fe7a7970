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

  /// What answers a request without a stream for its body; nil where there has to be one, or the request is to be part of a trace that
  /// a program follows.
  func directAnswer(to head: HTTPRequest) -> WholePaths.DirectAnswer? {
    instruments == nil ? routes.directAnswer(to: head) : nil
  }

  /// Answers a request at once; nil where it turns out that it has to wait.
  ///
  /// - Parameter body: of the request, whole.
  func answer(
    _ request: Request, _ body: [UInt8], _ context: HTTPContext, by immediate: WholePaths.ImmediateAnswer
  ) -> WholeAnswer? {
    var context = context
    let begun = begin(request, &context)
    guard var answer = immediate(request, body, context) else { return nil }
    answer.headers[.requestID] = context.requestID
    end(begun, request, answer.status, context)
    return answer
  }

  /// Answers a request once what it waits for is there.
  ///
  /// - Parameter body: of the request, whole.
  func answer(
    _ request: Request, _ body: [UInt8], _ context: HTTPContext, by awaited: WholePaths.AwaitedAnswer
  ) async -> WholeAnswer {
    var context = context
    let begun = begin(request, &context)
    var answer = await awaited(request, body, context)
    answer.headers[.requestID] = context.requestID
    end(begun, request, answer.status, context)
    return answer
  }

  private func answer(
    _ request: Request, _ context: HTTPContext
  ) async throws -> (Response, RequestStatistics.Key) {
    var context = context
    let begun = begin(request, &context)
    var response = try await routes.respond(to: request, context: context)
    response.headers[.requestID] = context.requestID
    return (response, end(begun, request, response.status, context))
  }

  /// What is known of a request when its answer is begun.
  private struct Begun {
    let trace: TraceContext?
    /// For a span, since the Unix epoch; 0 where none is exported.
    let started: UInt64
    let began: ContinuousClock.Instant
  }

  private func begin(_ request: Request, _ context: inout HTTPContext) -> Begun {
    if !proxies.isEmpty {
      context.clientAddress = AddressRange.client(
        of: context.peer, forwarded: request.headers[.forwardedFor], through: proxies)
    }
    let parent = request.headers[.traceparent]
    let trace = parent == nil && exporter == nil ? nil : TraceContext(traceparent: parent)
    context.trace = trace.map { ($0.trace, $0.span) }
    return Begun(trace: trace, started: exporter == nil ? 0 : RequestSpan.now, began: ContinuousClock.now)
  }

  @discardableResult
  private func end(
    _ begun: Begun, _ request: Request, _ status: HTTPResponse.Status, _ context: HTTPContext
  ) -> RequestStatistics.Key {
    let seconds = (ContinuousClock.now - begun.began) / .seconds(1)
    // Neither the path nor the query is told: both hold what the client chose, a token for instance.
    let route = context.isUnknownPath ? "unknown" : context.endpointPath ?? "unknown"
    let method = RouteTable.known.contains(request.method) ? request.method.rawValue : "other"
    let key = RequestStatistics.Key(method: method, route: route, status: status.code)
    statistics.note(key, seconds: seconds)
    if let exporter, let trace = begun.trace {
      exporter.note(
        RequestSpan(
          context: trace, method: method, route: route, status: status.code, began: begun.started,
          ended: RequestSpan.now))
    }
    // A route that this server does not have is no fault of it.
    let level: Logger.Level = status.code >= 500 && status.code != 501 ? .error : .info
    guard context.logger.logLevel <= level else { return key }
    context.requestLogger.log(
      level: level, "request",
      metadata: [
        "method": .string(method), "route": .string(route), "status": .stringConvertible(status.code),
        "ms": .stringConvertible((seconds * 1_000_000).rounded() / 1_000),
      ])
    return key
  }
}
