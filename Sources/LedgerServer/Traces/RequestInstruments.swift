import HTTPTypes
import Hummingbird
import Metrics
import Tracing

/// The tracer of swift-distributed-tracing and the metrics of swift-metrics that the program has bootstrapped before it made the
/// server. Nil costs a request nothing but the look at it.
struct RequestInstruments: Sendable {
  private let tracer: (any Tracer)?
  private let metrics: (any MetricsFactory)?

  /// Nil where neither is given.
  init?(tracer: (any Tracer)?, metrics: (any MetricsFactory)?) {
    guard tracer != nil || metrics != nil else { return nil }
    self.tracer = tracer
    self.metrics = metrics
  }

  /// What is bootstrapped now; nil where nothing is.
  static var bootstrapped: RequestInstruments? {
    let (tracer, metrics) = (InstrumentationSystem.tracer, MetricsSystem.factory)
    return RequestInstruments(
      tracer: tracer is NoOpTracer ? nil : tracer, metrics: metrics is NOOPMetricsHandler ? nil : metrics)
  }

  /// Answers a request within a span of the server's kind, which continues the trace that the request is of, and records how
  /// long it took. The span is the current one while it is answered; its attributes and the names are OpenTelemetry's.
  ///
  /// - Parameter answer: answers it, and says under which method, route and status it is counted.
  func observing(
    _ headers: HTTPFields, _ answer: () async throws -> (Response, RequestStatistics.Key)
  ) async throws -> Response {
    let began = ContinuousClock.now
    guard let tracer else {
      let (response, key) = try await answer()
      record(key, since: began)
      return response
    }
    var context = ServiceContext.topLevel
    tracer.extract(headers, into: &context, using: HeaderExtractor())
    return try await tracer.withAnySpan("request", context: context, ofKind: .server) { span in
      let (response, key) = try await answer()
      span.operationName = "\(key.method) \(key.route)"
      span.attributes["http.request.method"] = key.method
      span.attributes["http.route"] = key.route
      span.attributes["http.response.status_code"] = key.status
      if key.status >= 500 { span.setStatus(SpanStatus(code: .error)) }
      record(key, since: began)
      return response
    }
  }

  private func record(_ key: RequestStatistics.Key, since began: ContinuousClock.Instant) {
    guard let metrics else { return }
    let timer = Metrics.Timer(
      label: "http.server.request.duration",
      dimensions: [
        ("http.request.method", key.method), ("http.route", key.route), ("http.response.status_code", "\(key.status)"),
      ], factory: metrics)
    timer.recordNanoseconds(Int64((ContinuousClock.now - began) / .nanoseconds(1)))
  }
}

/// Reads header fields for a tracer.
private struct HeaderExtractor: Extractor {
  func extract(key: String, from fields: HTTPFields) -> String? { HTTPField.Name(key).flatMap { fields[$0] } }
}
