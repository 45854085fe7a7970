import Glibc
import Synchronization
import TestSupport
import Testing

@testable import LMDB

@Suite("Transactions")
struct TransactionTests {
  private let folder: TemporaryFolder
  private let environment: Environment
  private let table: Table<PositionKey, RawBytes>

  init() throws {
    folder = TemporaryFolder()
    environment = try Environment(at: folder.environment, options: .init(mapSize: 1 << 20))
    table = try environment.openTable(Rows("rows"))
  }

  @Test("a snapshot does not change, and an aborted transaction leaves nothing")
  func isolation() throws {
    try environment.write { (t) throws(LMDBError) in try table.put(1, [1], in: &t) }
    let before = try environment.beginRead()
    try environment.write { (t) throws(LMDBError) in
      try table.put(1, [2], in: &t)
      #expect(try table.get(1, in: t) == [2])
    }
    #expect(try table.get(1, in: before) == [1])
    #expect(try table.get(1, in: environment.beginRead()) == [2])
    do {
      var transaction = try environment.beginWrite()
      try table.put(1, [3], in: &transaction)
      try table.put(2, [3], in: &transaction)
    }
    let after = try environment.beginRead()
    #expect(try table.get(1, in: after) == [2])
    #expect(try table.count(in: after) == 1)
    #expect(after.number == before.number + 1)
  }

  @Test("rows survive closing, and an empty value is a value")
  func reopening() throws {
    try environment.write { (t) throws(LMDBError) in
      try table.append(7, [], in: &t)
      try table.append(8, byteCount: 4, in: &t) { output in output.append(littleEndian: UInt32(0x0403_0201)) }
    }
    environment.close()
    let again = try Environment(at: folder.environment, options: .init(access: .readOnly))
    let rows = try again.openTable(Rows("rows"))
    let read = try again.beginRead()
    #expect(try rows.get(7, in: read) == [])
    #expect(try rows.get(8, in: read) == [1, 2, 3, 4])
    #expect(try rows.withBytes(of: 8, in: read) { $0.load(bigEndian: UInt32.self) } == 0x0102_0304)
    #expect(try rows.withUncheckedBytes(of: 8, in: read) { $0.byteCount } == 4)
    #expect(try rows.withBytes(of: 9, in: read) { $0.byteCount } == nil)
    #expect(throws: LMDBError(.readOnly, "", "")) { _ = try again.beginWrite() }
    #expect(throws: LMDBError(.noSuchTable, "", "")) { _ = try again.openTable(Rows("others")) }
    #expect(throws: LMDBError(.other, "", "")) { _ = try again.openTable(NamedRows("rows")) }
  }

  @Test("an append out of order is refused, and nothing of its transaction can be committed")
  func outOfOrder() throws {
    try environment.write { (t) throws(LMDBError) in try table.append(5, [5], in: &t) }
    for key in [4, 5] as [UInt64] {
      var transaction = try environment.beginWrite()
      try table.append(6, [6], in: &transaction)
      #expect(throws: LMDBError(.outOfOrder, "", "")) { try table.append(key, [0], in: &transaction) }
      #expect(throws: LMDBError(.transactionFailed, "", "")) { try table.append(7, [0], in: &transaction) }
      #expect(refusal(of: transaction) == LMDBError(.transactionFailed, "", ""))
    }
    let read = try environment.beginRead()
    #expect(try table.count(in: read) == 1)
    #expect(try table.get(5, in: read) == [5])
  }

  @Test("an insert of an existing key is refused, and its transaction goes on")
  func keyExists() throws {
    try environment.write { (t) throws(LMDBError) in
      try table.insert(1, [1], in: &t)
      #expect(throws: LMDBError(.keyExists, "", "")) { try table.insert(1, [2], in: &t) }
      try table.insert(2, [2], in: &t)
    }
    let read = try environment.beginRead()
    #expect(try table.get(1, in: read) == [1])
    #expect(try table.contains(2, in: read))
  }

  @Test("deleting and clearing")
  func deleting() throws {
    try environment.write { (t) throws(LMDBError) in
      for key in 1...5 as ClosedRange<UInt64> { try table.append(key, [1], in: &t) }
      #expect(try table.delete(3, in: &t))
      #expect(try !table.delete(3, in: &t))
      #expect(try table.count(in: t) == 4)
    }
    try environment.write { (t) throws(LMDBError) in
      try table.clear(in: &t)
      #expect(try table.first(in: t) == nil)
      try table.append(1, [9], in: &t)
    }
    #expect(try table.last(in: environment.beginRead())?.value == [9])
  }

  @Test("keys must have 1 to 511 bytes")
  func keySizes() throws {
    let names = try environment.openTable(NamedRows("names"))
    let longest = [UInt8](repeating: 1, count: 511)
    try environment.write { (t) throws(LMDBError) in
      try names.put(longest, [1], in: &t)
      #expect(throws: LMDBError(.badKey, "", "")) { try names.put([], [1], in: &t) }
      #expect(throws: LMDBError(.badKey, "", "")) { try names.put(longest + [1], [1], in: &t) }
    }
    let read = try environment.beginRead()
    #expect(try names.get(longest, in: read) == [1])
    #expect(throws: LMDBError(.badKey, "", "")) { try names.get([], in: read) }
  }

  @Test("a full map ends the transaction, and keeps what was committed")
  func mapFull() throws {
    try environment.write { (t) throws(LMDBError) in try table.append(1, [1], in: &t) }
    var transaction = try environment.beginWrite()
    #expect(throws: LMDBError(.mapFull, "", "")) {
      for key in 2...1_000 as ClosedRange<UInt64> {
        try table.append(key, Array(repeating: 1, count: 2_000), in: &transaction)
      }
    }
    #expect(throws: LMDBError(.transactionFailed, "", "")) { try table.put(1, [2], in: &transaction) }
    #expect(refusal(of: transaction) == LMDBError(.transactionFailed, "", ""))
    #expect(try table.count(in: environment.beginRead()) == 1)
  }

  @Test("a full disk is told, and what was committed stays")
  func fileLimit() async {
    let path = folder.path + "/limited"
    await #expect(processExitsWith: .success) { [path = path as String] in
      let environment = try Environment(at: path)
      let table = try environment.table(Rows("rows"))
      try environment.write { (t) throws(LMDBError) in try table.append(1, [1], in: &t) }
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 65_536, rlim_max: rlim_t.max)
      #expect(unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
      #expect(throws: LMDBError.self) {
        try environment.write { (t) throws(LMDBError) in
          try table.append(2, Array(repeating: 1, count: 200_000), in: &t)
        }
      }
      #expect(try table.count(in: environment.beginRead()) == 1)
      try environment.write { (t) throws(LMDBError) in try table.append(2, [2], in: &t) }
    }
  }

  @Test("the thread that has the write transaction cannot begin another")
  func nested() async {
    let path = folder.path + "/nested"
    await #expect(processExitsWith: .trap) { [path = path as String] in try beginTwice(path) }
  }

  @Test("a write transaction ends on its own thread")
  func otherThread() async {
    let path = folder.path + "/elsewhere"
    await #expect(processExitsWith: .trap) { [path = path as String] in try commitElsewhere(path) }
  }

  @Test("a table is used with its own environment")
  func otherEnvironment() async {
    // Folders are those of this process: one that traps removes nothing.
    let path = folder.path
    await #expect(processExitsWith: .trap) { [path = path as String] in
      let first = try Environment(at: path + "/first")
      let second = try Environment(at: path + "/second")
      _ = try first.table(Rows("rows")).get(1, in: second.beginRead())
    }
  }

  @Test("a value is filled exactly")
  func halfFilled() async {
    let path = folder.path + "/half-filled"
    await #expect(processExitsWith: .trap) { [path = path as String] in
      let environment = try Environment(at: path)
      let table = try environment.table(Rows("rows"))
      try environment.write { (t) throws(LMDBError) in
        try table.put(1, byteCount: 2, in: &t) { output in output.append(1) }
      }
    }
  }

  @Test("writers on several threads take turns")
  func writers() throws {
    try onThreads(4) { [environment, table] _ in
      for _ in 0..<25 {
        try environment.write { (t) throws(LMDBError) in
          let next = (try table.last(in: t)?.key ?? 0) + 1
          try table.append(next, [1], in: &t)
        }
      }
    }
    #expect(try table.last(in: environment.beginRead())?.key == 100)
  }
}

/// What committing throws.
private func refusal(of transaction: consuming WriteTransaction) -> LMDBError? {
  do throws(LMDBError) {
    try transaction.commit()
    return nil
  } catch {
    return error
  }
}

private func beginTwice(_ path: String) throws {
  let environment = try Environment(at: path)
  let first = try environment.beginWrite()
  _ = try environment.beginWrite()
  first.abort()
}

private func commitElsewhere(_ path: String) throws {
  let environment = try Environment(at: path)
  let box = Mutex<WriteTransaction?>(try environment.beginWrite())
  try withExtendedBox(box)
}

private func withExtendedBox(_ box: consuming sending Mutex<WriteTransaction?>) throws {
  final class Holder: Sendable {
    let transaction: Mutex<WriteTransaction?>
    init(_ transaction: consuming sending Mutex<WriteTransaction?>) { self.transaction = transaction }
  }
  let holder = Holder(box)
  try onThreads(1) { _ in holder.transaction.withLock { $0 = nil } }
}
