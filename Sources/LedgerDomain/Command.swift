package import LedgerEvents

/// A request to change the ledger, decided against the state of one moment.
///
/// Deciding is pure: it reads the state, and answers with events or a refusal. It has no clock and no randomness of
/// its own; whatever is random, secret or slow to compute (a digest, a sealed value) is made before and is part of the
/// command's value. So a command can be decided again, on another state, with nothing lost.
///
/// A new command is one new file: a type that conforms to this protocol, with the rules it enforces.
package protocol Command: Sendable {
  /// What the caller is told once the events are durable.
  associatedtype Outcome: Sendable

  /// The events that the command makes of this state.
  ///
  /// - Parameters:
  ///   - state: the state after every event before ``DecisionContext/next``.
  ///   - context: the time, and the position that the first event will get.
  /// - Returns: who acts, and at most 255 events, mostly one or two. No event at all means that there is nothing to do.
  /// - Throws: a ``Refusal``, or that the state could not be read.
  func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision

  /// Checks who asks, before an earlier answer to the same request is given again. Unless a command says otherwise, it
  /// accepts the requester that the caller of the library names.
  ///
  /// - Throws: what ``decide(_:_:)`` refuses such a caller for.
  func admit(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure)

  /// Whether it is recorded though nobody answers for it where the rules ask for a named operator: a program notes what
  /// happened, and nobody decided it. Unless a command says otherwise, somebody does.
  var isAutomatic: Bool { get }

  /// The answer to the caller, a function of the events and nothing else: so a repeated request with the same
  /// idempotency key gets the same answer from the log.
  func outcome(of recorded: RecordedEvents) -> Outcome
}

extension Command {
  package func admit(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) {}

  package var isAutomatic: Bool { false }
}

/// What a decision may know besides the state.
package struct DecisionContext: Sendable {
  /// The time that the events will carry; never earlier than that of the event before, unless they correct the clock.
  package let now: Timestamp
  /// The position that the first event will get: the number of the object that it makes.
  package let next: Position
  /// Where the clock is to be corrected: the time that counted until now.
  package let correctedFrom: Timestamp?

  package init(now: Timestamp, next: Position, correctedFrom: Timestamp? = nil) {
    self.now = now
    self.next = next
    self.correctedFrom = correctedFrom
  }
}

/// Who acts, and the events to append.
package struct Decision: Sendable {
  /// Who is recorded as having caused the events.
  package var actor: Subject
  /// The person for whom a connector acts: named among the events' subjects.
  package var onBehalfOf: Subject?
  /// The events, in order.
  package var events: [LedgerEvent]
  /// What is to be kept beside the log of the last event: sealed, and only while it is of use. Empty for nothing.
  package var kept: [UInt8] = []

  package init(by actor: Subject, _ events: LedgerEvent...) {
    self.actor = actor
    self.events = events
  }

  package init(by actor: Subject, events: [LedgerEvent]) {
    self.actor = actor
    self.events = events
  }

  /// What somebody causes who asks for it.
  package init(by requester: Requester, _ events: LedgerEvent...) {
    self.init(by: requester, events: events)
  }

  /// What somebody causes who asks for it.
  package init(by requester: Requester, events: [LedgerEvent]) {
    actor = requester.actor
    onBehalfOf = requester.onBehalfOf
    self.events = events
  }
}

/// Events as the log has them.
package struct RecordedEvents: Sendable {
  /// Position of the first event; the others follow without a gap. Where there are no events, the position of the
  /// event before.
  package let first: Position
  /// When they were recorded.
  package let time: Timestamp
  package let events: [LedgerEvent]

  package init(first: Position, time: Timestamp, events: [LedgerEvent]) {
    self.first = first
    self.time = time
    self.events = events
  }
}

/// Why there is no decision.
@usableFromInline package enum DecisionFailure: Error, Sendable {
  /// The rules say no.
  case refused(Refusal)
  /// The state could not be read, so nothing was decided.
  case unreadable(StateUnreadable)
}

/// The state could not be read: storage failed, or a row is damaged.
@usableFromInline package struct StateUnreadable: Error, Sendable, Equatable, CustomStringConvertible {
  /// What went wrong and what to do about it, for an operator.
  @usableFromInline package let description: String

  package init(_ description: String) { self.description = description }
}
