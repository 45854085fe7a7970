public import CredentialLedger
public import Metrics
import Synchronization
public import Tracing

/// Gives commands and validations to the metrics of swift-metrics and the tracer of swift-distributed-tracing that a program has
/// bootstrapped: the observer of a ledger that is opened afterwards.
///
/// ```swift
/// configuration.observer = LedgerInstruments()
/// ```
///
/// The timer `ledger.command.duration` has each command that came to the writer, by `command` and `outcome`; the counter
/// `ledger.validations` has each validation, by `outcome`. An outcome is `performed`, `valid`, the code of an error, or why a token
/// is invalid. A command is a span as well, in the trace of the task that asked for it.
public final class LedgerInstruments: LedgerObserver {
  private let metrics: (any MetricsFactory)?
  private let tracer: (any Tracer)?
  /// Kept by outcome: to ask a factory takes longer than to validate.
  private let validations = Mutex<[String: Counter]>([:])

  /// Nil where the program has bootstrapped neither; then a ledger has no observer, and a request costs what it does without one.
  ///
  /// - Parameters:
  ///   - metrics: what is bootstrapped unless given.
  ///   - tracer: what is bootstrapped unless given.
  public init?(
    metrics: any MetricsFactory = MetricsSystem.factory, tracer: any Tracer = InstrumentationSystem.tracer
  ) {
    let hasMetrics = !(metrics is NOOPMetricsHandler)
    let hasTracer = !(tracer is NoOpTracer)
    guard hasMetrics || hasTracer else { return nil }
    self.metrics = hasMetrics ? metrics : nil
    self.tracer = hasTracer ? tracer : nil
  }

  public func performed(_ command: String, failure: LedgerError.Code?, in duration: Duration) {
    let outcome = failure?.rawValue ?? "performed"
    let nanoseconds = Int64(duration / .nanoseconds(1))
    if let metrics {
      let dimensions = [("command", command), ("outcome", outcome)]
      Metrics.Timer(label: "ledger.command.duration", dimensions: dimensions, factory: metrics)
        .recordNanoseconds(nanoseconds)
    }
    guard let tracer else { return }
    // It is over: the span is begun at the time at which it was.
    let end = DefaultTracerClock.now
    let beginning = DefaultTracerClock.Timestamp(
      nanosecondsSinceEpoch: end.nanosecondsSinceEpoch - UInt64(max(0, nanoseconds)))
    let span = tracer.startSpan(
      "ledger \(command)", context: ServiceContext.current ?? .topLevel, ofKind: .internal, at: beginning)
    span.attributes["ledger.outcome"] = outcome
    if failure != nil { span.setStatus(SpanStatus(code: .error)) }
    span.end(at: end)
  }

  public func validated(_ outcome: Result<Verdict, LedgerError>) {
    guard let metrics else { return }
    let name =
      switch outcome {
      case .success(.valid): "valid"
      case .success(.invalid(let reason)): reason.outcome
      case .failure(let error): error.code.rawValue
      }
    validations.withLock { counters in
      let counter =
        counters[name] ?? Counter(label: "ledger.validations", dimensions: [("outcome", name)], factory: metrics)
      counters[name] = counter
      counter.increment()
    }
  }
}

extension Verdict.Reason {
  /// Its name in metrics, without what it tells of the token.
  fileprivate var outcome: String {
    switch self {
    case .malformed: "malformed"
    case .unknown: "unknown"
    case .wrongKind: "wrong_kind"
    case .expired: "expired"
    case .replaced: "replaced"
    case .stopped: "stopped"
    case .anotherConnector: "another_connector"
    case .wrongKey: "wrong_key"
    case .otherAudience: "other_audience"
    }
  }
}
