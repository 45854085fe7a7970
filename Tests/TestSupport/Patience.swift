import Glibc

/// How long a test waits for what takes a moment on an idle machine: a bound on what hangs, not on how slow a busy machine is.
public enum Patience {
  /// In seconds.
  public static let seconds = 300
  public static let limit = Duration.seconds(seconds)

  /// Waits until something is so, without a thread.
  ///
  /// - Returns: false where it was not so in all that time.
  public static func wait(until isSo: () throws -> Bool) async throws -> Bool {
    let end = ContinuousClock.now + limit
    while try !isSo() {
      guard ContinuousClock.now < end else { return false }
      try await Task.sleep(for: .milliseconds(100))
    }
    return true
  }

  /// As ``wait(until:)``, on the thread of a test that is not asynchronous.
  public static func soon(_ isSo: () throws -> Bool) rethrows -> Bool {
    let end = ContinuousClock.now + limit
    while try !isSo() {
      guard ContinuousClock.now < end else { return false }
      usleep(10_000)
    }
    return true
  }
}
