import Synchronization

/// Whether a server goes on, or finishes what it accepted.
final class ServerLifecycle: Sendable {
  private let stopping = Atomic(false)

  var isStopping: Bool { stopping.load(ordering: .relaxed) }

  func stop() { stopping.store(true, ordering: .relaxed) }
}
