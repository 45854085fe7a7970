import CLMDB
import Glibc
import Synchronization

/// An LMDB environment: one folder, one file, many tables; one writer, and readers that never wait for it.
///
/// Any thread may use it. It must not be used in a process forked after it was opened. Commits are durable when they
/// return (LMDB's default mode, and no other is offered).
///
/// A folder that the process has open already is shared: readers beside each other and beside the writer.
///
/// The folder holds `data.mdb`, LMDB's `lock.mdb`, and `writer.lock`, which the process that writes has locked.
package final class Environment: Sendable {
  let core: EnvironmentCore
  /// What may be done.
  package let access: Options.Access
  private let isClosed = Atomic(false)

  /// Opens the environment in the folder at `path`; for writing, creates what is missing: the folder with mode 0700,
  /// files with 0600. The folder above must exist. Slots of readers that died are freed.
  ///
  /// - Throws: `alreadyOpen`, `lockedByAnotherProcess`, `notAnEnvironment` (nothing is touched then), `newerFormat`,
  ///   `corrupted` for a file that was cut off, `networkFileSystem`, `permissionDenied`, `readerSlotConflict`,
  ///   `diskFull`, `other`.
  package init(at path: String, options: Options = Options()) throws(LMDBError) {
    access = options.access
    core = try OpenEnvironments.open(EnvironmentFolder(path, creating: options.access == .readWrite), options)
    // A process of the same number in another container shows at the first read.
    try checkForDeadReaders()
    _ = try beginRead()
  }

  deinit { close() }

  /// Refuses transactions from now on, and closes the files: at once, or when the last open transaction ends. Until
  /// then the folder cannot be opened again. Others of this process who have the folder open keep it open. Closing twice
  /// does nothing.
  package func close() {
    guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
    if OpenEnvironments.leave(core, wasWriter: access == .readWrite) { core.close() }
  }

  /// Refuses what is asked of it after it was closed, also where others keep the files open.
  @inline(__always)
  func requireOpen(_ operation: StaticString) throws(LMDBError) {
    guard isClosed.load(ordering: .relaxed) else { return }
    throw LMDBError(.closed, "\(operation)", "it was closed; open it again")
  }

  /// The folder, as it was given.
  package var path: String { core.folder.path }

  /// Frees the reader slots of processes that died, so that their snapshots no longer keep old pages from being
  /// reused. Returns how many there were.
  ///
  /// - Throws: `closed`, `readersFull`, `other`.
  @discardableResult
  package func checkForDeadReaders() throws(LMDBError) -> Int {
    let core = core
    return try core.withMap { () throws(LMDBError) in
      var dead: Int32 = 0
      try unsafe check("check for dead readers", mdb_reader_check(core.pointer, &dead))
      return Int(dead)
    }
  }
}
