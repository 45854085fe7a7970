public import LMDB
import TransparencyLog

/// What one write transaction adds to the log on its way to the commit: records, the tree's edge, the time.
///
/// Begins as a copy of the state of the last commit, and replaces it only once it is durable: a transaction that comes
/// to nothing leaves no trace.
@usableFromInline
struct CommitBatch {
  private(set) var edge: MerkleEdge
  /// Position and time of the newest event, this batch's included.
  @usableFromInline
  private(set) var head: Position
  private(set) var lastTime: Milliseconds
  /// The time that the batch's events carry.
  @usableFromInline
  let now: Milliseconds
  private let start: Position
  /// Idempotency keys from before are forgotten.
  private let oldestKey: Milliseconds

  /// - Parameters:
  ///   - edge: the tree's edge after the last commit.
  ///   - lastTime: when the newest event was recorded.
  ///   - clock: what the clock says.
  ///   - idempotencyRetention: for how long an idempotency key is remembered.
  init(edge: MerkleEdge, lastTime: Milliseconds, clock: Milliseconds, idempotencyRetention: Milliseconds) {
    self.edge = edge
    head = edge.size
    start = edge.size
    self.lastTime = lastTime
    // Time never runs backwards, whatever the system clock does.
    now = max(clock, lastTime)
    let (oldest, underflow) = now.subtractingReportingOverflow(max(idempotencyRetention, 0))
    oldestKey = underflow ? .min : oldest
  }

  /// How many idempotency keys were remembered.
  private var rememberedCount = 0

  /// Whether there is anything to commit: events, or upkeep of the participant's tables.
  var hasChanges = false
  /// Whether a request asked for a signed checkpoint.
  var wantsCheckpoint = false

  /// Whether anything was appended.
  var hasEvents: Bool { head > start }

  /// Appends the record of one event, and its leaf to the tree.
  ///
  /// - Returns: the record's header, by which the participant is to apply the event.
  /// - Throws: what ends the transaction: storage failed after the first put.
  @usableFromInline
  mutating func append(
    _ draft: borrowing RecordDraft, to tables: LogTables, in transaction: inout WriteTransaction
  ) throws(LogError) -> RecordHeader {
    hasChanges = true
    let position = head + 1
    let time = now
    var leaf = MerkleHash.emptyRoot
    var header: Result<RecordHeader, LogError>?
    try stored { () throws(LMDBError) in
      try tables.records.append(position, byteCount: draft.byteCount, in: &transaction) { output in
        draft.encode(at: position, recordedAt: time, into: &output)
        // The bytes hashed are the bytes stored.
        let record = output.bytes
        leaf = MerkleHash.leaf(record)
        header = Result { () throws(LogError) in try RecordHeader(parsing: record, at: position) }
      }
    }
    guard let header = try header?.get() else { throw LogError(.damagedRecord, "nothing was stored", at: position) }
    try edge.append(leaf) { (tile, hashes) throws(LogError) in
      try stored { () throws(LMDBError) in
        try tables.tiles.append(tile, byteCount: hashes.byteCount, in: &transaction) { $0.append(hashes) }
      }
    }
    head = position
    lastTime = time
    return header
  }

  /// What an idempotency key stands for; nil where it is new, or was forgotten.
  func remembered<Participant>(
    _ key: InlineBytes16, in view: borrowing LogView<WriteTransaction, Participant>
  ) throws(LogError) -> IdempotencyRow? {
    let row = try stored { () throws(LMDBError) in try view.tables.idempotency.get(key, in: view.transaction) }
    guard let row, row.time >= oldestKey else { return nil }
    return row
  }

  /// Stores what an idempotency key stands for: the newest `count` events. What it stood for before it was forgotten goes.
  @usableFromInline
  mutating func remember(
    _ idempotency: IdempotencyKey, count: UInt8, in tables: LogTables, _ transaction: inout WriteTransaction
  ) throws(LogError) {
    let row = IdempotencyRow(first: head - Position(count) + 1, count: count, time: now, memo: idempotency.memo)
    try stored { () throws(LMDBError) in
      if let forgotten = try tables.idempotency.get(idempotency.key, in: transaction) {
        try tables.idempotencyAges.delete(forgotten.first, in: &transaction)
      }
      try tables.idempotency.put(idempotency.key, row, in: &transaction)
      try tables.idempotencyAges.append(row.first, .init(key: idempotency.key, time: now), in: &transaction)
    }
    rememberedCount += 1
  }

  /// Deletes what is kept of forgotten idempotency keys: so many for each that was remembered, and for each event, that
  /// the work is bounded and yet catches up. A batch without keys looks after them only now and then.
  private func forget(in tables: LogTables, _ transaction: inout WriteTransaction) throws(LogError) {
    let interval: Position = 64
    let limit = 2 * (rememberedCount + Int((head / interval - start / interval) * interval))
    guard limit > 0 else { return }
    try stored { () throws(LMDBError) in
      var expired: [(first: Position, key: InlineBytes16)] = []
      try tables.idempotencyAges.withCursor(in: transaction) { cursor throws(LMDBError) in
        while expired.count < limit, try cursor.next() {
          let row = try cursor.value()
          guard row.time < oldestKey else { break }
          expired.append((try cursor.key(), row.key))
        }
      }
      for (first, key) in expired {
        try tables.idempotency.delete(key, in: &transaction)
        try tables.idempotencyAges.delete(first, in: &transaction)
      }
    }
  }

  /// Stores what is kept once a batch.
  mutating func finish<Participant>(
    in view: inout LogView<WriteTransaction, Participant>
  ) throws(LogError) {
    guard hasEvents else { return }
    try forget(in: view.tables, &view.transaction)
    let table = view.tables.edge
    for level in edge.takeDirtyLevels() {
      try edge.withRow(level: level) { row throws(LogError) in
        try stored { () throws(LMDBError) in
          try table.put(UInt64(level), byteCount: row.byteCount, in: &view.transaction) { $0.append(row) }
        }
      }
    }
    try view.participant.finish(at: head, in: &view.transaction)
  }

  /// Stores a signed checkpoint over everything so far.
  mutating func store<Participant>(
    checkpoint note: String, in view: inout LogView<WriteTransaction, Participant>
  ) throws(LogError) {
    hasChanges = true
    try stored { () throws(LMDBError) in
      try view.tables.checkpoints.put(head, Array(note.utf8), in: &view.transaction)
    }
  }
}
