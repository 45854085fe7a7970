public import CredentialLedger
import Synchronization

/// A clock in memory that a test moves. It stands still otherwise, so that nothing expires while a test waits.
///
/// ```swift
/// let clock = TestClock()
/// clock.advance(by: .seconds(86_400))
/// ```
public final class TestClock: Sendable {
  private let milliseconds: Atomic<Int64>

  /// - Parameter start: what the clock says first; the start of 2026 (UTC) unless set.
  public init(_ start: Timestamp = Timestamp(milliseconds: 1_767_225_600_000)) {
    milliseconds = Atomic(start.milliseconds)
  }

  /// What the clock says.
  public var now: Timestamp { Timestamp(milliseconds: milliseconds.load(ordering: .acquiring)) }

  /// Lets time pass; what is finer than a millisecond is dropped. A ledger takes time that goes back for a clock that was set
  /// wrong: it refuses to write with `clock_behind`.
  public func advance(by duration: Duration) {
    var current = milliseconds.load(ordering: .relaxed)
    while true {
      let next = (Timestamp(milliseconds: current) + duration).milliseconds
      let (isDone, found) = milliseconds.compareExchange(
        expected: current, desired: next, ordering: .acquiringAndReleasing)
      if isDone { return }
      current = found
    }
  }

  /// Sets the clock.
  public func set(to time: Timestamp) { milliseconds.store(time.milliseconds, ordering: .releasing) }
}
