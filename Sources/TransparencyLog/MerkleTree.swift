package import LedgerCrypto

/// A Merkle tree whose hashes lie in a ``TileSource``: computes roots and proofs (RFC 6962, section 2.1) for it and for
/// every smaller tree it grew from.
///
/// A proof reads at most two stored tiles for each level of tiles and hashes a few nodes of each: for ten million
/// leaves at most 12 tiles.
package struct MerkleTree<Source: TileSource> {
  /// The number of leaves.
  package let size: UInt64
  private let source: Source

  /// Refers to a tree.
  ///
  /// - Parameters:
  ///   - size: the number of leaves; the source must hold all tiles of such a tree.
  ///   - source: where its hashes are stored.
  package init(size: UInt64, source: Source) {
    self.size = size
    self.source = source
  }

  /// The root the tree had when it had `size` leaves.
  ///
  /// - Returns: the root, or `nil` if `size` is above the tree's own size.
  /// - Throws: what the source throws.
  package func root(at size: UInt64) throws(Source.Failure) -> Digest? {
    guard size <= self.size else { return nil }
    guard size > 0 else { return MerkleHash.emptyRoot }
    var reader = TileReader(tree: self)
    return try reader.root(of: 0..<size)
  }

  /// Proves that a leaf is in the tree as it was at some size.
  ///
  /// - Parameters:
  ///   - leafIndex: the leaf's place, from 0.
  ///   - size: the number of leaves of the tree to prove it in.
  /// - Returns: the proof, or `nil` if `leafIndex` is not below `size`, or `size` is above the tree's own size.
  /// - Throws: what the source throws.
  package func inclusionProof(of leafIndex: UInt64, at size: UInt64) throws(Source.Failure) -> InclusionProof? {
    guard leafIndex < size, size <= self.size else { return nil }
    return InclusionProof(
      leafIndex: leafIndex, treeSize: size,
      hashes: try roots(of: Subtree.inclusionPath(of: leafIndex, in: size)))
  }

  /// Proves that the tree of one size is the beginning of the tree of a later size.
  ///
  /// - Parameters:
  ///   - oldSize: the number of leaves of the earlier tree; for 0 the proof is empty.
  ///   - newSize: the number of leaves of the later tree.
  /// - Returns: the proof, or `nil` if `oldSize` is above `newSize`, or `newSize` above the tree's own size.
  /// - Throws: what the source throws.
  package func consistencyProof(from oldSize: UInt64, to newSize: UInt64) throws(Source.Failure) -> ConsistencyProof? {
    guard oldSize <= newSize, newSize <= size else { return nil }
    return ConsistencyProof(
      oldSize: oldSize, newSize: newSize,
      hashes: try roots(of: Subtree.consistencyPath(from: oldSize, to: newSize)))
  }

  /// Consecutive hashes of one level of tiles, from one or more stored tiles.
  ///
  /// - Parameters:
  ///   - level: the level of tiles, 0 to 15.
  ///   - range: which of the roots of perfect subtrees of `16^level` leaves; it begins at a multiple of 16.
  /// - Returns: the hashes, or `nil` if the tree has not that many.
  /// - Throws: what the source throws.
  func hashes(level: Int, range: Range<UInt64>) throws(Source.Failure) -> [Digest]? {
    guard range.upperBound <= TileCoordinate.subtreeCount(level: level, size: size) else { return nil }
    var hashes: [Digest] = []
    hashes.reserveCapacity(range.count)
    var index = range.lowerBound
    while index < range.upperBound {
      let tile = try tile(containing: index, level: level)
      let count = min(tile.count, Int(range.upperBound - index))
      for place in 0..<count { hashes.append(tile[place]) }
      index += UInt64(count)
    }
    return hashes
  }

  /// Reads the whole stored tile with the given hash of a level.
  fileprivate func tile(containing index: UInt64, level: Int) throws(Source.Failure) -> TileHashes {
    let tile = TileCoordinate(level: level, index: index / UInt64(TileCoordinate.width))
    let count = tile.hashCount(size: size)
    let hashes = try source.hashes(of: tile, count: count)
    precondition(hashes.count == count, "A tile source gave \(hashes.count) hashes for \(count).")
    return hashes
  }

  private func roots(of subtrees: [Range<UInt64>]) throws(Source.Failure) -> [Digest] {
    var reader = TileReader(tree: self)
    var roots: [Digest] = []
    roots.reserveCapacity(subtrees.count)
    for subtree in subtrees { roots.append(try reader.root(of: subtree)) }
    return roots
  }
}

extension MerkleTree: Sendable where Source: Sendable {}

/// Computes the roots of subtrees from tiles, and keeps the tile read last: a proof asks for its subtrees from the
/// leaves up, and those of one level of tiles lie in one tile.
private struct TileReader<Source: TileSource> {
  private let tree: MerkleTree<Source>
  private var last: (coordinate: TileCoordinate, hashes: TileHashes)?

  init(tree: MerkleTree<Source>) {
    self.tree = tree
  }

  /// The root of the subtree over `leaves`, which are not none and begin at a multiple of the largest power of two
  /// that is not above their number.
  mutating func root(of leaves: Range<UInt64>) throws(Source.Failure) -> Digest {
    // The perfect subtrees that make it up are as long as the bits of its length, from right to left ever longer.
    var root: Digest?
    var end = leaves.upperBound
    while end > leaves.lowerBound {
      let height = (end - leaves.lowerBound).trailingZeroBitCount
      let subtree = try perfectRoot(endingAt: end, height: height)
      root = root.map { MerkleHash.node(subtree, $0) } ?? subtree
      end -= 1 << UInt64(height)
    }
    return root ?? MerkleHash.emptyRoot
  }

  /// The root of the perfect subtree of `2^height` leaves before leaf `end`: folds 1, 2, 4 or 8 hashes of one tile.
  private mutating func perfectRoot(endingAt end: UInt64, height: Int) throws(Source.Failure) -> Digest {
    let (level, rest) = height.quotientAndRemainder(dividingBy: TileCoordinate.height)
    let length = 1 << rest
    let first = TileCoordinate.subtreeCount(level: level, size: end) - UInt64(length)
    let place = Int(first % UInt64(TileCoordinate.width))
    return try tile(containing: first, level: level).root(of: place..<(place + length))
  }

  private mutating func tile(containing index: UInt64, level: Int) throws(Source.Failure) -> TileHashes {
    let coordinate = TileCoordinate(level: level, index: index / UInt64(TileCoordinate.width))
    if let last, last.coordinate == coordinate { return last.hashes }
    let hashes = try tree.tile(containing: index, level: level)
    last = (coordinate, hashes)
    return hashes
  }
}
