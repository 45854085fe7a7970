import CLMDB
import Glibc

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
  public func copy(to folder: String, compacting: Bool) throws(LMDBError) {
    let operation = "copy the environment"
    precondition(
      core.writingThread.load(ordering: .relaxed) != pthread_self(), "end the write transaction before copying")
    if unsafe mkdir(folder, 0o700) != 0 {
      guard errno == EEXIST else { throw .system(operation) }
      throw LMDBError(.targetExists, operation, "the target exists; choose a new folder")
    }
    do throws(LMDBError) {
      if unsafe chmod(folder, 0o700) != 0 { throw .system(operation) }
      guard let file = try Descriptor.createPrivate(folder + "/data.mdb", operation) else {
        throw LMDBError(.targetExists, operation, "somebody else writes to the target; choose a new folder")
      }
      let core = core
      let flags = UInt32(compacting ? MDB_CP_COMPACT : 0)
      try core.withMap { () throws(LMDBError) in
        unsafe try check(operation, mdb_env_copyfd2(core.pointer, file.number, flags))
      }
      try file.synchronize(operation)
      try Descriptor(opening: folder, O_RDONLY | O_DIRECTORY, operation).synchronize(operation)
      try synchronizeParent(of: folder, operation)
    } catch {
      unsafe unlink(folder + "/data.mdb")
      unsafe rmdir(folder)
      throw error
    }
  }
}
