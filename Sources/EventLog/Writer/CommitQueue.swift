/// Requests on their way to the writer: many tasks put in, one thread takes out.
@usableFromInline
final class CommitQueue<Participant: CommitParticipant>: Sendable {
  @usableFromInline
  struct State: Sendable {
    @usableFromInline
    var requests: [CommitRequest<Participant>] = []
    /// What every later request is refused with, once there is such a thing.
    @usableFromInline
    var refusal: LogError?
    var isClosing = false
  }

  @usableFromInline
  let monitor = Monitor(State())
  /// How many requests may wait.
  @usableFromInline
  let capacity: Int

  init(capacity: Int) { self.capacity = capacity }

  /// Puts a request at the end.
  ///
  /// - Throws: ``LogError/Code/busy`` when `capacity` requests wait; ``LogError/Code/closed`` or
  ///   ``LogError/Code/writingStopped`` when no more are taken.
  @inlinable
  func put(_ request: CommitRequest<Participant>) throws(LogError) {
    try monitor.withLock { (state, wakes) throws(LogError) in
      if let refusal = state.refusal { throw refusal }
      guard state.requests.count < capacity else {
        throw LogError(.busy, "as many requests wait already as the queue holds, \(capacity); try again after a moment")
      }
      wakes = state.requests.isEmpty
      state.requests.append(request)
    }
  }

  /// What the writer is to do next.
  enum Work {
    case requests([CommitRequest<Participant>])
    /// The deadline passed.
    case timeout
    /// The queue is closed and empty.
    case close
  }

  /// Takes up to `limit` requests, waiting for the first until the deadline.
  func take(atMost limit: Int, until deadline: Milliseconds?) -> Work {
    let limit = max(limit, 1)
    return monitor.wait(until: deadline) { state in
      if state.requests.isEmpty { return state.isClosing ? .close : nil }
      guard state.requests.count > limit else {
        defer { state.requests = [] }
        return .requests(state.requests)
      }
      defer { state.requests.removeFirst(limit) }
      return .requests(Array(state.requests.prefix(limit)))
    } ?? .timeout
  }

  /// Refuses every later request with `error`; the first reason stays.
  func refuse(with error: LogError) {
    monitor.withLock { state, _ in if state.refusal == nil { state.refusal = error } }
  }

  /// Takes no more requests, and lets the writer end once those that wait are done.
  func close() {
    monitor.withLock { state, wakes in
      if state.refusal == nil { state.refusal = LogError(.closed, "the ledger is closed") }
      state.isClosing = true
      wakes = true
    }
  }
}
