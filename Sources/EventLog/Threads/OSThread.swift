import CPlatform
import Glibc
import Synchronization

/// A thread of the operating system that runs one body and can be waited for.
///
/// What blocks (a commit, a scan of cold pages) runs on such threads, never on Swift's cooperative pool. A thread that
/// nobody waited for goes on by itself until its body returns.
package final class OSThread: Sendable {
  /// Nil once somebody waited: the system forgets a thread then.
  private let handle: Mutex<pthread_t?>

  private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// Starts a thread; traps if the system has no room for another.
  ///
  /// - Parameter run: the body.
  package init(_ run: @escaping @Sendable () -> Void) {
    let body = unsafe Unmanaged.passRetained(Body(run))
    var handle = pthread_t()
    let status = unsafe pthread_create(
      &handle, nil,
      { argument in
        guard let argument = unsafe argument else { return nil }
        unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, body.toOpaque())
    precondition(status == 0, "the system could not start a thread")
    self.handle = Mutex(handle)
  }

  deinit {
    handle.withLock { handle in
      if let handle { pthread_detach(handle) }
    }
  }

  /// Has the calling thread take short turns on the processor: where others want it as well, it gets it sooner after it has waited,
  /// and no more of it. A kernel that cannot do it, or refuses, goes on in its own way.
  package static func takeShortTurns() { _ = credledger_take_turns(300_000) }

  /// Waits until the body has returned. Blocks; a second caller waits as well.
  package func join() {
    handle.withLock { handle in
      if let joined = handle { pthread_join(joined, nil) }
      handle = nil
    }
  }
}
