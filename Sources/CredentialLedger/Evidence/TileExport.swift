import EventLog
import LedgerCrypto
import Projections
import TransparencyLog

/// What an export of tiles did.
public struct TileReport: Sendable {
  /// How many events the published checkpoint covers.
  public let size: UInt64
  /// How many it covered before; 0 if there was none.
  public let oldSize: UInt64
  /// How many files were written, the checkpoint among them.
  public let files: Int
}

extension Ledger {
  /// Publishes the log as files (C2SP tlog-tiles): a mirror, a monitor or an auditor can verify all of it, and compute
  /// every proof, from a folder that any web server serves.
  ///
  /// The folder gets `checkpoint`, `tile/<level>/…` with the hashes, and `tile/entries/…` with the records as they are
  /// stored: personal data sealed, and everything else in the clear. So it is for whoever may read the log. The next
  /// export adds what is new; a full tile is never written again. Files take their names once they are whole, and the
  /// checkpoint comes last, when all it covers is durable: so whoever reads meanwhile finds what the checkpoint promises.
  ///
  /// ```swift
  /// let report = try await ledger.exportTiles(to: "/srv/ledger.example.org")
  /// ```
  ///
  /// - Parameters:
  ///   - folder: made for the owner alone if it is not there.
  ///   - checkpoint: what to publish, such as a checkpoint that witnesses have cosigned; without it the newest.
  ///   - progress: is told how many events are written, of how many.
  /// - Throws: `invalid_checkpoint` where the folder belongs to another ledger; `behind_checkpoint` or
  ///   `contradicts_checkpoint` where it has more than the checkpoint, or another history; `damaged` for a record that does
  ///   not match its hash; `already_exists` where the folder holds anything else, `invalid_value` within the ledger's own;
  ///   `storage`, `disk_full`. What was published before stays as it was.
  public func exportTiles(
    to folder: String, at checkpoint: String? = nil,
    progress: @escaping @Sendable (_ done: UInt64, _ of: UInt64) -> Void = { _, _ in }
  ) async throws(LedgerError) -> TileReport {
    try LedgerFolder.requireOutside(folder, of: path, field: "folder")
    let text = if let checkpoint { checkpoint } else { try await self.checkpoint() }
    let known = try KnownCheckpoint(text, of: self)
    let ledger = self
    return try await blocking { () throws(LedgerError) in
      var export = TileExport(of: ledger.log, to: folder)
      let old = try export.published(by: ledger)
      try logged { () throws(LogError) in try ledger.log.snapshot().requireExtension(of: known.checkpoint) }
      let oldSize = old?.checkpoint.size ?? 0
      guard oldSize <= known.checkpoint.size else {
        throw LedgerError(
          .behindCheckpoint, "\(folder) has \(oldSize) events, and the checkpoint covers \(known.checkpoint.size)")
      }
      if old?.note.bytes != known.note.bytes, old?.checkpoint != known.checkpoint || checkpoint != nil {
        try export.run(from: oldSize, to: known, progress)
      }
      return TileReport(size: known.checkpoint.size, oldSize: oldSize, files: export.fileCount)
    }
  }
}

/// Writes tiles, bundles of entries and the checkpoint into a folder.
private struct TileExport {
  private let log: EventLog<ProjectionSet>
  private let folder: String
  private(set) var fileCount = 0
  /// The folders below ``folder`` on the way to what was written.
  private var touched: Set<String> = []

  init(of log: EventLog<ProjectionSet>, to folder: String) {
    self.log = log
    self.folder = folder
  }

  /// The checkpoint in the folder, which must be one that the ledger extends; nil in a new folder.
  func published(by ledger: Ledger) throws(LedgerError) -> KnownCheckpoint? {
    let path = "\(folder)/checkpoint"
    guard let content = try DurableFile.read(path, limit: SignedNote.maximumByteCount) else {
      // A first export that was stopped has left its tiles.
      guard LedgerFolder.names(in: folder)?.allSatisfy({ $0 == "tile" || $0.hasPrefix("checkpoint.new-") }) ?? true
      else {
        throw LedgerError(
          .alreadyExists, "\(folder) holds something else than tiles; name a folder of its own", field: "folder")
      }
      return nil
    }
    do throws(LedgerError) {
      let known = try KnownCheckpoint(
        content, origin: ledger.origin, keys: ledger.keyStore.verifierKeys(origin: ledger.origin))
      try logged { () throws(LogError) in try log.snapshot().requireExtension(of: known.checkpoint) }
      return known
    } catch { throw LedgerError(error.code, "\(path): \(error.reason); name another folder", position: error.position) }
  }

  mutating func run(
    from oldSize: UInt64, to known: KnownCheckpoint, _ progress: (UInt64, UInt64) -> Void
  ) throws(LedgerError) {
    let size = known.checkpoint.size
    for tile in Self.tiles(level: 0, from: oldSize, to: size) {
      try writeLeaves(tile)
      progress(min(size, (tile.index + 1) * UInt64(TilePath.fullWidth)), size)
    }
    var level = 1
    while level < 8, size >> UInt64(8 * level) > 0 {
      for tile in Self.tiles(level: level, from: oldSize, to: size) {
        let path = try path(.hashes(level: level), tile)
        try write(try hashes(at: path).bytes, to: path)
      }
      level += 1
    }
    try sync()
    try DurableFile.replace("\(folder)/checkpoint", with: known.note.bytes)
    fileCount += 1
    for level in 0..<level { try removePartials(level: level, from: oldSize, to: size) }
  }

  /// A tile of some level.
  private struct Tile {
    let index: UInt64
    let width: Int
  }

  /// The tiles of a level that a tree of `size` has and one of `oldSize` has not.
  private static func tiles(level: Int, from oldSize: UInt64, to size: UInt64) -> [Tile] {
    let (old, new) = (oldSize >> UInt64(8 * level), size >> UInt64(8 * level))
    guard new > old else { return [] }
    let width = UInt64(TilePath.fullWidth)
    return (old / width...(new - 1) / width).map { index in
      Tile(index: index, width: Int(min(width, new - index * width)))
    }
  }

  /// Writes a tile of level 0 and the entries below it, each of which must be what the tile says.
  private mutating func writeLeaves(_ tile: Tile) throws(LedgerError) {
    let path = try path(.hashes(level: 0), tile)
    let leaves = try hashes(at: path)
    var bundle = EntryBundle()
    let first = tile.index * UInt64(TilePath.fullWidth) + 1
    try logged { () throws(LogError) in
      try log.snapshot().forEachRecord(in: first...first + UInt64(tile.width) - 1) {
        (header, record) throws(LogError) in
        guard header.position == first + UInt64(bundle.count), MerkleHash.leaf(record) == leaves.hashes[bundle.count]
        else {
          throw LogError(
            .inconsistentTree, "the record and the tree contradict each other; verify the ledger", at: header.position)
        }
        do throws(TransparencyError) { try bundle.append(record) } catch {
          throw LogError(.damagedRecord, error.reason, at: header.position)
        }
        return true
      }
    }
    guard bundle.count == tile.width else {
      throw LedgerError(.damaged, "a record is missing; verify the ledger", position: first + UInt64(bundle.count))
    }
    try write(bundle.bytes, to: try self.path(.entries, tile))
    try write(leaves.bytes, to: path)
  }

  private func path(_ resource: TilePath.Resource, _ tile: Tile) throws(LedgerError) -> TilePath {
    do throws(TransparencyError) { return try TilePath(resource, index: tile.index, width: tile.width) } catch {
      throw LedgerError(error)
    }
  }

  private func hashes(at path: TilePath) throws(LedgerError) -> HashTile {
    let tile = try logged { () throws(LogError) -> HashTile? in
      let view = try log.snapshot()
      return try view.tree().hashTile(at: path)
    }
    guard let tile else { throw LedgerError(.damaged, "the tile \(path) is missing; verify the ledger") }
    return tile
  }

  /// Writes a file unless it is there already, as after an export that was interrupted.
  private mutating func write(_ content: [UInt8], to path: TilePath) throws(LedgerError) {
    let file = "\(folder)/\(path)"
    try makeFolders(to: path)
    if try DurableFile.read(file, limit: .max) == content { return }
    try DurableFile.replace(file, with: content, syncsName: false)
    fileCount += 1
  }

  /// Makes the folders on the way to a file, and remembers them.
  private mutating func makeFolders(to path: TilePath) throws(LedgerError) {
    var place = folder
    for part in path.description.split(separator: "/").dropLast() {
      place += "/\(part)"
      if touched.insert(place).inserted { try LedgerFolder.makeIfMissing(place) }
    }
  }

  /// Makes the names of all that was written durable.
  private func sync() throws(LedgerError) {
    try LedgerFolder.makeIfMissing(folder)
    for path in touched.sorted() + [folder] { try LedgerFolder.sync(namesIn: path) }
    try LedgerFolder.sync(parentOf: folder)
  }

  /// Removes the partial tiles of those that have become full.
  private func removePartials(level: Int, from oldSize: UInt64, to size: UInt64) throws(LedgerError) {
    for tile in Self.tiles(level: level, from: oldSize, to: size) where tile.width == TilePath.fullWidth {
      for resource in [.hashes(level: level)] + (level == 0 ? [TilePath.Resource.entries] : []) {
        LedgerFolder.remove("\(folder)/\(try path(resource, tile)).p")
      }
    }
  }
}
