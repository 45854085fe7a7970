/// What a decision may know besides the state.
@usableFromInline package struct Moment: Sendable {
  /// The time that the events will carry; never earlier than that of the event before, unless they correct the clock.
  package let now: Milliseconds
  /// The position that the first event will get.
  package let next: PositionNumber
  /// Where the event is to correct the clock: the time that counted until now; nil where there is nothing to correct.
  package let correctedFrom: Milliseconds?

  @usableFromInline
  init(now: Milliseconds, next: PositionNumber, correctedFrom: Milliseconds? = nil) {
    self.now = now
    self.next = next
    self.correctedFrom = correctedFrom
  }
}

/// Events to append, and who causes them.
@usableFromInline package struct AppendProposal<Event: Sendable>: Sendable {
  /// How many events a proposal may have: 255.
  @usableFromInline package static var limit: Int { 255 }

  /// Who causes the events.
  @usableFromInline package var context: RecordContext
  /// What is to be appended, in order.
  @usableFromInline package var events: [Event]
  /// What the participant is to keep beside the log, of the last of the events; empty for nothing.
  @usableFromInline package var kept: [UInt8]

  /// - Parameters:
  ///   - events: at most ``limit``, appended together and in order; none, and nothing is appended.
  ///   - context: who causes them. The request ID comes from ``AppendOptions``.
  ///   - kept: what the participant is to keep beside the log, of the last of the events; empty for nothing.
  package init(_ events: [Event], _ context: RecordContext, kept: [UInt8] = []) {
    self.kept = kept
    self.events = events
    self.context = context
  }
}

/// Events as they were committed.
@usableFromInline package struct Committed<Event: Sendable>: Sendable {
  /// Position of the first event; without events, of the newest in the log.
  @usableFromInline package let first: PositionNumber
  /// When they were recorded.
  @usableFromInline package let time: Milliseconds
  @usableFromInline package let events: [Event]
  /// The memo that an earlier request with the same idempotency key left, where that one appended them.
  @usableFromInline package let earlierMemo: [UInt8]?

  /// Whether an earlier request with the same idempotency key appended them.
  package var isRepeated: Bool { earlierMemo != nil }

  @inlinable
  init(first: PositionNumber, time: Milliseconds, events: [Event], earlierMemo: [UInt8]? = nil) {
    self.first = first
    self.time = time
    self.events = events
    self.earlierMemo = earlierMemo
  }
}

/// Conditions of an append.
@usableFromInline package struct AppendOptions: Sendable {
  /// UTF-8 of the request's ID, at most 64 bytes; empty if there is none.
  package var requestID: [UInt8]
  /// Append only if the newest event is at this position.
  package var expecting: PositionNumber?
  /// Whether the events record that the clock is right as it is: they carry what it says, also after a step.
  @usableFromInline package var correctsClock: Bool

  @usableFromInline package init(
    requestID: [UInt8] = [], expecting: PositionNumber? = nil, correctsClock: Bool = false
  ) {
    self.requestID = requestID
    self.expecting = expecting
    self.correctsClock = correctsClock
  }
}

/// Why an append came to nothing.
@usableFromInline package enum AppendFailure<Refusal: Error>: Error {
  /// The decision was to refuse.
  case refused(Refusal)
  /// The log could not do it.
  case log(LogError)
}
