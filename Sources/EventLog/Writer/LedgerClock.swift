import Glibc
import Synchronization

/// The time that a log goes by: a wall clock, compared with a clock that nobody sets.
///
/// Time goes on as that other clock does, and follows the wall clock as long as the two agree within the tolerance. A step
/// beyond it is not followed. Until the wall clock is back, or the step is accepted, time goes on as if nothing had
/// happened, so that no lifetime is extended or ends by it, and events are refused. A smaller step forward is followed; after a
/// smaller one back, time stays ahead by so much.
///
/// Any thread may ask; nothing waits.
package final class LedgerClock: Sendable {
  /// Where the time comes from.
  package struct Source: Sendable {
    /// Milliseconds since the Unix epoch.
    package var wall: Clock
    /// Milliseconds on a clock that nobody sets; nil where there is none: then a step forward passes for time.
    package var uptime: Clock?
    /// How far apart the two may move before that counts as a step, in milliseconds.
    package var tolerance: Milliseconds
    /// How a time is written in an error.
    package var text: @Sendable (Milliseconds) -> String

    /// Clocks, the tolerance in milliseconds.
    package init(
      wall: @escaping Clock, uptime: Clock? = nil, tolerance: Milliseconds = 10_000,
      text: @escaping @Sendable (Milliseconds) -> String = { "\($0) ms" }
    ) {
      self.wall = wall
      self.uptime = uptime
      self.tolerance = max(tolerance, 0)
      self.text = text
    }
  }

  /// What the clocks said at one moment.
  package struct Reading: Sendable {
    /// The time that counts.
    package let now: Milliseconds
    /// What the wall clock says.
    package let wall: Milliseconds
    package let uptime: Milliseconds
    /// How the wall clock is off; nil where it is not.
    package let fault: Fault?

    /// How far the wall clock is ahead of the time that counts; below 0 where it is behind.
    package var step: Milliseconds { wall.saturating(minus: now) }
  }

  /// How a wall clock is off.
  package enum Fault: Sendable {
    /// It was set while the log was open.
    case stepped
    /// It was behind the newest event when the log was opened.
    case behind
  }

  private let source: Source
  /// The time that counts, less the time of the clock that nobody sets.
  private let offset = Atomic<Milliseconds>(.min)
  private let wasBehind = Atomic(false)

  package init(_ source: Source) { self.source = source }

  /// A wall clock with nothing to hold it against.
  package convenience init(_ wall: @escaping Clock) { self.init(Source(wall: wall)) }

  /// What the clocks say now. Some hundred nanoseconds.
  package func read() -> Reading {
    let (wall, uptime) = sample()
    let target = wall.saturating(minus: uptime)
    var offset = offset.load(ordering: .relaxed)
    while true {
      let drift = offset == .min ? 0 : target.saturating(minus: offset)
      let now = offset == .min ? wall : uptime.saturating(plus: offset)
      if drift < -source.tolerance || drift > source.tolerance && source.uptime != nil {
        let wasBehind = wasBehind.load(ordering: .relaxed) && drift < 0
        return Reading(now: now, wall: wall, uptime: uptime, fault: wasBehind ? .behind : .stepped)
      }
      if drift <= 0, offset != .min { return Reading(now: now, wall: wall, uptime: uptime, fault: nil) }
      // With nothing to hold it against, the wall clock counts for as long as it is not behind what was recorded.
      if source.uptime == nil { return Reading(now: wall, wall: wall, uptime: uptime, fault: nil) }
      let (isDone, current) = self.offset.compareExchange(expected: offset, desired: target, ordering: .relaxed)
      if isDone { return Reading(now: wall, wall: wall, uptime: uptime, fault: nil) }
      offset = current
    }
  }

  /// Both clocks at one moment: a thread that was put aside between the two must not pass for a step.
  private func sample() -> (wall: Milliseconds, uptime: Milliseconds) {
    guard let clock = source.uptime else { return (source.wall(), 0) }
    var before = clock()
    var tries = 8
    while true {
      let wall = source.wall()
      let after = clock()
      tries -= 1
      if after.saturating(minus: before) <= 1 || tries == 0 { return (wall, after) }
      before = after
    }
  }

  /// Begins with the log that was opened: time is never earlier than its newest event.
  package func begin(after newest: Milliseconds) {
    let (wall, uptime) = sample()
    wasBehind.store(wall < newest.saturating(minus: source.tolerance), ordering: .relaxed)
    let now = source.uptime == nil ? newest : max(wall, newest)
    offset.store(now.saturating(minus: uptime), ordering: .relaxed)
  }

  /// Takes note of an event that was recorded: time is never earlier.
  ///
  /// - Parameter isEarlier: whether it was recorded at an earlier time than one that was seen before, which only a
  ///   correction of the clock brings about.
  package func observe(_ newest: Milliseconds, isEarlier: Bool = false) {
    if isEarlier { return begin(after: newest) }
    let target = newest.saturating(minus: source.uptime?() ?? 0)
    var offset = offset.load(ordering: .relaxed)
    while offset < target {
      let (isDone, current) = self.offset.compareExchange(expected: offset, desired: target, ordering: .relaxed)
      if isDone { return }
      offset = current
    }
  }

  /// Goes on from what the wall clock said: the correction is recorded.
  func correct(to reading: Reading) {
    wasBehind.store(false, ordering: .relaxed)
    offset.store(reading.wall.saturating(minus: reading.uptime), ordering: .relaxed)
  }

  /// What an event is refused with.
  func refusal(of reading: Reading) -> LogError? {
    // The writer asks before each commit, and texts are made only where there is something to tell.
    guard let fault = reading.fault else { return nil }
    let (now, wall) = (source.text(reading.now), source.text(reading.wall))
    let remedy = "set it right, or accept it by `credledger clock accept`"
    switch fault {
    case .stepped:
      return LogError(
        .clockStepped, "the clock was set while the ledger was open: it says \(wall), expected \(now); \(remedy)")
    case .behind:
      return LogError(
        .clockBehind, "the clock is behind the ledger: it says \(wall), the newest events are of \(now); \(remedy)")
    }
  }
}

extension Milliseconds {
  /// The sum, or the nearest number that there is.
  package func saturating(plus other: Milliseconds) -> Milliseconds {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? (other < 0 ? .min : .max) : sum
  }

  /// The difference, or the nearest number that there is.
  package func saturating(minus other: Milliseconds) -> Milliseconds {
    let (difference, overflow) = subtractingReportingOverflow(other)
    return overflow ? (other < 0 ? .max : .min) : difference
  }
}

extension RecordStamp {
  /// The type of the events by which the clock is corrected: the only ones that may be recorded at an earlier time than
  /// the event before.
  package static let clockCorrected: UInt16 = 4

  /// Whether such a record may stand after one of a time.
  func mayFollow(_ time: Milliseconds) -> Bool { recordedAt >= time || type == Self.clockCorrected }
}
