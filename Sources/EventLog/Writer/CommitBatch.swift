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
  private(set) var head: PositionNumber
  private(set) var lastTime: Milliseconds
  /// The time that the batch's events carry.
  @usableFromInline
  private(set) var now: Milliseconds
  private let start: PositionNumber
  /// What the clocks say.
  private let reading: LedgerClock.Reading
  /// What an event is refused with where the clock is off.
  private let refusal: LogError?
  /// Whether an event of the batch corrects the clock.
  private(set) var isClockCorrected = false
  /// The last time that the clock was corrected.
  private(set) var correction: LastClockCorrection
  /// For how long an idempotency key is remembered.
  private let idempotencyRetention: Milliseconds

  /// - Parameters:
  ///   - edge: the tree's edge after the last commit.
  ///   - lastTime: when the newest event was recorded.
  ///   - reading: what the clocks say.
  ///   - refusal: what an event is refused with where the clock is off.
  ///   - idempotencyRetention: for how long an idempotency key is remembered.
  init(
    edge: MerkleEdge, lastTime: Milliseconds, reading: LedgerClock.Reading, refusal: LogError? = nil,
    correction: LastClockCorrection = LastClockCorrection(), idempotencyRetention: Milliseconds
  ) {
    self.edge = edge
    head = edge.size
    start = edge.size
    self.lastTime = lastTime
    self.idempotencyRetention = max(idempotencyRetention, 0)
    self.reading = reading
    self.refusal = refusal
    self.correction = correction
    // Time never runs backwards, whatever the system clock does, unless that is recorded.
    now = max(reading.now, lastTime)
  }

  /// What the next decision may know.
  ///
  /// - Parameter correctsClock: whether its events record that the clock is right as it is.
  /// - Throws: that the clock is off.
  @usableFromInline
  func moment(correctingClock correctsClock: Bool = false) throws(LogError) -> Moment {
    guard let refusal, !isClockCorrected else { return Moment(now: now, next: head + 1) }
    guard correctsClock else { throw refusal }
    return Moment(now: reading.wall, next: head + 1, correctedFrom: now)
  }

  /// From the next event on the wall clock counts.
  @usableFromInline
  mutating func correctClock() {
    guard refusal != nil, !isClockCorrected else { return }
    isClockCorrected = true
    now = reading.wall
    if now < lastTime { correction = LastClockCorrection(position: head + 1, time: now) }
  }

  /// How many idempotency keys were remembered.
  private var rememberedCount = 0

  /// Whether there is anything to commit: events, or a maintenance write in the participant's tables.
  var hasChanges = false
  /// Whether a request asked for a signed checkpoint.
  var wantsCheckpoint = false

  /// Whether anything was appended.
  var hasEvents: Bool { head > start }
  /// How many events were appended.
  var eventCount: UInt64 { hasEvents ? head - start : 0 }
  /// The same by type.
  private(set) var eventCounts = EventCounts()

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
    eventCounts.note(header.type)
    return header
  }

  /// Whether an idempotency key is forgotten that was used at a time, by a request with its first event at a position.
  private func isForgotten(_ time: Milliseconds, at first: PositionNumber) -> Bool {
    correction.time(time, at: first) < now.saturating(minus: idempotencyRetention)
  }

  /// What an idempotency key stands for; nil where it is new, or was forgotten.
  func remembered<Participant>(
    _ idempotency: IdempotencyKey, in view: borrowing LogView<WriteTransaction, Participant>
  ) throws(LogError) -> IdempotencyRow? {
    if let row = try remembered(idempotency.key, in: view) { return row }
    for key in idempotency.earlier {
      if let row = try remembered(key, in: view) { return row }
    }
    return nil
  }

  private func remembered<Participant>(
    _ key: InlineBytes16, in view: borrowing LogView<WriteTransaction, Participant>
  ) throws(LogError) -> IdempotencyRow? {
    let row = try stored { () throws(LMDBError) in try view.tables.idempotency.get(key, in: view.transaction) }
    guard let row, !isForgotten(row.time, at: row.first) else { return nil }
    return row
  }

  /// Stores what an idempotency key stands for: the newest `count` events. What it stood for before it was forgotten goes.
  @usableFromInline
  mutating func remember(
    _ idempotency: IdempotencyKey, count: UInt8, in tables: LogTables, _ transaction: inout WriteTransaction
  ) throws(LogError) {
    let row = IdempotencyRow(first: head - PositionNumber(count) + 1, count: count, time: now, memo: idempotency.memo)
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
    let interval: PositionNumber = 64
    let limit = 2 * (rememberedCount + Int((head / interval - start / interval) * interval))
    guard limit > 0 else { return }
    try stored { () throws(LMDBError) in
      var expired: [(first: PositionNumber, key: InlineBytes16)] = []
      try tables.idempotencyAges.withCursor(in: transaction) { cursor throws(LMDBError) in
        while expired.count < limit, try cursor.next() {
          let row = try cursor.value()
          let first = try cursor.key()
          guard isForgotten(row.time, at: first) else { break }
          expired.append((first, row.key))
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
    if isClockCorrected { try correction.store(in: view.tables, &view.transaction) }
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
