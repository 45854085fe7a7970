import LMDB
import LedgerCrypto
import TransparencyLog

/// A verification on its way from the first record to the last: it grows the tree anew and compares.
struct LogVerifier {
  /// How many records one snapshot serves: some ten milliseconds.
  private static let rangeLength: UInt64 = 16_384

  private let origin: String
  /// How many events there were at the beginning.
  let size: PositionNumber
  /// The tree over the records so far.
  private(set) var edge = MerkleEdge()
  private(set) var checkpointCount = 0
  /// The positions whose records are in an archive, as far as it has come, and how many there were at the beginning.
  private(set) var archived = PositionSet()
  private let archivedAtFirst: UInt64
  private var time: Milliseconds = 0

  /// Compares the numbers of rows, which is cheap.
  init<Participant>(origin: String, beginningWith view: consuming LogSnapshot<Participant>) throws(LogError) {
    self.origin = origin
    let size = try view.head()
    self.size = size
    archivedAtFirst = try view.archivedCount()
    let (records, tiles) = try stored { () throws(LMDBError) in
      (try view.tables.records.count(in: view.transaction), try view.tables.tiles.count(in: view.transaction))
    }
    guard records <= size else {
      throw LogError(
        .damagedRecord, "more records are stored than the log has, \(records) for a size of \(size); restore a backup",
        at: size)
    }
    // A complete tile for every 16 hashes of every level.
    var tileCount: UInt64 = 0
    for level in 1...TileCoordinate.levelCount {
      let height = TileCoordinate.height * level
      tileCount += height < 64 ? size >> UInt64(height) : 0
    }
    guard tiles <= tileCount else {
      throw LogError(
        .inconsistentTree, "more tiles are stored than can be complete, \(tiles) for \(tileCount); restore a backup",
        at: size)
    }
    let newest = try view.checkpoint(atOrBefore: .max)?.size ?? 0
    guard newest <= size else {
      throw LogError(
        .inconsistentTree,
        "a checkpoint of size \(newest) was signed, but the log has the size \(size): its tail is missing; restore a backup",
        at: size)
    }
  }

  /// Verifies the next records, and the tiles and checkpoints that they complete.
  mutating func verifyRecords<Participant>(
    of view: consuming LogSnapshot<Participant>, _ inspect: (RecordHeader, RawSpan) throws(LogError) -> Void,
    _ checkSignature: (SignedNote) throws(LogError) -> Void
  ) throws(LogError) {
    let range = edge.size + 1...min(edge.size + Self.rangeLength, size)
    let tiles = TileStore(view.transaction.handle, view.tables)
    var checkpoints = try view.checkpoints(over: range)[...]
    let claimed = try view.archivedPositions(in: range)
    let hasClaims = !claimed.isEmpty
    // Worked on apart, since the closures below cannot hold this value as well.
    var (edge, time, archived) = (edge, time, archived)
    let hasArchive = view.tables.archive != nil
    var place: ArchivedPlace?
    var leaves: (tile: TileCoordinate, hashes: TileHashes)?
    func take(_ stamp: RecordStamp, _ leaf: Digest) throws(LogError) {
      guard stamp.mayFollow(time) else {
        throw LogError(
          .damagedRecord, "the record is older than the one before; restore a backup", at: edge.size + 1)
      }
      time = stamp.recordedAt
      try edge.append(leaf) { (tile, hashes) throws(LogError) in
        try Self.compare(hashes, with: tiles.hashes(of: tile, count: TileCoordinate.width), of: tile)
      }
    }
    func checkNote() throws(LogError) {
      guard let checkpoint = checkpoints.first, checkpoint.size == edge.size else { return }
      try checkSignature(LogTail.note(checkpoint.note, of: origin, size: checkpoint.size, root: edge.root()))
      checkpoints.removeFirst()
      checkpointCount += 1
    }
    let head = try view.head()
    func scan() throws(LogError) {
      try view.forEachRecord(in: range) { (found) throws(LogError) in
        archived.insert(found.position)
        if hasArchive {
          place = found
          return false
        }
        let (index, offset) = (found.position - 1).quotientAndRemainder(dividingBy: UInt64(TileCoordinate.width))
        let tile = TileCoordinate(level: 0, index: index)
        if leaves?.tile != tile { leaves = (tile, try tiles.hashes(of: tile, count: TileCoordinate.width)) }
        guard let leaf = leaves?.hashes[Int(offset)] else { throw TileStore.unusable(tile) }
        try take(found.stamp, leaf)
        try checkNote()
        return true
      } _: { (header, record) throws(LogError) in
        if let place {
          guard place.stamp == header.stamp else {
            throw LogError(
              .damagedRecord, "what is noted of the archived record is not what it says; restore a backup",
              at: header.position)
          }
        } else if hasClaims, claimed.contains(header.position) {
          throw LogError(
            .damagedRecord, "the record counts as archived, and yet it is there; restore a backup", at: header.position)
        }
        place = nil
        try take(header.stamp, MerkleHash.leaf(record))
        try inspect(header, record)
        try checkNote()
        return true
      }
    }
    do throws(LogError) {
      try scan()
      guard edge.size == range.upperBound else { throw Self.missing(edge.size + 1) }
    } catch {
      // Tiles are compared as they are completed: what is wrong in the one that was begun comes before what stopped the scan.
      do throws(LogError) { try Self.compareBegun(edge, with: tiles, size: head) } catch let earlier {
        if let position = earlier.position, position <= error.position ?? .max { throw earlier }
      }
      throw error
    }
    (self.edge, self.time, self.archived) = (edge, time, archived)
  }

  /// Verifies the tiles that the records verified leave incomplete, which others may have completed since, and that as many
  /// records are archived as are noted.
  func verifyEnd<Participant>(of view: consuming LogSnapshot<Participant>) throws(LogError) {
    let head = try view.head()
    let tiles = TileStore(view.transaction.handle, view.tables)
    for level in 0..<TileCoordinate.levelCount where edge.hashCount(level: level) > 0 {
      let tile = edge.tile(level: level)
      let stored = try tiles.hashes(of: tile, count: tile.hashCount(size: head))
      try edge.withRow(level: level) { row throws(LogError) in try Self.compare(row, with: stored, of: tile) }
    }
    // Others may have let records go meanwhile.
    guard try (archivedAtFirst...max(archivedAtFirst, view.archivedCount())).contains(archived.count) else {
      throw LogError(
        .damagedRecord,
        "other records are archived than are noted, \(archived.count) for \(archivedAtFirst); restore a backup",
        at: size)
    }
  }

  /// Compares the leaves of the tile that was begun.
  private static func compareBegun(
    _ edge: MerkleEdge, with tiles: TileStore, size: PositionNumber
  ) throws(LogError) {
    guard edge.hashCount(level: 0) > 0 else { return }
    let tile = edge.tile(level: 0)
    let stored = try tiles.hashes(of: tile, count: tile.hashCount(size: size))
    try edge.withRow(level: 0) { row throws(LogError) in try compare(row, with: stored, of: tile) }
  }

  private static func missing(_ position: PositionNumber) -> LogError {
    LogError(.damagedRecord, "the record is missing; restore a backup", at: position)
  }

  /// Compares the hashes that the records lead to with a stored tile, which may have more.
  private static func compare(
    _ hashes: RawSpan, with stored: TileHashes, of tile: TileCoordinate
  ) throws(LogError) {
    guard let expected = TileHashes(copying: hashes), expected.count <= stored.count else {
      throw TileStore.unusable(tile)
    }
    for place in 0..<expected.count where expected[place] != stored[place] {
      throw LogError(
        .inconsistentTree, "what is stored contradicts the tree at level \(tile.level); restore a backup",
        at: tile.firstPosition(under: place))
    }
  }
}
