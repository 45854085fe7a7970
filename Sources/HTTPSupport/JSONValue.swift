/// A value of JSON (RFC 8259).
public enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  /// A number as it is written: what came as a number may have been meant as a text.
  case number(String)
  case string(String)
  case array([JSONValue])
  /// Members in the order in which they are written.
  case members([Member])

  /// A member of an object.
  public struct Member: Sendable, Equatable {
    public let name: String
    public let value: JSONValue

    public init(_ name: String, _ value: JSONValue) {
      self.name = name
      self.value = value
    }
  }

  /// An object.
  public static func object(_ members: [(String, JSONValue)]) -> JSONValue { .members(members.map { Member($0, $1) }) }

  /// A whole number.
  public static func integer(_ number: some BinaryInteger) -> JSONValue { .number(String(number)) }

  /// The value as strict JSON in UTF-8.
  public var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(512)
    append(to: &bytes)
    return bytes
  }

  func append(to bytes: inout [UInt8]) {
    switch self {
    case .null: bytes += "null".utf8
    case .bool(let value): bytes += (value ? "true" : "false").utf8
    case .number(let text): bytes += text.utf8
    case .string(let text): Self.append(text, to: &bytes)
    case .array(let values):
      bytes.append(UInt8(ascii: "["))
      for (index, value) in values.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        value.append(to: &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    case .members(let members):
      bytes.append(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        Self.append(member.name, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        member.value.append(to: &bytes)
      }
      bytes.append(UInt8(ascii: "}"))
    }
  }

  /// Writes a string, in its quotes, behind other bytes of a JSON text.
  package static func append(_ text: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    var text = text
    let isWritten = text.withUTF8 { unsafe Self.appendPlain($0, to: &bytes) }
    if !isWritten { appendEscaped(text, to: &bytes) }
    bytes.append(UInt8(ascii: "\""))
  }

  /// Hardly any text has a character to escape: it is copied as it is.
  ///
  /// - Returns: false for a text that has one; then nothing was written.
  private static func appendPlain(_ text: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) -> Bool {
    for index in 0..<text.count {
      let byte = unsafe text[index]
      guard byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") else { return false }
    }
    unsafe bytes.append(contentsOf: text)
    return true
  }

  private static func appendEscaped(_ text: String, to bytes: inout [UInt8]) {
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
      case 0..<0x20:
        let digits = String(byte, radix: 16)
        bytes += "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8
      default: bytes.append(byte)
      }
    }
  }
}

extension JSONValue {
  /// The member of this name, without regard to case; the last of several. Null counts as absent.
  public subscript(name: String) -> JSONValue? {
    guard case .members(let members) = self else { return nil }
    guard let value = members.last(where: { Self.isSame($0.name, name) })?.value, value != .null else { return nil }
    return value
  }

  /// Whether two names are the same without regard to case. Nearly all are of ASCII, and are compared by their bytes.
  private static func isSame(_ left: String, _ right: String) -> Bool {
    let (first, second) = (left.utf8, right.utf8)
    guard first.allSatisfy({ $0 < 0x80 }), second.allSatisfy({ $0 < 0x80 }) else {
      return left.lowercased() == right.lowercased()
    }
    return first.count == second.count && zip(first, second).allSatisfy { small($0) == small($1) }
  }

  private static func small(_ byte: UInt8) -> UInt8 {
    UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte | 0x20 : byte
  }

  /// A text, or a number or boolean in the place of one.
  public var text: String? {
    switch self {
    case .string(let text), .number(let text): text
    case .bool(let value): value ? "true" : "false"
    default: nil
    }
  }

  /// A boolean, or a text or number in the place of one, in any case; nil for anything else.
  public var truth: Bool? {
    switch text?.lowercased() {
    case "true", "1": true
    case "false", "0": false
    default: nil
    }
  }

  /// A whole number, or a text in the place of one; nil for anything else.
  public var wholeNumber: Int64? { text.flatMap { Int64($0) } }

  /// The items of an array; nil for anything else.
  public var items: [JSONValue]? {
    guard case .array(let items) = self else { return nil }
    return items
  }
}
