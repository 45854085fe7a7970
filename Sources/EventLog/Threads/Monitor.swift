import Glibc

/// A lock with one condition to wait for: what `Mutex` lacks, and an OS thread needs.
///
/// `@unchecked Sendable`: `state` is only touched between lock and unlock of the mutex, and the two pthread objects
/// are made for use from any thread; their memory is stable, and freed when the last reference is gone.
@safe
@usableFromInline
final class Monitor<State: Sendable>: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>
  @usableFromInline
  var state: State

  init(_ state: State) {
    self.state = state
    unsafe mutex = .allocate(capacity: 1)
    unsafe condition = .allocate(capacity: 1)
    unsafe pthread_mutex_init(mutex, nil)
    // Waits are measured on the clock that nobody sets.
    var attributes = pthread_condattr_t()
    unsafe pthread_condattr_init(&attributes)
    unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    unsafe pthread_cond_init(condition, &attributes)
    unsafe pthread_condattr_destroy(&attributes)
  }

  deinit {
    unsafe pthread_cond_destroy(condition)
    unsafe pthread_mutex_destroy(mutex)
    unsafe condition.deallocate()
    unsafe mutex.deallocate()
  }

  /// Runs `body` alone, and wakes the waiting threads if it says so: all of them, since any may be
  /// the one whose condition has come true.
  @inlinable
  func withLock<Result: ~Copyable, Failure: Error>(
    _ body: (inout State, inout Bool) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    var wakes = false
    lock()
    defer { unlock(waking: wakes) }
    return try body(&state, &wakes)
  }

  @usableFromInline
  func lock() { unsafe pthread_mutex_lock(mutex) }

  @usableFromInline
  func unlock(waking: Bool) {
    unsafe pthread_mutex_unlock(mutex)
    if waking { unsafe pthread_cond_broadcast(condition) }
  }

  /// Waits until `body` gives a result, or the time has come.
  ///
  /// - Parameters:
  ///   - deadline: a moment of ``monotonicNow()``; nil for ever.
  ///   - body: called alone, at once and after each waking.
  /// - Returns: nil when the deadline passed first.
  func wait<Result>(until deadline: Milliseconds?, for body: (inout State) -> Result?) -> Result? {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    while true {
      if let result = body(&state) { return result }
      guard let deadline else {
        unsafe pthread_cond_wait(condition, mutex)
        continue
      }
      var time = timespec(tv_sec: Int(deadline / 1_000), tv_nsec: Int(deadline % 1_000) * 1_000_000)
      if unsafe pthread_cond_timedwait(condition, mutex, &time) == ETIMEDOUT { return body(&state) }
    }
  }
}

/// Milliseconds on a clock that only goes forward.
func monotonicNow() -> Milliseconds {
  var time = timespec()
  unsafe clock_gettime(CLOCK_MONOTONIC, &time)
  return Milliseconds(time.tv_sec) * 1_000 + Milliseconds(time.tv_nsec) / 1_000_000
}
