public import LedgerCrypto

/// A proof that a leaf is in a tree (RFC 6962, section 2.1.1): the hashes that lead from it to the root.
///
/// The leaf's hash and the root are not part of it: take the first from the record itself and the second from a
/// verified checkpoint, along with the size.
public struct InclusionProof: Sendable, Hashable {
  /// The leaf's place in the tree, from 0.
  public let leafIndex: UInt64
  /// The number of leaves in the tree.
  public let treeSize: UInt64
  /// The roots of the sibling subtrees, from the leaf up: at most 64.
  public let hashes: [Digest]

  /// Takes a proof as it was received; nothing is checked before ``verify(leafHash:root:)``.
  public init(leafIndex: UInt64, treeSize: UInt64, hashes: [Digest]) {
    self.leafIndex = leafIndex
    self.treeSize = treeSize
    self.hashes = hashes
  }

  /// Whether the proof leads from the leaf to the root, with no hash too many or too few (RFC 9162, section 2.1.3.2).
  ///
  /// - Parameters:
  ///   - leafHash: ``MerkleHash/leaf(_:)-([UInt8])`` of the record.
  ///   - root: the root of the tree with ``treeSize`` leaves.
  public func verify(leafHash: Digest, root: Digest) -> Bool {
    guard leafIndex < treeSize else { return false }
    // The places, at the level reached, of the node on the way up and of the last node.
    var node = leafIndex
    var last = treeSize - 1
    var hash = leafHash
    for sibling in hashes {
      guard last > 0 else { return false }
      if node & 1 == 1 || node == last {
        hash = MerkleHash.node(sibling, hash)
        // A last node without a sibling moves up as it is.
        while node & 1 == 0 && node != 0 {
          node >>= 1
          last >>= 1
        }
      } else {
        hash = MerkleHash.node(hash, sibling)
      }
      node >>= 1
      last >>= 1
    }
    return last == 0 && hash == root
  }
}
