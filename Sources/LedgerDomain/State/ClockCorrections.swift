public import LedgerEvents

/// A correction of the clock, as its event has it.
public struct ClockCorrection: Sendable, Equatable {
  /// The event's position.
  public var position: Position
  /// The time from which recorded time continued.
  public var to: Timestamp
  /// The first event that was recorded by a clock that was ahead; 0 where it was not.
  public var first: Position
  /// By how much it was ahead at most, in milliseconds.
  public var ahead: Int64

  public init(position: Position, to: Timestamp, first: Position, ahead: Int64) {
    self.position = position
    self.to = to
    self.first = first
    self.ahead = ahead
  }

  /// What an event says.
  package init(_ event: ClockCorrected, _ position: Position) {
    self.init(
      position: position, to: Timestamp(milliseconds: event.to), first: Position(event.first),
      ahead: max(event.ahead, 0))
  }
}

/// The corrections of the clock so far. By them a time that an event carries is told from the one at which it ends.
///
/// An event that was recorded while the clock was ahead carries times that are too late. What it began would outlive its
/// time by as much once the clock is right, so it ends earlier by as much. No lifetime is made longer by a correction.
public struct ClockCorrections: Sendable, Equatable {
  private var corrections: [ClockCorrection] = []

  public init() {}

  /// Whether the clock was never corrected.
  public var isEmpty: Bool { corrections.isEmpty }

  /// Takes in a later one.
  public mutating func append(_ correction: ClockCorrection) { corrections.append(correction) }

  /// Those up to a position.
  public func until(_ position: Position) -> ClockCorrections {
    var earlier = self
    earlier.corrections.removeAll { $0.position > position }
    return earlier
  }

  /// When something ends that an event says when it ends.
  ///
  /// - Parameters:
  ///   - time: what the event says.
  ///   - position: the event's.
  public func end(_ time: Timestamp, saidAt position: Position) -> Timestamp {
    corrections.reduce(time) { end, correction in
      guard correction.first > 0, correction.first <= position, position < correction.position else { return end }
      return end - .milliseconds(correction.ahead)
    }
  }

  /// By when an event was recorded at the latest: its own time, or that of a later correction where that is earlier. So the
  /// times of events in the order of their positions never decrease.
  public func time(_ recorded: Timestamp, at position: Position) -> Timestamp {
    corrections.reduce(recorded) { $1.position > position ? min($0, $1.to) : $0 }
  }
}

extension Standing {
  /// Lets the credential end when it does by the corrections of the clock.
  ///
  /// - Parameter number: the object's.
  package mutating func correct(by clock: ClockCorrections, _ number: UInt64) {
    guard !clock.isEmpty, var credential else { return }
    credential.expiresAt = clock.end(credential.expiresAt, saidAt: Position(number))
    if credential.successor != 0 {
      credential.acceptedUntil = clock.end(credential.acceptedUntil, saidAt: Position(credential.successor))
    }
    self.credential = credential
  }
}

extension Webhook {
  /// Lets it end when it does by the corrections of the clock.
  public mutating func correct(by clock: ClockCorrections) {
    guard !clock.isEmpty else { return }
    details.expiresAt = clock.end(expiresAt, saidAt: setBy).milliseconds
  }
}

extension ConnectorCredentials {
  /// Lets the Secret before end when it does by the corrections of the clock.
  package mutating func correct(by clock: ClockCorrections) {
    guard !clock.isEmpty, previous.rawValue != 0 else { return }
    previousUntil = clock.end(previousUntil, saidAt: current.position)
  }
}
