package import LMDB
package import LedgerCrypto
import TransparencyLog

/// Makes a log of the records of another one: they are stored as they come, byte for byte, and the tree over them is
/// made anew. Belongs to one thread from the beginning to the end.
///
/// Records are written some thousand at a time, so that memory is bounded whatever the length of the log.
package struct LogImport: ~Copyable {
  /// How many records, and how many of their bytes, make a transaction.
  private static let batchLimit = 16_384
  private static let byteLimit = 8 << 20

  private let environment: Environment
  private let tables: LogTables
  private var chain = RecordChain()
  private var records: [Record] = []
  private var byteCount = 0
  private var tiles: [(tile: TileCoordinate, hashes: [UInt8])] = []

  /// Makes an empty log.
  ///
  /// - Parameters:
  ///   - path: a folder that does not exist yet, or is empty.
  ///   - origin: the log's name in checkpoints.
  /// - Throws: ``LogError/Code/alreadyExists``, ``LogError/Code/invalidOrigin``, ``LogError/Code/storage``.
  package init(at path: String, origin: String, options: Environment.Options) throws(LogError) {
    let identity = try LogIdentity(origin: origin)
    try LogIdentity.requireEmpty(path)
    let (environment, tables) = try stored { () throws(LMDBError) in
      let environment = try Environment(at: path, options: options)
      var transaction = try environment.beginWrite()
      let tables = try LogTables(in: &transaction, of: environment)
      try identity.store(in: tables, &transaction)
      try transaction.commit()
      return (environment, tables)
    }
    self.environment = environment
    self.tables = tables
  }

  deinit { environment.close() }

  /// How many records there are.
  package var size: PositionNumber { chain.size }
  /// The root of the tree over them.
  package var root: Digest { chain.edge.root() }

  /// Takes the next record.
  ///
  /// - Throws: ``LogError/Code/damagedRecord`` where the bytes are no record of the next position;
  ///   ``LogError/Code/storage``.
  @discardableResult
  package mutating func append(_ bytes: [UInt8]) throws(LogError) -> RecordHeader {
    var completed: [(TileCoordinate, [UInt8])] = []
    let header = unsafe try chain.append(bytes.span.bytes) { tile, hashes in
      completed.append((tile, Array(copying: hashes)))
    }
    records.append(Record(header, bytes))
    tiles += completed
    byteCount += bytes.count
    if records.count >= Self.batchLimit || byteCount >= Self.byteLimit { try flush() }
    return header
  }

  /// Stores a signed checkpoint over all records so far.
  ///
  /// - Parameter note: the signed note; that it says what the tree says is for the caller to check.
  package mutating func keep(checkpoint note: String) throws(LogError) {
    try flush()
    let (size, bytes) = (size, Array(note.utf8))
    try write { [tables] (transaction) throws(LMDBError) in try tables.checkpoints.put(size, bytes, in: &transaction) }
  }

  /// Writes what is left. The log can be opened afterwards. It knows no idempotency keys: they are in no record.
  package consuming func finish() throws(LogError) {
    try flush()
    environment.close()
  }

  private mutating func flush() throws(LogError) {
    guard !records.isEmpty else { return }
    let levels = chain.takeDirtyLevels()
    try write { [records, tiles, tables, chain] (transaction) throws(LMDBError) in
      for record in records {
        try tables.records.append(record.header.position, byteCount: record.bytes.count, in: &transaction) {
          unsafe $0.append(record.bytes.span.bytes)
        }
      }
      for item in tiles {
        try tables.tiles.append(item.tile, byteCount: item.hashes.count, in: &transaction) {
          unsafe $0.append(item.hashes.span.bytes)
        }
      }
      for level in levels {
        try chain.edge.withRow(level: level) { (row) throws(LMDBError) in
          try tables.edge.put(UInt64(level), byteCount: row.byteCount, in: &transaction) { $0.append(row) }
        }
      }
    }
    records.removeAll(keepingCapacity: true)
    tiles.removeAll(keepingCapacity: true)
    byteCount = 0
  }

  /// Runs `body` in a transaction, and again after each growth of the map that it turns out to need.
  private func write(_ body: (inout WriteTransaction) throws(LMDBError) -> Void) throws(LogError) {
    while true {
      do throws(LMDBError) {
        var transaction = try environment.beginWrite()
        try body(&transaction)
        return try transaction.commit()
      } catch {
        guard error.code == .mapFull else { throw LogError(error) }
      }
      try stored { () throws(LMDBError) in try environment.growMap() }
    }
  }
}
