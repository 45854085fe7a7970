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
  package var size: Position { chain.size }
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

  /// Writes what is left, and remembers the idempotency keys of the newest records, so that a request that was answered
  /// before is answered the same by the new log. The log can be opened afterwards.
  ///
  /// - Parameter retention: for how long keys are remembered, in milliseconds of recorded time.
  package consuming func finish(idempotencyRetention retention: Milliseconds) throws(LogError) {
    try flush()
    try rememberRequests(since: chain.lastTime.subtractingReportingOverflow(max(retention, 0)))
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

  // MARK: Idempotency keys

  private func rememberRequests(
    since oldest: (partialValue: Milliseconds, overflow: Bool)
  ) throws(LogError) {
    var next = try oldest.overflow ? 1 : firstPosition(since: oldest.partialValue)
    while next <= size {
      let rows = try requests(from: &next)
      try write { [tables] (transaction) throws(LMDBError) in
        for row in rows {
          try tables.idempotency.put(
            row.key.key, IdempotencyRow(request: row.key.request, first: row.first, count: row.count), in: &transaction)
          try tables.idempotencyAges.append(
            row.first, IdempotencyAge(key: row.key.key, time: row.time), in: &transaction)
        }
      }
    }
  }

  private func firstPosition(since oldest: Milliseconds) throws(LogError) -> Position {
    var first = size + 1
    try forEachHeader(from: 1, reversed: true) { header in
      guard header.recordedAt >= oldest else { return false }
      first = header.position
      return true
    }
    return first
  }

  private typealias Request = (key: IdempotencyKey, first: Position, count: UInt8, time: Milliseconds)

  /// The requests with idempotency keys among the records from a position on, some thousand of them: the events of one
  /// request are next to each other.
  ///
  /// - Parameter position: becomes that of the first record not looked at.
  private func requests(from position: inout Position) throws(LogError) -> [Request] {
    var found: [Request] = []
    var next = position
    try forEachHeader(from: position, reversed: false) { header in
      guard let key = header.idempotency else {
        next = header.position + 1
        return true
      }
      if let last = found.last, last.key == key, last.first + UInt64(last.count) == header.position, last.count < .max {
        found[found.count - 1].count += 1
      } else if found.count == Self.batchLimit {
        return false
      } else {
        found.append((key, header.position, 1, header.recordedAt))
      }
      next = header.position + 1
      return true
    }
    position = next
    return found
  }

  private func forEachHeader(
    from first: Position, reversed: Bool, _ body: (RecordHeader) -> Bool
  ) throws(LogError) {
    var failure: LogError?
    try stored { () throws(LMDBError) in
      let transaction = try environment.beginRead()
      try tables.records.forEach(from: first, reversed: reversed, in: transaction) { position, bytes in
        do throws(LogError) {
          return try body(RecordHeader(parsing: bytes, at: position)) ? .continue : .stop
        } catch {
          failure = error
          return .stop
        }
      }
    }
    if let failure { throw failure }
  }
}
