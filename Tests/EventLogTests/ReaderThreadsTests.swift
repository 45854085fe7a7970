import Synchronization
import Testing

@testable import EventLog

/// What may run side by side, and in which order. No test measures time: where a job would be held up it would wait for
/// ever, and the limit ends the test.
@Suite(.timeLimit(.minutes(30))) struct ReaderThreadsTests {
  /// A door that jobs wait at, on their threads.
  final class Gate: Sendable {
    private let monitor = Monitor((isOpen: false, waiting: 0))

    func pass() {
      monitor.withLock { state, wakes in
        state.waiting += 1
        wakes = true
      }
      _ = monitor.wait(until: nil) { $0.isOpen ? () : nil }
    }

    func open() {
      monitor.withLock { state, wakes in
        state.isOpen = true
        wakes = true
      }
    }

    /// Waits until so many jobs stand before the door.
    func awaitWaiting(_ count: Int) async {
      await withCheckedContinuation { continuation in
        _ = OSThread { [monitor] in
          _ = monitor.wait(until: nil) { $0.waiting >= count ? () : nil }
          continuation.resume()
        }
      }
    }
  }

  /// What was done, in order.
  final class Record: Sendable {
    private let entries = Mutex<[String]>([])
    func note(_ entry: String) { entries.withLock { $0.append(entry) } }
    var all: [String] { entries.withLock { $0 } }
  }

  @Test("However much long work there is, short work is done meanwhile", arguments: [2, 3, 5])
  func manyLong(count: Int) async throws {
    let threads = ReaderThreads(.init(threads: count))
    let gate = Gate()
    let order = Record()
    try await withThrowingTaskGroup { group in
      for _ in 0..<20 {
        group.addTask {
          try await threads.run(.long) {
            gate.pass()
            order.note("long")
          }
        }
      }
      // Each thread that takes long work has some.
      await gate.awaitWaiting(count - 1)
      for _ in 0..<50 { try await threads.run(.short) { order.note("short") } }
      gate.open()
      try await group.waitForAll()
    }
    #expect(order.all == Array(repeating: "short", count: 50) + Array(repeating: "long", count: 20))
    threads.stop()
  }

  @Test("However much short work there is, long work is done meanwhile")
  func manyShort() async throws {
    let threads = ReaderThreads(.init(threads: 2))
    let gate = Gate()
    try await withThrowingTaskGroup { group in
      for _ in 0..<2 { group.addTask { try await threads.run(.short) { gate.pass() } } }
      await gate.awaitWaiting(2)
      let done = Record()
      for _ in 0..<20 { group.addTask { try await threads.run(.short) { done.note("short") } } }
      group.addTask { try await threads.run(.long) { done.note("long") } }
      while threads.waiting(.short) < 20 || threads.waiting(.long) < 1 { await Task.yield() }
      gate.open()
      try await group.waitForAll()
      #expect(done.all.count == 21)
    }
    threads.stop()
  }

  @Test("What waits has a bound, past which the answer is busy", arguments: [ReaderThreads.Length.short, .long])
  func bounded(length: ReaderThreads.Length) async throws {
    let threads = ReaderThreads(.init(threads: 2, queueCapacity: 3))
    let gate = Gate()
    let running = length == .short ? 2 : 1
    try await withThrowingTaskGroup { group in
      for _ in 0..<running { group.addTask { try await threads.run(length) { gate.pass() } } }
      await gate.awaitWaiting(running)
      for _ in 0..<3 { group.addTask { try await threads.run(length) {} } }
      while threads.waiting(length) < 3 { await Task.yield() }
      let refused = await #expect(throws: LogError.self) { try await threads.run(length) {} }
      #expect(refused?.code == .busy)
      gate.open()
      try await group.waitForAll()
    }
    // There is room again.
    try await threads.run(length) {}
    threads.stop()
    let refused = await #expect(throws: LogError.self) { try await threads.run(length) {} }
    #expect(refused?.code == .closed)
  }

  @Test("Jobs of one length begin in the order in which they came")
  func ordered() async throws {
    let threads = ReaderThreads(.init(threads: 2))
    let gate = Gate()
    let order = Record()
    try await withThrowingTaskGroup { group in
      group.addTask { try await threads.run(.long) { gate.pass() } }
      await gate.awaitWaiting(1)
      for index in 0..<10 {
        group.addTask { try await threads.run(.long) { order.note("\(index)") } }
        while threads.waiting(.long) <= index { await Task.yield() }
      }
      gate.open()
      try await group.waitForAll()
    }
    #expect(order.all == (0..<10).map { "\($0)" })
    threads.stop()
  }

  @Test("A log that stops waits for its own jobs on shared threads, and for no other's")
  func stoppingAlone() async throws {
    let threads = ReaderThreads(.init(threads: 3))
    let (one, other) = (LogReaders(sharing: threads), LogReaders(sharing: threads))
    let gate = Gate()
    let order = Record()
    try await withThrowingTaskGroup { group in
      group.addTask { try await other.run { gate.pass() } }
      group.addTask {
        try await one.run {
          gate.pass()
          order.note("job")
        }
      }
      await gate.awaitWaiting(2)
      let stopping = OSThread {
        one.stop()
        order.note("stopped")
      }
      gate.open()
      stopping.join()
      try await group.waitForAll()
    }
    #expect(order.all == ["job", "stopped"])
    await #expect { try await one.run { order.note("late") } } throws: { ($0 as? LogError)?.code == .closed }
    try await other.run { order.note("other") }
    #expect(order.all == ["job", "stopped", "other"])
    threads.stop()
  }
}

@Suite struct ReaderThreadsOnDemandTests {
  @Test("A thread is started when there is work that no other is free for") func threadStarted() async throws {
    let many = ReaderThreads(.init(threads: 16))
    #expect(many.threadCount == 0)
    for _ in 0..<50 { try await many.run(.short) { () throws(LogError) in } }
    // The one for short jobs, and one more for each that was put before the one before it counted as done: few on any machine.
    #expect((1..<16).contains(many.threadCount))
    many.stop()
    let threads = ReaderThreads(.init(threads: 4))
    try await threads.run(.short) { () throws(LogError) in }
    #expect(threads.threadCount == 1)
    let (count, gate) = (6, Monitor(0))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<count {
        group.addTask {
          try await threads.run { () throws(LogError) in
            // Waits until three run at once: so many threads take long work.
            gate.withLock { running, wakes in
              running += 1
              wakes = true
            }
            _ = gate.wait(until: nil) { $0 >= 3 ? () : nil }
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(threads.threadCount == 4)
    threads.stop()
    await #expect(throws: LogError.self) { try await threads.run { () throws(LogError) in } }
  }
}
