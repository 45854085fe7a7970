import LMDB
import LedgerCrypto

/// What lies below the changed rows of a directory of the past: the rows of a snapshot, but for those deleted since.
final class PastDirectory: Sendable {
  /// Nil where the replay began with the first event.
  private let snapshot: SnapshotView?
  private let deleted: Table<DirectoryKeyCodec, RawBytes>
  private let changes: PastChanges

  init(_ snapshot: SnapshotView?, deleted: Table<DirectoryKeyCodec, RawBytes>, _ changes: PastChanges) {
    self.snapshot = snapshot
    self.deleted = deleted
    self.changes = changes
  }

  /// Whether there can be any.
  var hasRows: Bool { snapshot != nil }

  /// The row that a snapshot has at a key and that was not deleted since.
  func bytes(of key: DirectoryKey, in transaction: borrowing some Transaction & ~Copyable) throws(LMDBError) -> [UInt8]?
  {
    guard let snapshot, try !deleted.contains(key, in: transaction) else { return nil }
    return try snapshot.row(at: key)
  }

  func forEachKept(
    from lower: DirectoryKey?, below upper: DirectoryKey?, reversed: Bool,
    in transaction: borrowing some Transaction & ~Copyable,
    _ body: (DirectoryKey, RawSpan) throws(LMDBError) -> ScanStep
  ) throws(LMDBError) {
    try snapshot?.forEachRow(from: lower, below: upper, reversed: reversed) { key, bytes throws(LMDBError) in
      try deleted.contains(key, in: transaction) ? .continue : body(key, bytes)
    }
  }

  func forEachHidden(
    in transaction: borrowing some Transaction & ~Copyable, _ body: (DirectoryKey) throws(LMDBError) -> Void
  ) throws(LMDBError) {
    try deleted.forEach(in: transaction) { key, _ throws(LMDBError) in
      try body(key)
      return .continue
    }
  }

  /// Keeps what was there before a change, if somebody wants to know.
  func noteChange(
    of key: DirectoryKey, _ table: DirectoryTable, in transaction: borrowing WriteTransaction
  ) throws(LMDBError) {
    guard changes.isRecording else { return }
    let before = try table.withBytes(of: key, in: transaction) { Array(copying: $0) }
    changes.append(.row(key, before))
  }

  func hide(_ key: DirectoryKey, in transaction: inout WriteTransaction) throws(LMDBError) {
    guard let snapshot, try snapshot.row(at: key) != nil else { return }
    try deleted.put(key, [], in: &transaction)
  }

  func reveal(_ key: DirectoryKey, in transaction: inout WriteTransaction) throws(LMDBError) {
    guard snapshot != nil else { return }
    try deleted.delete(key, in: &transaction)
  }
}
