package import LedgerDomain
package import LedgerEvents
package import Testing

/// Given these events, when this command is decided, then those events or that refusal.
///
/// ```swift
/// try given(.accountRegistered(alice)).when(command).then(.groupCreated(group), .groupMemberAdded(creator))
/// ```
package struct Scenario: Sendable {
  package var state = ModelState()
  /// The position of the next event.
  package private(set) var next: UInt64 = 1
  /// The time of what happens next.
  package var now = Timestamp(milliseconds: 1_700_000_000_000)

  package init() {}

  /// The event happens.
  /// - Returns: its position.
  @discardableResult
  package mutating func given(_ event: LedgerEvent) throws(EventCodingError) -> UInt64 {
    try state.apply(event, at: next, time: now)
    next += 1
    return next - 1
  }

  /// Decides the command; what it makes does not happen.
  package func when<C: Command>(_ command: C) -> Decided<C> {
    Decided(command: command, result: decide(command), first: next, now: now)
  }

  /// Decides the command, and what it makes happens.
  /// - Returns: the outcome.
  /// - Throws: what the command throws.
  @discardableResult
  package mutating func perform<C: Command>(_ command: C) throws -> C.Outcome {
    let decision = try decide(command).get()
    let first = decision.events.isEmpty ? next - 1 : next
    for event in decision.events { try given(event) }
    return command.outcome(of: RecordedEvents(first: Position(first), time: now, events: decision.events))
  }

  private func decide(_ command: some Command) -> Result<Decision, DecisionFailure> {
    let context = DecisionContext(now: now, next: Position(next))
    return Result { () throws(DecisionFailure) in try command.decide(state, context) }
  }
}

/// A scenario in which these events have happened, at positions from 1 on.
package func given(_ events: LedgerEvent...) throws -> Scenario {
  var scenario = Scenario()
  for event in events { try scenario.given(event) }
  return scenario
}

/// What a command made of the state.
package struct Decided<C: Command>: Sendable {
  let command: C
  package let result: Result<Decision, DecisionFailure>
  let first: UInt64
  let now: Timestamp

  /// Expects exactly these events, in this order.
  /// - Returns: the outcome.
  /// - Throws: what the command threw instead.
  @discardableResult
  package func then(
    _ events: LedgerEvent..., by actor: Subject? = nil, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> C.Outcome {
    let decision = try result.get()
    #expect(decision.events == events, sourceLocation: sourceLocation)
    if let actor { #expect(decision.actor == actor, sourceLocation: sourceLocation) }
    return command.outcome(
      of: RecordedEvents(first: Position(events.isEmpty ? first - 1 : first), time: now, events: decision.events))
  }

  /// Expects that there is nothing to do.
  @discardableResult
  package func thenNothing(sourceLocation: SourceLocation = #_sourceLocation) throws -> C.Outcome {
    try then(sourceLocation: sourceLocation)
  }

  /// Expects this refusal.
  /// - Returns: the refusal, where it is one.
  @discardableResult
  package func thenRefused(
    _ code: Refusal.Code, field: String, sourceLocation: SourceLocation = #_sourceLocation
  ) -> Refusal? {
    guard case .failure(.refused(let refusal)) = result else {
      Issue.record("Expected the refusal \(code) of \(field), got \(result)", sourceLocation: sourceLocation)
      return nil
    }
    #expect(refusal.code == code, sourceLocation: sourceLocation)
    #expect(refusal.field == field, sourceLocation: sourceLocation)
    return refusal
  }

  /// Expects that the state could not be read.
  package func thenUnreadable(sourceLocation: SourceLocation = #_sourceLocation) {
    guard case .failure(.unreadable) = result else {
      Issue.record("Expected that the state is unreadable, got \(result)", sourceLocation: sourceLocation)
      return
    }
  }
}
