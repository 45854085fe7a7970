/// What a decision may know besides the state.
public struct Moment: Sendable {
  /// The time that the events will carry; never earlier than that of the event before.
  public let now: Milliseconds
  /// The position that the first event will get.
  public let next: Position

  @inlinable
  init(now: Milliseconds, next: Position) {
    self.now = now
    self.next = next
  }
}

/// Events to append, and who causes them.
public struct Proposal<Event: Sendable>: Sendable {
  /// How many events a proposal may have: 255.
  public static var limit: Int { 255 }

  /// Who causes the events.
  public var context: RecordContext
  /// What is to be appended, in order.
  public var events: [Event]

  /// - Parameters:
  ///   - events: at most ``limit``, appended together and in order; none, and nothing is appended.
  ///   - context: who causes them. The request ID comes from ``AppendOptions``.
  public init(_ events: [Event], _ context: RecordContext) {
    self.events = events
    self.context = context
  }
}

/// Events as they were committed.
public struct Committed<Event: Sendable>: Sendable {
  /// Position of the first event; without events, of the newest in the log.
  public let first: Position
  /// When they were recorded.
  public let time: Milliseconds
  public let events: [Event]
  /// Whether an earlier request with the same idempotency key appended them.
  public let isRepeated: Bool

  @inlinable
  init(first: Position, time: Milliseconds, events: [Event], isRepeated: Bool) {
    self.first = first
    self.time = time
    self.events = events
    self.isRepeated = isRepeated
  }
}

/// Conditions of an append.
public struct AppendOptions: Sendable {
  /// UTF-8 of the request's ID, at most 64 bytes; empty if there is none.
  public var requestID: [UInt8]
  /// Makes asking again harmless: once events were appended, the same key and request get the same answer, and no
  /// second event. A refusal is not kept: asking again decides again. A key is forgotten some time after
  /// ``LogWriter/Configuration/idempotencyRetention``, and then counts as new.
  public var idempotency: IdempotencyKey?
  /// Append only if the newest event is at this position.
  public var expecting: Position?

  public init(requestID: [UInt8] = [], idempotency: IdempotencyKey? = nil, expecting: Position? = nil) {
    self.requestID = requestID
    self.idempotency = idempotency
    self.expecting = expecting
  }
}

/// Why an append came to nothing.
public enum AppendFailure<Refusal: Error>: Error {
  /// The decision was to refuse.
  case refused(Refusal)
  /// The log could not do it.
  case log(LogError)
}
