public import LedgerEvents

/// Writes into the log that the clock is right as it is, after a step: recorded time goes on from what it says.
public struct CorrectClock: Command {
  package var reason: ClockCorrectionReason
  /// Where the clock goes back: the first event that was recorded while it was ahead, and by how many milliseconds it was
  /// ahead at most; nil takes the length of the step.
  package var first: Position
  package var ahead: Int64?

  package init(reason: ClockCorrectionReason, first: Position = 0, ahead: Int64? = nil) {
    self.reason = reason
    self.first = first
    self.ahead = ahead
  }

  /// What was corrected.
  public struct Outcome: Sendable, Equatable {
    public var from: Timestamp
    public var to: Timestamp
    public var position: Position
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    guard let from = context.correctedFrom else {
      throw .refused(.conflict, field: "clock", expected: "a clock that was set", remedy: "nothing to do: it is right")
    }
    guard reason != .synchronized || from < context.now else {
      throw .refused(.conflict, field: "clock", expected: "a clock that was set forward", remedy: "confirm the step")
    }
    var event = ClockCorrected()
    event.from = from.milliseconds
    event.to = context.now.milliseconds
    event.reason = reason
    if context.now < from {
      let step = (Timestamp(milliseconds: 0) + (from - context.now)).milliseconds
      event.first = max(first, 1).rawValue
      event.ahead = max(ahead ?? step, step)
    }
    return Decision(by: Requester.operator, .clockCorrected(event))
  }

  package func outcome(of recorded: RecordedEvents) -> Outcome {
    guard case .clockCorrected(let event) = recorded.events.first else {
      return Outcome(from: recorded.time, to: recorded.time, position: recorded.first)
    }
    return Outcome(
      from: Timestamp(milliseconds: event.from), to: Timestamp(milliseconds: event.to),
      position: recorded.first)
  }
}
