import Glibc

/// A libcrypto context made once for each thread that asks, and freed when that thread ends.
///
/// Making a context allocates, and sharing one would need a lock; a thread's own costs one look-up in its
/// thread-local table (about 2 ns). A context must not be held across a suspension point, since a task may resume on
/// another thread.
@safe
struct PerThread: Sendable {
  private let key: pthread_key_t
  private let make: @Sendable () -> OpaquePointer?

  /// - Parameters:
  ///   - make: makes a thread's context; `nil` when memory has run out.
  ///   - free: frees what `make` made; runs as the thread ends.
  init(
    make: @escaping @Sendable () -> OpaquePointer?, free: @escaping @convention(c) (UnsafeMutableRawPointer?) -> Void
  ) {
    var key = pthread_key_t()
    let status = unsafe pthread_key_create(&key, free)
    guard status == 0 else { fatalError("No thread-local key is left in this process (error \(status)).") }
    self.key = key
    unsafe self.make = unsafe make
  }

  /// The calling thread's context. Traps when there is no memory for a new one.
  var context: OpaquePointer {
    if let existing = unsafe pthread_getspecific(key) { return OpaquePointer(existing) }
    guard let made = unsafe make(), unsafe pthread_setspecific(key, UnsafeRawPointer(made)) == 0 else {
      fatalError("No memory for a cryptographic context.")
    }
    return unsafe made
  }
}
