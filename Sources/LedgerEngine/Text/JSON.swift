/// A JSON value (RFC 8259), with the members of objects in their order. Numbers are whole and not negative.
package enum JSON: Sendable {
  case null
  case bool(Bool)
  case number(UInt64)
  case string(String)
  case array([JSON])
  case object([(String, JSON)])

  /// The value of an object's member; nil where there is none.
  package subscript(name: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.0 == name }?.1
  }

  /// The text, if it is one.
  package var string: String? { if case .string(let value) = self { value } else { nil } }
  /// The number, if it is one.
  package var number: UInt64? { if case .number(let value) = self { value } else { nil } }
  /// The truth value, if it is one.
  package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  /// The values of an array, if it is one.
  package var elements: [JSON]? { if case .array(let values) = self { values } else { nil } }
}

extension JSON {
  /// Which characters are written as escapes, besides those that must be.
  package typealias Escaping = (Unicode.Scalar) -> Bool

  /// The value as files have it, in one form for good: nothing is escaped that need not be.
  package func text(indented: Bool = false) -> String { text(indented: indented) { _ in false } }

  /// The value as text: on one line, or with an indent of two spaces.
  ///
  /// - Parameter isEscaped: asked of each character up to U+FFFF, but for the printable ones of ASCII.
  package func text(indented: Bool, escaping isEscaped: Escaping) -> String {
    var text = ""
    // Enough for most objects, so that it need not grow in steps.
    if case .object = self { text.reserveCapacity(512) }
    write(to: &text, indent: indented ? "\n" : nil, isEscaped)
    return text
  }

  private func write(to text: inout String, indent: String?, _ isEscaped: Escaping) {
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .number(let value): text += String(value)
    case .string(let value): Self.write(value, to: &text, escaping: isEscaped)
    case .array(let values):
      Self.write(values, "[", "]", to: &text, indent) { value, text, inner in
        value.write(to: &text, indent: inner, isEscaped)
      }
    case .object(let members):
      Self.write(members, "{", "}", to: &text, indent) { member, text, inner in
        Self.write(member.0, to: &text, escaping: isEscaped)
        text += inner == nil ? ":" : ": "
        member.1.write(to: &text, indent: inner, isEscaped)
      }
    }
  }

  private static func write<Item>(
    _ items: [Item], _ open: String, _ close: String, to text: inout String, _ indent: String?,
    _ body: (Item, inout String, String?) -> Void
  ) {
    let inner = indent.map { $0 + "  " }
    text += open
    for (index, item) in items.enumerated() {
      if index > 0 { text += "," }
      text += inner ?? ""
      body(item, &text, inner)
    }
    if !items.isEmpty { text += indent ?? "" }
    text += close
  }

  /// Appends a string in quotes.
  package static func write(_ value: String, to text: inout String, escaping isEscaped: Escaping = { _ in false }) {
    text += "\""
    if value.utf8.allSatisfy({ (0x20..<0x7F).contains($0) && $0 != 0x22 && $0 != 0x5C }) {
      text += value
      text += "\""
      return
    }
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case _ where scalar.value < 0x20 || (0x7F...0xFFFF).contains(scalar.value) && isEscaped(scalar):
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}

extension JSON {
  /// Reads a text that is one value, at most 32 levels deep; nil where it is none, or has a number that is negative or not
  /// whole.
  package init?(parsing utf8: [UInt8]) {
    guard String(validating: utf8, as: UTF8.self) != nil else { return nil }
    var parser = Parser(bytes: utf8)
    guard let value = parser.value(depth: 0) else { return nil }
    parser.skipSpace()
    guard parser.isAtEnd else { return nil }
    self = value
  }

  private struct Parser {
    let bytes: [UInt8]
    var place = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { place == bytes.count }

    mutating func skipSpace() {
      while place < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[place]) { place += 1 }
    }

    mutating func take(_ text: StaticString) -> Bool {
      let expected = Array("\(text)".utf8)
      guard bytes[place...].starts(with: expected) else { return false }
      place += expected.count
      return true
    }

    mutating func value(depth: Int) -> JSON? {
      guard depth < 32 else { return nil }
      skipSpace()
      guard place < bytes.count else { return nil }
      switch bytes[place] {
      case UInt8(ascii: "{"): return object(depth: depth)
      case UInt8(ascii: "["): return array(depth: depth)
      case UInt8(ascii: "\""): return string().map { .string($0) }
      case UInt8(ascii: "t"): return take("true") ? .bool(true) : nil
      case UInt8(ascii: "f"): return take("false") ? .bool(false) : nil
      case UInt8(ascii: "n"): return take("null") ? .null : nil
      default: return number()
      }
    }

    private mutating func object(depth: Int) -> JSON? {
      place += 1
      var members: [(String, JSON)] = []
      skipSpace()
      if take("}") { return .object([]) }
      while true {
        skipSpace()
        guard let name = string(), !members.contains(where: { $0.0 == name }) else { return nil }
        skipSpace()
        guard take(":"), let value = value(depth: depth + 1) else { return nil }
        members.append((name, value))
        skipSpace()
        if take("}") { return .object(members) }
        guard take(",") else { return nil }
      }
    }

    private mutating func array(depth: Int) -> JSON? {
      place += 1
      var values: [JSON] = []
      skipSpace()
      if take("]") { return .array([]) }
      while true {
        guard let value = value(depth: depth + 1) else { return nil }
        values.append(value)
        skipSpace()
        if take("]") { return .array(values) }
        guard take(",") else { return nil }
      }
    }

    private mutating func number() -> JSON? {
      let start = place
      while place < bytes.count, (0x30...0x39).contains(bytes[place]) { place += 1 }
      guard place > start, place == start + 1 || bytes[start] != 0x30 else { return nil }
      return UInt64(String(decoding: bytes[start..<place], as: UTF8.self)).map { .number($0) }
    }

    private mutating func string() -> String? {
      guard take("\"") else { return nil }
      var text: [UInt8] = []
      while place < bytes.count {
        let byte = bytes[place]
        place += 1
        switch byte {
        case UInt8(ascii: "\""): return String(validating: text, as: UTF8.self)
        case UInt8(ascii: "\\"):
          guard let scalar = escaped() else { return nil }
          text += Array(String(Character(scalar)).utf8)
        case 0..<0x20: return nil
        default: text.append(byte)
        }
      }
      return nil
    }

    private mutating func escaped() -> Unicode.Scalar? {
      guard place < bytes.count else { return nil }
      place += 1
      switch bytes[place - 1] {
      case UInt8(ascii: "\""): return "\""
      case UInt8(ascii: "\\"): return "\\"
      case UInt8(ascii: "/"): return "/"
      case UInt8(ascii: "b"): return "\u{8}"
      case UInt8(ascii: "f"): return "\u{C}"
      case UInt8(ascii: "n"): return "\n"
      case UInt8(ascii: "r"): return "\r"
      case UInt8(ascii: "t"): return "\t"
      case UInt8(ascii: "u"): break
      default: return nil
      }
      guard let high = unit() else { return nil }
      guard (0xD800..<0xDC00).contains(high) else { return Unicode.Scalar(high) }
      guard take("\\u"), let low = unit(), (0xDC00..<0xE000).contains(low) else { return nil }
      return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
    }

    private mutating func unit() -> UInt32? {
      guard bytes.count - place >= 4, bytes[place..<place + 4].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit })
      else { return nil }
      place += 4
      return UInt32(String(decoding: bytes[place - 4..<place], as: UTF8.self), radix: 16)
    }
  }
}
