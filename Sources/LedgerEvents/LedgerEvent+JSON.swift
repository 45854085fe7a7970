import SwiftProtobuf

extension LedgerEvent {
  /// The payload as JSON on one line, as Protocol Buffers have it: members by their names in the schema in camel case,
  /// 64-bit numbers as strings, bytes in base 64, what has its default left out. The record's bytes cannot be made from
  /// it: fields that this program does not know are not in it.
  ///
  /// ```swift
  /// let text = String(decoding: try event.payloadJSON(), as: UTF8.self)
  /// ```
  ///
  /// - Throws: ``EventCodingError`` with code `notEncodable` for text that is no Unicode.
  public func payloadJSON() throws(EventCodingError) -> [UInt8] {
    try messageJSON()
  }

  /// A message as JSON.
  func json(_ payload: some Message) throws(EventCodingError) -> [UInt8] {
    do {
      return try payload.jsonUTF8Bytes()
    } catch {
      throw EventCodingError(.notEncodable, type: type, "The payload of \(type) cannot be written as JSON: \(error).")
    }
  }
}
