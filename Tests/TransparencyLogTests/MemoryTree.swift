import LedgerCrypto
import TransparencyLog

/// Stored tiles in memory, filled by a ``MerkleEdge`` as a database would be.
struct MemoryTree: TileSource {
  struct MissingTile: Error {}

  private(set) var edge = MerkleEdge()
  private var tiles: [TileCoordinate: [UInt8]] = [:]
  private(set) var rows = [[UInt8]](repeating: [], count: TileCoordinate.levelCount)

  init() {}

  init(leaves: some Sequence<Digest>) {
    for leaf in leaves { append(leaf) }
  }

  mutating func append(_ leaf: Digest) {
    edge.append(leaf) { tile, hashes in
      tiles[tile] = unsafe hashes.withUnsafeBytes { unsafe Array($0) }
    }
    for level in edge.takeDirtyLevels() {
      rows[level] = edge.withRow(level: level) { row in unsafe row.withUnsafeBytes { unsafe Array($0) } }
    }
  }

  var tree: MerkleTree<MemoryTree> { MerkleTree(size: edge.size, source: self) }

  func hashes(of tile: TileCoordinate, count: Int) throws(MissingTile) -> TileHashes {
    let stored =
      count == TileCoordinate.width ? tiles[tile] : edge.tile(level: tile.level) == tile ? rows[tile.level] : nil
    guard let stored, stored.count == count * Digest.byteCount,
      let hashes = unsafe TileHashes(copying: stored.span.bytes)
    else { throw MissingTile() }
    return hashes
  }
}

/// The hash of the leaf that tests put at `index`.
func leafHash(_ index: Int) -> Digest {
  MerkleHash.leaf(Array("record \(index)".utf8))
}
