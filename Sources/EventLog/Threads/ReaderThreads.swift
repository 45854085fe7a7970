/// Threads for reading that may take long: scans, proofs, exports, whatever may touch cold pages.
///
/// Point reads take a microsecond and run where they are called; work that could hold up Swift's cooperative pool
/// comes here. Work that is short never waits for work that is long: one thread takes only short work.
///
/// A thread is started when there is work that no other is free for, so that an idle log has none.
package final class ReaderThreads: JobThreads {
  /// How many threads there are, and how much may wait for them.
  package struct Limits: Sendable, Hashable {
    /// How many threads at most; at least 2.
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
    /// Those that were started.
    var threads: [OSThread] = []
    var hasShortThread = false
    var longThreads = 0
    /// How many jobs run on the thread for short ones, and on the others.
    var runningShort = 0
    var runningLong = 0

    /// Which kind of thread is to be started for a job that was just put; nil for none.
    func missing(for length: Length, of limit: Int) -> ThreadKind? {
      if length == .short, !hasShortThread { return .short }
      guard longThreads < limit - 1 else { return nil }
      let isFull =
        length == .long
        ? runningLong + long.count > longThreads
        : runningShort + runningLong + short.count + long.count > longThreads + 1
      return isFull ? .long : nil
    }

    /// The next job for a thread. Those that take long jobs take them first: short ones have a thread of their own, so
    /// neither kind waits for ever for the other.
    mutating func next(takesLong: Bool) -> JobQueue.Job? {
      if takesLong, let job = long.takeFirst() { return job }
      return short.takeFirst()
    }
  }

  private enum ThreadKind {
    case short
    case long
  }

  private let monitor = Monitor(State())
  private let limit: Int
  private let capacity: Int

  /// Takes work; starts no thread yet.
  package init(_ limits: Limits = Limits()) {
    limit = limits.threads
    capacity = limits.queueCapacity
  }

  /// How many threads were started.
  package var threadCount: Int { monitor.withLock { state, _ in state.threads.count } }

  private static func start(_ kind: ThreadKind, for monitor: Monitor<State>) -> OSThread {
    OSThread {
      var isBusy = false
      while let job = Self.next(from: monitor, takesLong: kind == .long, after: isBusy) {
        isBusy = true
        job()
      }
    }
  }

  /// - Parameter isBusy: whether the thread has just done a job.
  private static func next(from monitor: Monitor<State>, takesLong: Bool, after isBusy: Bool) -> JobQueue.Job? {
    var isToCount = isBusy
    let job: JobQueue.Job?? = monitor.wait(until: nil) { state in
      if isToCount {
        if takesLong { state.runningLong -= 1 } else { state.runningShort -= 1 }
        isToCount = false
      }
      if let job = state.next(takesLong: takesLong) {
        if takesLong { state.runningLong += 1 } else { state.runningShort += 1 }
        return .some(job)
      }
      return state.isStopped ? .some(nil) : nil
    }
    return job ?? nil
  }

  package func put(_ length: Length, _ job: @escaping @Sendable () -> Void) -> LogError? {
    monitor.withLock { state, wakes in
      if state.isStopped { return Self.closed }
      let waiting = length == .short ? state.short.count : state.long.count
      guard waiting < capacity else {
        return LogError(.busy, "as many reads wait already as the queue holds, \(capacity); try again after a moment")
      }
      if length == .short { state.short.append(job) } else { state.long.append(job) }
      if let kind = state.missing(for: length, of: limit) {
        if kind == .short { state.hasShortThread = true } else { state.longThreads += 1 }
        state.threads.append(Self.start(kind, for: monitor))
      }
      wakes = true
      return nil
    }
  }

  /// How many jobs of a length wait.
  package func waiting(_ length: Length) -> Int {
    monitor.withLock { state, _ in length == .short ? state.short.count : state.long.count }
  }

  /// Why a job is not taken any more.
  static var closed: LogError { LogError(.closed, "the ledger is closed") }

  /// Finishes what was queued, and ends the threads. Blocks until they have ended.
  package func stop() {
    refuse()
    // None is started any more.
    for thread in monitor.withLock({ state, _ in state.threads }) { thread.join() }
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
