/// Positions of the log as an event names many of them: the first, and the lengths of the ranges from there on that are
/// meant and that are not, by turns.
public struct PositionRanges: Sendable, Hashable {
  public let first: UInt64
  public let lengths: [UInt64]

  /// Names positions.
  ///
  /// - Parameter positions: at least one, in order and each once; nil otherwise.
  public init?(_ positions: some Sequence<UInt64>) {
    var lengths: [UInt64] = []
    var (first, next) = (UInt64(0), UInt64(0))
    for position in positions {
      guard position > 0, position < .max, lengths.isEmpty || position >= next else { return nil }
      if lengths.isEmpty {
        first = position
        lengths = [1]
      } else if position == next {
        lengths[lengths.count - 1] += 1
      } else {
        lengths += [position - next, 1]
      }
      next = position + 1
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
    (first, lengths) = (event.first, event.lengths)
  }

  /// The last position that is meant.
  public var last: UInt64 { lengths.reduce(first, +) - 1 }

  /// How many are meant.
  public var count: UInt64 { stride(from: 0, to: lengths.count, by: 2).reduce(0) { $0 + lengths[$1] } }

  /// The ranges that are meant, in order.
  public var ranges: [ClosedRange<UInt64>] {
    var ranges: [ClosedRange<UInt64>] = []
    var start = first
    for (index, length) in lengths.enumerated() {
      if index.isMultiple(of: 2) { ranges.append(start...start + length - 1) }
      start += length
    }
    return ranges
  }
}
