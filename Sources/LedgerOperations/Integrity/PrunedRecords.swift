import EventLog
import LedgerEvents
import Projections

/// What the log itself says was removed: a record may be missing only where an event `retention.applied` names it.
struct PrunedRecords {
  private var ranges: [ClosedRange<Position>] = []

  /// Learns from a record, if it is such an event.
  ///
  /// - Throws: ``LogError/Code/unreadableEvent`` where it names no positions.
  mutating func learn(from header: RecordHeader, _ record: RawSpan) throws(LogError) {
    guard header.type == EventType.retentionApplied.rawValue,
      case .retentionApplied(let event) = try Record(Array(copying: record), at: header.position).event
    else { return }
    guard let named = PositionRanges(of: event), named.last.rawValue < header.position else {
      throw LogError(.unreadableEvent, "the event names no positions before it", at: header.position)
    }
    ranges += named.ranges
  }

  /// Refuses records that are missing though no event names them.
  ///
  /// - Throws: ``LogError/Code/damagedRecord`` with the first of them.
  func require(_ archived: PositionSet) throws(LogError) {
    var left = archived
    guard !left.isEmpty else { return }
    for range in ranges { for position in range.numbers { left.remove(position) } }
    guard let first = left.first else { return }
    throw LogError(
      .damagedRecord, "the record counts as archived, but no event of the log removed it; restore a backup", at: first)
  }
}
