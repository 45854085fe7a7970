import Synchronization

/// Wakes the tasks of this process that wait for a change.
package final class WakeUp: Sendable {
  private struct State {
    var last: UInt64 = 0
    var listeners: [UInt64: AsyncStream<Void>.Continuation] = [:]
  }

  private let state = Mutex(State())

  package init() {}

  /// Has an element once it rings from now on; several rings before that is read are one. Ends with the task that reads it.
  package func rings() -> AsyncStream<Void> {
    let (rings, listener) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let number = state.withLock { state in
      state.last += 1
      state.listeners[state.last] = listener
      return state.last
    }
    listener.onTermination = { [weak self] _ in
      guard let self else { return }
      state.withLock { state in _ = state.listeners.removeValue(forKey: number) }
    }
    return rings
  }

  /// Wakes all that wait.
  package func ring() {
    let listeners = state.withLock { Array($0.listeners.values) }
    for listener in listeners { listener.yield() }
  }
}
