import Synchronization
import TestSupport
import Testing

@testable import EventLog

@Suite("Readers")
struct ReaderWatchTests {
  @Test("A snapshot that stays open is told of, and no longer once it has ended")
  func longReads() async throws {
    let folder = TemporaryFolder()
    let path = folder.path + "/log"
    try createLog(path)
    let notices = Mutex<[ReaderNotice]>([])
    let log = try openLog(
      path,
      configuration {
        $0.readers = ReaderPolicy(interval: 0, limit: .zero) { notice in notices.withLock { $0.append(notice) } }
      })
    let longReads = { notices.withLock { $0.count { if case .long = $0 { true } else { false } } } }
    // The age of a transaction is measured in ticks of some milliseconds: so many commits take longer than one.
    try await Self.holding(log) { for _ in 0..<200 { _ = try await log.append([1]) } }
    #expect(longReads() > 0)
    _ = try await log.append([1])
    _ = try await log.append([1])
    let before = longReads()
    for _ in 0..<50 { _ = try await log.append([1]) }
    #expect(longReads() == before)
    log.close()
  }

  /// Runs `body` while a thread has a snapshot open.
  private static func holding(_ log: TestLog, _ body: () async throws -> Void) async throws {
    let (began, isOpen) = AsyncStream<Void>.makeStream()
    let release = Mutex(false)
    let thread = OSThread {
      guard let view = try? log.snapshot() else { return }
      isOpen.yield()
      while !release.withLock({ $0 }) { _ = try? view.head() }
    }
    for await _ in began { break }
    do { try await body() } catch {
      release.withLock { $0 = true }
      thread.join()
      throw error
    }
    release.withLock { $0 = true }
    thread.join()
  }
}
