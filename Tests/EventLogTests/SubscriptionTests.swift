import TestSupport
import Testing

@testable import EventLog

@Suite("Subscriptions")
struct SubscriptionTests {
  private let folder: TemporaryFolder
  private let log: TestLog

  init() throws {
    folder = TemporaryFolder()
    try createLog(folder.path + "/log")
    log = try openLog(folder.path + "/log", configuration())
  }

  /// The positions that a subscription gives, up to one.
  private static func positions(_ log: TestLog, from start: PositionNumber, upTo end: PositionNumber) async throws -> [PositionNumber] {
    var positions: [PositionNumber] = []
    for try await record in log.subscribe(from: start) {
      positions.append(record.header.position)
      if record.header.position >= end { break }
    }
    return positions
  }

  @Test("from the first, the middle, and beyond the head: nothing missed, nothing twice, while others append")
  func concurrent() async throws {
    let log = log
    try await log.fill(300)
    let starts: [PositionNumber] = [0, 1, 2, 150, 300, 301, 450]
    try await withThrowingTaskGroup(of: Void.self) { group in
      for start in starts {
        group.addTask {
          let positions = try await Self.positions(log, from: start, upTo: 600)
          #expect(positions == Array(max(start, 1)...600), "from \(start)")
        }
      }
      for _ in 0..<3 { group.addTask { for _ in 0..<100 { try await log.append([1]) } } }
      try await group.waitForAll()
    }
    log.close()
  }

  @Test("closing the log ends it")
  func closing() async throws {
    let log = log
    try await log.fill(3)
    let (arrivals, arrival) = AsyncStream<PositionNumber>.makeStream()
    let reading = Task {
      for try await record in log.subscribe(from: 2) { arrival.yield(record.header.position) }
      arrival.finish()
    }
    var seen: [PositionNumber] = []
    for await position in arrivals {
      seen.append(position)
      if position == 3 { log.close() }
    }
    try await reading.value
    #expect(seen == [2, 3])
    #expect(try await Self.positions(log, from: 1, upTo: 3).isEmpty)
  }

  @Test("cancelling the task ends it, and the log goes on")
  func cancelling() async throws {
    let log = log
    try await log.fill(3)
    let (arrivals, arrival) = AsyncStream<PositionNumber>.makeStream()
    let reading = Task {
      for try await record in log.subscribe(from: 1) { arrival.yield(record.header.position) }
      arrival.finish()
    }
    for await position in arrivals where position == 3 { reading.cancel() }
    try await reading.value
    #expect(try await log.append([1]).first == 4)
    log.close()
  }

  @Test("of a log that is only read it goes on until that is closed")
  func reading() async throws {
    try await log.fill(5)
    log.close()
    let reader = try TestLog.openReading(at: folder.path + "/log", options: .init(mapSize: 64 << 20)) {
      environment throws(LogError) in try Tally(reading: environment)
    }
    #expect(await logError { try await reader.append([1]) } == .closed)
    var records = reader.subscribe(from: 1).makeAsyncIterator()
    for position in 1...5 as ClosedRange<PositionNumber> {
      #expect(try await records.next()?.header.position == position)
    }
    let waiting = Task {
      var records = reader.subscribe(from: 6).makeAsyncIterator()
      return try await records.next()?.header.position
    }
    // Were it to end at the head, it would have by the time that another has waited for a look and been cancelled.
    let other = Task { try await reader.waitForEvent(beyond: 5) }
    await Task.yield()
    other.cancel()
    #expect(try await !other.value)
    #expect(!waiting.isCancelled)
    reader.close()
    #expect(try await waiting.value == nil)
    #expect(try await records.next() == nil)
  }

  @Test("closing the log leaves what was committed to whoever is behind, and says where it is more than is kept")
  func tail() async throws {
    try await log.fill(600)
    var records = log.subscribe(from: 1).makeAsyncIterator()
    let first = try await records.next()
    #expect(first?.header.position == 1)
    try await log.append([7])
    log.close()
    var positions: [PositionNumber] = []
    while let record = try await records.next() { positions.append(record.header.position) }
    #expect(positions == Array(2...601))

    let tail = SubscriptionTail(next: 3)
    tail.fill { _, _ in nil }
    #expect(throws: LogError(.closed, "")) { try tail.take(from: 3) }
  }
}
