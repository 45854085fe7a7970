/// A JSON value, written with its members in the order given (RFC 8259).
indirect enum JSON {
  case null
  case string(String)
  case number(UInt64)
  case bool(Bool)
  case array([JSON])
  case object([(String, JSON)])

  /// The value on one line, or indented.
  func text(indented: Bool) -> String { text(indented ? "\n" : nil) }

  private func text(_ line: String?) -> String {
    switch self {
    case .null: "null"
    case .string(let value): Self.quoted(value)
    case .number(let value): String(value)
    case .bool(let value): value ? "true" : "false"
    case .array(let values): Self.list("[", values.map { value in { value.text($0) } }, "]", line)
    case .object(let members):
      Self.list(
        "{", members.map { name, value in { Self.quoted(name) + (line == nil ? ":" : ": ") + value.text($0) } }, "}",
        line)
    }
  }

  private static func list(_ open: String, _ items: [(String?) -> String], _ close: String, _ line: String?) -> String {
    guard !items.isEmpty else { return open + close }
    let inner = line.map { $0 + "  " }
    return open + (inner ?? "") + items.map { $0(inner) }.joined(separator: "," + (inner ?? "")) + (line ?? "") + close
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case _ where scalar.value < 0x20 || scalar.steersTerminal && scalar.value <= 0xFFFF:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

extension OutputFormat {
  /// Prints one object as this format has it; nil where it is for people.
  func text(_ value: JSON) -> String? {
    switch self {
    case .table: nil
    case .json: value.text(indented: true)
    case .ndjson: value.text(indented: false)
    }
  }
}
