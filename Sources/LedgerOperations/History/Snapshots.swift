import EventLog
public import LedgerCrypto
public import LedgerEvents
import Projections

/// A snapshot of the state.
public struct Snapshot: Sendable, Equatable {
  /// Of the last event that counts.
  public let position: Position
  /// When that was recorded.
  public let time: Timestamp
  /// How many rows changed since the snapshot before.
  public let rows: UInt64
  /// SHA-256 over its rows, what else is said of it, and the digest of the snapshot before.
  public let digest: Digest
}

/// Snapshots of the state, from which states of the past are computed faster. The log alone is authoritative: snapshots can be
/// deleted at any time, and are when somebody is erased or another version of the program has another format of rows.
public struct Snapshots: Sendable {
  let ledger: Ledger

  /// The snapshots there are, oldest first, and the bytes of their file in use.
  ///
  /// ```swift
  /// let (snapshots, bytes) = try await ledger.history.snapshots.list()
  /// ```
  ///
  /// - Throws: `damaged` where the digest of one is wrong: then ``drop()`` them.
  public func list() async throws(LedgerError) -> (snapshots: [Snapshot], bytes: UInt64) {
    let keeper = ledger.snapshotKeeper
    return try await ledger.blocking { () throws(LedgerError) in
      try logged { () throws(LogError) in
        guard let store = try keeper.storeForReading() else { return ([], 0) }
        try store.check()
        return (try store.entries().map(Snapshot.init), try store.byteCount())
      }
    }
  }

  /// Makes a snapshot of the state as it is now; also of a ledger that is open for reading only, unless the process that
  /// writes has made any.
  ///
  /// ```swift
  /// let snapshot = try await ledger.history.snapshots.make()
  /// ```
  ///
  /// - Parameter progress: is called with how many events are done, of how many, the snapshot before counted as done.
  /// - Returns: nil where nothing happened since the newest one.
  /// - Throws: `already_open` where another process makes snapshots of the ledger.
  @discardableResult
  public func make(
    progress: @escaping @Sendable (_ done: UInt64, _ of: UInt64) -> Void = { _, _ in }
  ) async throws(LedgerError) -> Snapshot? {
    let keeper = ledger.snapshotKeeper
    let store = try await ledger.blocking { () throws(LedgerError) in
      try logged { () throws(LogError) in try keeper.storeForWriting(creating: true) }
    }
    guard let store else { return nil }
    let head = try ledger.head().rawValue
    do throws(LogError) {
      guard try await keeper.maker(store).make(at: head, progress: { progress($0, head) }) else { return nil }
    } catch { throw LedgerError(error) }
    return try await list().snapshots.last
  }

  /// Throws all snapshots away.
  ///
  /// ```swift
  /// try await ledger.history.snapshots.drop()
  /// ```
  ///
  /// - Returns: how many there were.
  /// - Throws: `already_open` where another process makes snapshots of the ledger.
  @discardableResult
  public func drop() async throws(LedgerError) -> Int {
    let keeper = ledger.snapshotKeeper
    return try await ledger.blocking { () throws(LedgerError) in
      try logged { () throws(LogError) in try keeper.storeForWriting(creating: false)?.clear() ?? 0 }
    }
  }
}

extension Snapshot {
  fileprivate init(_ entry: SnapshotEntry) {
    self.init(
      position: Position(entry.position), time: Timestamp(milliseconds: entry.recordedAt), rows: entry.rowCount,
      digest: entry.digest)
  }
}

extension History {
  /// Snapshots of the state.
  public var snapshots: Snapshots { Snapshots(ledger: ledger) }
}
