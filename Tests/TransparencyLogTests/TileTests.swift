import LedgerCrypto
import Testing
import TransparencyLog

@Suite struct TilePathTests {
  @Test(
    "Paths are read and written alike",
    arguments: [
      ("tile/0/x001/x234/067", .hashes(level: 0), 1_234_067, 256),
      ("tile/0/000", .hashes(level: 0), 0, 256),
      ("tile/0/999", .hashes(level: 0), 999, 256),
      ("tile/0/x001/000", .hashes(level: 0), 1000, 256),
      ("tile/0/273.p/112", .hashes(level: 0), 273, 112),
      ("tile/1/001.p/17", .hashes(level: 1), 1, 17),
      ("tile/2/000.p/1", .hashes(level: 2), 0, 1),
      ("tile/63/000.p/255", .hashes(level: 63), 0, 255),
      ("tile/entries/x001/x234/067", .entries, 1_234_067, 256),
      ("tile/entries/x123/456.p/7", .entries, 123_456, 7),
      ("tile/0/x018/x446/x744/x073/x709/x551/615", .hashes(level: 0), UInt64.max, 256),
    ] as [(String, TilePath.Resource, UInt64, Int)])
  func paths(text: String, resource: TilePath.Resource, index: UInt64, width: Int) throws {
    let path = try TilePath(resource, index: index, width: width)
    #expect(path.description == text)
    #expect(try TilePath(text) == path)
  }

  @Test(
    "What is no path is refused",
    arguments: [
      "", "tile", "tile/0", "tile/0/", "/tile/0/000", "tile/0/000/", "tile//000", "tile/00/000", "tile/+1/000",
      "tile/64/000",
      "tile/-1/000", "tile/0/0", "tile/0/0000", "tile/0/x000/000", "tile/0/001/000", "tile/0/x001", "tile/0/x01/000",
      "tile/0/-01", "tile/0/+01", "tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0", "tile/0/000.p/256",
      "tile/0/000.p/01",
      "tile/0/000.p/+1", "tile/0/000.p/1/", "tile/0/x001.p/1", "tile/0/.p/1", "tile/0.p/1", "tile/entries",
      "tile/entries/",
      "tile/entries/000.p/256", "tile/Entries/000", "Tile/0/000", "tile/8/../000",
      "tile/0/x018/x446/x744/x073/x709/x551/616",
      "tile/0/x999/x999/x999/x999/x999/x999/x999/999", "tile/0/\u{661}00", "tile/0/0\u{301}00", "tile/0/000.p/5\n",
      "tile/0/é00",
    ])
  func badPaths(text: String) {
    #expect(throws: TransparencyError(.malformedTile, "")) { try TilePath(text) }
  }

  @Test("Parameters out of range are refused")
  func ranges() {
    #expect(throws: TransparencyError(.malformedTile, "")) { try TilePath(.hashes(level: 64), index: 0) }
    #expect(throws: TransparencyError(.malformedTile, "")) { try TilePath(.hashes(level: -1), index: 0) }
    #expect(throws: TransparencyError(.malformedTile, "")) { try TilePath(.entries, index: 0, width: 0) }
    #expect(throws: TransparencyError(.malformedTile, "")) { try TilePath(.entries, index: 0, width: 257) }
  }

  @Test("Entries have the paths of the tile layout")
  func entryPaths() throws {
    #expect(try TilePath("tile/entries/273.p/112").entries == 69_888..<70_000)
    #expect(try TilePath("tile/0/001").entries == 256..<512)
    #expect(try TilePath("tile/1/001").entries == nil)
    #expect(try TilePath(.entries, index: .max).entries == nil)
    #expect(try TilePath(.entries, index: UInt64.max / 256, width: 255).entries == (UInt64.max - 255)..<UInt64.max)
    #expect(try TilePath(.entries, index: UInt64.max / 256, width: 256).entries == nil)
  }
}

@Suite struct HashTileTests {
  /// The specification's example of a tree of 70,000 leaves.
  @Test("A tree has the tiles of its size")
  func tilesOfTree() throws {
    let leaves = (0..<70_000).map(leafHash)
    let tree = MemoryTree(leaves: leaves).tree
    let model = RecursiveModel(leaves: leaves)
    for (text, span) in [
      ("tile/0/000", 1), ("tile/0/272", 1), ("tile/0/273.p/112", 1), ("tile/0/005.p/9", 1), ("tile/1/000", 256),
      ("tile/1/001.p/17", 256), ("tile/2/000.p/1", 65_536),
    ] {
      let path = try TilePath(text)
      let tile = try #require(try tree.hashTile(at: path), "\(text)")
      let first = Int(path.index) * 256
      #expect(tile.hashes == (first..<(first + path.width)).map { model.root($0 * span..<($0 + 1) * span) }, "\(text)")
      #expect(tile.bytes.count == path.width * 32)
      #expect(try HashTile(decoding: tile.bytes, width: path.width) == tile)
    }
    for text in [
      "tile/0/273", "tile/0/273.p/113", "tile/0/274.p/1", "tile/1/001.p/18", "tile/2/000.p/2", "tile/3/000.p/1",
      "tile/8/000.p/1", "tile/63/000", "tile/entries/000", "tile/0/x018/x446/x744/x073/x709/x551/615",
    ] {
      #expect(try tree.hashTile(at: TilePath(text)) == nil, "\(text)")
    }
  }

  @Test("Bytes of another length are refused")
  func wrongLength() {
    for (count, width) in [
      (0, 1), (31, 1), (33, 1), (64, 1), (32, 2), (32, 0), (0, 0), (32, -1), (32, .max), (257 * 32, 257),
    ] {
      #expect(throws: TransparencyError(.malformedTile, "")) {
        try HashTile(decoding: [UInt8](repeating: 1, count: count), width: width)
      }
    }
  }
}

@Suite struct EntryBundleTests {
  @Test("Entries come back")
  func entries() throws {
    let entries = [[], [1], [UInt8](repeating: 7, count: 300), [UInt8](repeating: 9, count: 65_535)]
    var bundle = EntryBundle()
    for entry in entries { unsafe try bundle.append(entry.span.bytes) }
    #expect(bundle.count == 4)
    #expect(bundle.bytes.prefix(7) == [0, 0, 0, 1, 1, 1, 44])
    let read = try EntryBundle(decoding: bundle.bytes, width: 4)
    #expect(read.entries.map(Array.init) == entries)
    #expect(bundle.entries.map(Array.init) == entries)
  }

  @Test("Limits hold")
  func limits() throws {
    var bundle = EntryBundle()
    let long = [UInt8](repeating: 0, count: 65_536)
    #expect(throws: TransparencyError(.bundleOverflow, "")) { unsafe try bundle.append(long.span.bytes) }
    let empty: [UInt8] = []
    for _ in 0..<256 { unsafe try bundle.append(empty.span.bytes) }
    #expect(throws: TransparencyError(.bundleOverflow, "")) { unsafe try bundle.append(empty.span.bytes) }
    #expect(bundle.count == 256)
    #expect(try EntryBundle(decoding: bundle.bytes, width: 256).count == 256)
    #expect(throws: TransparencyError(.malformedTile, "")) {
      try EntryBundle(decoding: bundle.bytes + [0, 0], width: 257)
    }
  }

  @Test("Bytes that end in an entry are refused")
  func cutEntry() {
    for (bytes, width) in [
      ([], 0), ([], 1), ([0], 1), ([0, 1], 1), ([0, 1, 5], 2), ([0, 1, 5, 0], 2), ([0, 1, 5, 6], 1),
    ]
      as [([UInt8], Int)]
    {
      #expect(throws: TransparencyError(.malformedTile, "")) { try EntryBundle(decoding: bytes, width: width) }
    }
  }
}
