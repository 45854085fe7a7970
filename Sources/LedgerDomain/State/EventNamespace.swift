public import LedgerEvents

/// A name under which a program that embeds the ledger records events of its own.
public struct EventNamespace: Sendable, Equatable, Codable {
  public var id: EventNamespaceID
  /// A domain name in reverse, such as `com.example.billing`.
  public var name: String
  /// The names of its event types, in the order in which they were registered. None is ever taken away.
  public var eventTypes: [String]
  public var registeredAt: Timestamp

  public init(id: EventNamespaceID, name: String, eventTypes: [String], registeredAt: Timestamp) {
    self.id = id
    self.name = name
    self.eventTypes = eventTypes
    self.registeredAt = registeredAt
  }
}
