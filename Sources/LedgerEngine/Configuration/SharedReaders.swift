package import EventLog

/// Threads by which several ledgers of one process read, so that their number does not grow with the ledgers.
///
/// Each is started once there is work for it. They end with the last ledger and the last reference. A ledger that closes waits
/// for its own reads only.
///
/// ```swift
/// let readers = SharedReaders(threads: 8)
/// let one = try await Ledger.open(at: first, LedgerConfiguration(sharedReaders: readers))
/// let other = try await Ledger.open(at: second, LedgerConfiguration(sharedReaders: readers))
/// ```
public final class SharedReaders: Sendable {
  package let threads: ReaderThreads

  /// Threads for any number of ledgers.
  ///
  /// - Parameters:
  ///   - threads: how many at most; at least 2. One of them takes only short work, of all ledgers.
  ///   - queueCapacity: how many reads of each length may wait, of all ledgers; at least 1. One more is refused with `busy`.
  public init(threads: Int = 4, queueCapacity: Int = 4_096) {
    self.threads = ReaderThreads(ReaderThreads.Limits(threads: threads, queueCapacity: queueCapacity))
  }
}
