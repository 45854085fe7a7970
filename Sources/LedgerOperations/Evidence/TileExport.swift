import EventLog
import Glibc
import LedgerCrypto
import LedgerEvents
import Projections
import TransparencyLog

/// Writes tiles, bundles of entries and the checkpoint into a folder, or compares what is there.
struct TileExport {
  enum Action {
    case write(mode: UInt32)
    case check
  }

  private let log: EventLog<ProjectionSet>
  private let folder: String
  private let action: Action
  private(set) var fileCount = 0
  /// The folders below ``folder`` on the way to what was written.
  private var touched: Set<String> = []

  init(of log: EventLog<ProjectionSet>, _ action: Action, _ folder: String) {
    self.log = log
    self.action = action
    self.folder = folder
  }

  /// The checkpoint in the folder, which must be one that the ledger extends; nil in a new folder.
  func published(by ledger: Ledger) throws(LedgerError) -> KnownCheckpoint? {
    let path = "\(folder)/checkpoint"
    guard let content = try DurableFile.read(path, limit: SignedNote.maximumByteCount) else {
      // A first export that was stopped has left its tiles.
      guard Folder.names(in: folder)?.allSatisfy({ $0 == "tile" || $0.hasPrefix("checkpoint.new-") }) ?? true
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

  /// Adds what is new, and then the checkpoint. A folder that was not there goes again where that fails.
  mutating func publish(
    _ known: KnownCheckpoint, after oldSize: UInt64, _ progress: (UInt64, UInt64) -> Void
  ) throws(LedgerError) {
    let isNew = !Folder.exists(folder)
    if isNew { TemporaryFiles.add(folder) }
    do throws(LedgerError) {
      try run(from: oldSize, to: known, progress)
      try sync()
      TemporaryFiles.sweep(beside: "\(folder)/checkpoint")
      try put(known.note.bytes, at: "\(folder)/checkpoint", syncsName: true)
    } catch {
      if isNew {
        Folder.remove(folder)
        TemporaryFiles.forget(folder)
      }
      throw error
    }
    if isNew { TemporaryFiles.forget(folder) }
    for level in 0..<8 { try removePartials(level: level, from: oldSize, to: known.checkpoint.size) }
  }

  /// Goes through all that a tree has and an earlier one has not. That it leads to the checkpoint's root is found out on the
  /// way: the leaves by growing the tree, each hash above them by the tile below it.
  mutating func run(
    from oldSize: UInt64, to known: KnownCheckpoint, _ progress: (UInt64, UInt64) -> Void
  ) throws(LedgerError) {
    let size = known.checkpoint.size
    let edge = try logged { () throws(LogError) in try log.snapshot().edge(at: oldSize) }
    guard var edge else {
      throw LedgerError(.damaged, "the tree lacks its edge; verify the ledger", position: Position(oldSize))
    }
    for tile in Self.tiles(level: 0, from: oldSize, to: size) {
      try handleLeaves(tile, growing: &edge)
      progress(min(size, (tile.index + 1) * UInt64(TilePath.fullWidth)), size)
    }
    guard edge.root() == known.checkpoint.root else {
      throw LedgerError(
        .damaged, "the records do not lead to the root that was signed; verify the ledger, and restore a backup",
        position: Position(size))
    }
    for level in 1..<8 {
      for tile in Self.tiles(level: level, from: oldSize, to: size) {
        let path = try path(.hashes(level: level), tile)
        let hashes = try hashes(at: path)
        let old = oldSize >> UInt64(8 * level)
        for place in 0..<tile.width where tile.index * UInt64(TilePath.fullWidth) + UInt64(place) >= old {
          let below = Tile(index: tile.index * UInt64(TilePath.fullWidth) + UInt64(place), width: TilePath.fullWidth)
          guard try self.hashes(at: self.path(.hashes(level: level - 1), below)).root == hashes.hashes[place] else {
            throw LedgerError(
              .damaged, "the tile \(path) contradicts those below it; verify the ledger, and restore a backup")
          }
        }
        try handle(hashes.bytes, at: path)
      }
    }
    try handlePartials(from: oldSize, to: size)
  }

  /// The partial tiles of the checkpoints that were signed in between (C2SP tlog-tiles, "Partial Tiles"): only of tiles that
  /// are not full yet, since a full one stands for them.
  private mutating func handlePartials(from oldSize: UInt64, to size: UInt64) throws(LedgerError) {
    guard oldSize + 1 < size else { return }
    let signed = try logged { () throws(LogError) in
      try log.snapshot().checkpointSizes(in: oldSize + 1...size - 1)
    }
    for level in 0..<8 {
      let width = UInt64(TilePath.fullWidth)
      let last = size >> UInt64(8 * level)
      var handled = UInt64.max
      for other in signed {
        let count = other >> UInt64(8 * level)
        let isPartial = count % width > 0 && count / width == last / width && count != last
        guard isPartial, count != handled else { continue }
        handled = count
        let tile = Tile(index: count / width, width: Int(count % width))
        let path = try path(.hashes(level: level), tile)
        // Earlier versions of the program did not write them.
        if case .check = action, !Folder.exists("\(folder)/\(path)") { continue }
        try handle(hashes(at: path).bytes, at: path)
        if level == 0 { try handle(entries(tile).bytes, at: self.path(.entries, tile)) }
      }
    }
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

  /// A tile of level 0 and the entries below it, each of which must be what the tile says.
  private mutating func handleLeaves(_ tile: Tile, growing edge: inout MerkleEdge) throws(LedgerError) {
    let path = try path(.hashes(level: 0), tile)
    let leaves = try hashes(at: path)
    let bundle = try entries(tile, matching: leaves)
    let first = tile.index * UInt64(TilePath.fullWidth)
    for place in 0..<tile.width where first + UInt64(place) >= edge.size {
      edge.append(leaves.hashes[place]) { _, _ in }
    }
    try handle(bundle.bytes, at: try self.path(.entries, tile))
    try handle(leaves.bytes, at: path)
  }

  private func entries(_ tile: Tile, matching leaves: HashTile? = nil) throws(LedgerError) -> EntryBundle {
    var bundle = EntryBundle()
    let first = tile.index * UInt64(TilePath.fullWidth) + 1
    try logged { () throws(LogError) in
      try log.snapshot().forEachRecord(in: first...first + UInt64(tile.width) - 1) {
        (header, record) throws(LogError) in
        let leaf = leaves?.hashes[bundle.count]
        guard header.position == first + UInt64(bundle.count), leaf == nil || MerkleHash.leaf(record) == leaf else {
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
      throw LedgerError(
        .damaged, "a record is missing; verify the ledger", position: Position(first + UInt64(bundle.count)))
    }
    return bundle
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

  // MARK: Files

  /// Writes a file unless it is there already, as after an export that was interrupted; or compares it.
  private mutating func handle(_ content: [UInt8], at path: TilePath) throws(LedgerError) {
    let file = "\(folder)/\(path)"
    if case .check = action {
      guard try DurableFile.read(file, limit: .max) == content else {
        throw LedgerError(
          .damaged,
          "\(file) is missing, or not what the ledger has; remove \(folder)/checkpoint and export again, which replaces it"
        )
      }
      fileCount += 1
      return
    }
    try makeFolders(to: path)
    if try DurableFile.read(file, limit: .max) == content { return }
    try put(content, at: file, syncsName: false)
  }

  private mutating func put(_ content: [UInt8], at file: String, syncsName: Bool) throws(LedgerError) {
    guard case .write(let mode) = action else { return }
    try DurableFile.replace(file, with: content, mode: mode, syncsName: syncsName)
    fileCount += 1
  }

  /// Makes the folders on the way to a file, and remembers them. What a killed export left in them goes.
  private mutating func makeFolders(to path: TilePath) throws(LedgerError) {
    guard case .write(let mode) = action else { return }
    var place = folder
    for part in [Substring()] + path.description.split(separator: "/").dropLast() {
      if !part.isEmpty { place += "/\(part)" }
      guard touched.insert(place).inserted else { continue }
      if !Folder.exists(place) {
        try Folder.makeIfMissing(place)
        // Everybody who can read can enter.
        guard unsafe chmod(place, mode | (mode & 0o444) >> 2 | 0o300) == 0 else { throw .refused("make", place) }
      }
      TemporaryFiles.sweep(in: place)
    }
  }

  /// Makes the names of all that was written durable.
  private func sync() throws(LedgerError) {
    for path in touched.sorted() { try Folder.sync(namesIn: path) }
    try Folder.sync(parentOf: folder)
  }

  /// Removes the partial tiles of those that have become full.
  private func removePartials(level: Int, from oldSize: UInt64, to size: UInt64) throws(LedgerError) {
    for tile in Self.tiles(level: level, from: oldSize, to: size) where tile.width == TilePath.fullWidth {
      for resource in [.hashes(level: level)] + (level == 0 ? [TilePath.Resource.entries] : []) {
        Folder.remove("\(folder)/\(try path(resource, tile)).p")
      }
    }
  }
}

extension HashTile {
  /// The root over a full tile's hashes.
  fileprivate var root: Digest {
    var row = hashes
    while row.count > 1 {
      row = stride(from: 0, to: row.count, by: 2).map { MerkleHash.node(row[$0], row[$0 + 1]) }
    }
    return row[0]
  }
}
