package import LedgerCrypto

/// The right edge of a growing Merkle tree: all that appending to it and knowing its root take.
///
/// At each level of tiles the edge holds the hashes of the one tile that is not complete yet: at most 15 for each of
/// 16 levels, in one buffer of 8 KiB. How many there are at a level is the matching hexadecimal digit of ``size``. When
/// a sixteenth arrives, the tile is handed out to be stored and its root joins the tile above.
///
/// A value: a copy is a snapshot that a failed batch can return to. Appending costs one node hash a leaf, averaged over
/// many, and allocates nothing, except that the first change after a copy duplicates the buffer.
package struct MerkleEdge: Sendable {
  /// The number of leaves appended.
  package private(set) var size: UInt64
  /// 16 places for each level, of which the first ``hashCount(level:)`` are in use.
  private var hashes: [Digest]
  /// Levels below this one have changed since ``takeDirtyLevels()``. A change at a level has passed through all levels
  /// below it, so one number says it all.
  private var dirtyLevelCount = 0

  /// An empty tree.
  package init() {
    size = 0
    hashes = Array(repeating: .zero, count: TileCoordinate.levelCount * TileCoordinate.width)
  }

  /// Restores the edge of a tree from its stored rows.
  ///
  /// The sizes of the rows are checked, their content cannot be: compare ``root()`` with a root stored elsewhere.
  ///
  /// - Parameters:
  ///   - size: the number of leaves in the tree.
  ///   - rows: for each level from 0 what ``withRow(level:_:)`` gave; levels past the end are empty.
  /// - Throws: ``TransparencyError`` with code `corruptEdge` if a row is not as long as `size` says.
  package init(size: UInt64, rows: [[UInt8]]) throws(TransparencyError) {
    self.init()
    self.size = size
    for level in 0..<max(TileCoordinate.levelCount, rows.count) {
      let row = level < rows.count ? rows[level] : []
      let expected = level < TileCoordinate.levelCount ? hashCount(level: level) * Digest.byteCount : 0
      guard row.count == expected, let tile = unsafe TileHashes(copying: row.span.bytes) else {
        throw TransparencyError(
          .corruptEdge,
          "The edge of a tree of \(size) leaves has \(expected) bytes at level \(level), not \(row.count): "
            + "restore the log from a backup, or rebuild its tree from the records.")
      }
      for index in 0..<tile.count { hashes[level * TileCoordinate.width + index] = tile[index] }
    }
  }

  /// The number of hashes in the incomplete tile at `level`: 0 to 15.
  package func hashCount(level: Int) -> Int {
    Int(truncatingIfNeeded: TileCoordinate.subtreeCount(level: level, size: size)) & (TileCoordinate.width - 1)
  }

  /// The incomplete tile at `level`; it has no hashes yet if ``hashCount(level:)`` is 0.
  package func tile(level: Int) -> TileCoordinate {
    TileCoordinate(
      level: level, index: TileCoordinate.subtreeCount(level: level, size: size) >> UInt64(TileCoordinate.height))
  }

  /// Appends a leaf.
  ///
  /// - Parameters:
  ///   - leaf: the leaf's hash, ``MerkleHash/leaf(_:)-(RawSpan)`` of its record.
  ///   - completed: is called with each tile that the leaf completes, from the leaves up, and its 16 hashes (512
  ///     bytes, valid during the call). When it throws, the edge is neither before nor after the leaf: discard it and
  ///     return to a copy.
  /// - Throws: what `completed` throws.
  package mutating func append<Failure: Error>(
    _ leaf: Digest, completed: (TileCoordinate, RawSpan) throws(Failure) -> Void
  ) throws(Failure) {
    var hash = leaf
    var level = 0
    while true {
      let first = level * TileCoordinate.width
      let count = hashCount(level: level)
      hashes[first + count] = hash
      guard count == TileCoordinate.width - 1 else { break }
      try unsafe completed(tile(level: level), hashes.span.extracting(first..<(first + TileCoordinate.width)).bytes)
      hash = MerkleHash.perfectRoot(hashes.span.extracting(first..<(first + TileCoordinate.width)))
      level += 1
    }
    size += 1
    dirtyLevelCount = max(dirtyLevelCount, level + 1)
  }

  /// Appends leaves in order; otherwise as ``append(_:completed:)``.
  package mutating func append<Failure: Error>(
    contentsOf leaves: Span<Digest>, completed: (TileCoordinate, RawSpan) throws(Failure) -> Void
  ) throws(Failure) {
    for index in leaves.indices { try append(leaves[index], completed: completed) }
  }

  /// The root of the tree. Costs at most 15 node hashes for each level of tiles.
  package func root() -> Digest {
    var root: Digest?
    for level in 0..<TileCoordinate.levelCount {
      // From right to left, the perfect subtrees that a tile's hashes form are as long as the bits of their number.
      var end = hashCount(level: level)
      while end > 0 {
        let length = 1 << end.trailingZeroBitCount
        let first = level * TileCoordinate.width + end - length
        let subtree = MerkleHash.perfectRoot(hashes.span.extracting(first..<(first + length)))
        root = root.map { MerkleHash.node(subtree, $0) } ?? subtree
        end -= length
      }
    }
    return root ?? MerkleHash.emptyRoot
  }

  /// Calls `body` with the hashes of the incomplete tile at `level`, 32 bytes each, valid during the call; empty if it
  /// has none.
  package func withRow<Result, Failure: Error>(
    level: Int, _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let first = level * TileCoordinate.width
    return try unsafe body(hashes.span.extracting(first..<(first + hashCount(level: level))).bytes)
  }

  /// The levels whose rows have changed since this was last asked, or since the edge was made or restored. A row that
  /// has become empty counts as changed.
  package mutating func takeDirtyLevels() -> Range<Int> {
    defer { dirtyLevelCount = 0 }
    return 0..<dirtyLevelCount
  }
}
