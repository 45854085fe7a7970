package import LedgerCrypto

/// Where the hashes of a tree are stored.
///
/// A source holds every complete tile of the tree and, for each level, the incomplete tile at its right edge: what
/// ``MerkleEdge`` hands out as the tree grows.
package protocol TileSource {
  /// What reading a stored tile can throw.
  associatedtype Failure: Error

  /// Reads the first hashes of a stored tile.
  ///
  /// - Parameters:
  ///   - tile: the tile.
  ///   - count: how many hashes it has in the whole tree, 1 to 16: 16 if it is complete, fewer if it is on the edge.
  /// - Returns: `count` hashes.
  /// - Throws: when the tile is missing, shorter than `count` hashes, or cannot be read.
  func hashes(of tile: TileCoordinate, count: Int) throws(Failure) -> TileHashes
}

/// The hashes of one stored tile: at most 16, held inline.
package struct TileHashes: Sendable, BitwiseCopyable {
  /// The number of hashes: 0 to 16.
  package let count: Int
  private var hashes = InlineArray<16, Digest>(repeating: .zero)

  /// Copies hashes from memory of any alignment, such as a row of a database.
  ///
  /// - Parameter bytes: at most 16 hashes of 32 bytes, one after the other; `nil` results from any other size.
  package init?(copying bytes: RawSpan) {
    guard bytes.byteCount <= TileCoordinate.width * Digest.byteCount, bytes.byteCount.isMultiple(of: Digest.byteCount)
    else { return nil }
    count = bytes.byteCount / Digest.byteCount
    unsafe withUnsafeMutableBytes(of: &hashes) { hashes in
      unsafe bytes.withUnsafeBytes { unsafe hashes.copyMemory(from: $0) }
    }
  }

  /// The hash at `index`, which must be below ``count``.
  package subscript(index: Int) -> Digest {
    precondition(index < count, "A tile with \(count) hashes has none at \(index).")
    return hashes[index]
  }

  /// The root of the perfect subtree over the hashes in `range`, whose length is a power of two.
  func root(of range: Range<Int>) -> Digest {
    MerkleHash.perfectRoot(hashes.span.extracting(range))
  }
}
