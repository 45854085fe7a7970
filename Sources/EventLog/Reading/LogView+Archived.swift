import LMDB
package import LedgerCrypto
import TransparencyLog

/// The tables that say which records are in an archive and no longer in the live file.
struct ArchivedTables {
  /// Row of 256 positions to which of them are archived: see ``ArchivedRow``.
  let places: Table<PositionKey, RawBytes>
  /// First position of a segment to the segment.
  let segments: Table<PositionKey, ArchiveSegmentRow>
}

extension EventLog {
  /// The archive that is at hand; nil where none is.
  package var archive: (any RecordArchive)? { tables.archive }
}

/// What was read last on the way through archived positions.
private struct ArchivedRead {
  var key: UInt64?
  var row: ArchivedRow?
  var segment: ArchiveSegment?
}

/// Where a record is that is no longer in the live file.
package struct ArchivedPlace: Sendable, Hashable {
  package let position: PositionNumber
  package let stamp: RecordStamp
  package let segment: ArchiveSegment

  /// What to tell a caller that needs the record.
  var absence: LogError {
    LogError(
      .archived,
      "the record was removed from the live file: it is in segment \(segment.number) of the archive, with the events "
        + "\(segment.positions.lowerBound) to \(segment.positions.upperBound); name the archive's folder", at: position)
  }
}

/// Records that are no longer in the live file. What is read from an archive is verified against the tree each time, so it is
/// the record that was appended, or an error.
extension LogView where Reading: ~Copyable {
  /// How many records are in an archive and no longer in the live file. One look-up.
  package func archivedCount() throws(LogError) -> UInt64 {
    let bytes = try stored { () throws(LMDBError) in try tables.meta.get(LogTables.archivedCount, in: transaction) }
    return (bytes ?? []).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// The last position whose record is archived; 0 where none is.
  package func lastArchived() throws(LogError) -> PositionNumber {
    guard let archived = tables.archived else { return 0 }
    let last = try stored { () throws(LMDBError) in
      try archived.places.withCursor(in: transaction) { cursor throws(LMDBError) in
        try cursor.last() ? cursor.key() : nil
      }
    }
    guard let last, let row = try archivedRow(last, archived) else { return 0 }
    return last * ArchivedRow.width + UInt64(row.lastIndex) + 1
  }

  /// Where the record of a position is, if it is archived; nil where it is not.
  package func archivedPlace(at position: PositionNumber) throws(LogError) -> ArchivedPlace? {
    var read = ArchivedRead()
    return try archivedPlace(at: position, &read)
  }

  /// The same for positions that follow each other.
  private func archivedPlace(at position: PositionNumber, _ read: inout ArchivedRead) throws(LogError) -> ArchivedPlace? {
    guard position > 0, let archived = tables.archived else { return nil }
    let (key, index) = ArchivedRow.place(of: position)
    if read.key != key { read = ArchivedRead(key: key, row: try archivedRow(key, archived), segment: read.segment) }
    guard let stamp = read.row?.stamp(at: index) else { return nil }
    if read.segment?.positions.contains(position) != true { read.segment = try archiveSegment(of: position) }
    guard let segment = read.segment else {
      throw LogError(
        .damagedRecord, "the record counts as archived, but no segment is noted that has it; restore a backup",
        at: position)
    }
    return ArchivedPlace(position: position, stamp: stamp, segment: segment)
  }

  /// Which of 256 positions are archived; nil where none is.
  func archivedRow(_ key: UInt64, _ archived: ArchivedTables) throws(LogError) -> ArchivedRow? {
    let row = try stored { () throws(LMDBError) in
      try archived.places.withBytes(of: key, in: transaction) { bytes in ArchivedRow(bytes) }
    }
    guard let row else { return nil }
    guard let row else { throw Self.damagedNote(of: key) }
    return row
  }

  private static func damagedNote(of key: UInt64) -> LogError {
    LogError(
      .damagedRecord, "what says which records are archived is damaged; restore a backup",
      at: key * ArchivedRow.width + 1)
  }

  /// The segment that has a position.
  private func archiveSegment(of position: PositionNumber) throws(LogError) -> ArchiveSegment? {
    guard let archived = tables.archived else { return nil }
    let found = try stored { () throws(LMDBError) in
      try archived.segments.withCursor(in: transaction) { cursor throws(LMDBError) -> ArchiveSegment? in
        guard try cursor.seek(atOrBefore: position) else { return nil }
        return try cursor.value().segment(from: cursor.key())
      }
    }
    return found.flatMap { $0.positions.contains(position) ? $0 : nil }
  }

  /// The segments of the archive that was used last, in order.
  package func archiveSegments() throws(LogError) -> [ArchiveSegment] {
    guard let archived = tables.archived else { return [] }
    return try stored { () throws(LMDBError) in
      var segments: [ArchiveSegment] = []
      try archived.segments.withCursor(in: transaction) { cursor throws(LMDBError) in
        while try cursor.next() {
          if let segment = try cursor.value().segment(from: cursor.key()) { segments.append(segment) }
        }
      }
      return segments
    }
  }

  /// Type and time of the event at a position, wherever its record is; nil beyond the head. A look-up or two.
  ///
  /// - Throws: ``LogError/Code/damagedRecord``.
  package func stamp(at position: PositionNumber) throws(LogError) -> RecordStamp? {
    if let stamp = try liveStamp(at: position) { return stamp }
    if let place = try archivedPlace(at: position) { return place.stamp }
    guard position > 0, try position <= head() else { return nil }
    throw Self.missing(position)
  }

  private func liveStamp(at position: PositionNumber) throws(LogError) -> RecordStamp? {
    let header: Result<RecordHeader, LogError>?
    do throws(LMDBError) {
      header = try tables.records.withBytes(of: position, in: transaction) { bytes in
        Result { () throws(LogError) in try RecordHeader(parsing: bytes, at: position) }
      }
    } catch { throw Self.failure(error, at: position) }
    return try header?.get().stamp
  }

  /// The record of a position that has no row; nil beyond the head.
  func archivedRecord(at position: PositionNumber) throws(LogError) -> Record? {
    guard position > 0, try position <= head() else { return nil }
    guard let place = try archivedPlace(at: position) else { throw Self.missing(position) }
    return try Record(archivedBytes(at: place), at: position)
  }

  /// Reads a record from the archive.
  ///
  /// - Throws: ``LogError/Code/archived`` where the archive is not available; ``LogError/Code/damagedRecord`` where what it
  ///   has is not what the tree says.
  private func archivedBytes(at place: ArchivedPlace) throws(LogError) -> [UInt8] {
    guard let archive = tables.archive, let bytes = try archive.record(at: place.position) else { throw place.absence }
    guard try MerkleHash.leaf(bytes) == leafHash(at: place.position) else {
      throw LogError(
        .damagedRecord,
        "what segment \(place.segment.number) of the archive has here is not the record that was removed",
        at: place.position)
    }
    return bytes
  }

  /// The hash that the tree has of a record, which is in a complete tile.
  ///
  /// - Throws: ``LogError/Code/inconsistentTree`` where the tile is missing.
  package func leafHash(at position: PositionNumber) throws(LogError) -> Digest {
    let (tile, place) = (position - 1).quotientAndRemainder(dividingBy: UInt64(TileCoordinate.width))
    let coordinate = TileCoordinate(level: 0, index: tile)
    let hashes = try TileStore(transaction.handle, tables).hashes(
      of: coordinate, count: coordinate.hashCount(size: head()))
    guard Int(place) < hashes.count else { throw TileStore.unusable(coordinate) }
    return hashes[Int(place)]
  }

  /// Goes through positions that have no row, from `next` to `end`, that one included.
  ///
  /// - Returns: whether `body` wants more.
  func passGap(
    from next: inout PositionNumber, to end: PositionNumber, reversed: Bool,
    passing: (ArchivedPlace) throws(LogError) -> Bool, _ body: (RecordHeader, RawSpan) throws(LogError) -> Bool
  ) throws(LogError) -> Bool {
    var read = ArchivedRead()
    while reversed ? next >= end : next <= end {
      guard let place = try archivedPlace(at: next, &read) else { throw Self.missing(next) }
      if try !passing(place) {
        let bytes = try archivedBytes(at: place)
        let record = unsafe bytes.span.bytes
        guard try body(RecordHeader(parsing: record, at: next), record) else { return false }
      }
      next = reversed ? next - 1 : next + 1
    }
    return true
  }

  static func missing(_ position: PositionNumber) -> LogError {
    LogError(.damagedRecord, "the record is missing; restore a backup", at: position)
  }

  /// Which positions count as archived, in the rows that a range touches.
  func archivedPositions(in range: ClosedRange<PositionNumber>) throws(LogError) -> PositionSet {
    guard let archived = tables.archived else { return PositionSet() }
    var found = PositionSet()
    var damaged: UInt64?
    try stored { () throws(LMDBError) in
      try archived.places.forEach(
        from: ArchivedRow.place(of: range.lowerBound).row, below: ArchivedRow.place(of: range.upperBound).row + 1,
        in: transaction
      ) { key, bytes in
        guard let row = ArchivedRow(bytes) else {
          damaged = key
          return .stop
        }
        found.insert(row.bits, ofRow: key)
        return .continue
      }
    }
    if let damaged { throw Self.damagedNote(of: damaged) }
    return found
  }
}

extension RecordHeader {
  /// What is kept of the record once it is in an archive.
  package var stamp: RecordStamp { RecordStamp(type: type, recordedAt: recordedAt) }
}
