/// Threads for reading that may take long: scans, proofs, exports, whatever may touch cold pages.
///
/// Point reads take a microsecond and run where they are called; work that could hold up Swift's cooperative pool
/// comes here.
package final class ReaderThreads: Sendable {
  private struct State {
    var jobs: [@Sendable () -> Void] = []
    var isStopped = false
  }

  private let monitor = Monitor(State())
  private let threads: [OSThread]

  /// - Parameter count: how many threads.
  package init(count: Int) {
    let monitor = monitor
    threads = (0..<count).map { _ in
      OSThread {
        while let job = Self.next(from: monitor) { job() }
      }
    }
  }

  private static func next(from monitor: Monitor<State>) -> (@Sendable () -> Void)? {
    let job: (@Sendable () -> Void)?? = monitor.wait(until: nil) { state in
      if !state.jobs.isEmpty { return .some(state.jobs.removeFirst()) }
      return state.isStopped ? .some(nil) : nil
    }
    return job ?? nil
  }

  /// Runs `body` on one of the threads.
  ///
  /// - Throws: what `body` throws, or ``LogError/Code/closed`` once the threads were stopped.
  package func run<Result: Sendable>(
    _ body: @escaping @Sendable () throws(LogError) -> Result
  ) async throws(LogError) -> Result {
    let outcome: Swift.Result<Result, LogError> = await withCheckedContinuation { continuation in
      let isTaken = monitor.withLock { state, wakes in
        guard !state.isStopped else { return false }
        state.jobs.append { continuation.resume(returning: Swift.Result(catching: body)) }
        wakes = true
        return true
      }
      if !isTaken { continuation.resume(returning: .failure(LogError(.closed, "the ledger is closed"))) }
    }
    return try outcome.get()
  }

  /// Finishes what was queued, and ends the threads. Blocks until they have ended.
  package func stop() {
    refuse()
    for thread in threads { thread.join() }
  }

  /// Takes no more work, and lets the threads end once what was queued is done.
  private func refuse() {
    monitor.withLock { state, wakes in
      state.isStopped = true
      wakes = true
    }
  }

  deinit { refuse() }
}
