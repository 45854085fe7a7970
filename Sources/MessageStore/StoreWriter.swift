import EventLog
import LMDB
import Synchronization

/// Writes into the store: what is asked for meanwhile is committed together, and each is answered once it is durable.
///
/// Whoever finds nobody writing leads: it commits its own work with what waits, then hands on. So no thread waits, and no task is
/// left without an owner.
final class StoreWriter: Sendable {
  typealias Work = @Sendable (inout WriteTransaction) throws(LMDBError) -> Void

  private enum Turn: Sendable {
    case lead
    case done(Result<Void, LMDBError>)
  }

  private struct Waiting: Sendable {
    let work: Work
    let continuation: CheckedContinuation<Turn, Never>
  }

  private struct State {
    var isBusy = false
    var waiting: [Waiting] = []
  }

  private static let batchLimit = 256
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
    let turn = await withCheckedContinuation { continuation in
      let turn = state.withLock { state -> Turn? in
        guard state.isBusy else {
          state.isBusy = true
          return .lead
        }
        guard state.waiting.count < Self.queueLimit else {
          return .done(.failure(LMDBError(.other, "post a message", "too many messages wait; try again")))
        }
        state.waiting.append(Waiting(work: work, continuation: continuation))
        return nil
      }
      if let turn { continuation.resume(returning: turn) }
    }
    switch turn {
    case .done(let result): try messaging { () throws(LMDBError) in try result.get() }
    case .lead: try await lead(work)
    }
  }

  private func lead(_ work: @escaping Work) async throws(MessagingError) {
    let others = state.withLock { state in
      let batch = state.waiting.prefix(Self.batchLimit - 1)
      state.waiting.removeFirst(batch.count)
      return Array(batch)
    }
    let environment = environment
    let result: Result<Void, LMDBError>
    do throws(LogError) {
      result = try await threads.run(.long) { () throws(LogError) in
        Result { () throws(LMDBError) in try Self.commit([work] + others.map(\.work), to: environment) }
      }
    } catch {
      result = .failure(LMDBError(.closed, "post a message", "the store is closed, or too much waits for it"))
    }
    for other in others { other.continuation.resume(returning: .done(result)) }
    let next = state.withLock { state -> Waiting? in
      guard !state.waiting.isEmpty else {
        state.isBusy = false
        return nil
      }
      return state.waiting.removeFirst()
    }
    next?.continuation.resume(returning: .lead)
    try messaging { () throws(LMDBError) in try result.get() }
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
