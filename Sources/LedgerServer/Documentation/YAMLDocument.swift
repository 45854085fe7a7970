import HTTPSupport

/// Reads the part of YAML that `Schemas/openapi.yaml` is written in: block mappings and lists, flow mappings and lists,
/// plain and quoted scalars, literal blocks (`|`), comments on lines of their own. Scalars are texts.
struct YAMLDocument {
  /// What is not understood, and in which line.
  struct Failure: Error, Equatable {
    let line: Int
    let reason: String
  }

  private struct Line {
    let number: Int
    let indent: Int
    let text: Substring
  }

  private var lines: [Line] = []
  private var index = 0

  /// Reads a document whose top is a mapping.
  static func parse(_ text: String) throws(Failure) -> JSONValue {
    var document = YAMLDocument()
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      document.lines.append(Line(number: number + 1, indent: line.prefix { $0 == " " }.count, text: line))
    }
    let value = try document.block(indent: 0)
    document.skipBlanks()
    guard document.index == document.lines.count else { throw document.failure("expected the end") }
    return value
  }

  private func failure(_ reason: String) -> Failure {
    Failure(line: index < lines.count ? lines[index].number : lines.count, reason: reason)
  }

  private mutating func skipBlanks() {
    while index < lines.count {
      let rest = lines[index].text.dropFirst(lines[index].indent)
      guard rest.isEmpty || rest.hasPrefix("#") else { return }
      index += 1
    }
  }

  /// The mapping or list that begins at the next line.
  private mutating func block(indent: Int) throws(Failure) -> JSONValue {
    skipBlanks()
    guard index < lines.count, lines[index].indent == indent else { throw failure("expected \(indent) blanks") }
    return lines[index].text.dropFirst(indent).hasPrefix("- ") ? try list(indent) : try mapping(indent)
  }

  private mutating func mapping(_ indent: Int) throws(Failure) -> JSONValue {
    var members: [JSONValue.Member] = []
    while true {
      skipBlanks()
      guard index < lines.count, lines[index].indent == indent, !lines[index].text.dropFirst(indent).hasPrefix("- ")
      else { break }
      members.append(try member(lines[index].text.dropFirst(indent), indent))
    }
    guard index == lines.count || lines[index].indent <= indent else {
      throw failure("expected at most \(indent) blanks")
    }
    return .members(members)
  }

  /// A name, a colon and what follows; `text` is the line from the name on.
  private mutating func member(_ text: Substring, _ indent: Int) throws(Failure) -> JSONValue.Member {
    var scanner = Scanner(text)
    guard let name = scanner.name() else { throw failure("expected a name and a colon") }
    let rest = scanner.rest.drop { $0 == " " }
    if rest == "|" {
      index += 1
      return JSONValue.Member(name, .string(literal(below: indent)))
    }
    if rest.isEmpty {
      index += 1
      skipBlanks()
      guard index < lines.count, lines[index].indent > indent else { throw failure("expected a value for \(name)") }
      return JSONValue.Member(name, try block(indent: lines[index].indent))
    }
    return JSONValue.Member(name, try inline(rest))
  }

  private mutating func list(_ indent: Int) throws(Failure) -> JSONValue {
    var items: [JSONValue] = []
    while true {
      skipBlanks()
      guard index < lines.count, lines[index].indent == indent, lines[index].text.dropFirst(indent).hasPrefix("- ")
      else { break }
      let rest = lines[index].text.dropFirst(indent + 2)
      var scanner = Scanner(rest)
      if !rest.hasPrefix("{"), !rest.hasPrefix("["), scanner.name() != nil {
        // A mapping whose first member stands beside the dash.
        var members = [try member(rest, indent + 2)]
        skipBlanks()
        if index < lines.count, lines[index].indent == indent + 2, case .members(let more) = try mapping(indent + 2) {
          members += more
        }
        items.append(.members(members))
      } else {
        items.append(try inline(rest))
      }
    }
    return .array(items)
  }

  /// A flow value, which may go on in the lines that follow, or a scalar.
  private mutating func inline(_ text: Substring) throws(Failure) -> JSONValue {
    var text = String(text)
    while true {
      var scanner = Scanner(text[...])
      if let value = scanner.value(isInFlow: false), scanner.rest.allSatisfy({ $0 == " " }) {
        index += 1
        return value
      }
      guard text.hasPrefix("{") || text.hasPrefix("["), index + 1 < lines.count else {
        throw failure("expected a value")
      }
      index += 1
      text += " " + lines[index].text.drop { $0 == " " }
    }
  }

  private mutating func literal(below indent: Int) -> String {
    var texts: [Substring] = []
    while index < lines.count, lines[index].indent > indent || lines[index].text.allSatisfy({ $0 == " " }) {
      texts.append(lines[index].text.drop { $0 == " " })
      index += 1
    }
    while texts.last?.isEmpty == true { texts.removeLast() }
    return texts.joined(separator: "\n")
  }

  /// Reads values within a line.
  private struct Scanner {
    var rest: Substring

    init(_ text: Substring) { rest = text }

    private mutating func skipBlanks() { rest = rest.drop { $0 == " " } }

    private mutating func take(_ character: Character) -> Bool {
      guard rest.first == character else { return false }
      rest.removeFirst()
      return true
    }

    /// A name with its colon; nil where there is none.
    mutating func name() -> String? {
      let name: String
      if rest.first == "\"" {
        guard let quoted = quoted() else { return nil }
        name = quoted
      } else {
        let plain = rest.prefix {
          $0 != ":" && $0 != "," && $0 != "{" && $0 != "}" || $0 == "{" && rest.first == "/"
            || $0 == "}" && rest.first == "/"
        }
        name = String(plain)
        rest = rest[plain.endIndex...]
      }
      guard !name.isEmpty, take(":"), rest.isEmpty || rest.first == " " else { return nil }
      return name
    }

    mutating func value(isInFlow: Bool) -> JSONValue? {
      skipBlanks()
      switch rest.first {
      case "{": return mapping()
      case "[": return list()
      case "\"": return quoted().map { .string($0) }
      default:
        let plain = isInFlow ? rest.prefix { $0 != "," && $0 != "}" && $0 != "]" } : rest
        rest = rest[plain.endIndex...]
        let text = plain.reversed().drop { $0 == " " }.reversed()
        return text.isEmpty ? nil : .string(String(text))
      }
    }

    private mutating func mapping() -> JSONValue? {
      rest.removeFirst()
      var members: [JSONValue.Member] = []
      while true {
        skipBlanks()
        if take("}") { return .members(members) }
        guard let name = name(), let value = value(isInFlow: true) else { return nil }
        members.append(JSONValue.Member(name, value))
        skipBlanks()
        guard take(",") || rest.first == "}" else { return nil }
      }
    }

    private mutating func list() -> JSONValue? {
      rest.removeFirst()
      var items: [JSONValue] = []
      while true {
        skipBlanks()
        if take("]") { return .array(items) }
        guard let value = value(isInFlow: true) else { return nil }
        items.append(value)
        skipBlanks()
        guard take(",") || rest.first == "]" else { return nil }
      }
    }

    private mutating func quoted() -> String? {
      rest.removeFirst()
      var text = ""
      while let character = rest.popFirst() {
        switch character {
        case "\"": return text
        case "\\":
          guard let escaped = rest.popFirst() else { return nil }
          text.append(escaped == "n" ? "\n" : escaped)
        default: text.append(character)
        }
      }
      return nil
    }
  }
}
