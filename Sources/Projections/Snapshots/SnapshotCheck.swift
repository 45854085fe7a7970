import EventLog
import LMDB
import LedgerCrypto

/// The digests of all snapshots, made anew in one pass over their rows.
struct SnapshotCheck {
  /// A copyable place for a digest that is being made.
  private final class Running {
    var digest = SnapshotDigest()
    func finish(_ entry: SnapshotEntry, after previous: Digest?) -> (digest: Digest, rowCount: UInt64) {
      var done = SnapshotDigest()
      swap(&done, &digest)
      let rowCount = done.rowCount
      return (done.finish(entry, after: previous), rowCount)
    }
  }

  private let entries: [SnapshotEntry]
  private let running: [UInt64: Running]
  /// Whether there are rows of no snapshot.
  private var hasStrays = false

  init(_ entries: [SnapshotEntry]) {
    self.entries = entries
    running = Dictionary(uniqueKeysWithValues: entries.map { ($0.position, Running()) })
  }

  mutating func read(_ tables: SnapshotTables, in transaction: borrowing ReadTransaction) throws(LMDBError) {
    for mark in [SnapshotTables.isThere, SnapshotTables.isDeleted] {
      try tables.directory.forEach(in: transaction) { key, bytes in
        guard bytes.byteCount > 0, unsafe bytes.unsafeLoad(as: UInt8.self) == mark else { return .continue }
        if let running = running[key.position] {
          running.digest.append(row: key.row, bytes)
        } else {
          hasStrays = true
        }
        return .continue
      }
    }
    try tables.standings.forEach(in: transaction) { key, bytes in
      if let running = running[key.position] {
        running.digest.append(standing: key.number, bytes)
      } else {
        hasStrays = true
      }
      return .continue
    }
  }

  /// The position of the first snapshot whose digest is another; nil if all are right.
  func firstWrong() -> PositionNumber? {
    var previous: Digest?
    for entry in entries {
      guard let made = running[entry.position]?.finish(entry, after: previous), made.digest == entry.digest,
        made.rowCount == entry.rowCount
      else { return entry.position }
      previous = entry.digest
    }
    return hasStrays ? entries.last?.position ?? 0 : nil
  }
}
