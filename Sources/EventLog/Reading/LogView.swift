public import LMDB
import TransparencyLog

/// The log and its participant's tables at one moment: a transaction, and what to read in it.
///
/// The same reads serve a snapshot and the writer's own transaction, so the rules that decide a command see exactly
/// what a query sees. Keep a snapshot short, on the thread that took it, and never across an `await`.
@usableFromInline package struct LogView<Reading: Transaction & ~Copyable, Participant: CommitParticipant>: ~Copyable {
  /// The transaction. For the participant's own reads, and in a maintenance write also for its writes.
  @usableFromInline package var transaction: Reading
  /// Whose state it is.
  @usableFromInline package let participant: Participant
  @usableFromInline
  package let tables: LogTables

  @inline(__always)
  init(_ transaction: consuming Reading, _ participant: Participant, _ tables: LogTables) {
    self.transaction = transaction
    self.participant = participant
    self.tables = tables
  }
}

/// A snapshot of the last commit.
package typealias LogSnapshot<Participant: CommitParticipant> = LogView<ReadTransaction, Participant>

extension LogView where Reading: ~Copyable {
  /// The position of the newest event; 0 in an empty log. One look-up.
  ///
  /// - Throws: ``LogError/Code/damagedRecord`` where the newest record does not match its check.
  package func head() throws(LogError) -> PositionNumber {
    do throws(LMDBError) {
      return try tables.records.withCursor(in: transaction) { cursor throws(LMDBError) in
        try cursor.last() ? cursor.key() : 0
      }
    } catch {
      guard error.code == .damagedRow else { throw LogError(error) }
      throw Self.failure(error, at: try firstDamagedAtEnd())
    }
  }

  /// The position behind the newest record that can be read: a damaged row may have lost its own.
  private func firstDamagedAtEnd() throws(LogError) -> PositionNumber {
    try stored { () throws(LMDBError) in
      try tables.records.withCursor(in: transaction) { cursor throws(LMDBError) in
        while true {
          do throws(LMDBError) { return try cursor.previous() ? cursor.key() + 1 : 1 } catch {
            guard error.code == .damagedRow else { throw error }
          }
        }
      }
    }
  }

  /// The record at a position, copied; nil beyond the head. One that is no longer in the live file is read from the archive,
  /// where that is at hand.
  ///
  /// - Throws: ``LogError/Code/damagedRecord`` where it is missing or does not match its check; ``LogError/Code/archived``.
  package func record(at position: PositionNumber) throws(LogError) -> Record? {
    let bytes: [UInt8]?
    do { bytes = try tables.records.get(position, in: transaction) } catch { throw Self.failure(error, at: position) }
    guard let bytes else { return try archivedRecord(at: position) }
    return try Record(bytes, at: position)
  }

  /// Reads records in place, in order or backwards, until `body` says stop. Those that are no longer in the live file are
  /// read from the archive.
  ///
  /// - Parameters:
  ///   - range: positions; those beyond the head are ignored.
  ///   - reversed: whether to begin with the last.
  ///   - passing: is asked for each record that is in an archive; true passes it over without reading it.
  ///   - body: gets each header and the whole record, valid during the call; false stops.
  /// - Throws: ``LogError/Code/damagedRecord`` at the first that is missing or no record of its position,
  ///   ``LogError/Code/archived`` at the first that is in an archive which is not at hand, or what the closures throw.
  package func forEachRecord(
    in range: ClosedRange<PositionNumber>, reversed: Bool = false,
    passing: (ArchivedPlace) throws(LogError) -> Bool = { _ in false },
    _ body: (RecordHeader, RawSpan) throws(LogError) -> Bool
  ) throws(LogError) {
    let (first, last) = (max(range.lowerBound, 1), min(range.upperBound, try head()))
    guard first <= last else { return }
    var failure: LogError?
    var isStopped = false
    // Where the scan is: for gaps, and for the name of a row too damaged to say it.
    var next = reversed ? last : first
    do {
      try tables.records.forEach(from: first, below: last + 1, reversed: reversed, in: transaction) { position, bytes in
        do throws(LogError) {
          if position != next {
            let end = reversed ? position + 1 : position - 1
            isStopped = try !passGap(from: &next, to: end, reversed: reversed, passing: passing, body)
            if isStopped { return .stop }
          }
          next = reversed ? position - 1 : position + 1
          isStopped = try !body(RecordHeader(parsing: bytes, at: position), bytes)
          return isStopped ? .stop : .continue
        } catch {
          failure = error
          return .stop
        }
      }
    } catch { throw Self.failure(error, at: next) }
    if let failure { throw failure }
    guard !isStopped else { return }
    _ = try passGap(from: &next, to: reversed ? first : last, reversed: reversed, passing: passing, body)
  }

  /// What it means that a record's row cannot be read.
  static func failure(_ error: LMDBError, at position: PositionNumber) -> LogError {
    guard error.code == .damagedRow else { return LogError(error) }
    return LogError(
      .damagedRecord, "the record does not match its check; verify the ledger, and restore a backup", at: position,
      storage: error)
  }

  /// Copies of records in order: at most `limit`, and no more once they have `byteLimit` bytes.
  package func records(
    from position: PositionNumber, limit: Int, byteLimit: Int = 1 << 20
  ) throws(LogError) -> [Record] {
    var records: [Record] = []
    var byteCount = 0
    try forEachRecord(in: position...PositionNumber.max) { header, bytes throws(LogError) in
      records.append(Record(header, Array(copying: bytes)))
      byteCount += bytes.byteCount
      return records.count < limit && byteCount < byteLimit
    }
    return records
  }

  /// The newest signed checkpoint: the text of the note. Nil before the first.
  package func latestCheckpoint() throws(LogError) -> String? {
    try checkpoint(atOrBefore: PositionNumber.max)?.note
  }

  /// The newest signed checkpoint over at most `size` events.
  package func checkpoint(atOrBefore size: PositionNumber) throws(LogError) -> (size: PositionNumber, note: String)? {
    var found: (PositionNumber, [UInt8])?
    try stored { () throws(LMDBError) in
      try tables.checkpoints.forEach(below: size == .max ? nil : size + 1, reversed: true, in: transaction) {
        size, note in
        found = (size, Array(copying: note))
        return .stop
      }
    }
    return found.map { ($0.0, String(decoding: $0.1, as: UTF8.self)) }
  }

  /// The sizes in `range` over which checkpoints were signed, in order.
  package func checkpointSizes(in range: ClosedRange<PositionNumber>) throws(LogError) -> [PositionNumber] {
    try checkpoints(over: range).map(\.size)
  }

  /// The signed checkpoints over sizes in `range`, in order.
  package func checkpoints(over range: ClosedRange<PositionNumber>) throws(LogError) -> [(
    size: PositionNumber, note: String
  )] {
    var found: [(size: PositionNumber, note: String)] = []
    try stored { () throws(LMDBError) in
      try tables.checkpoints.forEach(from: range.lowerBound, below: range.upperBound + 1, in: transaction) {
        size, note in
        found.append((size, String(decoding: Array(copying: note), as: UTF8.self)))
        return .continue
      }
    }
    return found
  }
}

extension LogView where Reading == WriteTransaction {
  consuming func commit() throws(LMDBError) { try transaction.commit() }
}
