import CLMDB
import Glibc
import Synchronization

/// LMDB's environment, and what must live until its last transaction has ended, even if the ``Environment`` does not.
///
/// `@unchecked Sendable`: LMDB lets any thread use an environment (`MDB_NOTLS`); the pointer is never changed, and it
/// is freed by the thread that retires the pool's last slot, after which no slot can be claimed.
@safe
final class EnvironmentCore: @unchecked Sendable {
  /// Reader-table slots left for tools that read while this process has used all of its own.
  private static let slotsForTools = 64

  let pointer: OpaquePointer
  let folder: EnvironmentFolder
  let options: Environment.Options
  /// Whether a writer can use it. Readers open it so too, where the files allow it, so that a writer of this process can join
  /// them. What each may do, its ``Environment`` says.
  let isWritable: Bool
  /// Where the map stops to grow, in bytes: as the newest writer says.
  let maximumMapSize: Atomic<Int>
  let pool: ReaderPool
  /// The thread that has the write transaction, 0 for none.
  let writingThread = Atomic<UInt>(0)
  /// Held while tables are opened outside a write transaction, which LMDB allows one thread at a time.
  private let tableOpening = Mutex(())
  /// Whether the write transaction that is open has opened tables.
  let isWriterOpeningTables = Atomic(false)
  /// What the write transaction knows of the sums over the tables' rows: a number for each table that may be open. Only the
  /// thread that has the write transaction touches them.
  let sumChanges: UnsafeMutablePointer<UInt64>
  let sumChangeCount: Int
  private let writerLock: Mutex<WriterLock?>
  /// What tells its data file from others.
  private let dataFile: EnvironmentFolder.Identity

  init(_ folder: EnvironmentFolder, _ options: Environment.Options) throws(LMDBError) {
    let isWriter = options.access == .readWrite
    let operation = "open the environment"
    self.folder = folder
    self.options = options
    maximumMapSize = Atomic(options.maximumMapSize)
    _ = try Self.examine(folder, mayBeNew: isWriter)
    var lock: WriterLock?
    if isWriter {
      lock = try WriterLock(at: folder.writerLockPath)
      let isNew = try Descriptor.create(folder.dataPath, operation) != nil
      if isNew { try Descriptor.open(folder.path, O_RDONLY | O_DIRECTORY, operation).sync(operation) }
    }
    let file = try Self.examine(folder, mayBeNew: isWriter)
    if options.access != .frozen {
      try LockFile.reserve(
        folder.lockPath, readers: Self.slotCount(options), isRequired: isWriter, operation)
    }
    isWritable = isWriter || (options.access == .readOnly && folder.mayBeWritten)
    unsafe pointer = try Self.open(folder, options, file, isWritable: isWritable)
    dataFile = folder.dataIdentity ?? folder.identity
    pool = ReaderPool(count: max(options.maximumReaders, 2))
    // LMDB has two tables of its own.
    sumChangeCount = isWritable ? options.maximumTables + 2 : 0
    unsafe sumChanges = .allocate(capacity: sumChangeCount)
    writerLock = Mutex(lock)
    // Balanced by `closeIfLast`: the core outlives its last transaction.
    _ = unsafe Unmanaged.passRetained(self)
  }

  deinit { unsafe sumChanges.deallocate() }

  /// Looks at the data file before LMDB does. Nil if there is none yet.
  private static func examine(_ folder: EnvironmentFolder, mayBeNew: Bool) throws(LMDBError) -> DataFile? {
    let operation = "examine data.mdb"
    if mayBeNew, unsafe access(folder.dataPath, F_OK) != 0, errno == ENOENT { return nil }
    let file = try Descriptor.open(folder.dataPath, O_RDONLY, operation)
    var attempts = 10
    while true {
      do throws(LMDBError) {
        guard let data = try DataFile(file) else {
          if mayBeNew { return nil }
          throw LMDBError(.notAnEnvironment, operation, "the file is empty; open it for writing once")
        }
        try data.checkLength(of: file)
        return data
      } catch {
        // Where another process writes meanwhile, the pages may have changed between two reads.
        attempts -= 1
        if attempts == 0 || error.code != .corrupted { throw error }
      }
    }
  }

  private static func slotCount(_ options: Environment.Options) -> Int {
    max(options.maximumReaders, 2) + slotsForTools
  }

  /// Opens with the largest map the system grants.
  private static func open(
    _ folder: EnvironmentFolder, _ options: Environment.Options, _ file: DataFile?, isWritable: Bool
  ) throws(LMDBError) -> OpaquePointer {
    let operation = "open the environment"
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    var size = max(options.mapSize, Int(clamping: file?.mapSize ?? 0))
    size = (size + page - 1) / page * page
    let flags =
      switch options.access {
      case .readWrite: MDB_NOTLS
      case .readOnly: isWritable ? MDB_NOTLS : MDB_NOTLS | MDB_RDONLY
      case .frozen: MDB_NOTLS | MDB_RDONLY | MDB_NOLOCK
      }
    while true {
      var created: OpaquePointer?
      try unsafe check(operation, mdb_env_create(&created))
      guard let pointer = unsafe created else { throw LMDBError(status: ENOMEM, operation) }
      var status = unsafe mdb_env_set_mapsize(pointer, size)
      if status == 0 { status = unsafe mdb_env_set_maxdbs(pointer, MDB_dbi(options.maximumTables)) }
      if status == 0 {
        status = unsafe mdb_env_set_maxreaders(pointer, UInt32(slotCount(options)))
      }
      if status == 0 { status = unsafe mdb_env_open(pointer, folder.path, UInt32(flags), 0o600) }
      if status == 0 { return unsafe pointer }
      unsafe mdb_env_close(pointer)
      guard status == ENOMEM, size / 2 >= 1 << 30 else { throw LMDBError(status: status, operation) }
      size /= 2
    }
  }

  /// Closes: at once, or when the last transaction ends.
  func close() {
    if pool.close() { finish() }
  }

  /// Gives a slot back, and closes the environment if it was the last of a closed one.
  @inline(__always)
  func release(_ slot: UnsafeMutablePointer<ReaderSlot>) {
    if unsafe pool.release(slot) { finish() }
  }

  private func finish() {
    unsafe mdb_env_close(pointer)
    unlockForWriting()
    OpenEnvironments.forget(self)
    unsafe Unmanaged.passUnretained(self).release()
  }

  /// Whether the data file that is open is the one in a folder.
  func isOpen(at folder: EnvironmentFolder) -> Bool { folder.dataIdentity == dataFile }

  /// Takes the lock of the process that writes, for a writer that joins.
  ///
  /// - Throws: `lockedByAnotherProcess`; the system's refusals.
  func lockForWriting(_ options: Environment.Options) throws(LMDBError) {
    try writerLock.withLock { (lock) throws(LMDBError) in lock = try WriterLock(at: folder.writerLockPath) }
    maximumMapSize.store(options.maximumMapSize, ordering: .relaxed)
  }

  func unlockForWriting() { writerLock.withLock { $0 = nil } }

  /// Begins to open tables in the write transaction: LMDB lets one transaction at a time do so, until its end.
  func beginOpeningTables() { tableOpening.withLock { _ in isWriterOpeningTables.store(true, ordering: .releasing) } }

  /// Runs `body`, which opens tables outside the write transaction, once that opens none.
  func openingTables<Result>(_ body: () throws(LMDBError) -> Result) throws(LMDBError) -> Result {
    while true {
      let result = try tableOpening.withLock { (_) throws(LMDBError) -> Result? in
        isWriterOpeningTables.load(ordering: .acquiring) ? nil : try body()
      }
      if let result { return result }
      usleep(1_000)
    }
  }

  /// Runs `body` while the map stays where it is.
  func withMap<Result>(_ body: () throws(LMDBError) -> Result) throws(LMDBError) -> Result {
    let slot = unsafe try pool.claim()
    unsafe slot.pointee.beganAt.store(0, ordering: .relaxed)
    defer { unsafe release(slot) }
    return try body()
  }
}
