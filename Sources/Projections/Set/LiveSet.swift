import Synchronization

/// Which of the two sets of tables a transaction is to read.
///
/// A swap belongs to one commit: transactions that see it read the new set, older snapshots go on reading the old one.
final class LiveSet: Sendable {
  /// Twice the number of the first transaction that reads a set, plus the set; earlier ones read the other.
  private let state: Atomic<UInt64>
  /// The state before the last swap. Only the writer's thread touches it.
  private let previous: Atomic<UInt64>
  private let isTargetTaken = Atomic(false)

  init(set: UInt8) {
    state = Atomic(UInt64(set))
    previous = Atomic(UInt64(set))
  }

  /// The set for a transaction.
  func set(for transaction: UInt64) -> Int { choice(for: transaction).set }

  /// The set for a transaction, and a number that is another after each swap.
  func choice(for transaction: UInt64) -> (set: Int, generation: UInt64) {
    let state = state.load(ordering: .acquiring)
    // Of a set that was swapped away nothing needs to be known but that it is not the live one.
    return transaction >= state >> 1 ? (Int(state & 1), state) : (Int(1 - state & 1), .max)
  }

  /// Makes `set` the one to read from a transaction on.
  func swap(to set: UInt8, from transaction: UInt64) {
    previous.store(state.load(ordering: .relaxed), ordering: .relaxed)
    state.store(transaction << 1 | UInt64(set), ordering: .releasing)
  }

  /// Takes a swap back that an earlier try at the transaction made. The number says so: no commit has it yet.
  func forgetSwap(from transaction: UInt64) {
    let state = state.load(ordering: .relaxed)
    // Without a swap the number is 0, and no transaction has that.
    if state >> 1 == transaction { self.state.store(previous.load(ordering: .relaxed), ordering: .releasing) }
  }

  /// Claims the set that is not live for one rebuild; false while another has it.
  func claimTarget() -> Bool { !isTargetTaken.exchange(true, ordering: .acquiringAndReleasing) }

  func releaseTarget() { isTargetTaken.store(false, ordering: .releasing) }
}
