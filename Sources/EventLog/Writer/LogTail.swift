import LMDB
import LedgerCrypto
import TransparencyLog

/// The state from which writing goes on: read from the log at opening, and verified as far as it is cheap.
struct LogTail: Sendable {
  let edge: MerkleEdge
  /// When the newest event was recorded; 0 in an empty log.
  let lastTime: Milliseconds
  /// The last time that the clock was corrected.
  let correction: LastClockCorrection
  /// Size of the newest signed checkpoint; 0 before the first.
  let signedSize: PositionNumber

  /// Reads the tail of a log.
  ///
  /// Re-hashes the newest records (up to 16, those of the newest tile), verifies each hash of the tree's edge against the
  /// tile below it, and the newest checkpoint against the tree. Costs some hundred reads, whatever the size of the log;
  /// a full verification reads everything.
  ///
  /// - Throws: ``LogError/Code/inconsistentTree`` where they contradict each other, ``LogError/Code/damagedRecord``.
  init<Reading: Transaction & ~Copyable, Participant>(
    verifying view: borrowing LogView<Reading, Participant>, origin: String
  ) throws(LogError) {
    let size = try view.head()
    let tiles = TileStore(view.transaction.handle, view.tables)
    edge = try tiles.edge(size: size)
    correction = try LastClockCorrection(of: view)
    try Self.verify(edge, tiles)
    lastTime = try Self.verifyNewestRecords(size, view, tiles)
    guard let checkpoint = try view.checkpoint(atOrBefore: .max) else {
      signedSize = 0
      return
    }
    signedSize = checkpoint.size
    guard signedSize <= size else {
      throw LogError(
        .inconsistentTree,
        "a checkpoint of size \(signedSize) was signed, but the log has the size \(size): its tail is missing; restore a backup",
        at: size)
    }
    let root = try MerkleTree(size: size, source: tiles).root(at: signedSize)
    _ = try Self.note(checkpoint.note, of: origin, size: signedSize, root: root)
  }

  /// The signed note of a checkpoint that says what it should. Its signatures are not checked.
  static func note(
    _ text: String, of origin: String, size: PositionNumber, root: Digest?
  ) throws(LogError) -> SignedNote {
    guard let root, let note = try? SignedNote(decoding: Array(text.utf8)),
      let expected = try? Checkpoint(origin: origin, size: size, root: root), note.text == expected.noteText
    else {
      throw LogError(
        .inconsistentTree,
        "the signed checkpoint of size \(size) does not match the tree; verify the ledger, and restore a backup",
        at: size)
    }
    return note
  }

  /// Verifies that each hash of the edge above the leaves is the root of the complete tile below it.
  private static func verify(_ edge: MerkleEdge, _ tiles: TileStore) throws(LogError) {
    for level in 1..<TileCoordinate.levelCount {
      let count = edge.hashCount(level: level)
      guard count > 0 else { continue }
      let tile = edge.tile(level: level)
      let hashes = try tiles.hashes(of: tile, count: count)
      for place in 0..<count {
        let below = TileCoordinate(level: level - 1, index: tile.index * UInt64(TileCoordinate.width) + UInt64(place))
        guard try tiles.hashes(of: below, count: TileCoordinate.width).root == hashes[place] else {
          throw LogError(
            .inconsistentTree,
            "tile \(below.index) at level \(below.level) contradicts the tree's edge; verify the "
              + "ledger, and restore a backup")
        }
      }
    }
  }

  /// Verifies the records of the newest tile.
  ///
  /// - Returns: the time of the newest record.
  private static func verifyNewestRecords<Reading: Transaction & ~Copyable, Participant>(
    _ size: PositionNumber, _ view: borrowing LogView<Reading, Participant>, _ tiles: TileStore
  ) throws(LogError) -> Milliseconds {
    let recordCount = try stored { () throws(LMDBError) in try view.tables.records.count(in: view.transaction) }
    guard try UInt64(recordCount) + view.archivedCount() == size else {
      throw LogError(.damagedRecord, "the log has gaps; verify the ledger, and restore a backup", at: size)
    }
    guard size > 0 else { return 0 }
    let tile = TileCoordinate(level: 0, index: (size - 1) / UInt64(TileCoordinate.width))
    let hashes = try tiles.hashes(of: tile, count: tile.hashCount(size: size))
    let first = tile.index * UInt64(TileCoordinate.width) + 1
    var time: Milliseconds = 0
    var expected = first
    try view.forEachRecord(in: first...size) { (header, bytes) throws(LogError) in
      guard header.position == expected else {
        throw LogError(.damagedRecord, "the record is missing; verify the ledger, and restore a backup", at: expected)
      }
      expected += 1
      guard MerkleHash.leaf(bytes) == hashes[Int(header.position - first)] else {
        throw LogError(
          .inconsistentTree, "the record and the tree contradict each other; verify the ledger, and restore a backup",
          at: header.position)
      }
      guard header.stamp.mayFollow(time) else {
        throw LogError(
          .damagedRecord, "the record is older than the one before; verify the ledger", at: header.position)
      }
      time = header.recordedAt
      return true
    }
    return time
  }
}

extension TileHashes {
  /// The root of a complete tile's hashes.
  fileprivate var root: Digest {
    var row = (0..<count).map { self[$0] }
    while row.count > 1 {
      row = stride(from: 0, to: row.count, by: 2).map { MerkleHash.node(row[$0], row[$0 + 1]) }
    }
    return row[0]
  }
}
