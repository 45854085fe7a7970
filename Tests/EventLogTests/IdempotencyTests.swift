import LMDB
import TestSupport
import Testing

@testable import EventLog

@Suite("Idempotency keys")
struct IdempotencyTests {
  private let folder: TemporaryFolder
  private var path: String { folder.path + "/log" }

  init() throws {
    folder = TemporaryFolder()
    try createLog(path)
  }

  @Test("the same key and request get the same answer and no second event, also after reopening")
  func sameAnswer() async throws {
    let clock = TestClock()
    var log = try openLog(path, configuration(clock: clock))
    try await log.append([9])
    let first = try await log.append([1], [2], once: once(1))
    #expect(!first.isRepeated)
    for reopens in [false, true] {
      clock.now += 1_000
      if reopens {
        log.close()
        log = try openLog(path, configuration(clock: clock))
      }
      let again = try await log.append([7], once: once(1))
      #expect(again.isRepeated)
      #expect(again.first == first.first)
      #expect(again.time == first.time)
      #expect(again.events == [[1], [2]])
    }
    #expect(try log.payloads() == [[9], [1], [2]])
    log.close()
  }

  @Test("another request under the key is refused, and refused alone")
  func otherRequest() async throws {
    let log = try openLog(path, configuration())
    try await log.append([1], once: once(1))
    #expect(await logError { try await log.append([1], once: once(1, request: 5)) } == .idempotencyKeyReused)
    #expect(try log.snapshot().head() == 1)
    log.close()
  }

  @Test("a refusal and a request without events are not remembered")
  func refusal() async throws {
    let log = try openLog(path, configuration())
    let writer = try #require(log.writer)
    await #expect(throws: AppendFailure<No>.self) {
      try await writer.append(once: once(1)) { (_, _) throws(AppendFailure<No>) in throw .refused(No()) }
    }
    _ = try await log.append(once: once(1))
    #expect(try await !log.append([1], once: once(1)).isRepeated)
    #expect(try log.idempotencyRows() == (1, 1))
    log.close()
  }

  @Test("whoever is not admitted gets neither the answer nor word of the key")
  func recall() async throws {
    let log = try openLog(path, configuration())
    let writer = try #require(log.writer)
    try await log.append([1], once: once(1))
    let refusing = LogWriter<Tally>.Once<No>(once(1).key) { (_, _, _) throws(AppendFailure<No>) in
      throw .refused(No(reason: "who?"))
    }
    await #expect(throws: AppendFailure<No>.self) {
      try await writer.append(once: refusing) { (_, _) throws(AppendFailure<No>) in AppendProposal([[2]], testActor) }
    }
    #expect(try log.payloads() == [[1]])
    log.close()
  }

  @Test("no record holds anything of a key or a request")
  func records() async throws {
    let log = try openLog(path, configuration())
    try await log.append([1], [2], once: once(0xAB, request: 0xCD))
    try await log.append([1], [2])
    let records = try log.snapshot().records(from: 1, limit: 4, byteLimit: .max)
    for (keyed, plain) in zip(records, records.dropFirst(2)) {
      #expect(keyed.bytes.count == plain.bytes.count)
      #expect(!keyed.bytes.contains(0xAB) && !keyed.bytes.contains(0xCD))
    }
    log.close()
  }

  @Test("a key counts as new once it is older than the retention, whether or not its row is still there")
  func expiry() async throws {
    let clock = TestClock()
    let log = try openLog(path, configuration(clock: clock) { $0.idempotencyRetention = 1_000 })
    for key in 0..<10 as Range<UInt8> { try await log.append([key], once: once(key)) }
    clock.now += 1_000
    #expect(try await log.append([50], once: once(9)).isRepeated)
    clock.now += 1
    #expect(try log.idempotencyRows() == (10, 10))
    let new = try await log.append([50], once: once(9, request: 7))
    #expect(!new.isRepeated && new.events == [[50]])
    // The old row of the key is gone, and the two oldest.
    #expect(try log.idempotencyRows() == (8, 8))
    #expect(try await log.append([51], once: once(9, request: 7)).first == new.first)
    log.close()
  }

  @Test("rows of forgotten keys go as events come, two for each new key, and without one by and by")
  func retention() async throws {
    let clock = TestClock()
    let log = try openLog(path, configuration(clock: clock) { $0.idempotencyRetention = 1_000 })
    for key in 0..<10 as Range<UInt8> { try await log.append([key], once: once(key)) }
    clock.now += 1_001
    try await log.append([99])
    #expect(try log.idempotencyRows() == (10, 10))
    try await log.append([11], once: once(11))
    #expect(try log.idempotencyRows() == (9, 9))
    for key in 12..<16 as Range<UInt8> { try await log.append([key], once: once(key)) }
    // Those within the retention stay: 11 to 15.
    #expect(try log.idempotencyRows() == (5, 5))
    clock.now += 1_001
    try await log.fill(47)
    #expect(try log.snapshot().head() == 63 && log.idempotencyRows() == (5, 5))
    try await log.append([99])
    #expect(try log.idempotencyRows() == (0, 0))
    log.close()
  }

  /// Writes rows as earlier versions did: 16 bytes of a digest of the request, the position of the first event, and how
  /// many there are.
  private func writeEarlierRows(_ count: PositionNumber, at time: Milliseconds) throws {
    let environment = try Environment(at: path, options: .init(mapSize: 64 << 20))
    defer { environment.close() }
    var transaction = try environment.beginWrite()
    let ages = try LogTables(in: &transaction, of: environment).idempotencyAges
    let rows: Table<IdempotencyTableKey, RawBytes> = try environment.openTable(.init("idempotency"), in: &transaction)
    for first in 1...count {
      let key = once(UInt8(first)).key.key
      let row = [UInt8](repeating: 9, count: 16) + [UInt8(first), 0, 0, 0, 0, 0, 0, 0, 1]
      try rows.put(key, row, in: &transaction)
      try ages.append(first, .init(key: key, time: time), in: &transaction)
    }
    try transaction.commit()
  }

  @Test("rows that earlier versions wrote go with their age")
  func earlierRows() async throws {
    let clock = TestClock()
    try writeEarlierRows(3, at: clock.now - 2_000)
    let log = try openLog(path, configuration(clock: clock) { $0.idempotencyRetention = 1_000 })
    try await log.fill(9)
    #expect(try log.idempotencyRows() == (3, 3))
    try await log.append([1], once: once(77))
    try await log.append([2], once: once(78))
    #expect(try log.idempotencyRows() == (2, 2))
    log.close()
  }

  @Test("keys of a clock that was years ahead are forgotten in their time once it is right")
  func clockAhead() async throws {
    let clock = TestClock()
    let years: Milliseconds = 315_360_000_000
    let change: (inout LogWriter<Tally>.Configuration) -> Void = { $0.idempotencyRetention = 1_000 }
    var log = try openLog(path, configuration(clock: clock, change))
    try await log.append([1], once: once(1))
    log.close()
    clock.now += years
    log = try openLog(path, configuration(clock: clock, change))
    try await log.append([2], once: once(2))
    log.close()
    clock.now -= years
    log = try openLog(path, configuration(clock: clock, change))
    #expect(await logError { try await log.append([9]) } == .clockBehind)
    // What was answered before is answered all the same.
    #expect(try await log.append([50], once: once(2)).isRepeated)
    let corrected = try await log.append([4], options: AppendOptions(correctsClock: true))
    #expect(corrected.time == clock.now)
    #expect(try await log.append([50], once: once(2)).isRepeated)
    log.close()
    log = try openLog(path, configuration(clock: clock, change))
    clock.now += 1_001
    try await log.append([3], once: once(3))
    #expect(try log.idempotencyRows() == (1, 1))
    log.close()
  }
}
