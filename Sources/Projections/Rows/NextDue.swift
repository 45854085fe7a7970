import LedgerEvents
import Synchronization

/// When the next row of a table is to be forgotten, so that a commit before that time does not look. Only the writer's
/// thread uses it.
final class NextDue: Sendable {
  /// Milliseconds; the least number while the time is not known.
  private let time = Atomic(Int64.min)
  private let transaction = Atomic<UInt64>(0)

  /// Notes that a transaction begins. One that has the number of the last takes the place of one that was aborted, and
  /// what that one noted does not count.
  func begin(in transaction: UInt64) {
    if self.transaction.exchange(transaction, ordering: .relaxed) == transaction { reset() }
  }

  func isReached(at now: Timestamp) -> Bool { time.load(ordering: .relaxed) <= now.milliseconds }

  /// Takes in a row that was added.
  func add(_ due: Timestamp) { time.min(due.milliseconds, ordering: .relaxed) }

  /// Sets what a pass over the oldest rows found; nil where no row is left.
  func set(_ due: Timestamp?) { time.store(due?.milliseconds ?? .max, ordering: .relaxed) }

  /// Has the next commit look.
  func reset() { time.store(.min, ordering: .relaxed) }
}
