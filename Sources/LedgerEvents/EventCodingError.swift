/// Why an event could not be read from a record, or written to one.
///
/// Two errors are equal when their codes are.
public struct EventCodingError: Error, Sendable {
  /// What kind of failure it was.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private let name: String

    private init(_ name: String) { self.name = name }

    /// The record's type is none that this program knows: a later program wrote it.
    public static let unknownType = Code("unknownType")
    /// The payload has a version that this program does not know yet.
    public static let newerVersion = Code("newerVersion")
    /// The payload is not a message of its type and version: the record is damaged, or was written by a faulty program.
    public static let malformedPayload = Code("malformedPayload")
    /// A field does not have the size that its meaning asks for.
    public static let malformedField = Code("malformedField")
    /// The payload is too large to be encoded.
    public static let notEncodable = Code("notEncodable")

    public var description: String { name }
  }

  /// What kind of failure it was.
  public let code: Code
  /// The type of the event; nil where a single field is concerned.
  public let type: EventType?
  /// The version of the payload; nil where it was not read from a record.
  public let version: UInt8?
  /// The record's position in the log; nil where it was not read from a record.
  public let position: Position?
  /// What was wrong, and what to do about it.
  public let reason: String

  init(_ code: Code, type: EventType? = nil, version: UInt8? = nil, position: Position? = nil, _ reason: String) {
    self.code = code
    self.type = type
    self.version = version
    self.position = position
    self.reason = reason
  }
}

extension EventCodingError: Equatable {
  /// Whether two errors have the same code.
  public static func == (left: EventCodingError, right: EventCodingError) -> Bool { left.code == right.code }
}

extension EventCodingError: CustomStringConvertible {
  public var description: String { "\(code): \(reason)" }
}
