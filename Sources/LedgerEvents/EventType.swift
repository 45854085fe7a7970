/// The type of an event: a number that stands in every record of that type, and is never changed or used again.
///
/// A number without a name is possible: a later program may have written it.
@frozen
public struct EventType: RawRepresentable, Sendable, Hashable {
  /// The number in the record.
  public let rawValue: UInt16

  /// The type of a number, registered or not.
  @inlinable
  public init(rawValue: UInt16) { self.rawValue = rawValue }
}

extension EventType: CaseIterable {
  /// Every type that this program knows, in the order of the numbers.
  public static let allCases = registry.map(\.type)

  /// The name for people and queries, such as `token.issued`. Nil for a type that this program does not know.
  public var name: String? { EventType.names[self] }

  /// The type of this name; nil if there is none.
  public init?(name: some StringProtocol) {
    guard let entry = EventType.registry.first(where: { name == $0.name }) else { return nil }
    self = entry.type
  }

  private static let names = Dictionary(uniqueKeysWithValues: registry.map { ($0.type, $0.name) })
}

extension EventType: Comparable {
  /// The order of the numbers.
  @inlinable
  public static func < (left: EventType, right: EventType) -> Bool { left.rawValue < right.rawValue }
}

extension EventType: CustomStringConvertible {
  /// The name; `type 1234` if this program does not know it.
  public var description: String { name ?? "type \(rawValue)" }
}
