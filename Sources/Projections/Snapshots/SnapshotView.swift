import LMDB
import LedgerDomain
import Synchronization

/// The rows of the projections as a snapshot has them: in one transaction, so that nothing that is thrown away or made
/// meanwhile shows.
///
/// Any thread may read, one at a time.
///
/// `@unchecked Sendable`: the transaction, which alone is not Sendable, is used under the lock alone.
package final class SnapshotView: @unchecked Sendable {
  /// The entry in the catalogue.
  package let entry: SnapshotEntry
  private let tables: SnapshotTables
  private var transaction: ReadTransaction?
  private let lock = Mutex(())

  package var position: UInt64 { entry.position }

  init(_ entry: SnapshotEntry, _ tables: SnapshotTables, _ transaction: consuming ReadTransaction) {
    self.entry = entry
    self.tables = tables
    self.transaction = consume transaction
  }

  /// Ends the transaction, without which the snapshots' file can be closed; reading fails from then on.
  func close() { lock.withLock { _ in transaction = nil } }

  /// The directory's row at a key; nil if there was none.
  func row(at key: DirectoryKey) throws(LMDBError) -> [UInt8]? {
    try reading { (transaction) throws(LMDBError) -> [UInt8]? in
      try self.tables.directory.withCursor(in: transaction) { cursor throws(LMDBError) -> [UInt8]? in
        let sought = SnapshotRowKey(row: key, position: self.entry.position)
        guard try cursor.seek(atOrBefore: sought), try cursor.key().row == key else { return nil }
        return try cursor.withBytes { Self.row(in: $0) }
      }
    }
  }

  /// How an object of token validity stood; nil where that did not change since it was made.
  func standing(of number: UInt64) throws(LMDBError) -> Standing? {
    try reading { (transaction) throws(LMDBError) -> Standing? in
      try self.tables.standings.withCursor(in: transaction) { cursor throws(LMDBError) -> Standing? in
        let sought = SnapshotStandingKey(number: number, position: self.entry.position)
        guard try cursor.seek(atOrBefore: sought), try cursor.key().number == number else { return nil }
        return try cursor.value()
      }
    }
  }

  /// The directory's rows between two keys, in order or in reverse. `body` may not read the snapshot.
  func forEachRow(
    from lower: DirectoryKey?, below upper: DirectoryKey?, reversed: Bool,
    _ body: (DirectoryKey, RawSpan) throws(LMDBError) -> ScanStep
  ) throws(LMDBError) {
    let position = entry.position
    try reading { (transaction) throws(LMDBError) in
      // Forwards a row is the last of those of its key that counts, in reverse the first.
      var waiting: (key: DirectoryKey, value: [UInt8]?)?
      var step = ScanStep.continue
      try self.tables.directory.forEach(
        from: lower.map { SnapshotRowKey(row: $0, position: 0) },
        below: upper.map { SnapshotRowKey(row: $0, position: 0) }, reversed: reversed, in: transaction
      ) { key, bytes throws(LMDBError) in
        guard key.position <= position, !(reversed && waiting?.key == key.row) else { return .continue }
        if let done = waiting, done.key != key.row, let value = done.value {
          step = unsafe try body(done.key, value.span.bytes)
        }
        waiting = (key.row, Self.row(in: bytes))
        return step
      }
      if step == .continue, let done = waiting, let value = done.value {
        _ = unsafe try body(done.key, value.span.bytes)
      }
    }
  }

  private static func row(in bytes: RawSpan) -> [UInt8]? {
    guard bytes.byteCount > 0, unsafe bytes.unsafeLoad(as: UInt8.self) == SnapshotTables.isThere else { return nil }
    return Array(copying: bytes.extracting(1..<bytes.byteCount))
  }

  private func reading<Result: Sendable>(
    _ body: (borrowing ReadTransaction) throws(LMDBError) -> Result
  ) throws(LMDBError) -> Result {
    try lock.withLock { _ throws(LMDBError) in
      switch transaction {
      case .some(let transaction): return try body(transaction)
      case nil: throw LMDBError(.closed, "read a snapshot", "the state of the past was closed; begin another")
      }
    }
  }
}
