import CLMDB
import Glibc
import LedgerFiles

extension Environment {
  /// Copies the environment, as of its last commit, into a new folder while others read and write. The folder has mode
  /// 0700, its file 0600 from the start, and both are on the device when this returns.
  ///
  /// It holds a snapshot for as long as the disk takes, so that the original grows meanwhile.
  ///
  /// - Parameters:
  ///   - folder: must not exist; the folder above must.
  ///   - compacting: leave out pages not in use, and with them what was deleted. Slower.
  /// - Throws: `targetExists`; `diskFull`, `ioFailure` and the like, after removing what was copied.
  @available(*, noasync)
  package func copy(to folder: String, compacting: Bool) throws(LMDBError) {
    let operation = "copy the environment"
    precondition(
      core.writingThread.load(ordering: .relaxed) != pthread_self(), "end the write transaction before copying")
    guard try LedgerFiles.Folder<LMDBError>.create(folder, operation) else {
      throw LMDBError(.targetExists, operation, "the target exists; choose a new folder")
    }
    do throws(LMDBError) {
      guard let file = try Descriptor.create(folder + "/data.mdb", operation) else {
        throw LMDBError(.targetExists, operation, "somebody else writes to the target; choose a new folder")
      }
      try copy(into: file.number, compacting: compacting)
      try file.sync(operation)
      try Descriptor.open(folder, O_RDONLY | O_DIRECTORY, operation).sync(operation)
      try Descriptor.syncParent(of: folder, operation)
    } catch {
      unsafe unlink(folder + "/data.mdb")
      unsafe rmdir(folder)
      throw error
    }
  }

  /// Writes the environment, as of its last commit, into an open file or pipe while others read and write. Somebody who reads
  /// a pipe decides how fast the copy goes.
  ///
  /// It holds a snapshot for as long as that takes, so that the original grows meanwhile, and keeps the map from growing in
  /// this process. Nothing is synced.
  ///
  /// ```swift
  /// try environment.copy(into: pipe.writingEnd, compacting: true)
  /// ```
  ///
  /// - Parameters:
  ///   - descriptor: where the bytes of a `data.mdb` go; stays open.
  ///   - compacting: leave out pages not in use, and with them what was deleted. Every page is examined before, since a
  ///     damaged one could lead LMDB anywhere: that costs a read of the file.
  /// - Throws: `corrupted`, `diskFull`, `ioFailure`, and `other` where nobody reads the pipe any more. Writing into such a pipe raises
  ///   no signal.
  @available(*, noasync)
  package func copy(into descriptor: Int32, compacting: Bool) throws(LMDBError) {
    // Another process may have enlarged the file: a transaction that begins here adopts that, LMDB's own would not.
    _ = try beginRead()
    if compacting { try checkStructure() }
    let core = core
    let flags = UInt32(compacting ? MDB_CP_COMPACT : 0)
    // LMDB writes on a thread of its own, which inherits what this one blocks.
    var broken = sigset_t()
    var before = sigset_t()
    unsafe sigemptyset(&broken)
    unsafe sigaddset(&broken, SIGPIPE)
    unsafe pthread_sigmask(SIG_BLOCK, &broken, &before)
    defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
    try core.withMap { () throws(LMDBError) in
      unsafe try check("copy the environment", mdb_env_copyfd2(core.pointer, descriptor, flags))
    }
  }
}
