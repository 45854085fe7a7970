import CLMDB
import Glibc

extension Environment {
  /// Doubles the map, after `mapFull` ended a write transaction. New transactions wait meanwhile, some microseconds
  /// once those that are open have ended.
  ///
  /// - Parameter patience: how long to wait for open transactions.
  /// - Throws: `mapFull` if the map has reached ``Options/maximumMapSize``; `readersActive` when the time is up: then
  ///   nothing was changed; `readOnly`, `closed`; `other` if the system refused the address space; `environmentPanicked`
  ///   if it did so in a way that leaves nothing to read.
  @available(*, noasync)
  package func growMap(waitingAtMost patience: Duration = .seconds(10)) throws(LMDBError) {
    let operation = "grow the map"
    try requireOpen("grow the map")
    guard access == .readWrite else {
      throw LMDBError(.readOnly, operation, "the environment is open for reading; the process that writes grows it")
    }
    precondition(
      core.writingThread.load(ordering: .relaxed) != pthread_self(), "end the write transaction before the map grows")
    let size = try statistics().mapSize
    let maximum = core.maximumMapSize.load(ordering: .relaxed)
    let target = size > maximum / 2 ? maximum : size * 2
    guard target > size else {
      throw LMDBError(
        .mapFull, operation, "the map has reached maximumMapSize, \(maximum) bytes; raise it")
    }
    try core.resizeMap(to: target, waitingAtMost: patience)
  }
}

extension EnvironmentCore {
  /// Maps the file anew, with `size` bytes or, for 0, with the size another process gave it.
  func resizeMap(to size: Int, waitingAtMost patience: Duration) throws(LMDBError) {
    let operation = "change the map's size"
    try pool.whileIdle(waitingAtMost: patience, operation) { () throws(LMDBError) in
      // LMDB gives up the old map before it asks for the new one, so ask first whether there is room.
      if size > 0 {
        let probe = unsafe mmap(nil, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        if unsafe probe == MAP_FAILED { throw .system(operation) }
        unsafe munmap(probe, size)
      }
      let status = unsafe mdb_env_set_mapsize(pointer, size)
      if status != 0 {
        pool.markBroken()
        throw LMDBError(
          .environmentPanicked, operation, "the file could not be mapped again; close the environment and open it",
          status: status)
      }
    }
  }
}
