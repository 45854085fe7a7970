import LMDB
import LedgerCrypto
import TestSupport
import Testing
import TransparencyLog

@testable import EventLog

@Suite("Carrying a log to another place")
struct LogImportTests {
  private let folder: TemporaryFolder
  private var path: String { folder.path + "/log" }
  private var target: String { folder.path + "/target" }

  init() throws {
    folder = TemporaryFolder()
    try createLog(path)
  }

  private func records(of log: TestLog) throws -> [[UInt8]] {
    try log.snapshot().records(from: 1, limit: .max, byteLimit: .max).map(\.bytes)
  }

  private func carry(
    _ records: [[UInt8]], mapSize: Int = 64 << 20, checkpoint: String? = nil
  ) throws -> Digest {
    var carried = try LogImport(at: target, origin: testOrigin, options: .init(mapSize: mapSize))
    for record in records { try carried.append(record) }
    if let checkpoint { try carried.keep(checkpoint: checkpoint) }
    let root = carried.root
    try carried.finish()
    return root
  }

  @Test("gives a log of the same records, tree and checkpoint, that can be written on")
  func same() async throws {
    let log = try openLog(path, configuration())
    try await log.fill(4_321)
    try await log.writer?.checkpoint()
    let (records, root, note) = try (
      records(of: log), log.snapshot().root(at: 4_321), log.snapshot().latestCheckpoint()
    )
    log.close()
    #expect(try carry(records, checkpoint: note) == root)
    // Opening verifies the tail.
    let carried = try openLog(target, configuration())
    #expect(try self.records(of: carried) == records)
    let verified = try carried.verify(checkSignature: { _ in })
    #expect(verified.root == root && verified.checkpointCount == 1)
    try await carried.append([1])
    #expect(try carried.snapshot().head() == 4_322)
    carried.close()
  }

  @Test("grows the map where that is needed")
  func growth() async throws {
    let log = try openLog(path, configuration())
    for _ in 0..<40 { try await log.append([UInt8](repeating: 5, count: 60_000)) }
    let records = try records(of: log)
    let root = try log.snapshot().root(at: 40)
    log.close()
    #expect(try carry(records, mapSize: 1 << 20) == root)
  }

  @Test("refuses records that do not follow each other")
  func order() async throws {
    let clock = TestClock()
    let log = try openLog(path, configuration(clock: clock))
    for _ in 0..<5 {
      try await log.append([1])
      clock.now += 10
    }
    let records = try records(of: log)
    log.close()
    var late = records
    // The time is at offset 12.
    late[3][13] = 0
    for wrong in [[records[1]], [records[0], records[0]], [records[0], records[2]], [records[0], []], late] {
      var chain = RecordChain()
      #expect(throws: LogError(.damagedRecord, "")) {
        for record in wrong { unsafe _ = try chain.append(record.span.bytes) }
      }
    }
  }

  @Test("goes on from any earlier edge of the tree")
  func edges() async throws {
    let log = try openLog(path, configuration())
    try await log.fill(700)
    let records = try records(of: log)
    var generator = SeededRandom()
    for size in [0, 1, 15, 16, 17, 255, 256, 257, 699, 700]
      + (0..<20).map({ _ in UInt64.random(in: 0...700, using: &generator) })
    {
      let view = try log.snapshot()
      let edge = try #require(try view.edge(at: size))
      #expect(try edge.root() == view.root(at: size))
      var chain = RecordChain(after: edge)
      for record in records[Int(size)...] { unsafe _ = try chain.append(record.span.bytes) }
      #expect(try chain.edge.root() == view.root(at: 700), "from \(size), seed \(generator.seed)")
    }
    #expect(try log.snapshot().edge(at: 701) == nil)
    log.close()
  }
}
