public import LedgerEvents

/// An event that a program recorded under a namespace of its own.
public struct CustomEvent: Sendable {
  /// Something personal that an event carries, sealed: ``CustomEvents/reveal(_:under:)`` opens it.
  public struct PersonalName: Sendable, Hashable {
    /// Unique within the event.
    public let name: String
    /// Whose it is.
    public let account: AccountID
  }

  /// The event as the audit trail has it: with its actor, subjects, request ID, reason and ticket.
  public let entry: AuditEntry
  public let namespace: String
  /// One of the namespace's event types.
  public let type: String
  /// Version of the payload, as the program counts; 0 where it does not.
  public let version: UInt32
  /// Media type of the payload; nil where none was named.
  public let contentType: String?
  /// Exactly the bytes that were recorded.
  public let payload: [UInt8]
  public let personal: [PersonalName]

  /// An entry of the audit trail as the event that a program recorded; nil for the ledger's own.
  ///
  /// ```swift
  /// if let event = CustomEvent(entry) { show(event.namespace, event.type) }
  /// ```
  public init?(_ entry: AuditEntry) {
    guard case .customRecorded(let event) = entry.event else { return nil }
    self.entry = entry
    namespace = event.namespaceName
    type = event.eventType
    version = event.payloadVersion
    contentType = event.contentType.isEmpty ? nil : event.contentType
    payload = [UInt8](event.payload)
    personal = event.personal.map { PersonalName(name: $0.name, account: AccountID(rawValue: $0.account)) }
  }

  /// The event's position in the log.
  public var position: Position { entry.position }
  /// When it was recorded.
  public var time: Timestamp { entry.time }
}

/// Something personal that goes into an event, to be sealed under its person's key. Its description does not show the text.
public struct PersonalField: Sendable, CustomStringConvertible {
  /// Unique within the event: a to z, 0 to 9 and `_`, at most 64 bytes.
  public let name: String
  /// Whose it is. The account becomes a subject of the event.
  public let account: AccountID
  let text: String

  /// - Parameter text: at most 4,096 bytes of UTF-8.
  public init(_ name: String, of account: AccountID, _ text: String) {
    self.name = name
    self.account = account
    self.text = text
  }

  public var description: String { "\(name) of \(account)" }
}

extension PersonalField: CustomReflectable {
  public var customMirror: Mirror { Mirror(self, children: ["name": name, "account": account]) }
}
