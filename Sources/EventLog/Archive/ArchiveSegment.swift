import LMDB
package import LedgerCrypto

/// A segment of an archive: the home of the records that are no longer in the live file.
package struct ArchiveSegment: Sendable, Hashable {
  /// Its number among the segments of the archive, from 1 on.
  package let number: UInt64
  /// The events that it holds.
  package let positions: ClosedRange<PositionNumber>
  /// Root of the tree over all events up to its end.
  package let root: Digest

  package init(number: UInt64, positions: ClosedRange<PositionNumber>, root: Digest) {
    self.number = number
    self.positions = positions
    self.root = root
  }
}

/// A segment as it is stored, under the first position that it holds.
package struct ArchiveSegmentRow: ValueCodec, Sendable {
  /// The row is its own value.
  package typealias Value = Self

  let number: UInt64
  let last: PositionNumber
  let root: Digest

  init(_ segment: ArchiveSegment) {
    number = segment.number
    last = segment.positions.upperBound
    root = segment.root
  }

  private init(number: UInt64, last: PositionNumber, root: Digest) {
    self.number = number
    self.last = last
    self.root = root
  }

  /// The segment that begins at a position; nil where that is none.
  func segment(from first: PositionNumber) -> ArchiveSegment? {
    guard first > 0, first <= last else { return nil }
    return ArchiveSegment(number: number, positions: first...last, root: root)
  }

  package static func byteCount(of value: Self) -> Int { 48 }

  package static func encode(_ value: Self, into output: inout OutputRawSpan) {
    output.append(littleEndian: value.number)
    output.append(littleEndian: value.last)
    unsafe value.root.withUnsafeBytes { unsafe output.append(RawSpan(_unsafeBytes: $0)) }
  }

  package static func decode(_ bytes: RawSpan) -> Self? {
    guard bytes.byteCount == 48, let root = Digest(copying: bytes.extracting(16..<48)) else { return nil }
    return Self(
      number: bytes.load(littleEndian: UInt64.self), last: bytes.load(littleEndian: UInt64.self, at: 8), root: root)
  }
}

/// Where the records are read that are no longer in the live file.
package protocol RecordArchive: Sendable {
  /// The record at a position as the archive has it, which the caller holds against the tree; nil if it has none.
  ///
  /// - Throws: ``LogError/Code/archived`` where its segment is not at hand, ``LogError/Code/damagedRecord`` where that is
  ///   not what was written.
  func record(at position: PositionNumber) throws(LogError) -> [UInt8]?
}
