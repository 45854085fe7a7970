/// Reads JSON as the original service did: keys without quotation marks, single quotation marks, comments, trailing commas
/// and control characters in texts are let pass. What is written is always strict: see ``JSONValue/bytes``.
public struct JSONParser {
  /// Why a text is not JSON, and where.
  public struct Failure: Error, Sendable, Equatable {
    public let reason: String
    /// The byte of the text at which it shows, from 0.
    public let offset: Int
  }

  /// How deep arrays and objects may be nested.
  public static let depthLimit = 32

  private let bytes: [UInt8]
  private var index = 0

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Reads one value, with nothing but blanks and comments around it. A text that is not UTF-8 is taken for ISO 8859-1.
  public static func parse(_ bytes: [UInt8]) throws(Failure) -> JSONValue {
    var bytes = bytes
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    if !bytes.allSatisfy({ $0 < 0x80 }), String(validating: bytes, as: UTF8.self) == nil {
      bytes = Array(String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) })).utf8)
    }
    var parser = JSONParser(bytes)
    let value = try parser.value(depth: 0)
    try parser.skipBlanks()
    guard parser.index == parser.bytes.count else { throw parser.failure("expected the end of the text") }
    return value
  }

  private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

  private func failure(_ reason: String) -> Failure { Failure(reason: reason, offset: index) }

  private mutating func value(depth: Int) throws(Failure) -> JSONValue {
    guard depth <= Self.depthLimit else { throw failure("nested deeper than \(Self.depthLimit)") }
    try skipBlanks()
    switch next ?? 0 {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""), UInt8(ascii: "'"): return .string(try text())
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default:
      for (word, value) in [("true", JSONValue.bool(true)), ("false", .bool(false)), ("null", .null)]
      where bytes[index...].starts(with: word.utf8) {
        index += word.utf8.count
        return value
      }
      throw failure("expected a value")
    }
  }

  private mutating func object(depth: Int) throws(Failure) -> JSONValue {
    index += 1
    var members: [JSONValue.Member] = []
    while true {
      try skipBlanks()
      if take("}") { return .members(members) }
      let name =
        switch next {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): try text()
        default: try bareName()
        }
      try skipBlanks()
      guard take(":") else { throw failure("expected a colon after a name") }
      members.append(JSONValue.Member(name, try value(depth: depth + 1)))
      try skipBlanks()
      if take(",") { continue }
      guard next == UInt8(ascii: "}") else { throw failure("expected a comma or the end of an object") }
    }
  }

  private mutating func array(depth: Int) throws(Failure) -> JSONValue {
    index += 1
    var values: [JSONValue] = []
    while true {
      try skipBlanks()
      if take("]") { return .array(values) }
      values.append(try value(depth: depth + 1))
      try skipBlanks()
      if take(",") { continue }
      guard next == UInt8(ascii: "]") else { throw failure("expected a comma or the end of an array") }
    }
  }

  private mutating func bareName() throws(Failure) -> String {
    let start = index
    while let byte = next, Self.isInName(byte) { index += 1 }
    guard index > start else { throw failure("expected a name") }
    return String(decoding: bytes[start..<index], as: UTF8.self)
  }

  private static func isInName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"), UInt8(ascii: "-"), 0x80...:
      true
    default: false
    }
  }

  private mutating func number() throws(Failure) -> JSONValue {
    let start = index
    _ = take("-")
    try digits()
    if take(".") { try digits() }
    if take("e") || take("E") {
      if !take("-") { _ = take("+") }
      try digits()
    }
    return .number(String(decoding: bytes[start..<index], as: UTF8.self))
  }

  private mutating func digits() throws(Failure) {
    let start = index
    while let byte = next, UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte { index += 1 }
    guard index > start else { throw failure("expected a digit") }
  }

  private mutating func text() throws(Failure) -> String {
    let quote = bytes[index]
    index += 1
    let start = index
    while index < bytes.count, bytes[index] != quote, bytes[index] != UInt8(ascii: "\\") { index += 1 }
    if take(Unicode.Scalar(quote)) { return String(decoding: bytes[start..<(index - 1)], as: UTF8.self) }
    // From the first escape sequence on it is put together.
    var units = Array(bytes[start..<index])
    while let byte = next {
      index += 1
      switch byte {
      case quote: return String(decoding: units, as: UTF8.self)
      case UInt8(ascii: "\\"): units += try escape()
      default: units.append(byte)
      }
    }
    throw failure("expected the end of a text")
  }

  private mutating func escape() throws(Failure) -> [UInt8] {
    guard let byte = next else { throw failure("expected the end of a text") }
    index += 1
    switch byte {
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"):
      var units = [try unit()]
      if UTF16.isLeadSurrogate(units[0]), bytes[index...].starts(with: "\\u".utf8) {
        index += 2
        units.append(try unit())
      }
      return Array(String(decoding: units, as: UTF16.self).utf8)
    case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    default: throw failure("unknown escape sequence")
    }
  }

  private mutating func unit() throws(Failure) -> UInt16 {
    let digits = bytes[index...].prefix(4)
    guard digits.count == 4, let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16),
      digits.allSatisfy({ $0 != UInt8(ascii: "+") })
    else { throw failure("expected four hexadecimal digits") }
    index += 4
    return unit
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    index += 1
    return true
  }

  private mutating func skipBlanks() throws(Failure) {
    while let byte = next {
      switch byte {
      case 0x20, 0x09, 0x0A, 0x0D: index += 1
      case UInt8(ascii: "/"): try skipComment()
      default: return
      }
    }
  }

  private mutating func skipComment() throws(Failure) {
    switch index + 1 < bytes.count ? bytes[index + 1] : 0 {
    case UInt8(ascii: "/"):
      index = bytes[index...].firstIndex(of: 0x0A) ?? bytes.count
    case UInt8(ascii: "*"):
      index += 2
      while !bytes[index...].starts(with: "*/".utf8) {
        guard index < bytes.count else { throw failure("expected the end of a comment") }
        index += 1
      }
      index += 2
    default: throw failure("expected a comment")
    }
  }
}
