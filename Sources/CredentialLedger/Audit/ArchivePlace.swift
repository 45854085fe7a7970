package import EventLog
public import LedgerEvents

/// Where a record is that is no longer in the live file.
public struct ArchivePlace: Sendable, Hashable {
  /// The segment's number among those of the archive, from 1 on.
  public let segment: UInt64
  /// The events that the segment holds.
  public let positions: ClosedRange<Position>

  package init(segment: UInt64, positions: ClosedRange<Position>) {
    self.segment = segment
    self.positions = positions
  }
}

extension ArchiveSegment {
  /// What others are told of it.
  package var place: ArchivePlace { ArchivePlace(segment: number, positions: ClosedRange(positions)) }
}
