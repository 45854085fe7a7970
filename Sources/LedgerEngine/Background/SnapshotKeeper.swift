package import EventLog
import Glibc
package import Projections
import Synchronization

/// The snapshots' files, opened when they are first needed, and what makes them in the background.
package final class SnapshotKeeper: Sendable {
  private let log: EventLog<ProjectionSet>
  /// What scratch folders are beside of.
  private let scratchName: String
  private let folder: String
  private let policy: SnapshotPolicy
  private let opened = Mutex<(store: SnapshotStore, isWriting: Bool)?>(nil)

  /// Opens nothing yet: the store is opened when it is first needed.
  package init(_ log: EventLog<ProjectionSet>, ledger path: String, scratch: String, _ policy: SnapshotPolicy) {
    self.log = log
    scratchName = scratch
    self.policy = policy
    folder = "\(path)/\(LedgerFolder.Part.snapshots)"
  }

  /// A folder for a replay.
  package func scratch() -> String {
    TemporaryFiles.sweep(beside: scratchName)
    return Self.scratch(beside: scratchName)
  }

  private static func scratch(beside path: String) -> String {
    let name = TemporaryFiles.name(beside: path)
    TemporaryFiles.add(name)
    return name
  }

  private var isThere: Bool { Folder.exists("\(folder)/data.mdb") }

  /// The snapshots for reading; nil where there are none, as where making the first was interrupted: states are made of the
  /// log then. Blocks.
  package func storeForReading() throws(LogError) -> SnapshotStore? {
    try locked { (opened) throws(LogError) in
      if let opened { return opened.store }
      guard isThere else { return nil }
      if log.writer != nil {
        do throws(LogError) {
          let store = try SnapshotStore.open(at: folder, isWriting: true)
          opened = (store, true)
          return store
        } catch { guard [.lockedByAnotherProcess, .alreadyOpen].contains(error.storage?.code) else { throw error } }
      }
      do throws(LogError) {
        let store = try SnapshotStore.open(at: folder, isWriting: false)
        opened = (store, false)
        return store
      } catch {
        guard [.notAnEnvironment, .noSuchTable].contains(error.storage?.code) else { throw error }
        return nil
      }
    }
  }

  /// The snapshots for writing. Blocks.
  ///
  /// - Parameter creating: whether to make the folder where it is missing; without it that is nil.
  /// - Throws: where another process writes them.
  package func storeForWriting(creating: Bool) throws(LogError) -> SnapshotStore? {
    try locked { (opened) throws(LogError) in
      if let opened, opened.isWriting { return opened.store }
      guard creating || isThere else { return nil }
      opened?.store.close()
      opened = nil
      makeFolder()
      let store = try SnapshotStore.open(at: folder, isWriting: true)
      opened = (store, true)
      return store
    }
  }

  /// Makes the folder where it is missing, for the owner of the ledger's where root does it.
  private func makeFolder() {
    var ledger = stat()
    guard (try? Folder.create(folder)) == true, geteuid() == 0, unsafe stat("\(folder)/..", &ledger) == 0
    else { return }
    unsafe _ = lchown(folder, ledger.st_uid, ledger.st_gid)
  }

  private func locked<Result: Sendable>(
    _ body: (inout (store: SnapshotStore, isWriting: Bool)?) throws(LogError) -> Result
  ) throws(LogError) -> Result {
    try opened.withLock { (opened) throws(LogError) in try body(&opened) }
  }

  package func close() {
    opened.withLock { opened in
      opened?.store.close()
      opened = nil
    }
  }

  /// Makes snapshots into a store.
  package func maker(_ store: SnapshotStore) -> SnapshotMaker {
    SnapshotMaker(of: log, in: store) { [scratchName] in Self.scratch(beside: scratchName) }
  }

  /// Throws the snapshots away if the log does not stand behind them any more, as after an erasure.
  ///
  /// Where another process makes snapshots, that one throws them away: it looks before it stores each.
  package func forgetStale(in log: EventLog<ProjectionSet>) throws(LogError) {
    do throws(LogError) { _ = try storeForWriting(creating: false)?.clearUnlessUsable(in: log) } catch {
      guard [.lockedByAnotherProcess, .alreadyOpen].contains(error.storage?.code) else { throw error }
    }
  }

  // MARK: In the background

  /// Makes snapshots as events come, until the log is closed or the task cancelled. What keeps one from being made is
  /// tried again when the next is due: states are answered without it.
  package func run(noting faults: BackgroundFaults) async {
    guard policy.events > 0 else { return }
    let spacing = SnapshotSpacing(events: policy.events, byteLimit: policy.byteLimit)
    while !Task.isCancelled {
      let due: PositionNumber
      do throws(LogError) {
        due = try await makeDue(spacing)
        faults.succeeded(.snapshots)
      } catch {
        if error.code == .closed { return }
        faults.failed(.snapshots, error)
        // Without the archive nothing more can be made than there is, until it is at hand.
        let pause = error.code == .archived ? policy.events : 1
        due = pause + (await (try? log.readers.run { [log] () throws(LogError) in try log.snapshot().head() }) ?? 0)
      }
      var arrivals = log.subscribe(from: due == 0 ? policy.events : due).makeAsyncIterator()
      guard (try? await arrivals.next()) != nil else { return }
    }
  }

  private func makeDue(_ spacing: SnapshotSpacing) async throws(LogError) -> PositionNumber {
    let store = try await log.readers.run { [self] () throws(LogError) in
      // A ledger that is too small for any gets no folder.
      try storeForWriting(creating: log.snapshot().head() >= spacing.events)
    }
    guard let store else { return spacing.events }
    let head = try await log.readers.run { [log] () throws(LogError) in try log.snapshot().head() }
    return try await maker(store).makeDue(spacing) ?? head + spacing.events
  }
}
