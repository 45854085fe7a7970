import LedgerDomain
import LedgerEvents

/// The folder of an archive: segments that follow each other from the first event on. See ``SegmentHeader``.
package struct ArchiveFolder {
  package let path: String

  package init(path: String) { self.path = path }

  /// The ranges of the segments, in order.
  ///
  /// - Throws: `not_found` where there are none; `damaged` where one is missing between others, or two overlap.
  package func ranges() throws(LedgerError) -> [ClosedRange<UInt64>] {
    let ranges = (Folder.names(in: path) ?? []).compactMap(SegmentHeader.range(of:)).sorted {
      $0.lowerBound < $1.lowerBound
    }
    guard !ranges.isEmpty else {
      throw LedgerError(
        .notFound, "\(path) holds neither a backup nor segments of an archive; check the path", field: "path")
    }
    var end: UInt64 = 0
    for range in ranges {
      guard range.lowerBound == end + 1 else {
        let reason =
          range.lowerBound > end
          ? "the segment with the events \(end + 1) to \(range.lowerBound - 1) is missing"
          : "two segments hold the event \(range.lowerBound)"
        throw LedgerError(.damaged, "\(path): \(reason)", position: Position(end + 1))
      }
      end = range.upperBound
    }
    return ranges
  }

  /// The file of a segment.
  package func file(_ range: ClosedRange<UInt64>) -> String {
    "\(path)/\(SegmentHeader.fileName(range.lowerBound, range.upperBound))"
  }

  /// Opens a segment, which must be the one that its name says.
  package func open(_ range: ClosedRange<UInt64>) throws(LedgerError) -> SegmentReader {
    let reader = try SegmentReader(opening: file(range))
    guard reader.header.first == range.lowerBound, reader.header.last == range.upperBound else {
      throw LedgerError(.damaged, "\(reader.path) holds other events than its name says")
    }
    return reader
  }

  /// The ledger's name, as the first segment has it.
  package func origin() throws(LedgerError) -> String {
    let ranges = try ranges()
    return try open(ranges[0]).header.origin
  }
}
