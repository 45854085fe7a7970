/// Puts a page of the portal into another language. It reads the portal's own markup, which is well-formed and escaped; what
/// people typed is in elements that it leaves alone.
struct Translation {
  /// What a text is put in place of: `nil` keeps it.
  typealias Lookup = (_ english: String, _ parts: [String]) -> String?

  /// Elements within a sentence: the sentence has `{1}` for them.
  private static let inline: Set<Substring> = [
    "a", "b", "bdi", "code", "ins", "span", "strong", "svg", "time", "button", "input",
  ]
  /// Elements whose content is not translated: names, codes and what people type.
  private static let opaque: Set<Substring> = ["bdi", "code", "pre", "textarea", "script", "style"]
  private static let void: Set<Substring> = ["input", "link", "meta", "br", "hr", "img", "path", "rect", "circle"]
  private static let attributes = [
    "aria-label=\"", "placeholder=\"", "data-done=\"", "data-failed=\"", "data-label=\"", "title=\"",
  ]

  private let lookup: Lookup
  private var rest: Substring

  private init(_ page: String, _ lookup: @escaping Lookup) {
    rest = page[...]
    self.lookup = lookup
  }

  static func translate(_ page: String, _ lookup: @escaping Lookup) -> String {
    var translation = Translation(page, lookup)
    return translation.content(until: nil)
  }

  /// Reads up to an element's end, or to the end of all.
  private mutating func content(until name: Substring?) -> String {
    var result = ""
    /// The sentence that is being read: its English, and its parts as markup.
    var english = ""
    var parts: [String] = []
    func finished() -> String {
      defer {
        english = ""
        parts = []
      }
      return sentence(english, parts)
    }
    while let first = rest.first {
      guard first == "<" else {
        let text = rest.prefix { $0 != "<" }
        rest = rest.dropFirst(text.count)
        add(text, to: &english, &parts)
        continue
      }
      let tag = rest[...(rest.firstIndex(of: ">") ?? rest.index(before: rest.endIndex))]
      rest = rest[tag.endIndex...]
      if tag.hasPrefix("</") {
        if let name, tag.dropFirst(2).dropLast() == name { return result + finished() + tag }
        result += finished() + tag
        continue
      }
      let element = tag.dropFirst().prefix { $0 != " " && $0 != ">" }
      let opening = attributes(of: tag)
      guard !Self.void.contains(element), !tag.hasPrefix("<!"), !tag.hasSuffix("/>") else {
        if Self.inline.contains(element) {
          english += "{\(parts.count + 1)}"
          parts.append(opening)
        } else {
          result += finished() + opening
        }
        continue
      }
      // `translate="no"` is how HTML says that a text is none for people to read in another language.
      let isKept = Self.opaque.contains(element) || tag.contains(" translate=\"no\"")
      let inside = isKept ? opaque(element) : content(until: element)
      if Self.inline.contains(element) {
        english += "{\(parts.count + 1)}"
        parts.append(opening + inside)
      } else {
        result += finished() + opening + inside
      }
    }
    return result + finished()
  }

  /// The content of an element that is left alone, and its end.
  private mutating func opaque(_ name: Substring) -> String {
    let end = "</\(name)>"
    let close = rest.firstRange(of: end)?.upperBound ?? rest.endIndex
    defer { rest = rest[close...] }
    return String(rest[..<close])
  }

  /// Adds a text to a sentence: each number becomes a part of its own.
  private func add(_ text: Substring, to english: inout String, _ parts: inout [String]) {
    var text = text[...]
    while let first = text.first {
      if first == "\u{2066}" {
        // What is set apart within a text is a part of its own, as what is in an element is.
        let isolated = text[...(text.firstIndex(of: "\u{2069}") ?? text.index(before: text.endIndex))]
        english += "{\(parts.count + 1)}"
        parts.append(String(isolated))
        text = text[isolated.endIndex...]
      } else if first.isASCII, first.isNumber {
        var number = text.prefix { ($0.isASCII && $0.isNumber) || $0 == "," || $0 == "." || $0 == ":" }
        while let last = number.last, !last.isNumber { number = number.dropLast() }
        english += "{\(parts.count + 1)}"
        parts.append(String(number))
        text = text[number.endIndex...]
      } else {
        let plain = text.prefix { !($0.isASCII && $0.isNumber) && $0 != "\u{2066}" }
        english += Self.unescaped(plain)
        text = text[plain.endIndex...]
      }
    }
  }

  /// A sentence in the language, with the blanks around it.
  private func sentence(_ english: String, _ parts: [String]) -> String {
    let start = english.prefix(while: \.isWhitespace)
    let bare = english.dropFirst(start.count)
    let end = String(bare.reversed().prefix(while: \.isWhitespace).reversed())
    // As a browser has it: line ends within a sentence are blanks.
    let text = bare.dropLast(end.count).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    guard Self.hasWords(text) else { return "\(start)\(filled(text, parts))\(end)" }
    return "\(start)\(lookup(text, parts) ?? filled(text, parts))\(end)"
  }

  /// Whether a sentence has words of its own, besides `{1}` and signs.
  private static func hasWords(_ text: String) -> Bool {
    var depth = 0
    for character in text {
      if character == "{" {
        depth += 1
      } else if character == "}" {
        depth -= 1
      } else if depth == 0, character.isLetter {
        return true
      }
    }
    return false
  }

  private func filled(_ english: String, _ parts: [String]) -> String {
    var result = ""
    var rest = english[...]
    while let open = rest.firstIndex(of: "{") {
      result += HTML.escaped(String(rest[..<open]))
      guard let close = rest[open...].firstIndex(of: "}"), let number = Int(rest[rest.index(after: open)..<close]),
        parts.indices.contains(number - 1)
      else {
        result += "{"
        rest = rest[rest.index(after: open)...]
        continue
      }
      result += parts[number - 1]
      rest = rest[rest.index(after: close)...]
    }
    return result + HTML.escaped(String(rest))
  }

  /// A tag whose attributes for people are in the language.
  private func attributes(of tag: Substring) -> String {
    var tag = String(tag)
    // The exact time of a moment is no text.
    let isTime = tag.hasPrefix("<time")
    for attribute in Self.attributes where !(isTime && attribute == "title=\"") {
      guard let start = tag.firstRange(of: " " + attribute)?.upperBound,
        let end = tag[start...].firstIndex(of: "\"")
      else { continue }
      var english = ""
      var parts: [String] = []
      add(tag[start..<end], to: &english, &parts)
      tag.replaceSubrange(start..<end, with: sentence(english, parts))
    }
    return tag
  }

  private static func unescaped(_ text: Substring) -> String {
    guard text.contains("&") else { return String(text) }
    return String(text).replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&quot;", with: "\"")
      .replacing("&#39;", with: "'").replacing("&amp;", with: "&")
  }
}

extension Catalogue {
  /// A page in this language.
  func translated(_ page: String) -> String {
    Translation.translate(page) { english, parts in text(of: english, parts: parts) }
      .replacing(
        #"<html lang="en" dir="ltr">"#, with: #"<html lang="\#(language)" dir="\#(isRightToLeft ? "rtl" : "ltr")">"#,
        maxReplacements: 1)
  }
}
