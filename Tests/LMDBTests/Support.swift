import Glibc
import LMDB
import Synchronization
import Testing

typealias Rows = TableDefinition<PositionKey, RawBytes>
typealias NamedRows = TableDefinition<BytesKey, RawBytes>

/// A folder that is removed with everything in it at the end of the test.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    var template = Array("/tmp/lmdb-tests-XXXXXX".utf8CString)
    path = try unsafe template.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress, let made = unsafe mkdtemp(base) else { throw SystemFailure(number: errno) }
      return unsafe String(cString: made)
    }
  }

  deinit { remove(path) }

  /// Where a test puts its environment.
  var environment: String { path + "/environment" }
  var data: String { environment + "/data.mdb" }

  private func remove(_ path: String) {
    if let folder = unsafe opendir(path) {
      while let entry = unsafe readdir(folder) {
        let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { name in
          unsafe String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name != "." && name != ".." { remove(path + "/" + name) }
      }
      unsafe closedir(folder)
      unsafe rmdir(path)
    } else {
      unsafe unlink(path)
    }
  }
}

struct SystemFailure: Error {
  let number: Int32
}

/// A generator of the same numbers for the same seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  let seed: UInt64
  private var state: UInt64

  /// The seed of the environment variable CREDLEDGER_SEED, or else a fixed one.
  init() {
    let given = unsafe getenv("CREDLEDGER_SEED").flatMap { unsafe UInt64(String(cString: $0)) }
    seed = given ?? 20_240_229
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  mutating func bytes(_ count: ClosedRange<Int>) -> [UInt8] {
    (0..<Int.random(in: count, using: &self)).map { _ in UInt8.random(in: .min ... .max, using: &self) }
  }
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
