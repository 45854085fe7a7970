import Glibc
import Synchronization
import TestSupport
import Testing

@testable import LMDB

@Suite("Readers")
struct ReaderPoolTests {
  private let folder: TemporaryFolder

  init() throws { folder = TemporaryFolder() }

  @Test("a slot is 128 bytes")
  func stride() { #expect(MemoryLayout<ReaderSlot>.stride == 128) }

  @Test("when every slot is taken the next reader is refused, and served once one is free")
  func readersFull() throws {
    let environment = try Environment(at: folder.environment, options: .init(maximumReaders: 3))
    do {
      let first = try environment.beginRead()
      let second = try environment.beginRead()
      do {
        let third = try environment.beginRead()
        #expect(throws: LMDBError(.readersFull, "", "")) { _ = try environment.beginRead() }
        _ = consume third
      }
      _ = try environment.beginRead()
      #expect(first.number == second.number)
    }
    for _ in 0..<10 { _ = try environment.beginRead() }
  }

  @Test("more threads than slots read whole snapshots while rows are written")
  func moreThreadsThanSlots() throws {
    let environment = try Environment(at: folder.environment, options: .init(maximumReaders: 4))
    let table = try environment.openTable(Rows("rows"))
    try environment.write { (t) throws(LMDBError) in try table.append(1, [1], in: &t) }
    let holder = Holder(environment, table)
    try onThreads(12) { index in
      if index == 0 {
        defer { holder.isDone.store(true, ordering: .releasing) }
        for key in 2...300 as ClosedRange<UInt64> {
          var isWritten = false
          while !isWritten {
            do throws(LMDBError) {
              try holder.environment.write { (t) throws(LMDBError) in
                try holder.table.append(key, Array(repeating: UInt8(truncatingIfNeeded: key), count: 50), in: &t)
              }
              isWritten = true
            } catch {
              guard error == LMDBError(.readersFull, "", "") else { throw error }
            }
          }
        }
      } else {
        try holder.readUntilDone()
      }
    }
    #expect(holder.reads.load(ordering: .relaxed) > 0)
    #expect(try table.count(in: environment.beginRead()) == 300)
    #expect(try environment.readers().isEmpty)
  }

  @Test("the map grows under readers on other threads")
  func growth() throws {
    let environment = try Environment(at: folder.environment, options: .init(mapSize: 128 << 10))
    let table = try environment.openTable(Rows("rows"))
    try environment.write { (t) throws(LMDBError) in try table.append(1, [1], in: &t) }
    let holder = Holder(environment, table)
    let growths = try growing(holder, readers: 4)
    #expect(growths >= 4)
    #expect(holder.reads.load(ordering: .relaxed) > 0)
    #expect(try environment.statistics().mapSize >= 2 << 20)
    environment.close()
    let again = try Environment(at: folder.environment, options: .init(mapSize: 128 << 10))
    #expect(try again.statistics().mapSize >= 2 << 20, "a grown map stays grown")
  }

  private func growing(_ holder: Holder, readers: Int) throws -> Int {
    try onThreads(readers + 1) { index in
      if index > 0 { return try holder.readUntilDone() }
      defer { holder.isDone.store(true, ordering: .releasing) }
      var key: UInt64 = 2
      while key <= 900 {
        do throws(LMDBError) {
          try holder.environment.write { (t) throws(LMDBError) in
            for offset in 0..<10 as Range<UInt64> {
              try holder.table.append(
                key + offset, Array(repeating: UInt8(truncatingIfNeeded: key + offset), count: 2_000), in: &t)
            }
          }
          key += 10
        } catch {
          guard error == LMDBError(.mapFull, "", "") else { throw error }
          try holder.environment.growMap()
          holder.growths.add(1, ordering: .relaxed)
        }
      }
    }
    return holder.growths.load(ordering: .relaxed)
  }

  @Test("growing gives up on a reader that stays, and changes nothing then")
  func impatience() throws {
    let environment = try Environment(at: folder.environment, options: .init(mapSize: 1 << 20))
    do {
      let read = try environment.beginRead()
      #expect(throws: LMDBError(.readersActive, "", "")) { try environment.growMap(waitingAtMost: .milliseconds(1)) }
      _ = try environment.beginRead()
      #expect(read.number == 0)
    }
    #expect(try environment.statistics().mapSize == 1 << 20)
    try environment.growMap()
    #expect(try environment.statistics().mapSize == 2 << 20)
  }

  @Test("the map grows up to its maximum")
  func maximum() throws {
    let environment = try Environment(
      at: folder.environment, options: .init(mapSize: 1 << 20, maximumMapSize: 3 << 20))
    try environment.growMap()
    try environment.growMap()
    #expect(try environment.statistics().mapSize == 3 << 20)
    #expect(throws: LMDBError(.mapFull, "", "")) { try environment.growMap() }
  }

  @Test("a reading process follows a map that another one grew")
  func grownElsewhere() async throws {
    let path = folder.environment
    let reading = try { () throws(LMDBError) in
      let writing = try Environment(at: path, options: .init(mapSize: 128 << 10))
      _ = try writing.table(Rows("rows"))
      writing.close()
      return try Environment(at: path, options: .init(access: .readOnly, mapSize: 128 << 10))
    }()
    let table = try reading.table(Rows("rows"))
    #expect(try table.count(in: reading.beginRead()) == 0)
    await #expect(processExitsWith: .success) { [path = path as String] in
      let writing = try Environment(at: path, options: .init(mapSize: 16 << 20))
      let table = try writing.table(Rows("rows"))
      try writing.write { (t) throws(LMDBError) in
        for key in 1...500 as ClosedRange<UInt64> { try table.append(key, Array(repeating: 1, count: 2_000), in: &t) }
      }
    }
    #expect(try table.count(in: reading.beginRead()) == 500)
    #expect(try table.last(in: reading.beginRead())?.value.count == 2_000)
  }

  @Test("a reader that died gives up its slot")
  func deadReader() async throws {
    let path = folder.environment
    let environment = try Environment(at: path)
    await #expect(processExitsWith: .exitCode(7)) { [path = path as String] in
      let reading = try Environment(at: path, options: .init(access: .readOnly))
      let read = try reading.beginRead()
      dieReading(read)
    }
    #expect(try environment.readers().count == 1)
    #expect(try environment.checkForDeadReaders() == 1)
    #expect(try environment.readers().isEmpty)
    #expect(try environment.checkForDeadReaders() == 0)
  }

  @Test("a long read is told, with the commits it is behind")
  func longReads() throws {
    let environment = try Environment(at: folder.environment)
    let table = try environment.openTable(Rows("rows"))
    let read = try environment.beginRead()
    for key in 1...3 as ClosedRange<UInt64> {
      try environment.write { (t) throws(LMDBError) in try table.append(key, [1], in: &t) }
    }
    let long = try environment.reads(openLongerThan: .nanoseconds(-1))
    #expect(long.map(\.commitsBehind) == [3])
    #expect(try environment.reads(openLongerThan: .seconds(3_600)).isEmpty)
    #expect(try environment.readers().map(\.snapshot) == [read.number])
    #expect(try environment.readers().map(\.process) == [getpid()])
  }
}

/// Ends the process while the snapshot is open.
private func dieReading(_ read: borrowing ReadTransaction) { _exit(read.number == 0 ? 7 : 8) }

/// What threads of a test share.
private final class Holder: Sendable {
  let environment: Environment
  let table: Table<PositionKey, RawBytes>
  let isDone = Atomic(false)
  let reads = Atomic(0)
  let growths = Atomic(0)

  init(_ environment: Environment, _ table: Table<PositionKey, RawBytes>) {
    self.environment = environment
    self.table = table
  }

  /// Takes snapshots until the writer has ended; in each, the rows are 1 to the last without a gap.
  func readUntilDone() throws {
    repeat {
      do throws(LMDBError) {
        let read = try environment.beginRead()
        guard let last = try table.last(in: read) else { throw LMDBError(.other, "", "no rows") }
        guard try table.count(in: read) == Int(last.key),
          last.value.allSatisfy({ $0 == UInt8(truncatingIfNeeded: last.key) })
        else { throw LMDBError(.other, "", "a snapshot has a gap") }
        reads.add(1, ordering: .relaxed)
      } catch {
        guard error == LMDBError(.readersFull, "", "") else { throw error }
      }
    } while !isDone.load(ordering: .acquiring)
  }
}
