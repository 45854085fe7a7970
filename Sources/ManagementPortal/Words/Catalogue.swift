import HTTPSupport

/// The texts of the portal in another language than English: one file. What it lacks stays English.
///
/// A line of the file is `English = text`. The English is that of the page, in which `{1}`, `{2}` and so on stand for numbers, and
/// for names, links and other parts of their own; the text has them in any place. A text may depend on the number `{1}`:
/// `0: none | 1: one | 2-4: {1} few | {1} many`.
public struct Catalogue: Sendable, Equatable {
  /// The language's tag (BCP 47), such as `ar`.
  public let language: String
  /// Whether it is written from right to left.
  public let isRightToLeft: Bool
  private let texts: [String: Wording]

  /// A text, by the number that it goes with.
  private struct Wording: Sendable, Equatable {
    let cases: [(numbers: ClosedRange<Int>, text: String)]
    let other: String

    init(_ line: String) {
      var cases: [(numbers: ClosedRange<Int>, text: String)] = []
      var other = ""
      for part in line.split(separator: " | ", omittingEmptySubsequences: false) {
        let sides = part.split(separator: ": ", maxSplits: 1)
        let bounds = sides.first?.split(separator: "-").map { Int($0) } ?? []
        if sides.count == 2, let low = bounds.first ?? nil, let high = bounds.last ?? nil, low <= high, bounds.count < 3
        {
          cases.append((low...high, String(sides[1])))
        } else {
          other = String(part)
        }
      }
      self.cases = cases
      self.other = other
    }

    func text(for number: Int?) -> String {
      number.flatMap { number in cases.first { $0.numbers.contains(number) }?.text } ?? other
    }

    static func == (one: Wording, other: Wording) -> Bool {
      one.other == other.other && one.cases.map(\.text) == other.cases.map(\.text)
        && one.cases.map(\.numbers) == other.cases.map(\.numbers)
    }
  }

  /// - Parameter file: UTF-8. Lines that are empty or begin with `#` say nothing; `language` and `direction` (`ltr` or `rtl`) must
  ///   be there.
  /// - Throws: ``PortalError`` naming the line.
  public init(_ file: [UInt8]) throws(PortalError) {
    guard let text = String(validating: file, as: UTF8.self) else {
      throw PortalError("portal.languages: expected UTF-8")
    }
    var texts: [String: Wording] = [:]
    var settings: [String: String] = [:]
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      guard !line.isEmpty, !line.hasPrefix("#") else { continue }
      guard let sign = line.firstRange(of: " = "), !line[sign.upperBound...].isEmpty else {
        throw PortalError("portal.languages: line \(index + 1): expected ENGLISH = TEXT")
      }
      let (name, value) = (String(line[..<sign.lowerBound]), String(line[sign.upperBound...]))
      if settings.count < 2, ["language", "direction"].contains(name) {
        settings[name] = value
      } else {
        guard texts.updateValue(Wording(value), forKey: name) == nil else {
          throw PortalError("portal.languages: line \(index + 1): the text is there twice")
        }
      }
    }
    guard let language = settings["language"], (2...35).contains(language.utf8.count),
      language.utf8.allSatisfy({ Self.isOfTag($0) })
    else { throw PortalError("portal.languages: language: expected a tag such as ar") }
    guard let direction = settings["direction"], direction == "ltr" || direction == "rtl" else {
      throw PortalError("portal.languages: direction: expected ltr or rtl")
    }
    self.language = language
    isRightToLeft = direction == "rtl"
    self.texts = texts
  }

  private static func isOfTag(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "-") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  /// The text in this language; nil where the file has none.
  ///
  /// - Parameter parts: what stands for `{1}` and so on, as markup.
  func text(of english: String, parts: [String]) -> String? {
    guard let wording = texts[english] else { return nil }
    let chosen = wording.text(for: parts.first.flatMap { Int($0.filter { $0 != "," }) })
    var result = ""
    var rest = HTML.escaped(chosen)[...]
    while let open = rest.firstIndex(of: "{") {
      result += rest[..<open]
      let close = rest[open...].firstIndex(of: "}") ?? rest.index(before: rest.endIndex)
      let number = Int(rest[rest.index(after: open)..<close]) ?? 0
      if parts.indices.contains(number - 1) { result += parts[number - 1] }
      rest = rest[rest.index(after: close)...]
    }
    return result + rest
  }

  /// The catalogue that a reader prefers; nil for English.
  ///
  /// - Parameter accepted: the field `Accept-Language` (RFC 9110 section 12.5.4).
  static func preferred(_ accepted: String, among all: [Catalogue]) -> Catalogue? {
    let wanted = accepted.split(separator: ",").prefix(20).map { item -> (tag: String, weight: Double) in
      let parts = item.split(separator: ";").map { String($0.filter { $0 != " " }) }
      let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
      return (parts.first?.lowercased() ?? "", weight)
    }
    // Stable, so that of two that are wanted alike the first counts.
    for item in wanted.enumerated().sorted(by: { ($1.element.weight, $0.offset) < ($0.element.weight, $1.offset) }) {
      let primary = item.element.tag.prefix { $0 != "-" }
      if primary == "en", item.element.weight > 0 { return nil }
      let found = all.first { $0.language.lowercased().prefix { $0 != "-" } == primary }
      if let found, item.element.weight > 0 { return found }
    }
    return nil
  }

  /// The catalogue of the request that is answered; nil for English.
  @TaskLocal static var current: Catalogue?
}
