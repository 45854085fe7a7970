import Synchronization

/// Tells the threads that wait that there are new events. Missed signals do no harm: a waiter says what it has seen.
final class CommitSignal: Sendable {
  private struct State {
    var head: PositionNumber
    var isClosed = false
    var checkpointFailure: LogError?
    var waiters: [UInt64: Waiter] = [:]
    var nextWaiter: UInt64 = 0
  }

  /// Someone who waits for events beyond a position.
  private struct Waiter {
    let position: PositionNumber
    let continuation: CheckedContinuation<Void, Never>
  }

  private let state: Mutex<State>
  let meter = WriterMeter()

  init(head: PositionNumber) { state = Mutex(State(head: head)) }

  /// The newest event that is durable.
  var head: PositionNumber { state.withLock { $0.head } }

  /// Why the last attempt at a checkpoint failed; nil if it did not.
  var checkpointFailure: LogError? { state.withLock { $0.checkpointFailure } }

  func noteCheckpoint(failure: LogError?) {
    state.withLock { $0.checkpointFailure = failure }
  }

  /// Wakes those who wait for events beyond an earlier head: who waits for half a million hears of none before.
  func publish(_ head: PositionNumber) {
    let due = state.withLock { state in
      state.head = head
      let due = state.waiters.filter { $0.value.position < head }
      for id in due.keys { state.waiters[id] = nil }
      return due
    }
    for waiter in due.values { waiter.continuation.resume() }
  }

  /// Wakes all: there will be no more events.
  func close() {
    let waiters = state.withLock { state in
      state.isClosed = true
      defer { state.waiters = [:] }
      return state.waiters
    }
    for waiter in waiters.values { waiter.continuation.resume() }
  }

  /// Waits for an event beyond `position`; returns early when the task is cancelled.
  ///
  /// - Returns: whether more events may come.
  func wait(beyond position: PositionNumber) async -> Bool {
    let id = state.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isDone = state.withLock { state in
          if state.head > position || state.isClosed || Task.isCancelled { return true }
          state.waiters[id] = Waiter(position: position, continuation: continuation)
          return false
        }
        if isDone { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.waiters.removeValue(forKey: id) }?.continuation.resume()
    }
    return state.withLock { $0.head > position || !$0.isClosed }
  }
}
