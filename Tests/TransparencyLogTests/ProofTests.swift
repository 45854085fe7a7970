import LedgerCrypto
import Testing
import TransparencyLog

/// Proofs are refused when anything about them has changed.
@Suite struct ProofTests {
  static let tree = MemoryTree(leaves: (0..<90).map(leafHash)).tree

  @Test(
    "Changed inclusion proofs are refused",
    arguments: [(0, 1), (0, 2), (5, 7), (6, 7), (40, 64), (63, 64), (64, 65), (3, 90), (89, 90)])
  func changedInclusion(leaf: Int, size: Int) throws {
    let proof = try #require(try Self.tree.inclusionProof(of: UInt64(leaf), at: UInt64(size)))
    let root = try #require(try Self.tree.root(at: UInt64(size)))
    let hash = leafHash(leaf)
    #expect(proof.verify(leafHash: hash, root: root))
    var accepted = 0
    for changed in variants(of: proof.hashes, extra: root)
    where InclusionProof(leafIndex: proof.leafIndex, treeSize: proof.treeSize, hashes: changed)
      .verify(leafHash: hash, root: root)
    { accepted += 1 }
    for changed in variants(of: hash) where proof.verify(leafHash: changed, root: root) { accepted += 1 }
    for changed in variants(of: root) where proof.verify(leafHash: hash, root: changed) { accepted += 1 }
    #expect(accepted == 0)
    for other in UInt64(0)..<200 where other != proof.leafIndex {
      let moved = InclusionProof(leafIndex: other, treeSize: proof.treeSize, hashes: proof.hashes)
      #expect(!moved.verify(leafHash: hash, root: root), "leaf \(leaf) passed for \(other)")
    }
    for size in [0, proof.leafIndex] {
      let outside = InclusionProof(leafIndex: proof.leafIndex, treeSize: size, hashes: proof.hashes)
      #expect(!outside.verify(leafHash: hash, root: root))
    }
  }

  @Test(
    "Changed consistency proofs are refused",
    arguments: [(1, 2), (2, 3), (3, 4), (6, 8), (8, 9), (16, 90), (17, 90), (63, 64), (64, 90), (89, 90), (7, 7)])
  func changedConsistency(old: Int, new: Int) throws {
    let proof = try #require(try Self.tree.consistencyProof(from: UInt64(old), to: UInt64(new)))
    let oldRoot = try #require(try Self.tree.root(at: UInt64(old)))
    let newRoot = try #require(try Self.tree.root(at: UInt64(new)))
    #expect(proof.verify(oldRoot: oldRoot, newRoot: newRoot))
    var accepted = 0
    for changed in variants(of: proof.hashes, extra: oldRoot)
    where ConsistencyProof(oldSize: proof.oldSize, newSize: proof.newSize, hashes: changed)
      .verify(oldRoot: oldRoot, newRoot: newRoot)
    { accepted += 1 }
    for changed in variants(of: oldRoot) where proof.verify(oldRoot: changed, newRoot: newRoot) { accepted += 1 }
    for changed in variants(of: newRoot) where proof.verify(oldRoot: oldRoot, newRoot: changed) { accepted += 1 }
    #expect(accepted == 0)
    let swapped = ConsistencyProof(oldSize: proof.newSize, newSize: proof.oldSize, hashes: proof.hashes)
    #expect(old == new || !swapped.verify(oldRoot: newRoot, newRoot: oldRoot))
    #expect(old == new || !proof.verify(oldRoot: newRoot, newRoot: oldRoot))
  }

  /// Proofs that lead to the roots but are longer or shorter than the sizes they are given allow.
  @Test("Proofs for other sizes are refused")
  func otherSizes() throws {
    let roots = try (0...9).map { size in try #require(try Self.tree.root(at: UInt64(size))) }
    let second = try #require(try Self.tree.inclusionProof(of: 1, at: 2))
    #expect(
      !InclusionProof(leafIndex: 0, treeSize: 1, hashes: second.hashes).verify(leafHash: leafHash(1), root: roots[2]))
    #expect(
      !InclusionProof(leafIndex: 0, treeSize: 3, hashes: [leafHash(1)]).verify(leafHash: leafHash(0), root: roots[2]))
    let later = try #require(try Self.tree.consistencyProof(from: 7, to: 8))
    #expect(
      !ConsistencyProof(oldSize: 3, newSize: 4, hashes: later.hashes).verify(oldRoot: roots[7], newRoot: roots[8]))
    let short = try #require(try Self.tree.consistencyProof(from: 2, to: 3))
    #expect(
      !ConsistencyProof(oldSize: 2, newSize: 5, hashes: short.hashes).verify(oldRoot: roots[2], newRoot: roots[3]))
  }

  /// Every digest that differs in one bit.
  private func variants(of digest: Digest) -> [Digest] {
    let bytes = digest.bytes
    return (0..<256).compactMap { bit in
      var changed = bytes
      changed[bit / 8] ^= 1 << UInt8(bit % 8)
      return Digest(bytes: changed)
    }
  }

  /// Every list that differs in one bit, lacks one hash, has one more, or has two exchanged.
  private func variants(of hashes: [Digest], extra: Digest) -> [[Digest]] {
    var lists: [[Digest]] = []
    for index in hashes.indices {
      for changed in variants(of: hashes[index]) {
        var list = hashes
        list[index] = changed
        lists.append(list)
      }
      var shorter = hashes
      shorter.remove(at: index)
      lists.append(shorter)
      if index > 0 {
        var exchanged = hashes
        exchanged.swapAt(index, index - 1)
        lists.append(exchanged)
      }
    }
    for index in 0...hashes.count {
      for added in [extra, .zero, MerkleHash.emptyRoot] {
        var longer = hashes
        longer.insert(added, at: index)
        lists.append(longer)
      }
    }
    return lists
  }

  @Test("Sizes of 64 bits are no trouble")
  func largeSizes() {
    let one = [Digest](repeating: .zero, count: 1)
    for size in [1, 2, 1 << 63, UInt64.max] {
      for place in [0, 1, 1 << 63, UInt64.max] {
        for count in [0, 1, 63, 64, 65, 200] {
          let hashes = Array(repeating: one, count: count).flatMap(\.self)
          #expect(
            !InclusionProof(leafIndex: place, treeSize: size, hashes: hashes).verify(leafHash: .zero, root: leafHash(0))
          )
          #expect(
            !ConsistencyProof(oldSize: place, newSize: size, hashes: hashes).verify(
              oldRoot: .zero, newRoot: leafHash(0)))
        }
      }
    }
  }
}
