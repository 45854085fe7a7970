import LedgerCrypto
import TestSupport
import Testing
import TransparencyLog

@Suite struct MerkleTreeTests {
  static let stored = MemoryTree(leaves: (0..<600).map(leafHash))
  static let small = stored.tree

  @Test("Roots of all small sizes match the model")
  func smallRoots() throws {
    let model = RecursiveModel(leaves: (0..<600).map(leafHash))
    var grown = MemoryTree()
    for size in 0...600 {
      let expected = model.root(0..<size)
      #expect(grown.edge.root() == expected, "size \(size)")
      #expect(try Self.small.root(at: UInt64(size)) == expected, "size \(size)")
      if size < 600 { grown.append(leafHash(size)) }
    }
  }

  /// Every pair up to 256, and beyond that pairs with random and outermost places.
  @Test("Proofs of small trees match the model")
  func smallProofs() throws {
    let seed = testSeed
    var random = SeededRandom(seed: seed)
    let model = RecursiveModel(leaves: (0..<600).map(leafHash))
    for size in 1...600 {
      let places =
        size <= 256
        ? Array(0..<size) : [0, 1, size - 2, size - 1] + (0..<4).map { _ in Int.random(in: 0..<size, using: &random) }
      for place in places {
        try check(Self.small, against: model, place: place, size: size, seed: seed)
      }
    }
  }

  @Test("Proofs of large trees match the model")
  func largeProofs() throws {
    let seed = testSeed
    var random = SeededRandom(seed: seed)
    let leaves = (0..<70_000).map(leafHash)
    let tree = MemoryTree(leaves: leaves).tree
    let model = RecursiveModel(leaves: leaves)
    // Where tiles fill up, stored ones (16) and published ones (256).
    let borders = [16, 256, 4096, 65_536].flatMap { [$0 - 1, $0, $0 + 1] }
    let sizes = borders + [70_000] + (0..<60).map { _ in Int.random(in: 1...70_000, using: &random) }
    for size in sizes {
      #expect(try tree.root(at: UInt64(size)) == model.root(0..<size), "size \(size), seed \(seed)")
      let places =
        [0, size - 1] + borders.filter { $0 < size } + (0..<6).map { _ in Int.random(in: 0..<size, using: &random) }
      for place in places { try check(tree, against: model, place: place, size: size, seed: seed) }
    }
  }

  private func check(
    _ tree: MerkleTree<MemoryTree>, against model: RecursiveModel, place: Int, size: Int, seed: UInt64
  ) throws {
    let root = model.root(0..<size)
    let inclusion = try #require(try tree.inclusionProof(of: UInt64(place), at: UInt64(size)))
    if inclusion.hashes != model.path(place, size) || !inclusion.verify(leafHash: model.leaves[place], root: root) {
      Issue.record("The proof of leaf \(place) at size \(size) is wrong; seed \(seed).")
    }
    let old = place + 1
    let consistency = try #require(try tree.consistencyProof(from: UInt64(old), to: UInt64(size)))
    if consistency.hashes != model.proof(old, size)
      || !consistency.verify(oldRoot: model.root(0..<old), newRoot: root)
    {
      Issue.record("The proof from \(old) to \(size) is wrong; seed \(seed).")
    }
  }

  @Test("What the tree does not have is nil")
  func missing() throws {
    let tree = Self.small
    #expect(try tree.root(at: 601) == nil)
    #expect(try tree.inclusionProof(of: 600, at: 600) == nil)
    #expect(try tree.inclusionProof(of: 0, at: 601) == nil)
    #expect(try tree.inclusionProof(of: .max, at: .max) == nil)
    #expect(try tree.consistencyProof(from: 5, to: 4) == nil)
    #expect(try tree.consistencyProof(from: 5, to: 601) == nil)
  }

  @Test("The empty tree is the beginning of every tree")
  func empty() throws {
    let proof = try #require(try Self.small.consistencyProof(from: 0, to: 7))
    let root = try #require(try Self.small.root(at: 7))
    #expect(proof.hashes.isEmpty)
    #expect(proof.verify(oldRoot: MerkleHash.emptyRoot, newRoot: root))
    #expect(!proof.verify(oldRoot: root, newRoot: root))
    let empty = ConsistencyProof(oldSize: 0, newSize: 0, hashes: [])
    #expect(empty.verify(oldRoot: MerkleHash.emptyRoot, newRoot: MerkleHash.emptyRoot))
    #expect(!empty.verify(oldRoot: root, newRoot: root))
  }

  @Test("What the source throws is thrown on")
  func sourceFailure() {
    let tree = MerkleTree(size: 600, source: MemoryTree())
    #expect(throws: MemoryTree.MissingTile.self) { try tree.root(at: 600) }
    #expect(throws: MemoryTree.MissingTile.self) { try tree.inclusionProof(of: 3, at: 600) }
  }

  @Test("A proof reads few tiles")
  func fewTiles() throws {
    final class Counter: TileSource {
      private(set) var count = 0
      func hashes(of tile: TileCoordinate, count: Int) throws(MemoryTree.MissingTile) -> TileHashes {
        self.count += 1
        return try MerkleTreeTests.stored.hashes(of: tile, count: count)
      }
    }
    for leaf in 0..<600 {
      let counter = Counter()
      _ = try MerkleTree(size: 600, source: counter).inclusionProof(of: UInt64(leaf), at: 600)
      #expect(counter.count <= 6, "leaf \(leaf): two for each of three levels")
    }
  }

  @Test("A source must give what was asked for")
  func wrongSource() async {
    await #expect(processExitsWith: .failure) {
      struct Short: TileSource {
        func hashes(of tile: TileCoordinate, count: Int) -> TileHashes {
          let none: [UInt8] = []
          guard let hashes = unsafe TileHashes(copying: none.span.bytes) else { preconditionFailure() }
          return hashes
        }
      }
      _ = MerkleTree(size: 4, source: Short()).root(at: 4)
    }
  }
}
