import LMDB
package import TransparencyLog

/// The Merkle tree's tiles as the log keeps them: complete ones in a table of their own, the edge's apart.
///
/// Only valid as long as the transaction it was made from: made and used within one function that borrows it.
package struct TileStore: TileSource {
  private let transaction: Unowned
  private let tables: LogTables

  /// A transaction by its handle alone.
  private struct Unowned: Transaction {
    let handle: TransactionHandle
    var number: UInt64 { 0 }
  }

  init(_ handle: TransactionHandle, _ tables: LogTables) {
    transaction = Unowned(handle: handle)
    self.tables = tables
  }

  package func hashes(of tile: TileCoordinate, count: Int) throws(LogError) -> TileHashes {
    let read: TileHashes?? =
      if count == TileCoordinate.width {
        try stored { () throws(LMDBError) in
          try tables.tiles.withBytes(of: tile, in: transaction) { TileHashes(copying: $0) }
        }
      } else {
        try stored { () throws(LMDBError) in
          try tables.edge.withBytes(of: UInt64(tile.level), in: transaction) { TileHashes(copying: $0) }
        }
      }
    guard let hashes = read ?? nil, hashes.count == count else { throw Self.unusable(tile) }
    return hashes
  }

  /// The error for a tile that is not there as it should be.
  static func unusable(_ tile: TileCoordinate) -> LogError {
    LogError(
      .inconsistentTree,
      "the tile \(tile.index) at level \(tile.level) is missing or has another size; verify the "
        + "ledger, and restore a backup", at: tile.firstPosition(under: 0))
  }

  /// The edge of a tree of `size` leaves.
  func edge(size: UInt64) throws(LogError) -> MerkleEdge {
    var rows: [[UInt8]] = []
    for level in 0..<TileCoordinate.levelCount {
      rows.append(
        try stored { () throws(LMDBError) in try tables.edge.get(UInt64(level), in: transaction) } ?? [])
    }
    do { return try MerkleEdge(size: size, rows: rows) } catch {
      throw LogError(.inconsistentTree, error.description, at: size)
    }
  }
}

extension TileCoordinate {
  /// The first position among those that the hash at `place` covers.
  func firstPosition(under place: Int) -> PositionNumber {
    (index * UInt64(Self.width) + UInt64(place)) << UInt64(Self.height * level) + 1
  }
}
