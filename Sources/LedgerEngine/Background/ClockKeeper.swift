package import EventLog
import LedgerDomain
import LedgerEvents
package import Projections
import Synchronization

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
  package func run(noting faults: BackgroundFaults) async {
    while !Task.isCancelled {
      do { try await Task.sleep(for: .seconds(5)) } catch { return }
      // What fails is tried again with the next look.
      do throws(LedgerError) {
        try await look()
        faults.succeeded(.clock)
      } catch { faults.failed(.clock, error) }
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
        let decision = try decide(CorrectClock(reason: .synchronized), in: view, moment)
        return AppendProposal(decision.events, RecordContext(actor: LogSubject(decision.actor)))
      }
    } catch { throw LedgerError(error) }
    steady.withLock { $0 = nil }
    return true
  }
}
