import LMDB
import TestSupport
import Testing

@testable import EventLog

/// What requests come to that wait together, so that the writer takes them in one batch.
private struct Batch {
  typealias Answer = Result<Committed<[UInt8]>, AppendFailure<No>>

  let environment: Environment
  let tables: LogTables
  let tally: Tally
  let tail: LogTail

  /// Opens the log without a writer.
  init(_ path: String) throws {
    environment = try Environment(at: path, options: .init(mapSize: 64 << 20))
    var transaction = try environment.beginWrite()
    tables = try LogTables(in: &transaction, of: environment)
    tally = try Tally(environment, &transaction)
    try transaction.commit()
    tail = try LogTail(verifying: LogView(environment.beginRead(), tally, tables), origin: testOrigin)
  }

  /// Queues one request for each decision, in order, and only then lets the writer's thread go.
  func run(
    _ configuration: LogWriter<Tally>.Configuration,
    _ decisions: [(AppendOptions, LogWriter<Tally>.Decide<No>)]
  ) async -> [Answer] {
    let queue = CommitQueue<Tally>(capacity: 1_000)
    var waiting: [Task<Answer, Never>] = []
    for (options, decide) in decisions {
      let (queued, arrival) = AsyncStream<Void>.makeStream()
      waiting.append(
        Task {
          await unsafe withUnsafeContinuation { continuation in
            let request = unsafe AppendRequest(
              options, nil, decide, continuation,
              appending: { (request, batch, view) throws(LogError) in try request.append(in: &batch, &view) },
              delivering: { $0.deliver() })
            do throws(LogError) { try queue.put(request) } catch { request.fail(error) }
            arrival.finish()
          }
        })
      for await _ in queued {}
    }
    queue.close()
    let signal = CommitSignal(head: tail.edge.size)
    let thread = OSThread { [environment, tables, tally, tail] in
      var work = CommitThread(environment, tables, tally, queue, signal, configuration, tail)
      work.run()
    }
    thread.join()
    var answers: [Answer] = []
    for task in waiting { answers.append(await task.value) }
    return answers
  }

  func payloads() throws -> [[UInt8]] {
    try LogView(environment.beginRead(), tally, tables).records(from: 1, limit: .max).map { Array($0.payload) }
  }

  func count() throws -> UInt64 { try tally.count(in: environment.beginRead()) }

  func transactionNumber() throws -> UInt64 { try environment.beginRead().number }
}

private func proposing(_ event: [UInt8]) -> (AppendOptions, LogWriter<Tally>.Decide<No>) {
  (AppendOptions(), { (_, _) throws(AppendFailure<No>) in AppendProposal([event], testActor) })
}

@Suite("Commits in groups")
struct CommitTests {
  private let folder: TemporaryFolder
  private var path: String { folder.path + "/log" }

  init() throws {
    folder = TemporaryFolder()
    try createLog(path)
  }

  @Test("requests that wait share a commit, see those before them, and a refusal fails alone")
  func oneCommit() async throws {
    let batch = try Batch(path)
    let before = try batch.transactionNumber()
    let seeing: LogWriter<Tally>.Decide<No> = { (view, moment) throws(AppendFailure<No>) in
      do throws(LogError) {
        let count = UInt8(try view.participant.count(in: view.transaction))
        return AppendProposal([[count, UInt8(moment.next)]], testActor)
      } catch { throw .log(error) }
    }
    let refusing: LogWriter<Tally>.Decide<No> = { (_, _) throws(AppendFailure<No>) in
      throw .refused(No(reason: "no"))
    }
    let answers = try await batch.run(
      configuration { $0.sign = { (_, _) throws(LogError) in throw LogError(.keyUnavailable, "") } },
      [proposing([5]), (AppendOptions(), seeing), (AppendOptions(), refusing), (AppendOptions(), seeing)])
    #expect(try answers[0].get().first == 1)
    #expect(try answers[1].get().events == [[1, 2]])
    #expect(throws: AppendFailure<No>.self) { try answers[2].get() }
    #expect(try answers[3].get().events == [[2, 3]])
    #expect(try batch.payloads() == [[5], [1, 2], [2, 3]])
    #expect(try batch.transactionNumber() == before + 1)
  }

  @Test("an event that fails after it was stored fails alone, wherever it is in the batch")
  func poison() async throws {
    for places in [[0], [2], [4], [0, 1], [1, 3], [0, 1, 2, 3, 4]] {
      let folder = TemporaryFolder()
      try createLog(folder.path + "/log")
      let batch = try Batch(folder.path + "/log")
      let events = (0..<5).map { places.contains($0) ? Tally.poison : [UInt8($0)] }
      let answers = await batch.run(try configuration(), events.map(proposing))
      var position: PositionNumber = 0
      for (place, answer) in answers.enumerated() {
        if places.contains(place) {
          #expect(await logError { _ = try answer.get() } == .damagedProjection)
        } else {
          position += 1
          #expect(try answer.get().first == position, "place \(place) of \(places)")
        }
      }
      #expect(try batch.payloads() == events.filter { $0 != Tally.poison })
      #expect(try batch.count() == position)
      #expect(throws: Never.self) {
        try LogTail(
          verifying: LogView(batch.environment.beginRead(), batch.tally, batch.tables), origin: testOrigin)
      }
    }
  }

  @Test("a condition on the head holds for one of two that wait together")
  func conditional() async throws {
    let batch = try Batch(path)
    let decide: LogWriter<Tally>.Decide<No> = { (_, _) throws(AppendFailure<No>) in AppendProposal([[1]], testActor) }
    let options = AppendOptions(expecting: 0)
    let answers = await batch.run(try configuration(), [(options, decide), (options, decide)])
    #expect(try answers[0].get().first == 1)
    #expect(await logError { _ = try answers[1].get() } == .headMoved)
  }

  @Test("any number of tasks get the positions from 1 on, each once, and what is stored there is theirs")
  func manyTasks() async throws {
    let log = try openLog(path, configuration { $0.batchLimit = 16 })
    let answers = try await withThrowingTaskGroup(of: Committed<[UInt8]>.self) { group in
      for number in 0..<500 {
        group.addTask { try await log.append([UInt8(number & 0x3F), UInt8(number >> 6)]) }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(answers.map(\.first).sorted() == Array(1...500))
    let stored = try log.payloads()
    for answer in answers { #expect(answer.events == [stored[Int(answer.first) - 1]]) }
    #expect(Set(stored).count == 500)
    let view = try log.snapshot()
    #expect(try view.participant.count(in: view.transaction) == 500)
    log.close()
  }

  @Test("a full map grows under the batch that fills it")
  func growth() async throws {
    let path = folder.path + "/small"
    try TestLog.create(at: path, origin: testOrigin, options: .init(mapSize: 1 << 20))
    let log = try TestLog.open(
      at: path, options: .init(mapSize: 1 << 20),
      participant: { (environment, transaction) throws(LogError) in try Tally(environment, &transaction) },
      configure: { [configuration = try configuration()] _ throws(LogError) in configuration })
    for number in 0..<60 as Range<UInt8> { try await log.append([number] + [UInt8](repeating: 1, count: 60_000)) }
    #expect(try log.payloads().map { $0[0] } == Array(0..<60))
    log.close()
  }

  @Test("a snapshot stays as it is while others write")
  func snapshot() async throws {
    let log = try openLog(path, configuration())
    try await log.fill(20)
    func heads(_ body: () async throws -> Void) async throws -> (PositionNumber, PositionNumber) {
      let root = try log.snapshot().root(at: 20)
      let before = try log.snapshot().head()
      try await body()
      #expect(try log.snapshot().root(at: 20) == root)
      return (before, try log.snapshot().head())
    }
    #expect(try await heads { try await log.fill(300) } == (20, 320))
    try readWhileWriting(log)
    log.close()
  }

  private func readWhileWriting(_ log: TestLog) throws {
    let view = try log.snapshot()
    let other = try log.environment.beginRead()
    var seen: PositionNumber = 0
    try view.forEachRecord(in: 1...PositionNumber.max) { (header, _) throws(LogError) in
      seen = header.position
      return true
    }
    #expect(seen == 320)
    #expect(other.number == view.transaction.number)
  }

  @Test("time never runs backwards where the clock steps a little, also after reopening")
  func time() async throws {
    let clock = TestClock()
    var log = try openLog(path, configuration(clock: clock))
    var random = SeededRandom()
    var latest: Milliseconds = 0
    for step in 0..<60 {
      clock.now = max(0, latest + Milliseconds.random(in: -10_000...20_000, using: &random))
      if step % 20 == 19 {
        log.close()
        log = try openLog(path, configuration(clock: clock))
      }
      let time = try await log.append([1]).time
      #expect(time == max(latest, clock.now), "seed \(random.seed), step \(step)")
      latest = time
    }
    let times = try log.snapshot().records(from: 1, limit: .max).map(\.header.recordedAt)
    #expect(times == times.sorted())
    log.close()
  }

  @Test("a full queue, a closed log and a cancelled task are told apart")
  func refusals() async throws {
    let queue = CommitQueue<Tally>(capacity: 2)
    try queue.put(CommitRequest())
    try queue.put(CommitRequest())
    #expect(throws: LogError(.busy, "")) { try queue.put(CommitRequest()) }
    guard case .requests(let taken) = queue.take(atMost: 1, until: nil) else {
      Issue.record("nothing was taken")
      return
    }
    #expect(taken.count == 1)
    try queue.put(CommitRequest())

    let log = try openLog(path, configuration { $0.queueCapacity = 0 })
    #expect(await logError { try await log.append([1]) } == .busy)
    log.close()
    #expect(await logError { try await log.append([1]) } == .closed)
    #expect(await logError { _ = try log.snapshot() } == .closed)

    let open = try openLog(path, configuration())
    let task = Task {
      unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
      return await logError { try await open.append([1]) }
    }
    #expect(await task.value == .cancelled)
    #expect(try open.snapshot().head() == 0)
    open.close()
  }

  @Test("too many events, and too large ones, are refused alone")
  func tooLarge() async throws {
    let log = try openLog(path, configuration())
    let many: LogWriter<Tally>.Decide<No> = { (_, _) throws(AppendFailure<No>) in
      AppendProposal([[UInt8]](repeating: [1], count: 256), testActor)
    }
    let writer = try #require(log.writer)
    #expect(await logError { _ = try await writer.append(deciding: many) } == .tooLarge)
    #expect(await logError { try await log.append([UInt8](repeating: 1, count: 65_535)) } == .tooLarge)
    #expect(await logError { try await log.append([]) } == .unreadableEvent)
    #expect(try await log.append([1]).first == 1)
    log.close()
  }
}
