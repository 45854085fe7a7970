/// Threads that take jobs of two lengths.
package protocol JobThreads: Sendable {
  /// Has a job done on one of the threads.
  ///
  /// - Returns: why it is not taken; nil where it is.
  func put(_ length: ReaderThreads.Length, _ job: @escaping @Sendable () -> Void) -> LogError?
}

extension JobThreads {
  /// Runs `body` on one of the threads.
  ///
  /// - Throws: what `body` throws; ``LogError/Code/busy`` when as many jobs of the length wait as may;
  ///   ``LogError/Code/closed`` once the threads were stopped.
  package func run<Result: Sendable>(
    _ length: ReaderThreads.Length = .long, _ body: @escaping @Sendable () throws(LogError) -> Result
  ) async throws(LogError) -> Result {
    let outcome: Swift.Result<Result, LogError> = await withCheckedContinuation { continuation in
      let refusal = put(length) { continuation.resume(returning: Swift.Result(catching: body)) }
      if let refusal { continuation.resume(returning: .failure(refusal)) }
    }
    return try outcome.get()
  }

  /// Has `job` done on one of the threads, and does not wait for it.
  ///
  /// - Returns: whether it is taken: not when as many jobs of the length wait as may, nor once the threads were stopped.
  package func start(_ length: ReaderThreads.Length, _ job: @escaping @Sendable () -> Void) -> Bool {
    put(length, job) == nil
  }
}
