/// Which subtrees' roots make up a proof (RFC 6962, sections 2.1.1 and 2.1.2). The RFC defines both by recursion from
/// the root down; each step here is one of the recursion's, and a tree with a 64-bit size takes at most 64.
enum Subtree {
  /// The subtrees of an inclusion proof, as ranges of leaves, from the leaf up.
  static func inclusionPath(of leafIndex: UInt64, in size: UInt64) -> [Range<UInt64>] {
    var path: [Range<UInt64>] = []
    var leaves = 0..<size
    while leaves.upperBound - leaves.lowerBound > 1 {
      let (left, right) = split(leaves)
      if left.contains(leafIndex) {
        path.append(right)
        leaves = left
      } else {
        path.append(left)
        leaves = right
      }
    }
    return path.reversed()
  }

  /// The subtrees of a consistency proof, as ranges of leaves, from the smallest up.
  static func consistencyPath(from oldSize: UInt64, to newSize: UInt64) -> [Range<UInt64>] {
    guard oldSize > 0 else { return [] }
    var path: [Range<UInt64>] = []
    var leaves = 0..<newSize
    while leaves.upperBound != oldSize {
      let (left, right) = split(leaves)
      if oldSize <= left.upperBound {
        path.append(right)
        leaves = left
      } else {
        path.append(left)
        leaves = right
      }
    }
    // The old tree's last subtree; the verifier knows its root already when it is the whole old tree.
    if leaves.lowerBound > 0 { path.append(leaves) }
    return path.reversed()
  }

  /// Cuts a tree where the RFC does: at the largest power of two below its number of leaves, which is at least 2.
  private static func split(_ leaves: Range<UInt64>) -> (left: Range<UInt64>, right: Range<UInt64>) {
    let last = leaves.upperBound - leaves.lowerBound - 1
    let middle = leaves.lowerBound + 1 << UInt64(63 - last.leadingZeroBitCount)
    return (leaves.lowerBound..<middle, middle..<leaves.upperBound)
  }
}
