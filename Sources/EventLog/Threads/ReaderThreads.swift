/// Threads for reading that may take long: scans, proofs, exports, whatever may touch cold pages.
///
/// Point reads take a microsecond and run where they are called; work that could hold up Swift's cooperative pool
/// comes here. Work that is short never waits for work that is long: one thread takes only short work.
package final class ReaderThreads: Sendable {
  /// How many threads there are, and how much may wait for them.
  package struct Limits: Sendable, Hashable {
    /// How many threads; at least 2.
    package var threads: Int
    /// How many jobs of each length may wait; at least 1.
    package var queueCapacity: Int

    /// Limits; what is below the least is raised to it.
    package init(threads: Int = 4, queueCapacity: Int = 4_096) {
      self.threads = max(threads, 2)
      self.queueCapacity = max(queueCapacity, 1)
    }
  }

  /// How long a job takes.
  package enum Length: Sendable {
    /// A bounded number of rows or keys: a page, a seal, a proof.
    case short
    /// As long as the log is.
    case long
  }

  private struct State {
    var short = JobQueue()
    var long = JobQueue()
    var isStopped = false

    /// The next job for a thread. Those that take long jobs take them first: short ones have a thread of their own, so
    /// neither kind waits for ever for the other.
    mutating func next(takesLong: Bool) -> JobQueue.Job? {
      if takesLong, let job = long.takeFirst() { return job }
      return short.takeFirst()
    }
  }

  private let monitor = Monitor(State())
  private let threads: [OSThread]
  private let capacity: Int

  /// Starts the threads.
  package init(_ limits: Limits = Limits()) {
    let monitor = monitor
    capacity = limits.queueCapacity
    threads = (0..<limits.threads).map { index in
      OSThread {
        while let job = Self.next(from: monitor, takesLong: index > 0) { job() }
      }
    }
  }

  private static func next(from monitor: Monitor<State>, takesLong: Bool) -> JobQueue.Job? {
    let job: JobQueue.Job?? = monitor.wait(until: nil) { state in
      if let job = state.next(takesLong: takesLong) { return .some(job) }
      return state.isStopped ? .some(nil) : nil
    }
    return job ?? nil
  }

  /// Runs `body` on one of the threads.
  ///
  /// - Throws: what `body` throws; ``LogError/Code/busy`` when as many jobs of the length wait as may;
  ///   ``LogError/Code/closed`` once the threads were stopped.
  package func run<Result: Sendable>(
    _ length: Length = .long, _ body: @escaping @Sendable () throws(LogError) -> Result
  ) async throws(LogError) -> Result {
    let outcome: Swift.Result<Result, LogError> = await withCheckedContinuation { continuation in
      let refusal = put(length) { continuation.resume(returning: Swift.Result(catching: body)) }
      if let refusal { continuation.resume(returning: .failure(refusal)) }
    }
    return try outcome.get()
  }

  /// - Returns: why the job is not taken; nil where it is.
  private func put(_ length: Length, _ job: @escaping JobQueue.Job) -> LogError? {
    monitor.withLock { state, wakes in
      if state.isStopped { return LogError(.closed, "the ledger is closed") }
      let waiting = length == .short ? state.short.count : state.long.count
      guard waiting < capacity else {
        return LogError(.busy, "as many reads wait already as the queue holds, \(capacity); try again after a moment")
      }
      if length == .short { state.short.append(job) } else { state.long.append(job) }
      wakes = true
      return nil
    }
  }

  /// How many jobs of a length wait.
  package func waiting(_ length: Length) -> Int {
    monitor.withLock { state, _ in length == .short ? state.short.count : state.long.count }
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

/// Jobs in the order in which they came, each end in constant time.
private struct JobQueue {
  typealias Job = @Sendable () -> Void

  /// Those before `first` were taken.
  private var jobs: [Job?] = []
  private var first = 0

  var count: Int { jobs.count - first }

  mutating func append(_ job: @escaping Job) { jobs.append(job) }

  mutating func takeFirst() -> Job? {
    guard first < jobs.count else { return nil }
    let job = jobs[first]
    jobs[first] = nil
    first += 1
    // What was taken goes once it is half of all: so each job is moved once at most, on average.
    if first * 2 >= jobs.count {
      jobs.removeFirst(first)
      first = 0
    }
    return job
  }
}
