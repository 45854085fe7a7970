import CredentialLedger

/// A piece of HTML. A text gets into it by interpolation only, which escapes it, so that a page cannot carry markup that a
/// person typed.
struct HTML: Sendable, Equatable, ExpressibleByStringInterpolation {
  private(set) var text: String

  init(stringLiteral value: String) { text = value }

  init(stringInterpolation interpolation: StringInterpolation) { text = interpolation.text }

  /// A page that was markup before it was put into another language.
  init(translated text: String) { self.text = text }

  static let empty: HTML = ""

  static func + (left: HTML, right: HTML) -> HTML { "\(left)\(right)" }

  static func += (left: inout HTML, right: HTML) { left.text += right.text }

  /// A text as HTML has it.
  static func escaped(_ string: String) -> String {
    var text = ""
    escape(string, into: &text)
    return text
  }

  /// Collects literals as they are, and escapes everything else.
  struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var text = ""

    init(literalCapacity: Int, interpolationCount: Int) {
      text.reserveCapacity(literalCapacity + interpolationCount * 24)
    }

    mutating func appendLiteral(_ literal: String) { text += literal }

    mutating func appendInterpolation(_ html: HTML) { text += html.text }

    mutating func appendInterpolation(_ list: [HTML]) { for html in list { text += html.text } }

    mutating func appendInterpolation(_ string: String) { HTML.escape(string, into: &text) }

    mutating func appendInterpolation(_ number: Int) { text += String(number) }

    mutating func appendInterpolation(_ number: UInt64) { text += String(number) }

    mutating func appendInterpolation(_ position: Position) { text += String(position) }
  }

  private static func escape(_ string: String, into text: inout String) {
    for scalar in string.unicodeScalars {
      switch scalar {
      case "&": text += "&amp;"
      case "<": text += "&lt;"
      case ">": text += "&gt;"
      case "\"": text += "&quot;"
      case "'": text += "&#39;"
      // Control characters have no place in HTML; a NUL would be an error of the parser.
      case "\u{0}"..."\u{8}", "\u{B}", "\u{C}", "\u{E}"..."\u{1F}", "\u{7F}"..."\u{9F}": text += "\u{FFFD}"
      default: text.unicodeScalars.append(scalar)
      }
    }
  }
}

extension [HTML] {
  func joined(by separator: HTML = "") -> HTML {
    var result = HTML.empty
    for (index, html) in enumerated() { result += index == 0 ? html : "\(separator)\(html)" }
    return result
  }
}

/// Markup that is there only under a condition.
func when(_ condition: Bool, _ html: @autoclosure () -> HTML) -> HTML { condition ? html() : .empty }
