import SwiftProtobuf

/// What a record's header says of its payload.
struct PayloadSource {
  let type: EventType
  let version: UInt8
  let position: Position

  /// Refuses versions that no program has written, or only a later one.
  func checkVersion() throws(EventCodingError) {
    guard let current = type.currentVersion else { throw unknownType }
    guard version <= current else {
      throw failure(
        .newerVersion,
        "\(place) has version \(version), and this program reads up to version \(current). Upgrade the program.")
    }
    guard version > 0 else { throw failure(.malformedPayload, "\(place) has version 0, which does not exist.") }
  }

  /// Reads a message from the payload.
  func decode<Payload: Message>(_ payload: RawSpan) throws(EventCodingError) -> Payload {
    do {
      return try Payload(serializedBytes: payload)
    } catch {
      throw failure(
        .malformedPayload,
        """
        \(place), version \(version), has a payload that cannot be decoded (\(error)). Verify the ledger, and restore \
        it from a backup if the record is damaged.
        """)
    }
  }

  var unknownType: EventCodingError {
    failure(
      .unknownType,
      """
      The event at position \(position) has type \(type.rawValue), version \(version), which this program does not \
      know. Upgrade the program.
      """)
  }

  private var place: String { "The \(type) at position \(position)" }

  private func failure(_ code: EventCodingError.Code, _ reason: String) -> EventCodingError {
    EventCodingError(code, type: type, version: version, position: position, reason)
  }
}
