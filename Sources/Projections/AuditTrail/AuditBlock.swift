import EventLog
import LMDB

/// A range of a run, in one row.
///
/// A run's blocks cover every possible entry: the first starts at ``AuditIndexEntry/least``, each ends where the next one
/// starts, and the last ends at ``AuditIndexEntry/greatest``. So a missing block is noticed.
///
/// | Size | Field |
/// | --- | --- |
/// | 18 | where the block ends: the next block's start, as ``AuditIndexEntry/encode(into:)`` writes it |
/// | rest | entries, in order |
///
/// Each entry begins with a varint (LEB128):
/// - even, 2 or more: the term before, at a position greater by half of it;
/// - odd, 3 or more: a term of the same dimension and kind, its number greater by half of it; then the position;
/// - 1: a byte of dimension, a byte of kind, a varint of number; then the position. A block's first entry is such.
///
/// A position that is not told by its difference is a varint, counted from the run's first.
enum AuditBlock {
  /// Two blocks of this size, with their keys and checks, fill one of LMDB's pages of 4,096 bytes to the last byte.
  static let maximumByteCount = 1_996
  /// The longest an entry can be: a varint of 1, dimension and kind, two varints.
  static let maximumEntryByteCount = 23

  /// Reads a block's entries, in order, until `body` returns false.
  ///
  /// - Returns: where the block ends.
  /// - Throws: ``LogError/Code/damagedProjection`` where the bytes are no block of the run from `start` on.
  @discardableResult
  static func read(
    _ bytes: RawSpan, of run: AuditRun, from start: AuditIndexEntry, _ body: (AuditIndexEntry) -> Bool
  ) throws(LogError) -> AuditIndexEntry {
    guard bytes.byteCount >= AuditIndexEntry.byteCount else { throw damaged(run) }
    let end = AuditIndexEntry(bytes, at: 0)
    let isSound = unsafe bytes.withUnsafeBytes { bytes in
      var reader = unsafe ByteReader(bytes)
      _ = reader.skip(AuditIndexEntry.byteCount)
      var entry = AuditIndexEntry.least
      while !reader.isAtEnd {
        guard let next = decode(&reader, after: entry, in: run), next >= start, next < end else { return false }
        entry = next
        if !body(entry) { break }
      }
      return true
    }
    guard isSound else { throw damaged(run) }
    return end
  }

  @inline(__always)
  private static func decode(
    _ reader: inout ByteReader, after entry: AuditIndexEntry, in run: AuditRun
  ) -> AuditIndexEntry? {
    guard let code = reader.varint(), code > 0 else { return nil }
    if code & 1 == 0 {
      let (position, overflow) = entry.position.addingReportingOverflow(code >> 1)
      return overflow || position > run.last ? nil : AuditIndexEntry(term: entry.term, position: position)
    }
    var term = entry.term
    if code > 1 {
      let (number, overflow) = term.number.addingReportingOverflow(code >> 1)
      if overflow { return nil }
      term = AuditTerm(category: term.category, number: number)
    } else {
      guard let dimension = reader.byte(), let kind = reader.byte(), let number = reader.varint() else { return nil }
      term = AuditTerm(category: UInt16(dimension) << 8 | UInt16(kind), number: number)
      guard term > entry.term else { return nil }
    }
    guard let offset = reader.varint(), offset <= run.last - run.first else { return nil }
    return AuditIndexEntry(term: term, position: run.first + offset)
  }

  static func damaged(_ run: AuditRun) -> LogError {
    LogError(
      .damagedProjection,
      "a block of the audit trail's run over the positions \(run.first) to \(run.last) is missing or malformed; rebuild "
        + "the projections", at: run.first)
  }
}
