import Glibc
import Synchronization

/// What is known of the terminal that standard output goes to.
enum Terminal {
  /// What was known before a pager took the place of standard output.
  private static let kept = Mutex<(width: Int?, hasColours: Bool)?>(nil)

  /// Keeps what is known of the terminal, as a pager is to stand before it.
  static func keep() {
    let known = (width, hasColours)
    kept.withLock { $0 = known }
  }

  /// Whether it does more than write a line below the other.
  static var isSmart: Bool {
    let kind = unsafe getenv("TERM").map { unsafe String(cString: $0) }
    return kind != nil && kind != "dumb"
  }

  /// Whether colours are shown on standard output: on a terminal that has them, unless NO_COLOR is set.
  static var hasColours: Bool {
    guard DoorSession.current == nil else { return false }
    return kept.withLock { $0?.hasColours } ?? hasColours(of: STDOUT_FILENO)
  }

  static func hasColours(of descriptor: Int32) -> Bool {
    guard isatty(descriptor) == 1, isSmart else { return false }
    return unsafe getenv("NO_COLOR").map { unsafe $0[0] != 0 } != true
  }

  /// A line in bold, if it is a heading and colours are shown.
  static func emphasized(_ line: String, _ isHeading: Bool) -> String {
    isHeading && hasColours ? "\u{1B}[1m\(line)\u{1B}[0m" : line
  }

  /// How many columns there are: what COLUMNS says, or the terminal; nil where the output goes elsewhere.
  static var width: Int? {
    if let session = DoorSession.current { return session.request.columns }
    if let text = unsafe getenv("COLUMNS"), let columns = unsafe Int(String(cString: text)), columns > 0 {
      return columns
    }
    return kept.withLock { $0?.width } ?? width(of: STDOUT_FILENO)
  }

  /// An error with its first word in red, where standard error shows colours.
  static func reddened(_ text: String) -> String {
    guard text.hasPrefix("error:"), hasColours(of: STDERR_FILENO) else { return text }
    return "\u{1B}[31;1merror:\u{1B}[0m\(text.dropFirst(6))"
  }

  /// How many columns the terminal behind a descriptor has; nil where it is none.
  static func width(of descriptor: Int32) -> Int? {
    guard isatty(descriptor) == 1 else { return nil }
    var size = winsize()
    guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }
}

extension String {
  /// The text with what would steer a terminal, or turn the direction of writing, replaced: names come from other people.
  var printable: String {
    // Most texts are printable ASCII, which needs no look at the properties of characters.
    if utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return self }
    guard unicodeScalars.contains(where: \.steersTerminal) else { return self }
    var text = String.UnicodeScalarView()
    for scalar in unicodeScalars { text.append(scalar.steersTerminal ? "\u{FFFD}" : scalar) }
    return String(text)
  }

  /// How many columns of a terminal the text takes.
  var columns: Int { reduce(0) { $0 + $1.columns } }

  /// The text with spaces after it up to a width; one at least.
  func padded(to width: Int) -> String { self + String(repeating: " ", count: max(1, width - columns)) }

  /// The text, or as much of its beginning as fits into a width with an ellipsis.
  func cut(to width: Int) -> String {
    guard columns > width else { return self }
    var text = ""
    var left = width - 1
    for character in self {
      left -= character.columns
      guard left >= 0 else { break }
      text.append(character)
    }
    return width > 0 ? text + "…" : ""
  }
}

extension Character {
  /// Two for those of East Asia, pictures and flags, none for what only marks others; as terminals mostly have it (Unicode
  /// Standard Annex #11, and Technical Standard #51 for pictures).
  fileprivate var columns: Int {
    guard let scalar = unicodeScalars.first else { return 0 }
    // A sign that is drawn as a picture, such as a heart or a keycap.
    if unicodeScalars.contains("\u{FE0F}"), scalar.properties.isEmoji { return 2 }
    if scalar.properties.isEmojiPresentation { return 2 }
    switch scalar.value {
    case 0..<0x300: return 1
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF,
      0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F1E6...0x1F1FF, 0x1F300...0x1F64F, 0x1F900...0x1F9FF,
      0x20000...0x3FFFD:
      return 2
    default:
      let isMark = [.nonspacingMark, .enclosingMark, .format].contains(scalar.properties.generalCategory)
      return isMark ? 0 : 1
    }
  }
}

extension Unicode.Scalar {
  /// Whether it moves the cursor, or turns the direction of writing, or may mean anything.
  var steersTerminal: Bool {
    switch properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: true
    // Joiners within words and pictures are no harm; marks that turn the direction are.
    case .format: value != 0x200C && value != 0x200D
    default: false
    }
  }
}
