public import LedgerCrypto

/// A proof that a tree is the beginning of a later one, and so that the log was only appended to (RFC 6962, section
/// 2.1.2).
///
/// The roots are not part of it: take both from verified checkpoints, along with the sizes.
public struct ConsistencyProof: Sendable, Hashable {
  /// The number of leaves in the earlier tree.
  public let oldSize: UInt64
  /// The number of leaves in the later tree.
  public let newSize: UInt64
  /// The roots of the subtrees that the two roots are computed from: at most 65.
  public let hashes: [Digest]

  /// Takes a proof as it was received; nothing is checked before ``verify(oldRoot:newRoot:)``.
  public init(oldSize: UInt64, newSize: UInt64, hashes: [Digest]) {
    self.oldSize = oldSize
    self.newSize = newSize
    self.hashes = hashes
  }

  /// Whether the hashes lead to both roots, with none too many or too few (RFC 9162, section 2.1.4.2).
  ///
  /// The two cases the RFC leaves out need no hashes: an empty tree, whose root is ``MerkleHash/emptyRoot``, is the
  /// beginning of every tree, and each tree that of itself.
  ///
  /// - Parameters:
  ///   - oldRoot: the root of the tree with ``oldSize`` leaves.
  ///   - newRoot: the root of the tree with ``newSize`` leaves.
  public func verify(oldRoot: Digest, newRoot: Digest) -> Bool {
    guard oldSize <= newSize else { return false }
    if oldSize == newSize {
      return hashes.isEmpty && oldRoot == newRoot && (oldSize > 0 || oldRoot == MerkleHash.emptyRoot)
    }
    if oldSize == 0 { return hashes.isEmpty && oldRoot == MerkleHash.emptyRoot }

    // The places, at the level reached, of the old tree's last node and of the new one's.
    var node = oldSize - 1
    var last = newSize - 1
    while node & 1 == 1 {
      node >>= 1
      last >>= 1
    }
    var rest = hashes[...]
    // An old tree of a power of two leaves is itself the subtree to begin with.
    guard let first = oldSize & (oldSize - 1) == 0 ? oldRoot : rest.popFirst(), !rest.isEmpty else { return false }
    var oldHash = first
    var newHash = first
    for sibling in rest {
      guard last > 0 else { return false }
      if node & 1 == 1 || node == last {
        oldHash = MerkleHash.node(sibling, oldHash)
        newHash = MerkleHash.node(sibling, newHash)
        while node & 1 == 0 && node != 0 {
          node >>= 1
          last >>= 1
        }
      } else {
        newHash = MerkleHash.node(newHash, sibling)
      }
      node >>= 1
      last >>= 1
    }
    return last == 0 && oldHash == oldRoot && newHash == newRoot
  }
}
