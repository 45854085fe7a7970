import SwiftProtobuf

// Between events and the bytes of a record's payload. Protocol Buffers, as a ledger outlives its program: any language
// can read it, and fields that a program does not know survive its hands.

extension LedgerEvent {
  /// The payload in the type's current version (``EventType/currentVersion``).
  ///
  /// - Throws: ``EventCodingError`` with code `notEncodable` for a payload over 2 GB, thousands of times what a record
  ///   holds.
  public func encodedPayload() throws(EventCodingError) -> [UInt8] {
    try encodedMessage()
  }

  /// The bytes of a message.
  func encode(_ payload: some Message) throws(EventCodingError) -> [UInt8] {
    do {
      return try payload.serializedBytes()
    } catch {
      throw EventCodingError(.notEncodable, type: type, "The payload of \(type) cannot be encoded: \(error).")
    }
  }

  /// Reads the event of a record.
  ///
  /// - Parameters:
  ///   - type: number of the event's type, from the record's header.
  ///   - version: version of the payload, from the record's header.
  ///   - payload: the record's payload. Nothing refers to it afterwards.
  ///   - position: position of the record, for the error.
  /// - Throws: ``EventCodingError`` with code `unknownType` or `newerVersion` where a later program wrote the record, and
  ///   `malformedPayload` where the bytes are not what type and version say.
  public static func decode(
    type: UInt16, version: UInt8, payload: RawSpan, position: Position
  ) throws(EventCodingError) -> LedgerEvent {
    let source = PayloadSource(type: EventType(rawValue: type), version: version, position: position)
    try source.checkVersion()
    return try decodedMessage(payload, from: source)
  }
}
