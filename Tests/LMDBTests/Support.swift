import Glibc
import LMDB
import Synchronization
import TestSupport
import Testing

typealias Rows = TableDefinition<PositionKey, RawBytes>
typealias NamedRows = TableDefinition<BytesKey, RawBytes>

extension TemporaryFolder {
  /// Where a test puts its environment.
  var environment: String { path + "/environment" }
  var data: String { environment + "/data.mdb" }
}

struct SystemFailure: Error {
  let number: Int32
}

extension ExitTest.Condition {
  /// A failed precondition, and not a thrown error.
  static var trap: Self {
    #if arch(x86_64)
      .signal(SIGILL)
    #else
      .signal(SIGTRAP)
    #endif
  }
}

/// Runs `body` on `count` threads at once, and returns when all have ended. The first error is thrown.
func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) throws {
  final class Work: Sendable {
    let index: Int
    let body: @Sendable (Int) throws -> Void
    let failure = Mutex<(any Error)?>(nil)
    init(_ index: Int, _ body: @escaping @Sendable (Int) throws -> Void) {
      self.index = index
      self.body = body
    }
  }
  let works = (0..<count).map { Work($0, body) }
  let threads = try works.map { work in
    var thread = pthread_t()
    let status = unsafe pthread_create(
      &thread, nil,
      { context in
        guard let context = unsafe context else { return nil }
        let work = unsafe Unmanaged<Work>.fromOpaque(context).takeRetainedValue()
        do { try work.body(work.index) } catch { work.failure.withLock { $0 = error } }
        return nil
      }, Unmanaged.passRetained(work).toOpaque())
    guard status == 0 else { throw SystemFailure(number: status) }
    return thread
  }
  for thread in threads { pthread_join(thread, nil) }
  for work in works { if let error = work.failure.withLock({ $0 }) { throw error } }
}

/// Permission bits of a file.
func mode(of path: String) throws -> UInt32 {
  var status = stat()
  guard unsafe stat(path, &status) == 0 else { throw SystemFailure(number: errno) }
  return status.st_mode & 0o777
}

func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

func contents(of path: String) throws -> [UInt8] {
  let file = unsafe open(path, O_RDONLY)
  guard file >= 0 else { throw SystemFailure(number: errno) }
  defer { close(file) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 65_536)
  while true {
    let count = unsafe read(file, &chunk, chunk.count)
    guard count >= 0 else { throw SystemFailure(number: errno) }
    if count == 0 { return bytes }
    bytes += chunk[..<count]
  }
}

/// Cuts a file off.
func shorten(_ path: String, to length: Int) throws {
  guard unsafe truncate(path, off_t(length)) == 0 else { throw SystemFailure(number: errno) }
}

/// Writes `bytes` at `offset`, creating the file if need be.
func overwrite(_ path: String, with bytes: [UInt8], at offset: Int = 0) throws {
  let file = unsafe open(path, O_RDWR | O_CREAT, 0o600)
  guard file >= 0 else { throw SystemFailure(number: errno) }
  defer { close(file) }
  guard unsafe pwrite(file, bytes, bytes.count, off_t(offset)) == bytes.count else {
    throw SystemFailure(number: errno)
  }
}

extension Environment {
  /// Runs `body` in a write transaction and commits it.
  func write(_ body: (inout WriteTransaction) throws(LMDBError) -> Void) throws(LMDBError) {
    var transaction = try beginWrite()
    try body(&transaction)
    try transaction.commit()
  }

  /// A table, opened outside asynchronous code.
  func table<K, V>(_ definition: TableDefinition<K, V>) throws(LMDBError) -> Table<K, V> { try openTable(definition) }
}
