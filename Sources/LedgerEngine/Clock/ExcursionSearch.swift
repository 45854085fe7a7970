package import EventLog
import LedgerEvents
package import Projections

/// Looks for the event since which a clock was ahead that is now set back.
///
/// What a clock that jumps ahead records comes after a gap as long as the jump or longer. The latest such gap counts whose
/// earlier end the clock of now allows. Gaps between events that were recorded while the ledger is open do not count: that
/// no step lies there is known.
package struct ExcursionSearch: Sendable {
  package let log: EventLog<ProjectionSet>
  /// The newest event when the ledger was opened; the greatest number where nothing tells steps from time that passes.
  package let opened: UInt64
  package let reading: LedgerClock.Reading
  package let tolerance: Int64

  private static let piece: UInt64 = 65_536

  /// - Returns: the first event of a clock that was ahead, and how long the gap before it is; nil where there is none.
  package func run() throws(LogError) -> (first: UInt64, gap: Int64?) {
    var later: (position: UInt64, stamp: RecordStamp)?
    var found: (first: UInt64, gap: Int64?)?
    let least = (0 as Int64).saturating(minus: reading.step).saturating(minus: tolerance)
    let latest = reading.wall.saturating(plus: tolerance)
    func look(_ position: UInt64, _ stamp: RecordStamp) {
      defer { later = (position, stamp) }
      guard let later, found == nil else { return }
      let gap = later.stamp.recordedAt.saturating(minus: stamp.recordedAt)
      let isKnown = later.position > .following(opened) && later.stamp.type != RecordStamp.clockCorrected
      if gap >= least, gap > 0, stamp.recordedAt <= latest, !isKnown { found = (later.position, gap) }
    }
    var last = try log.snapshot().head()
    while last > 0, found == nil {
      let first = last > Self.piece ? last - Self.piece + 1 : 1
      // Of what is in an archive, the stamp is enough.
      try log.snapshot().forEachRecord(in: first...last, reversed: true) { place throws(LogError) in
        look(place.position, place.stamp)
        return true
      } _: { (header, _) throws(LogError) in
        look(header.position, header.stamp)
        return found == nil
      }
      last = first - 1
    }
    return found ?? (1, nil)
  }
}
