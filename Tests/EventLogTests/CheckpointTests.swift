import Synchronization
import TestSupport
import Testing
import TransparencyLog

@testable import EventLog

@Suite("Checkpoints")
struct CheckpointTests {
  private let folder: TemporaryFolder
  private var path: String { folder.path + "/log" }

  init() throws {
    folder = TemporaryFolder()
    try createLog(path)
  }

  /// Signs, and tells the sizes signed.
  private final class Notary: Sendable {
    let sizes = Mutex<[UInt64]>([])
    let fails = Mutex(false)
    let (signed, arrival) = AsyncStream<UInt64>.makeStream()

    func signing() throws -> CheckpointSigning {
      let sign = try EventLogTests.signing()
      return { (size, root) throws(LogError) in
        if self.fails.withLock({ $0 }) { throw LogError(.keyUnavailable, "the key is away") }
        self.sizes.withLock { $0.append(size) }
        self.arrival.yield(size)
        return try sign(size, root)
      }
    }
  }

  private func open(_ notary: Notary, _ policy: CheckpointPolicy = neverByItself) throws -> TestLog {
    let sign = try notary.signing()
    return try openLog(
      path,
      configuration {
        $0.checkpoints = policy
        $0.sign = sign
      })
  }

  private func signedSize(_ log: TestLog) throws -> PositionNumber? {
    try log.snapshot().checkpoint(atOrBefore: .max)?.size
  }

  /// Expects that the newest checkpoint says what the tree says.
  private func expectRightRoot(_ log: TestLog, at size: PositionNumber) throws {
    let view = try log.snapshot()
    let note = try SignedNote(decoding: Array(#require(try view.latestCheckpoint()).utf8))
    let checkpoint = try Checkpoint(noteText: note.text)
    #expect(checkpoint.size == size)
    #expect(try checkpoint.root == view.root(at: size))
  }

  @Test("by the number of events, when asked, and at closing; never twice over the same")
  func events() async throws {
    let notary = Notary()
    let log = try open(notary, CheckpointPolicy(events: 10, interval: .max))
    let writer = try #require(log.writer)
    try await log.fill(9)
    #expect(try signedSize(log) == nil)
    try await log.append([1])
    // Signed in the commit of an event, over a tree that has that event too.
    try expectRightRoot(log, at: 10)
    try await log.append([1])
    #expect(try signedSize(log) == 10)
    try await writer.checkpoint()
    #expect(try signedSize(log) == 11)
    try await writer.checkpoint()
    try await log.append([1])
    try expectRightRoot(log, at: 11)
    log.close()
    #expect(notary.sizes.withLock { $0 } == [10, 11, 12])
    try open(notary).close()
    #expect(notary.sizes.withLock { $0 } == [10, 11, 12])
  }

  @Test("after the interval, without another request")
  func interval() async throws {
    let notary = Notary()
    let log = try open(notary, CheckpointPolicy(events: .max, interval: 1))
    try await log.append([1])
    for await size in notary.signed {
      #expect(size == 1)
      break
    }
    log.close()
    #expect(notary.sizes.withLock { $0 } == [1])
  }

  @Test("while the key is away events go on, and who asks hears of it")
  func failing() async throws {
    let notary = Notary()
    notary.fails.withLock { $0 = true }
    let log = try open(notary, CheckpointPolicy(events: 2, interval: .max))
    let writer = try #require(log.writer)
    for position in 1...6 as ClosedRange<PositionNumber> { #expect(try await log.append([1]).first == position) }
    #expect(writer.checkpointFailure?.code == .keyUnavailable)
    await #expect(throws: LogError(.keyUnavailable, "")) { try await writer.checkpoint() }
    #expect(try signedSize(log) == nil)
    notary.fails.withLock { $0 = false }
    try await writer.checkpoint()
    #expect(writer.checkpointFailure == nil)
    #expect(try signedSize(log) == 6)
    log.close()
  }

  @Test("the schedule: what makes a checkpoint due, and when the next try is after a failure")
  func schedule() {
    var schedule = CheckpointSchedule(
      CheckpointPolicy(events: 5, interval: 100), signedSize: 3, size: 3, now: 1_000)
    #expect(schedule.deadline(size: 3) == nil)
    #expect(!schedule.isDue(size: 3, now: .max))
    schedule.noteAppended(now: 2_000)
    schedule.noteAppended(now: 2_050)
    #expect(schedule.deadline(size: 5) == 2_100)
    #expect(!schedule.isDue(size: 7, now: 2_099))
    #expect(schedule.isDue(size: 7, now: 2_100))
    #expect(schedule.isDue(size: 8, now: 2_050))
    schedule.noteFailed(now: 2_100)
    #expect(!schedule.isDue(size: 80, now: 2_199))
    #expect(schedule.isDue(size: 80, now: 2_200))
    schedule.noteSigned(size: 80)
    #expect(schedule.deadline(size: 80) == nil)
    #expect(schedule.isDue(size: 85, now: 2_200))
    let waiting = CheckpointSchedule(neverByItself, signedSize: 0, size: 1, now: 5)
    #expect(waiting.deadline(size: 1) == .max)
  }
}
