import EventLog
public import LedgerDomain
public import LedgerEvents
import Projections
import Synchronization

/// Whether a ledger follows the machine's clock, and which time it uses.
public struct ClockStatus: Sendable {
  /// The time that counts: what lifetimes are judged by, and what events carry.
  public let now: Timestamp
  /// What the wall clock says.
  public let clock: Timestamp
  /// What commands are refused with: `clock_stepped`, or `clock_behind`. Nil where the two agree.
  public let fault: LedgerError.Code?
  /// Whether the kernel says that the clock is synchronised.
  public let isSynchronized: Bool
}

extension Ledger {
  /// The time that counts: never earlier than the newest event, and untouched by a step of the clock that was not accepted.
  /// Every validation and every list judges by it. Some hundred nanoseconds; where another process writes, a look-up more.
  ///
  /// ```swift
  /// let now = try ledger.now
  /// ```
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public var now: Timestamp {
    get throws(LedgerError) {
      try logged { () throws(LogError) in try newest?.follow(log, clock) }
      return Timestamp(milliseconds: clock.read().now)
    }
  }

  /// How the clock stands: for health checks. While it has a ``ClockStatus/fault`` commands are refused, and reading goes on.
  ///
  /// ```swift
  /// if let fault = try ledger.clockStatus.fault { print("the clock needs to be looked at: \(fault)") }
  /// ```
  public var clockStatus: ClockStatus {
    get throws(LedgerError) {
      try logged { () throws(LogError) in try newest?.follow(log, clock) }
      let reading = clock.read()
      let fault: LedgerError.Code? =
        switch reading.fault {
        case nil: nil
        case .stepped: .clockStepped
        case .behind: .clockBehind
        }
      return ClockStatus(
        now: Timestamp(milliseconds: reading.now), clock: Timestamp(milliseconds: reading.wall), fault: fault,
        isSynchronized: configuration.isClockSynchronized())
    }
  }

  /// Confirms that the clock is right as it is, after a step: appends `clock.corrected`, from which recorded time goes on.
  ///
  /// A clock that is set back ends what was begun while it was ahead by as much earlier, so that nothing outlives its time.
  /// Since when it was ahead is told from the times of the events, the newest first: in the worst case the headers of all
  /// are read, a second for a million or more.
  ///
  /// ```swift
  /// let corrected = try await ledger.acceptClock()
  /// print("from \(corrected.from) to \(corrected.to)")
  /// ```
  ///
  /// - Parameter context: names the operator.
  /// - Throws: `conflict` where the clock was not set; `forbidden` of the field `operator`; `closed`, `damaged`, `storage`.
  @discardableResult
  public func acceptClock(context: RequestContext = .none) async throws(LedgerError) -> CorrectClock.Outcome {
    // Prepared apart, as the correction is appended with another clock than every other command.
    let request = try prepare(context)
    let reading = clock.read()
    var command = CorrectClock(reason: .confirmed)
    if reading.fault != nil, reading.step < 0 {
      let search = ExcursionSearch(
        log: log, opened: configuration.uptime == nil ? .max : openedAt, reading: reading,
        tolerance: configuration.toleranceInMilliseconds)
      let found = try await blocking { () throws(LedgerError) in try logged { () throws(LogError) in try search.run() }
      }
      command.first = Position(found.first)
      // While the ledger was open, the step tells exactly how far ahead the clock was.
      if reading.fault == .behind || configuration.uptime == nil { command.ahead = found.gap }
    }
    let outcome = try await perform(command, request, correctingClock: true).outcome
    try await finishInterrupted()
    return outcome
  }
}
