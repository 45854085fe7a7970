import Synchronization

/// One place for a transaction, on cache lines of its own so that two cores that read never write to a shared line.
@safe
struct ReaderSlot: ~Copyable {
  /// Who has the slot. The thread that changes it to `claimed` or `held` owns the slot's transaction.
  enum State: UInt8, AtomicRepresentable {
    /// Nobody has it.
    case free
    /// A transaction has it.
    case claimed
    /// A transaction has it, and hands it over to the thread that changes the map when it ends.
    case awaited
    /// The thread that changes the map has it.
    case held
    /// A transaction has it, and retires it when it ends, because the environment was closed.
    case closing
    /// The environment was closed.
    case retired
  }

  let state = Atomic(State.free)
  /// When the snapshot was taken, in nanoseconds of the monotonic clock; 0 for a claim without a snapshot.
  let beganAt = Atomic<Int64>(0)
  /// The snapshot's transaction number.
  let snapshot = Atomic<UInt64>(0)
  /// LMDB's transaction, made at the first use of the slot, then reset and renewed.
  var transaction: OpaquePointer?
  /// Up to 128 bytes: adjacent lines are fetched in pairs.
  private let padding = InlineArray<12, UInt64>(repeating: 0)
}
