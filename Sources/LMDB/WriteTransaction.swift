import CLMDB
import Glibc
import LedgerFiles

/// The one write transaction of the environment, until it is committed or goes out of scope, which aborts it.
///
/// It begins, writes and ends on one thread: LMDB's writer lock belongs to the thread, and giving it back on another
/// would stop the next writer for ever. So it traps there, and cannot be begun in asynchronous code.
///
/// Writing needs it `inout` and reading borrows it, so that the bytes of a row that is being read cannot be changed.
/// A write that fails, except with `keyExists`, leaves nothing that could be committed.
@safe
@usableFromInline package struct WriteTransaction: ~Copyable, Transaction {
  @usableFromInline package let handle: TransactionHandle
  private let slot: UnsafeMutablePointer<ReaderSlot>
  private let core: Unmanaged<EnvironmentCore>
  /// By how much the sum over each table's rows has changed, by LMDB's number of the table. The environment's.
  let sumChanges: UnsafeMutablePointer<UInt64>
  /// The first failure of a write, 0 for none.
  private var failure: Int32 = 0

  init(_ core: EnvironmentCore, _ slot: UnsafeMutablePointer<ReaderSlot>, _ pointer: OpaquePointer) {
    unsafe handle = TransactionHandle(pointer, core)
    unsafe self.slot = unsafe slot
    unsafe self.core = Unmanaged.passUnretained(core)
    unsafe sumChanges = core.sumChanges
    unsafe sumChanges.update(repeating: 0, count: core.sumChangeCount)
  }

  deinit {
    leaveThread()
    unsafe mdb_txn_abort(handle.pointer)
    unsafe core._withUnsafeGuaranteedRef { unsafe $0.release(slot) }
  }

  @usableFromInline package var number: UInt64 { unsafe UInt64(mdb_txn_id(handle.pointer)) }

  /// Makes everything written durable, and ends the transaction; when it throws, the transaction was ended as well.
  ///
  /// - Throws: `diskFull` or `transactionFailed` if nothing was kept; `ioFailure` if the outcome is unknown: stop writing,
  ///   open the environment again, and look; `environmentPanicked`, `mapFull`.
  @available(*, noasync)
  package consuming func commit() throws(LMDBError) {
    let failure = failure
    if failure != 0 {
      abort()
      throw LMDBError(
        .transactionFailed, "commit", "a write failed, so the transaction was aborted; run it again", status: failure)
    }
    leaveThread()
    let number = number
    var status = unsafe mdb_txn_commit(handle.pointer)
    unsafe core._withUnsafeGuaranteedRef { core in
      if status == EIO, core.ranOutOfSpace(committing: number) { status = ENOSPC }
      unsafe core.release(slot)
    }
    discard self
    try check("commit", status)
  }

  /// Ends the transaction without keeping anything, as going out of scope does.
  package consuming func abort() {}

  /// Throws if an earlier write failed.
  func checkUsable(_ operation: String) throws(LMDBError) {
    if failure != 0 { throw LMDBError(status: MDB_BAD_TXN, operation) }
  }

  /// Makes the transaction one that can only be aborted.
  mutating func fail(_ status: Int32) { if failure == 0 { failure = status == 0 ? MDB_BAD_TXN : status } }

  private func leaveThread() {
    unsafe core._withUnsafeGuaranteedRef { core in
      precondition(
        core.writingThread.load(ordering: .relaxed) == pthread_self(),
        "a write transaction ends on the thread it began on")
      core.writingThread.store(0, ordering: .relaxed)
      core.isWriterOpeningTables.store(false, ordering: .releasing)
    }
  }
}

extension Environment {
  /// Begins the write transaction; waits while another thread has one. Traps on the thread that has it.
  ///
  /// - Throws: `readOnly`, `closed`, `environmentPanicked`, `readersFull`.
  @available(*, noasync)
  package func beginWrite() throws(LMDBError) -> WriteTransaction {
    let operation = "begin a write transaction"
    try requireOpen("begin a transaction")
    guard access == .readWrite else {
      throw LMDBError(.readOnly, operation, "the environment is open for reading; open it for writing")
    }
    let thread = pthread_self()
    precondition(
      core.writingThread.load(ordering: .relaxed) != thread, "this thread has a write transaction open already")
    let slot = unsafe try core.pool.claim()
    unsafe slot.pointee.beganAt.store(0, ordering: .relaxed)
    var begun: OpaquePointer?
    let status = unsafe mdb_txn_begin(core.pointer, nil, 0, &begun)
    guard status == 0, let pointer = unsafe begun else {
      unsafe core.release(slot)
      throw LMDBError(status: status, operation)
    }
    core.writingThread.store(thread, ordering: .relaxed)
    return unsafe WriteTransaction(core, slot, pointer)
  }
}

extension EnvironmentCore {
  /// Whether a commit that ended with `EIO` did so because the disk is full.
  ///
  /// The write that fills a disk is cut short, and for that LMDB reports a failing device. Nothing was kept then: pages
  /// are written before anything refers to them, and the newest commit is still the one before.
  fileprivate func ranOutOfSpace(committing number: UInt64) -> Bool {
    var info = unsafe MDB_envinfo()
    guard unsafe mdb_env_info(pointer, &info) == 0, unsafe info.me_last_txnid < number else { return false }
    guard let free = LedgerFiles.Folder<LMDBError>.freeBytes(at: folder.path) else { return false }
    return free < 256 << 10
  }
}
