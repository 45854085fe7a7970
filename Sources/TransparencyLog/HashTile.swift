public import LedgerCrypto

/// A published tile of hashes (C2SP tlog-tiles): 1 to 256 neighbouring hashes of one level.
public struct HashTile: Sendable, Hashable {
  /// The hashes, from left to right.
  public let hashes: [Digest]

  init(hashes: [Digest]) {
    self.hashes = hashes
  }

  /// Reads a tile.
  ///
  /// - Parameters:
  ///   - bytes: the hashes, one after the other.
  ///   - width: how many the tile's path says there are.
  /// - Throws: ``TransparencyError`` with code `malformedTile` if there are more or fewer.
  public init(decoding bytes: [UInt8], width: Int) throws(TransparencyError) {
    guard (1...TilePath.fullWidth).contains(width), bytes.count == width * Digest.byteCount else {
      throw TransparencyError(.malformedTile, "A tile \(width) wide does not have \(bytes.count) bytes.")
    }
    hashes = (0..<width).compactMap { index in
      Digest(bytes: bytes[(index * Digest.byteCount)..<((index + 1) * Digest.byteCount)])
    }
  }

  /// The tile's bytes: 32 for each hash.
  public var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(hashes.count * Digest.byteCount)
    for hash in hashes { hash.append(to: &bytes) }
    return bytes
  }
}

extension MerkleTree {
  /// Puts a published tile together from stored ones: one of level `n` is 16 stored tiles of level `2n` side by side.
  ///
  /// - Parameter path: the tile's path. A partial tile may be asked for long after it has filled up.
  /// - Returns: the tile, or `nil` if the tree has not grown that far, or the path is that of an entry bundle.
  /// - Throws: what the source throws.
  package func hashTile(at path: TilePath) throws(Source.Failure) -> HashTile? {
    guard case .hashes(let level) = path.resource, 2 * level < TileCoordinate.levelCount else { return nil }
    let (first, tooLarge) = path.index.multipliedReportingOverflow(by: UInt64(TilePath.fullWidth))
    let (end, overflow) = first.addingReportingOverflow(UInt64(path.width))
    guard !tooLarge, !overflow else { return nil }
    return try hashes(level: 2 * level, range: first..<end).map(HashTile.init(hashes:))
  }
}
