package import EventLog
package import KeyStore
package import Projections
import Synchronization

/// What runs beside a ledger for as long as it is open, and how it ends.
package final class Lifecycle: Sendable {
  private let log: EventLog<ProjectionSet>
  private let keys: KeyStore
  /// Builds the audit trail's runs; nil where the ledger is only read.
  private let builder: Task<Void, Never>?
  private let snapshots: SnapshotKeeper
  /// Makes snapshots; nil where the ledger is only read.
  private let snapshotting: Task<Void, Never>?
  private let lastUses: LastUses?
  /// Writes last uses down; nil where none are kept.
  private let flusher: Task<Void, Never>?
  private let scrubber: Scrubber
  private let scrubbing: Task<Void, Never>
  /// Corrects the clock; nil where the ledger is only read.
  private let keeping: Task<Void, Never>?
  private let isClosing = Mutex(false)

  /// Starts the background tasks of an open ledger.
  package init(
    _ log: EventLog<ProjectionSet>, _ keys: KeyStore, _ snapshots: SnapshotKeeper, _ lastUses: LastUses?,
    _ scrubber: Scrubber, _ clock: ClockKeeper, noting faults: BackgroundFaults
  ) {
    self.log = log
    self.scrubber = scrubber
    scrubbing = Task.detached(priority: .background) { await scrubber.run(noting: faults) }
    self.keys = keys
    self.snapshots = snapshots
    self.lastUses = lastUses
    flusher = lastUses.map { lastUses in
      Task.detached(priority: .background) { await lastUses.run(noting: faults) }
    }
    guard log.writer != nil else {
      builder = nil
      snapshotting = nil
      keeping = nil
      return
    }
    builder = Task.detached(priority: .background) {
      // A trail that cannot be built is still answered, from the log; verification names what is damaged.
      do throws(LogError) { try await AuditRunBuilder(of: log).run() } catch { faults.failed(.auditIndex, error) }
    }
    snapshotting = Task.detached(priority: .background) { await snapshots.run(noting: faults) }
    keeping = Task.detached(priority: .background) { await clock.run(noting: faults) }
  }

  /// Ends everything, once; a second call returns at once.
  package func close() async {
    let isFirst = isClosing.withLock { isClosing in
      defer { isClosing = true }
      return !isClosing
    }
    guard isFirst else { return }
    builder?.cancel()
    snapshotting?.cancel()
    scrubbing.cancel()
    scrubber.stop()
    keeping?.cancel()
    await keeping?.value
    await builder?.value
    await scrubbing.value
    await snapshotting?.value
    snapshots.close()
    flusher?.cancel()
    await flusher?.value
    // Where that fails, writing has stopped: closing is no less due, and a last use is no more than lost.
    _ = try? await lastUses?.flush()
    await Self.end(log, keys)
  }

  /// Closes the files. That waits for threads, so it is done on one.
  package static func end(_ log: EventLog<ProjectionSet>, _ keys: KeyStore) async {
    await OpeningThread {
      log.close()
      keys.close()
    }.run()
  }

  deinit {
    scrubber.stop()
    scrubbing.cancel()
    builder?.cancel()
    snapshotting?.cancel()
    keeping?.cancel()
    flusher?.cancel()
  }
}

/// Runs one body on a thread of its own: for what blocks before there are threads for reading, or after them.
package struct OpeningThread<Output: Sendable>: Sendable {
  private let body: @Sendable () -> Output

  package init(_ body: @escaping @Sendable () -> Output) { self.body = body }

  /// Starts the thread, and returns what the body returns.
  package func run() async -> Output {
    let body = body
    return await withCheckedContinuation { continuation in
      _ = OSThread { continuation.resume(returning: body()) }
    }
  }
}
