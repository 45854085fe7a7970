public import LedgerCrypto

/// The hashes of a Merkle tree (RFC 6962, section 2.1). Leaves and inner nodes begin with different bytes, so that
/// nobody can pass one off as the other.
public enum MerkleHash {
  /// The hash of a leaf: of the byte 0 and the whole record.
  public static func leaf(_ record: RawSpan) -> Digest {
    SHA256.hash(prefix: 0, record)
  }

  /// The hash of a leaf: of the byte 0 and the whole record.
  public static func leaf(_ record: [UInt8]) -> Digest {
    SHA256.hash(prefix: 0, record)
  }

  /// The hash of an inner node: of the byte 1 and its two children.
  public static func node(_ left: Digest, _ right: Digest) -> Digest {
    SHA256.hash(prefix: 1, left, right)
  }

  /// The root of a tree without leaves: the hash of nothing.
  public static let emptyRoot = SHA256.hash([])

  /// The root of a perfect subtree, from the roots of its parts: one node hash fewer than there are parts.
  ///
  /// - Parameter parts: 1, 2, 4, 8 or 16 hashes of neighbouring subtrees of one size.
  static func perfectRoot(_ parts: Span<Digest>) -> Digest {
    guard parts.count > 1 else { return parts[0] }
    var row = InlineArray<8, Digest>(repeating: .zero)
    var length = parts.count / 2
    for index in 0..<length { row[index] = node(parts[2 * index], parts[2 * index + 1]) }
    while length > 1 {
      length /= 2
      for index in 0..<length { row[index] = node(row[2 * index], row[2 * index + 1]) }
    }
    return row[0]
  }
}
