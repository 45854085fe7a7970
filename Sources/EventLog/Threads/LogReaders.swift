/// What one log has read for it by threads: by threads of its own, or by those that several logs share.
package final class LogReaders: JobThreads {
  private struct State {
    /// Jobs on shared threads that were taken and have not ended.
    var unfinished = 0
    var isStopped = false
  }

  private let threads: ReaderThreads
  private let isShared: Bool
  private let monitor = Monitor(State())

  /// Threads of the log's own, which end with it.
  package init(_ limits: ReaderThreads.Limits = ReaderThreads.Limits()) {
    threads = ReaderThreads(limits)
    isShared = false
  }

  /// Threads that other logs use as well, and that go on without this one.
  package init(sharing threads: ReaderThreads) {
    self.threads = threads
    isShared = true
  }

  package func put(_ length: ReaderThreads.Length, _ job: @escaping @Sendable () -> Void) -> LogError? {
    guard isShared else { return threads.put(length, job) }
    let isTaken = monitor.withLock { state, _ in
      if !state.isStopped { state.unfinished += 1 }
      return !state.isStopped
    }
    guard isTaken else { return ReaderThreads.closed }
    let refusal = threads.put(length) { [self] in
      job()
      end()
    }
    if refusal != nil { end() }
    return refusal
  }

  private func end() {
    monitor.withLock { state, wakes in
      state.unfinished -= 1
      wakes = state.isStopped
    }
  }

  /// How many jobs of a length wait, of all logs that share the threads.
  package func waiting(_ length: ReaderThreads.Length) -> Int { threads.waiting(length) }

  /// Takes no more work and finishes what was taken. Blocks until it is done.
  package func stop() {
    guard isShared else { return threads.stop() }
    monitor.withLock { state, _ in state.isStopped = true }
    _ = monitor.wait(until: nil) { $0.unfinished == 0 ? () : nil }
  }
}
