import CLMDB
import Glibc
import Synchronization

/// The places for transactions of one environment.
///
/// A transaction claims a slot with one compare-and-swap, at an index given by the processor it runs on, so that
/// threads on different cores seldom touch one line. A claimed slot is also what a change of the map waits for: the
/// thread that changes it takes every slot, and a thread that finds a taken one waits on the gate. So reading needs no
/// counter and no lock.
///
/// `@unchecked Sendable`: the slots are reached through a pointer that is never changed; their states are atomic,
/// and their transactions belong to the owner of the state.
@safe
final class ReaderPool: @unchecked Sendable {
  private let slots: UnsafeMutablePointer<ReaderSlot>
  private let count: Int
  /// Locked while the map is changed, and while the pool is closed.
  private let gate = Mutex(())
  /// Slots that are not retired yet.
  private let remaining: Atomic<Int>
  /// Set when a change of the map failed so badly that nothing can be read any more.
  private let isBroken = Atomic(false)

  init(count: Int) {
    self.count = count
    remaining = Atomic(count)
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: count * MemoryLayout<ReaderSlot>.stride, alignment: 128)
    unsafe slots = memory.bindMemory(to: ReaderSlot.self, capacity: count)
    for index in 0..<count { unsafe (slots + index).initialize(to: ReaderSlot()) }
  }

  deinit {
    unsafe slots.deinitialize(count: count)
    unsafe slots.deallocate()
  }

  /// Takes a slot. Waits while the map is being changed.
  func claim() throws(LMDBError) -> UnsafeMutablePointer<ReaderSlot> {
    var index = Int(sched_getcpu()) &* 4 % count
    var misses = 0
    while misses < count {
      let slot = unsafe slots + index
      let (exchanged, original) = unsafe slot.pointee.state.compareExchange(
        expected: .free, desired: .claimed, successOrdering: .acquiring, failureOrdering: .relaxed)
      if exchanged { return unsafe slot }
      switch original {
      case .free, .claimed:
        misses += 1
        index = index + 1 == count ? 0 : index + 1
      case .awaited, .held:
        gate.withLock { _ in }
        if isBroken.load(ordering: .acquiring) { throw LMDBError(status: MDB_PANIC, "begin a transaction") }
        misses = 0
      case .closing, .retired:
        throw Self.closed("begin a transaction")
      }
    }
    throw LMDBError(status: MDB_READERS_FULL, "begin a transaction")
  }

  /// Gives a claimed slot back. Returns true for the last slot of a closed pool: then LMDB's environment is to be
  /// closed.
  func release(_ slot: UnsafeMutablePointer<ReaderSlot>) -> Bool {
    while true {
      let (exchanged, original) = unsafe slot.pointee.state.compareExchange(
        expected: .claimed, desired: .free, successOrdering: .releasing, failureOrdering: .acquiring)
      if exchanged { return false }
      if original == .closing { return unsafe retire(slot) }
      let (handedOver, _) = unsafe slot.pointee.state.compareExchange(
        expected: .awaited, desired: .held, successOrdering: .releasing, failureOrdering: .relaxed)
      if handedOver { return false }
    }
  }

  /// Runs `change` while no transaction has a slot.
  ///
  /// - Parameter patience: how long to wait for open transactions. It guards against a thread that begins a
  ///   transaction while it has another one open: it would wait for the gate, and the gate for it.
  /// - Throws: `readersActive` when the time is up; what `change` throws.
  func whileIdle(
    waitingAtMost patience: Duration, _ operation: String, _ change: () throws(LMDBError) -> Void
  ) throws(LMDBError) {
    try gate.withLock { _ throws(LMDBError) in
      // Closing takes all slots at once, and under the same lock, so the first tells.
      let first = unsafe slots[0].state.load(ordering: .acquiring)
      if first == .closing || first == .retired { throw Self.closed(operation) }
      defer { if !isBroken.load(ordering: .relaxed) { openSlots() } }
      guard holdSlots(until: ContinuousClock.now + patience) else {
        throw LMDBError(
          .readersActive, operation,
          "transactions stayed open for \(patience); end them sooner, and never begin one within another")
      }
      try change()
    }
  }

  /// Declares the environment unusable: every later claim throws `environmentPanicked`. Only inside `whileIdle`.
  func markBroken() { isBroken.store(true, ordering: .releasing) }

  /// Ends the pool: free slots at once, claimed ones when their transactions end. Returns true when no slot is left;
  /// false when some are, or when the pool was closed before.
  func close() -> Bool {
    gate.withLock { _ in
      var isLast = false
      for index in 0..<count {
        let slot = unsafe slots + index
        while true {
          let state = unsafe slot.pointee.state.load(ordering: .acquiring)
          if state == .retired || state == .closing { break }
          let next: ReaderSlot.State = state == .claimed ? .closing : .retired
          let (exchanged, _) = unsafe slot.pointee.state.compareExchange(
            expected: state, desired: next, ordering: .acquiringAndReleasing)
          guard exchanged else { continue }
          if next == .retired { unsafe isLast = retire(slot) }
          break
        }
      }
      return isLast
    }
  }

  /// Calls `body` for every snapshot that is open now, with its beginning and its transaction number. What other
  /// threads do meanwhile may or may not be seen.
  func forEachSnapshot(_ body: (_ beganAt: Int64, _ snapshot: UInt64) -> Void) {
    for index in 0..<count {
      let state = unsafe slots[index].state.load(ordering: .relaxed)
      guard state == .claimed || state == .awaited || state == .closing else { continue }
      let beganAt = unsafe slots[index].beganAt.load(ordering: .relaxed)
      if beganAt != 0 { unsafe body(beganAt, slots[index].snapshot.load(ordering: .relaxed)) }
    }
  }

  private static func closed(_ operation: String) -> LMDBError {
    LMDBError(.closed, operation, "the environment was closed; open it again")
  }

  private func retire(_ slot: UnsafeMutablePointer<ReaderSlot>) -> Bool {
    if let transaction = unsafe slot.pointee.transaction { unsafe mdb_txn_abort(transaction) }
    unsafe slot.pointee.transaction = nil
    unsafe slot.pointee.state.store(.retired, ordering: .releasing)
    return remaining.subtract(1, ordering: .acquiringAndReleasing).newValue == 0
  }

  /// Takes every slot; false if one was not given up in time.
  private func holdSlots(until deadline: ContinuousClock.Instant) -> Bool {
    for index in 0..<count { unsafe hold(slots[index].state) }
    for index in 0..<count {
      while unsafe slots[index].state.load(ordering: .acquiring) == .awaited {
        if ContinuousClock.now > deadline { return false }
        usleep(50)
      }
    }
    return true
  }

  private func hold(_ state: borrowing Atomic<ReaderSlot.State>) {
    while true {
      let original = state.load(ordering: .relaxed)
      let next: ReaderSlot.State
      switch original {
      case .free: next = .held
      case .claimed: next = .awaited
      case .awaited, .held, .closing, .retired: return
      }
      if state.compareExchange(expected: original, desired: next, ordering: .acquiringAndReleasing).exchanged { return }
    }
  }

  /// Gives every slot back, those not handed over yet to their transactions.
  private func openSlots() {
    for index in 0..<count {
      let state = unsafe slots + index
      let (exchanged, original) = unsafe state.pointee.state.compareExchange(
        expected: .awaited, desired: .claimed, ordering: .acquiringAndReleasing)
      if !exchanged, original == .held { unsafe state.pointee.state.store(.free, ordering: .releasing) }
    }
  }
}
