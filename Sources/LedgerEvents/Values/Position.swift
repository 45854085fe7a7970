/// Where an event is in the log: 1 for the first, without gaps; 0 is before all of them.
///
/// The position of the newest event is also how many events there are, and the size of the Merkle tree over them; the leaf
/// index of RFC 6962 is one less. An object bears the position of the event that made it as its number: ``ObjectID``.
@frozen
public struct Position: RawRepresentable, Sendable, Hashable, BitwiseCopyable {
  /// The number that the log, its proofs and JSON have for it.
  public let rawValue: UInt64

  /// The position with a number.
  @inlinable
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The position with a number.
  @inlinable
  public init(_ number: UInt64) { self.init(rawValue: number) }

  /// The position after it; the greatest stays as it is.
  @inlinable
  public var next: Position { self + 1 }

  /// The greatest that there is a number for: after all events.
  @inlinable
  public static var max: Position { Position(.max) }

  /// Whether two positions are the same. Without it the comparison would be that of ``Strideable``, by a distance that may
  /// be too long for a number.
  @inlinable
  public static func == (left: Position, right: Position) -> Bool { left.rawValue == right.rawValue }
}

extension Position: Strideable {
  @inlinable
  public static func < (left: Position, right: Position) -> Bool { left.rawValue < right.rawValue }

  /// How many events after it `other` is; below 0 where it is before it.
  @inlinable
  public func distance(to other: Position) -> Int { rawValue.distance(to: other.rawValue) }

  /// The position that many events after it, or before it.
  @inlinable
  public func advanced(by events: Int) -> Position { Position(rawValue.advanced(by: events)) }
}

// Positions come from people and from other programs. What lies beyond the greatest number, or below 0, stays there: it must
// neither trap nor wrap round.
extension Position {
  /// The position that many events after another.
  @inlinable
  public static func + (position: Position, events: UInt64) -> Position {
    let (sum, overflow) = position.rawValue.addingReportingOverflow(events)
    return overflow ? .max : Position(sum)
  }

  /// The position that many events before another.
  @inlinable
  public static func - (position: Position, events: UInt64) -> Position {
    let (difference, overflow) = position.rawValue.subtractingReportingOverflow(events)
    return overflow ? 0 : Position(difference)
  }

  /// How many events lie after an earlier position, up to this one; 0 after one that is not earlier.
  @inlinable
  public func distance(from earlier: Position) -> UInt64 {
    let (difference, overflow) = rawValue.subtractingReportingOverflow(earlier.rawValue)
    return overflow ? 0 : difference
  }

  /// The index of the event's leaf in the Merkle tree (RFC 6962); nil for 0, where there is no event.
  @inlinable
  public var leafIndex: UInt64? { rawValue == 0 ? nil : distance(from: 1) }
}

extension ClosedRange<Position> {
  /// The positions with these numbers.
  package init(_ numbers: ClosedRange<UInt64>) { self = Position(numbers.lowerBound)...Position(numbers.upperBound) }

  /// Their numbers.
  package var numbers: ClosedRange<UInt64> { lowerBound.rawValue...upperBound.rawValue }
}

extension Position: ExpressibleByIntegerLiteral {
  @inlinable
  public init(integerLiteral number: UInt64) { self.init(rawValue: number) }
}

extension Position: LosslessStringConvertible {
  /// The number alone.
  public var description: String { String(rawValue) }

  /// Reads what ``description`` gives; nil for what is not a number.
  public init?(_ text: String) {
    guard let number = UInt64(text) else { return nil }
    self.init(rawValue: number)
  }
}

/// In JSON the number alone.
extension Position: Codable {}

extension ObjectID {
  /// The position of the event that made the object.
  @inlinable
  public var position: Position { Position(rawValue: rawValue) }

  /// The object that the event at a position made.
  @inlinable
  public init(madeAt position: Position) { self.init(rawValue: position.rawValue) }
}
