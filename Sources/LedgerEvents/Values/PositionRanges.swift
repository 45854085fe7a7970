/// Positions of the log as an event names many of them: the first, and the lengths of the ranges from there on that are
/// meant and that are not, by turns.
public struct PositionRanges: Sendable, Hashable {
  public let first: Position
  public let lengths: [UInt64]

  /// Names positions.
  ///
  /// - Parameter positions: at least one, in order and each once; nil otherwise.
  public init?(_ positions: some Sequence<Position>) {
    var lengths: [UInt64] = []
    var (first, next) = (Position(0), Position(0))
    for position in positions {
      guard position > 0, position < .max, lengths.isEmpty || position >= next else { return nil }
      if lengths.isEmpty {
        first = position
        lengths = [1]
      } else if position == next {
        lengths[lengths.count - 1] += 1
      } else {
        lengths += [position.distance(from: next), 1]
      }
      next = position.next
    }
    guard !lengths.isEmpty else { return nil }
    (self.first, self.lengths) = (first, lengths)
  }

  /// The positions that an event names; nil where they are malformed.
  public init?(of event: RetentionApplied) {
    guard event.first > 0, event.lengths.count % 2 == 1, !event.lengths.contains(0) else { return nil }
    var end = event.first
    for length in event.lengths {
      let (sum, overflow) = end.addingReportingOverflow(length)
      guard !overflow else { return nil }
      end = sum
    }
    (first, lengths) = (Position(event.first), event.lengths)
  }

  /// The last position that is meant.
  public var last: Position { Position(lengths.reduce(first.rawValue, +) - 1) }

  /// How many are meant.
  public var count: UInt64 { stride(from: 0, to: lengths.count, by: 2).reduce(0) { $0 + lengths[$1] } }

  /// The ranges that are meant, in order.
  public var ranges: [ClosedRange<Position>] {
    var ranges: [ClosedRange<Position>] = []
    var start = first.rawValue
    for (index, length) in lengths.enumerated() {
      if index.isMultiple(of: 2) { ranges.append(Position(start)...Position(start + length - 1)) }
      start += length
    }
    return ranges
  }
}
