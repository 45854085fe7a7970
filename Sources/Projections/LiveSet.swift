import Synchronization

/// Which of the two sets of tables a transaction is to read.
///
/// A swap belongs to one commit: transactions that see it read the new set, older snapshots go on reading the old one.
final class LiveSet: Sendable {
  /// Twice the number of the first transaction that reads a set, plus the set; earlier ones read the other.
  private let state: Atomic<UInt64>

  init(set: UInt8) { state = Atomic(UInt64(set)) }

  /// The set for a transaction.
  func set(for transaction: UInt64) -> Int {
    let state = state.load(ordering: .acquiring)
    return Int(transaction >= state >> 1 ? state & 1 : 1 - state & 1)
  }

  /// Makes `set` the one to read from a transaction on.
  func swap(to set: UInt8, from transaction: UInt64) {
    state.store(transaction << 1 | UInt64(set), ordering: .releasing)
  }
}
