import EventLog
import LMDB
import Synchronization

/// Writes into the store: what is asked for meanwhile is committed together, and each is answered once it is durable.
///
/// A request that finds no job running starts one, which commits waiting requests until there are none. So the disk never waits for a
/// task to be resumed, and no thread waits for work.
final class StoreWriter: Sendable {
  typealias Work = @Sendable (inout WriteTransaction) throws(LMDBError) -> Void

  private struct Waiting: Sendable {
    let work: Work
    let continuation: CheckedContinuation<Result<Void, LMDBError>, Never>
  }

  private struct State {
    var isBusy = false
    var isClosed = false
    var waiting: [Waiting] = []
  }

  private static let batchLimit = 1_024
  private static let queueLimit = 10_000

  private let environment: Environment
  private let threads: ReaderThreads
  private let state = Mutex(State())

  init(_ environment: Environment, _ threads: ReaderThreads) {
    self.environment = environment
    self.threads = threads
  }

  /// Runs `work` in a write transaction, and returns once it is durable. It may run again, the first times in vain: where
  /// the map grows.
  ///
  /// - Throws: what the batch failed with; nothing of it is kept then, except after `ioFailure`, when that is unknown.
  func write(_ work: @escaping Work) async throws(MessagingError) {
    let result: Result<Void, LMDBError> = await withCheckedContinuation { continuation in
      put(Waiting(work: work, continuation: continuation))
    }
    try messaging { () throws(LMDBError) in try result.get() }
  }

  /// Takes no more work; what waits is committed.
  func close() { state.withLock { $0.isClosed = true } }

  private func put(_ waiting: Waiting) {
    let (refusal, isFirst) = state.withLock { state -> (LMDBError?, Bool) in
      guard !state.isClosed else { return (Self.closed, false) }
      guard state.waiting.count < Self.queueLimit else {
        return (LMDBError(.other, "post a message", "too many messages wait; try again"), false)
      }
      state.waiting.append(waiting)
      defer { state.isBusy = true }
      return (nil, !state.isBusy)
    }
    if let refusal { waiting.continuation.resume(returning: .failure(refusal)) }
    guard isFirst else { return }
    let isStarted = threads.start(.long) {
      // As the thread that commits events: whoever waits for a commit waits for this thread.
      OSThread.takeShortTurns()
      self.answer { works in
        Result { () throws(LMDBError) in try Self.commit(works, to: self.environment) }
      }
    }
    if !isStarted { answer { _ in .failure(Self.closed) } }
  }

  private static var closed: LMDBError {
    LMDBError(.closed, "post a message", "the store is closed, or too much waits for it")
  }

  /// Answers all that waits, a batch at a time, until nothing does.
  private func answer(_ commit: ([Work]) -> Result<Void, LMDBError>) {
    while let batch = nextBatch() {
      let result = commit(batch.map(\.work))
      for waiting in batch { waiting.continuation.resume(returning: result) }
    }
  }

  /// What is to be committed together; nil where nothing waits, and then nobody is writing.
  private func nextBatch() -> [Waiting]? {
    state.withLock { state in
      guard !state.waiting.isEmpty else {
        state.isBusy = false
        return nil
      }
      let batch = Array(state.waiting.prefix(Self.batchLimit))
      state.waiting.removeFirst(batch.count)
      return batch
    }
  }

  private static func commit(_ works: [Work], to environment: Environment) throws(LMDBError) {
    while true {
      do throws(LMDBError) { return try commitOnce(works, to: environment) } catch {
        guard error.code == .mapFull else { throw error }
      }
      // Throws once it is as large as it may be; a batch may need more than one doubling.
      try environment.growMap()
    }
  }

  private static func commitOnce(_ works: [Work], to environment: Environment) throws(LMDBError) {
    var transaction = try environment.beginWrite()
    for work in works { try work(&transaction) }
    try transaction.commit()
  }
}

/// Turns errors of the storage into those of messaging.
func messaging<Result>(_ body: () throws(LMDBError) -> Result) throws(MessagingError) -> Result {
  do throws(LMDBError) { return try body() } catch {
    switch error.code {
    case .diskFull, .mapFull, .readersFull, .closed, .systemLimit, .other:
      throw MessagingError(.unavailable, error.reason)
    default: throw MessagingError(.failed, error.reason)
    }
  }
}
