package import LedgerCrypto
package import LedgerEvents

/// Writes into the log which records of long expired tokens leave the live file, and which segment of an archive has them.
package struct ApplyRetention: Command {
  /// The tokens had expired by then.
  package var expiredBy: Timestamp
  /// How long before the run that was, in milliseconds.
  package var olderThan: Int64
  /// Number of the segment in its archive, and the events that it holds.
  package var segment: UInt64
  package var segmentPositions: ClosedRange<Position>
  /// Root of the tree over all events up to the segment's end.
  package var root: Digest
  /// Which records leave, in order, and how many bytes they have.
  package var positions: [Position]
  package var bytes: UInt64

  package init(
    expiredBy: Timestamp, olderThan: Int64, segment: UInt64, segmentPositions: ClosedRange<Position>, root: Digest,
    positions: [Position], bytes: UInt64
  ) {
    self.expiredBy = expiredBy
    self.olderThan = olderThan
    self.segment = segment
    self.segmentPositions = segmentPositions
    self.root = root
    self.positions = positions
    self.bytes = bytes
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    guard olderThan > 0, expiredBy < context.now else {
      throw .refused(.invalidValue, field: "olderThan", expected: "a time that lies in the past")
    }
    guard let named = PositionRanges(positions), segmentPositions.contains(named.first),
      segmentPositions.contains(named.last), named.last < context.next
    else {
      throw .refused(.invalidValue, field: "positions", expected: "positions of the segment, in order and each once")
    }
    var event = RetentionApplied()
    event.expiredBy = expiredBy.milliseconds
    event.olderThan = olderThan
    event.segment = segment
    event.segmentFirst = segmentPositions.lowerBound.rawValue
    event.segmentLast = segmentPositions.upperBound.rawValue
    event.root = .init(root)
    event.first = named.first.rawValue
    event.lengths = named.lengths
    event.records = UInt64(positions.count)
    event.bytes = bytes
    return Decision(by: Requester.operator, .retentionApplied(event))
  }

  /// The position of the event.
  package func outcome(of recorded: RecordedEvents) -> Position { recorded.first }
}
