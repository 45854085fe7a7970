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

  private func once(_ key: UInt8, request: UInt8 = 0) -> AppendOptions {
    AppendOptions(idempotency: .numbered(key, request: request))
  }

  @Test("the same key and request get the same answer and no second event, also after reopening")
  func sameAnswer() async throws {
    let clock = TestClock()
    var log = try openLog(path, configuration(clock: clock))
    try await log.append([9])
    let first = try await log.append([1], [2], options: once(1))
    #expect(!first.isRepeated)
    for reopens in [false, true] {
      clock.now += 1_000
      if reopens {
        log.close()
        log = try openLog(path, configuration(clock: clock))
      }
      let again = try await log.append([7], options: once(1))
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
    try await log.append([1], options: once(1))
    #expect(await logError { try await log.append([1], options: once(1, request: 5)) } == .idempotencyKeyReused)
    #expect(try log.snapshot().head() == 1)
    log.close()
  }

  @Test("a refusal and a request without events are not remembered")
  func refusal() async throws {
    let log = try openLog(path, configuration())
    let writer = try #require(log.writer)
    await #expect(throws: AppendFailure<No>.self) {
      try await writer.append(once(1)) { (_, _) throws(AppendFailure<No>) in throw .refused(No()) }
    }
    _ = try await log.append(options: once(1))
    #expect(try await !log.append([1], options: once(1)).isRepeated)
    #expect(try log.idempotencyRows() == (1, 1))
    log.close()
  }

  @Test("keys are forgotten after the retention, two for each that comes, and then count as new")
  func retention() async throws {
    let clock = TestClock()
    let log = try openLog(path, configuration(clock: clock) { $0.idempotencyRetention = 1_000 })
    for key in 0..<10 as Range<UInt8> { try await log.append([key], options: once(key)) }
    clock.now += 1_000
    // Not older than the retention yet.
    #expect(try await log.append([50], options: once(0)).isRepeated)
    try await log.append([10], options: once(10))
    #expect(try log.idempotencyRows() == (11, 11))
    clock.now += 1
    // What appends without a key forgets nothing.
    try await log.append([99])
    #expect(try log.idempotencyRows() == (11, 11))
    try await log.append([11], options: once(11))
    #expect(try log.idempotencyRows() == (10, 10))
    // The two oldest are gone, the third is not.
    #expect(try await log.append([50], options: once(2)).isRepeated)
    let new = try await log.append([50], options: once(0))
    #expect(!new.isRepeated)
    #expect(new.events == [[50]])
    for key in 12..<16 as Range<UInt8> { try await log.append([key], options: once(key)) }
    // Those within the retention stay: 10, 11, 0 again, 12 to 15.
    #expect(try log.idempotencyRows() == (7, 7))
    #expect(try await log.append([50], options: once(10)).isRepeated)
    log.close()
  }
}
