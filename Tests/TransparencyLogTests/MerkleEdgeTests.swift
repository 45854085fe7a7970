import LedgerCrypto
import Testing
import TransparencyLog

@Suite struct MerkleEdgeTests {
  /// Rows written only when their level was reported as changed restore the same edge, at every size.
  @Test("An edge is restored from its rows at every size")
  func restored() throws {
    var grown = MemoryTree()
    for size in 0...5000 {
      let restored = try MerkleEdge(size: UInt64(size), rows: grown.rows)
      #expect(restored.size == grown.edge.size)
      if restored.root() != grown.edge.root() { Issue.record("The edge restored at size \(size) has another root.") }
      grown.append(leafHash(size))
    }
  }

  @Test("A restored edge grows on")
  func growing() throws {
    let whole = MemoryTree(leaves: (0..<1000).map(leafHash))
    let half = MemoryTree(leaves: (0..<500).map(leafHash))
    var restored = try MerkleEdge(size: 500, rows: half.rows)
    #expect(restored.takeDirtyLevels().isEmpty)
    let rest = (500..<1000).map(leafHash)
    restored.append(contentsOf: rest.span) { _, _ in }
    #expect(restored.size == 1000)
    #expect(restored.root() == whole.edge.root())
  }

  @Test("Rows that do not fit the size are refused")
  func wrongRows() {
    let rows = MemoryTree(leaves: (0..<273).map(leafHash)).rows
    #expect(rows.map(\.count).prefix(4) == [32, 32, 32, 0])
    #expect(throws: TransparencyError(.corruptEdge, "")) { try MerkleEdge(size: 272, rows: rows) }
    #expect(throws: TransparencyError(.corruptEdge, "")) { try MerkleEdge(size: 273, rows: []) }
    #expect(throws: TransparencyError(.corruptEdge, "")) { try MerkleEdge(size: 273, rows: Array(rows.prefix(2))) }
    for level in 0..<16 {
      for change in [{ $0 + [0] }, { $0.dropLast() }, { $0 + [UInt8](repeating: 0, count: 32) }]
        as [([UInt8]) -> [UInt8]]
      {
        var changed = rows
        changed[level] = change(changed[level])
        guard changed != rows else { continue }
        #expect(throws: TransparencyError(.corruptEdge, "")) { try MerkleEdge(size: 273, rows: changed) }
      }
    }
    #expect(throws: TransparencyError(.corruptEdge, "")) {
      try MerkleEdge(size: 273, rows: rows + [[UInt8](repeating: 0, count: 32)])
    }
  }

  @Test("Completed tiles come in order, from the leaves up")
  func tileOrder() {
    var edge = MerkleEdge()
    var completed: [TileCoordinate] = []
    for index in 0..<256 {
      edge.append(leafHash(index)) { tile, hashes in
        #expect(hashes.byteCount == 512)
        completed.append(tile)
      }
    }
    #expect(completed == (0..<16).map { TileCoordinate(level: 0, index: $0) } + [TileCoordinate(level: 1, index: 0)])
    #expect(edge.hashCount(level: 2) == 1)
    #expect(edge.withRow(level: 2) { Digest(copying: $0) } == edge.root())
  }

  @Test("Dirty levels are those that changed")
  func dirtyLevels() {
    var edge = MerkleEdge()
    #expect(edge.takeDirtyLevels() == 0..<0)
    for index in 0..<15 { edge.append(leafHash(index)) { _, _ in } }
    #expect(edge.takeDirtyLevels() == 0..<1)
    edge.append(leafHash(15)) { _, _ in }
    edge.append(leafHash(16)) { _, _ in }
    #expect(edge.takeDirtyLevels() == 0..<2)
    #expect(edge.takeDirtyLevels() == 0..<0)
  }

  @Test("A copy is a snapshot")
  func snapshot() {
    var edge = MemoryTree(leaves: (0..<300).map(leafHash)).edge
    let before = edge
    let root = edge.root()
    struct Refused: Error {}
    #expect(throws: Refused.self) {
      for index in 300..<400 { try edge.append(leafHash(index)) { (_, _) throws(Refused) in throw Refused() } }
    }
    #expect(before.size == 300)
    #expect(before.root() == root)
  }
}
