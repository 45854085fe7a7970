package import EventLog
import LMDB
import LedgerCrypto

/// When snapshots of the projections are made, and how much room they may take.
package struct SnapshotSpacing: Sendable {
  /// How many events lie between two.
  package var events: UInt64
  /// When the file has so many bytes in use, no more are made.
  package var byteLimit: UInt64

  /// At least one event lies between two.
  package init(events: UInt64, byteLimit: UInt64) {
    self.events = max(1, events)
    self.byteLimit = byteLimit
  }
}

/// Makes snapshots beside the writer, which it never asks for anything: the events since the last snapshot are replayed
/// over it, on a thread for reading, a piece at a time.
package struct SnapshotMaker: Sendable {
  private let log: EventLog<ProjectionSet>
  private let store: SnapshotStore
  private let scratch: @Sendable () -> String

  /// - Parameters:
  ///   - store: open for writing.
  ///   - scratch: names a folder that does not exist yet.
  package init(of log: EventLog<ProjectionSet>, in store: SnapshotStore, scratch: @escaping @Sendable () -> String) {
    self.log = log
    self.store = store
    self.scratch = scratch
  }

  /// Makes the snapshots that are due: one each so many events, up to the head.
  ///
  /// Those that do not match the log any more are deleted first: another schema, another history, or
  /// somebody erased since.
  ///
  /// - Returns: the position from which on the next is due; nil where there is no room.
  /// - Throws: ``LogError/Code/closed`` when the log is; else what keeps the snapshots from being made.
  package func makeDue(_ spacing: SnapshotSpacing) async throws(LogError) -> PositionNumber? {
    while !Task.isCancelled {
      let (last, head) = try await prepare()
      let next = last + spacing.events
      guard next <= head else { return next }
      guard try await run({ [store] () throws(LogError) in try store.byteCount() }) < spacing.byteLimit else {
        return nil
      }
      _ = try await make(at: next)
    }
    return nil
  }

  /// Makes a snapshot at a position, unless there is one.
  ///
  /// - Parameter progress: is called with the position reached.
  /// - Returns: whether it was made; not if there is a newer one, or somebody was erased meanwhile.
  package func make(
    at position: PositionNumber, progress: @Sendable (PositionNumber) -> Void = { _ in }
  ) async throws(LogError) -> Bool {
    guard try await prepare().last < position else { return false }
    let past = try await run { [log, store, scratch] () throws(LogError) in
      try PastProjections(of: log, before: position, from: store, scratch: scratch())
    }
    let erasedCount = try await run { [log] () throws(LogError) in UInt64(try log.snapshot().erasedPersons().count) }
    while past.position < position {
      if Task.isCancelled { return false }
      try await run { () throws(LogError) in try past.advance(to: position) }
      progress(past.position)
    }
    let isStored = try await run { () throws(LogError) in try store(past, erasedCount) }
    // Somebody was erased meanwhile: the erasure may not have reached what was stored before.
    if !isStored { _ = try await prepare() }
    return isStored
  }

  /// Throws away what the log does not stand behind.
  private func prepare() async throws(LogError) -> (last: PositionNumber, head: PositionNumber) {
    try await run { [log, store] () throws(LogError) in
      try store.clearUnlessUsable(in: log)
      return (try store.entries().last?.position ?? 0, try log.snapshot().head())
    }
  }

  /// Stores what a replay changed.
  private func store(_ past: PastProjections, _ erasedCount: UInt64) throws(LogError) -> Bool {
    let position = past.position
    let (root, recordedAt) = try { () throws(LogError) -> (Digest?, Int64?) in
      let view = try log.snapshot()
      return (try view.root(at: position), try view.stamp(at: position)?.recordedAt)
    }()
    guard let root, let recordedAt else { return false }
    let tables = store.tables
    var transaction = try stored { () throws(LMDBError) in try store.environment.beginWrite() }
    // Looked at inside the transaction: an erasure after this deletes the snapshot after it.
    guard try UInt64(log.snapshot().erasedPersons().count) == erasedCount else { return false }
    let previous = try stored { () throws(LMDBError) in try tables.catalogue.last(in: transaction)?.value }
    guard previous == past.snapshot else { return false }
    var digest = SnapshotDigest()
    try past.forEachChange(
      row: { key, bytes throws(LMDBError) in
        var row: [UInt8] = [SnapshotTables.isDeleted]
        if let bytes { row = [SnapshotTables.isThere] + Array(copying: bytes) }
        unsafe digest.append(row: key, row.span.bytes)
        try tables.directory.put(SnapshotRowKey(row: key, position: position), row, in: &transaction)
      },
      standing: { number, standing throws(LMDBError) in
        let key = SnapshotStandingKey(number: number, position: position)
        try tables.standings.put(key, standing, in: &transaction)
        try tables.standings.withBytes(of: key, in: transaction) { digest.append(standing: number, $0) }
      })
    var entry = SnapshotEntry(
      position: position, schemaVersion: log.participant.schemaVersion, erasedCount: erasedCount,
      recordedAt: recordedAt, rowCount: digest.rowCount, root: root, digest: .zero)
    entry.digest = digest.finish(entry, after: previous?.digest)
    let made = entry
    do throws(LMDBError) {
      try tables.catalogue.append(position, made, in: &transaction)
      try transaction.commit()
    } catch { throw LogError(error) }
    return true
  }

  private func run<Output: Sendable>(
    _ body: @escaping @Sendable () throws(LogError) -> Output
  ) async throws(LogError) -> Output {
    try await log.readers.run(.long, body)
  }
}
