import CLMDB
import Glibc

/// A snapshot of the environment, until it goes out of scope.
///
/// It may move to another thread but is used by one at a time. Keep it short, never hold it across a suspension, and never
/// begin a transaction while the thread has another one open: while it lives, no page of its state is reused, so that the
/// file grows, and the map cannot be enlarged.
@safe
package struct ReadTransaction: ~Copyable, Transaction {
  package let handle: TransactionHandle
  private let slot: UnsafeMutablePointer<ReaderSlot>
  /// Unretained: the claimed slot keeps the core alive, and counting references would make readers on different cores
  /// wait for each other.
  private let core: Unmanaged<EnvironmentCore>

  init(_ core: EnvironmentCore, _ slot: UnsafeMutablePointer<ReaderSlot>, _ pointer: OpaquePointer) {
    unsafe handle = TransactionHandle(pointer, core)
    unsafe self.slot = unsafe slot
    unsafe self.core = Unmanaged.passUnretained(core)
  }

  deinit {
    unsafe mdb_txn_reset(handle.pointer)
    unsafe core._withUnsafeGuaranteedRef { unsafe $0.release(slot) }
  }

  package var number: UInt64 { unsafe UInt64(mdb_txn_id(handle.pointer)) }
}

extension Environment {
  /// Takes a snapshot of the last commit.
  ///
  /// Some hundred nanoseconds: a slot is claimed by one compare-and-swap, and its transaction is renewed. It waits
  /// while the map is changed.
  ///
  /// - Throws: `readersFull`, `readersActive`, `closed`, `environmentPanicked`, `mapResizedElsewhere`, `readerSlotConflict`.
  package func beginRead() throws(LMDBError) -> ReadTransaction {
    try requireOpen("begin a transaction")
    var hasAdopted = false
    while true {
      let slot = unsafe try core.pool.claim()
      let status: Int32
      if let transaction = unsafe slot.pointee.transaction {
        status = unsafe mdb_txn_renew(transaction)
      } else {
        status = unsafe mdb_txn_begin(core.pointer, nil, UInt32(MDB_RDONLY), &slot.pointee.transaction)
      }
      if status == 0, let transaction = unsafe slot.pointee.transaction {
        unsafe slot.pointee.beganAt.store(Self.coarseNow(), ordering: .relaxed)
        unsafe slot.pointee.snapshot.store(UInt64(mdb_txn_id(transaction)), ordering: .relaxed)
        return unsafe ReadTransaction(core, slot, transaction)
      }
      if let transaction = unsafe slot.pointee.transaction { unsafe mdb_txn_abort(transaction) }
      unsafe slot.pointee.transaction = nil
      unsafe core.release(slot)
      guard status == MDB_MAP_RESIZED, !hasAdopted else { throw LMDBError(status: status, "begin a read transaction") }
      try core.resizeMap(to: 0, waitingAtMost: .seconds(10))
      hasAdopted = true
    }
  }

  /// Nanoseconds of the monotonic clock, to the last tick of a few milliseconds, which costs next to nothing to ask for.
  static func coarseNow() -> Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
