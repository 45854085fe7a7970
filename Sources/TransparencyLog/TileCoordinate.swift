/// The place of a stored tile in the Merkle tree.
///
/// A stored tile holds 16 consecutive hashes, each the root of a perfect subtree of `16^level` leaves: 512 bytes, which
/// a database row holds without overflow pages. The root of its 16 hashes is one hash of the tile above.
package struct TileCoordinate: Sendable, Hashable, BitwiseCopyable {
  /// The number of hashes in a complete tile.
  package static let width = 16
  /// The number of tree levels a tile spans: 16 is 2 to this power.
  package static let height = 4
  /// The number of levels of tiles that a tree with a 64-bit size can have.
  package static let levelCount = 16

  /// How many tiles up from the leaves: 0 to 15.
  package let level: Int
  /// How many tiles of this level lie to the left.
  package let index: UInt64

  /// Names the tile at `level` (0 to 15) and `index` (from 0).
  package init(level: Int, index: UInt64) {
    self.level = level
    self.index = index
  }

  /// The number of perfect subtrees of `16^level` leaves in a tree of `size` leaves.
  package static func subtreeCount(level: Int, size: UInt64) -> UInt64 {
    size >> UInt64(height * level)
  }

  /// The number of hashes this tile has in a tree of `size` leaves: 0 to 16.
  package func hashCount(size: UInt64) -> Int {
    let subtrees = Self.subtreeCount(level: level, size: size)
    let (first, overflow) = index.multipliedReportingOverflow(by: UInt64(Self.width))
    guard !overflow, first < subtrees else { return 0 }
    return Int(min(subtrees - first, UInt64(Self.width)))
  }
}
