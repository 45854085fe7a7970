package import EventLog
public import LedgerDomain
public import LedgerEvents
package import Projections
import Synchronization

/// How a ledger's clock stands.
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
    let request = try prepare(context)
    let reading = clock.read()
    var command = CorrectClock(reason: .confirmed)
    if reading.fault != nil, reading.step < 0 {
      let search = ExcursionSearch(
        log: log, opened: configuration.uptime == nil ? .max : openedAt, reading: reading,
        tolerance: configuration.toleranceInMilliseconds)
      let found = try await blocking { () throws(LedgerError) in try logged { () throws(LogError) in try search.run() }
      }
      command.first = found.first
      // While the ledger was open, the step tells exactly how far ahead the clock was.
      if reading.fault == .behind || configuration.uptime == nil { command.ahead = found.gap }
    }
    let outcome = try await perform(command, request, correctingClock: true).outcome
    try await finishInterrupted()
    return outcome
  }
}

/// Looks for the event since which a clock was ahead that is now set back.
///
/// What a clock that jumps ahead records comes after a gap as long as the jump or longer. The latest such gap counts whose
/// earlier end the clock of now allows. Gaps between events that were recorded while the ledger is open do not count: that
/// no step lies there is known.
package struct ExcursionSearch: Sendable {
  package let log: EventLog<ProjectionSet>
  /// The newest event when the ledger was opened; the greatest number where nothing tells steps from time that passes.
  package let opened: UInt64
  package let reading: LedgerClock.Reading
  package let tolerance: Int64

  private static let piece: UInt64 = 65_536

  /// - Returns: the first event of a clock that was ahead, and how long the gap before it is; nil where there is none.
  package func run() throws(LogError) -> (first: UInt64, gap: Int64?) {
    var later: (position: UInt64, stamp: RecordStamp)?
    var found: (first: UInt64, gap: Int64?)?
    let least = (0 as Int64).saturating(minus: reading.step).saturating(minus: tolerance)
    let latest = reading.wall.saturating(plus: tolerance)
    func look(_ position: UInt64, _ stamp: RecordStamp) {
      defer { later = (position, stamp) }
      guard let later, found == nil else { return }
      let gap = later.stamp.recordedAt.saturating(minus: stamp.recordedAt)
      let isKnown = later.position > .following(opened) && later.stamp.type != RecordStamp.clockCorrected
      if gap >= least, gap > 0, stamp.recordedAt <= latest, !isKnown { found = (later.position, gap) }
    }
    var last = try log.snapshot().head()
    while last > 0, found == nil {
      let first = last > Self.piece ? last - Self.piece + 1 : 1
      // Of what is in an archive, the stamp is enough.
      try log.snapshot().forEachRecord(in: first...last, reversed: true) { place throws(LogError) in
        look(place.position, place.stamp)
        return true
      } _: { (header, _) throws(LogError) in
        look(header.position, header.stamp)
        return found == nil
      }
      last = first - 1
    }
    return found ?? (1, nil)
  }
}

/// The newest event that another process has recorded, as far as this one has seen.
package final class NewestEvent: Sendable {
  private let transaction = Atomic<UInt64>(0)
  private let time = Mutex<Int64>(.min)

  /// Looks at the log, if anything was committed since the last time.
  package func follow(_ log: EventLog<ProjectionSet>, _ clock: LedgerClock) throws(LogError) {
    let view = try log.snapshot()
    let number = view.transaction.number
    guard transaction.load(ordering: .acquiring) != number else { return }
    let head = try view.head()
    guard head > 0, let stamp = try view.stamp(at: head) else { return }
    time.withLock { time in
      if time == .min {
        clock.begin(after: stamp.recordedAt)
      } else {
        clock.observe(stamp.recordedAt, isEarlier: stamp.recordedAt < time)
      }
      time = stamp.recordedAt
    }
    transaction.store(number, ordering: .releasing)
  }
}

/// Takes a step forward by itself, once the kernel says that the clock is synchronised and it has been steady for a while: a
/// machine that starts with a wrong clock needs nobody.
package final class ClockKeeper: Sendable {
  /// For how long a clock must have been steady, and how far it may move meanwhile, in milliseconds.
  package static let settling: Int64 = 30_000
  private static let jitter: Int64 = 1_000

  private let log: EventLog<ProjectionSet>
  private let clock: LedgerClock
  private let isSynchronized: @Sendable () -> Bool
  /// Since when the clock has been off by how much.
  private let steady = Mutex<(since: Int64, step: Int64)?>(nil)

  package init(_ log: EventLog<ProjectionSet>, _ clock: LedgerClock, isSynchronized: @escaping @Sendable () -> Bool) {
    self.log = log
    self.clock = clock
    self.isSynchronized = isSynchronized
  }

  /// Looks from time to time, until cancelled.
  package func run() async {
    while !Task.isCancelled {
      do { try await Task.sleep(for: .seconds(5)) } catch { return }
      // What fails is tried again with the next look.
      _ = try? await look()
    }
  }

  /// Looks at the clock, and corrects it where that may be done.
  ///
  /// - Returns: whether it was corrected.
  @discardableResult
  package func look() async throws(LedgerError) -> Bool {
    let reading = clock.read()
    guard let writer = log.writer, reading.fault != nil, reading.step > 0, isSynchronized() else {
      steady.withLock { $0 = nil }
      return false
    }
    let isSettled = steady.withLock { steady in
      guard let known = steady, abs(reading.step.saturating(minus: known.step)) <= Self.jitter else {
        steady = (reading.uptime, reading.step)
        return false
      }
      return reading.uptime.saturating(minus: known.since) >= Self.settling
    }
    guard isSettled else { return false }
    do throws(AppendFailure<DecisionFailure>) {
      _ = try await writer.append(AppendOptions(correctsClock: true)) {
        (view, moment) throws(AppendFailure<DecisionFailure>) in
        let decision = try Ledger.decide(CorrectClock(reason: .synchronized), in: view, moment)
        return Proposal(decision.events, RecordContext(actor: LogSubject(decision.actor)))
      }
    } catch { throw LedgerError(error) }
    steady.withLock { $0 = nil }
    return true
  }
}
