package import EventLog
package import Projections
import Synchronization

/// Scrubs in the background, until it is stopped.
package final class Scrubber: Sendable {
  private let log: EventLog<ProjectionSet>
  private let policy: ScrubPolicy
  private let isStopped = Atomic(false)

  package init(_ log: EventLog<ProjectionSet>, _ policy: ScrubPolicy) {
    self.log = log
    self.policy = policy
  }

  /// Scrubs from time to time, until cancelled.
  package func run(noting faults: BackgroundFaults) async {
    guard let interval = policy.interval, log.writer != nil else { return }
    while !Task.isCancelled {
      do { try await Task.sleep(for: interval) } catch { return }
      // What cannot be read now may be the next time.
      do throws(LogError) {
        try await scrub(rate: policy.rate)
        faults.succeeded(.scrub)
      } catch { faults.failed(.scrub, error) }
    }
  }

  /// Has a round end soon, and no other begin.
  package func stop() { isStopped.store(true, ordering: .relaxed) }

  /// Scrubs once, on a thread of its own, and has nothing answered any more from what is damaged.
  @discardableResult
  package func scrub(rate: Int? = nil) async throws(LogError) -> DamagedTables {
    let scrub = ProjectionScrub(of: log, rate: rate)
    let found = try await OpeningThread { [self] () -> Result<DamagedTables?, LogError> in
      Result { () throws(LogError) in try scrub.run(isStopped: { self.isStopped.load(ordering: .relaxed) }) }
    }.run().get()
    if let found { try await scrub.close(found) }
    return try log.participant.damagedTables(in: log.snapshot().transaction)
  }
}
