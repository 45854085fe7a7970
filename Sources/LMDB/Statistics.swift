import CLMDB
import Glibc

/// Sizes and counts of an environment, at one moment.
package struct EnvironmentStatistics: Sendable, Equatable {
  /// Size of the map, in bytes: what the file may grow to before the map must.
  package let mapSize: Int
  /// Bytes up to the last page ever taken into use, free pages in between included; `mapFull` comes when they, less those
  /// free pages, reach ``mapSize``.
  package let usedBytes: Int
  /// Size of the file, in bytes.
  package let fileBytes: Int
  /// Size of a page, in bytes.
  package let pageSize: Int
  /// Number of the last committed transaction.
  package let lastTransaction: UInt64
  /// Reader-table slots that have been used, by all processes.
  package let readerSlots: Int
}

/// A read transaction of any process.
package struct ReaderInfo: Sendable, Equatable {
  /// The process, as it numbers itself.
  package let process: Int32
  /// The transaction number of its snapshot.
  package let snapshot: UInt64
}

/// A read transaction of this process that has been open for long.
package struct LongRead: Sendable, Equatable {
  /// How long it has been open, to a few milliseconds.
  package let age: Duration
  /// How many transactions were committed since.
  package let commitsBehind: UInt64
}

extension Environment {
  /// Sizes and counts. Some microseconds.
  ///
  /// - Throws: `closed`, `readersFull`, `other`.
  package func statistics() throws(LMDBError) -> EnvironmentStatistics {
    let operation = "read the statistics"
    let core = core
    return try core.withMap { () throws(LMDBError) in
      var info = unsafe MDB_envinfo()
      var shape = MDB_stat()
      var file: Int32 = -1
      unsafe try check(operation, mdb_env_info(core.pointer, &info))
      unsafe try check(operation, mdb_env_stat(core.pointer, &shape))
      unsafe try check(operation, mdb_env_get_fd(core.pointer, &file))
      var status = stat()
      if unsafe fstat(file, &status) != 0 { throw .system(operation) }
      return unsafe EnvironmentStatistics(
        mapSize: info.me_mapsize, usedBytes: (info.me_last_pgno + 1) * Int(shape.ms_psize),
        fileBytes: Int(status.st_size), pageSize: Int(shape.ms_psize), lastTransaction: UInt64(info.me_last_txnid),
        readerSlots: Int(info.me_numreaders))
    }
  }

  /// The read transactions of this process that have been open for longer than `limit`, the oldest first: each keeps the
  /// pages of its snapshot from being reused.
  ///
  /// - Throws: as ``statistics()``.
  package func reads(openLongerThan limit: Duration) throws(LMDBError) -> [LongRead] {
    let last = try statistics().lastTransaction
    let now = Self.coarseNow()
    var reads: [LongRead] = []
    core.pool.forEachSnapshot { beganAt, snapshot in
      let age = Duration.nanoseconds(now - beganAt)
      if age > limit { reads.append(LongRead(age: age, commitsBehind: last > snapshot ? last - snapshot : 0)) }
    }
    return reads.sorted { $0.age > $1.age }
  }

  /// The read transactions that are open now, in all processes.
  ///
  /// - Throws: `closed`, `readersFull`, `other`.
  package func readers() throws(LMDBError) -> [ReaderInfo] {
    let core = core
    return try core.withMap { () throws(LMDBError) in
      var readers: [ReaderInfo] = []
      // LMDB tells them as lines of text: process, thread, and transaction or a dash.
      let status = unsafe withUnsafeMutablePointer(to: &readers) { list in
        unsafe mdb_reader_list(
          core.pointer,
          { line, context in
            guard let line = unsafe line, let context = unsafe context else { return 0 }
            let fields = unsafe String(cString: line).split { $0 == " " || $0 == "\n" }
            if fields.count == 3, let process = Int32(fields[0]), let snapshot = UInt64(fields[2]) {
              unsafe context.assumingMemoryBound(to: [ReaderInfo].self).pointee.append(
                ReaderInfo(process: process, snapshot: snapshot))
            }
            return 0
          }, list)
      }
      if status < 0 { throw LMDBError(status: status, "list the readers") }
      return readers
    }
  }
}
