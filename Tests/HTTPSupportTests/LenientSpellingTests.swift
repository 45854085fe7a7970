import HTTPSupport
import Testing

/// Values that are drawn at random, spelled in the ways of published clients, and read back. Each seed is one history, the same at
/// each run.
@Suite struct LenientSpellingTests {
  /// SplitMix64.
  private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var word = state
      word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
      word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
      return word ^ word >> 31
    }
  }

  /// What a name without quotation marks may consist of, of the letters.
  private static let bare = Set("abcXYZ09_$-".unicodeScalars)

  private static let letters = Array("abcXYZ 09_$-é😀\t\n\r\u{1}\"'\\/{}[],:")

  private func text(_ random: inout Seeded) -> String {
    String((0..<Int.random(in: 0...12, using: &random)).map { _ in Self.letters.randomElement(using: &random) ?? "a" })
  }

  private func value(_ depth: Int, _ random: inout Seeded) -> JSONValue {
    switch Int.random(in: 0...(depth > 4 ? 3 : 5), using: &random) {
    case 0: return .null
    case 1: return .bool(Bool.random(using: &random))
    case 2: return .number(["0", "-1", "911199999999", "1.5", "-2e10", "3E-7"].randomElement(using: &random) ?? "0")
    case 3: return .string(text(&random))
    case 4: return .array((0..<Int.random(in: 0...3, using: &random)).map { _ in value(depth + 1, &random) })
    default:
      return .object(
        (0..<Int.random(in: 0...3, using: &random)).map { _ in (text(&random), value(depth + 1, &random)) })
    }
  }

  private func blank(_ random: inout Seeded) -> String {
    ["", "", "", " ", "\r\n", "\t", "/* , } */", "// ] '\n"].randomElement(using: &random) ?? ""
  }

  private func quoted(_ text: String, _ random: inout Seeded) -> String {
    let quote: Unicode.Scalar = Bool.random(using: &random) ? "'" : "\""
    var spelled = String(quote)
    for scalar in text.unicodeScalars {
      switch scalar {
      case quote, "\\": spelled += "\\" + String(scalar)
      case "\n" where Bool.random(using: &random): spelled += "\\n"
      case _ where Int.random(in: 0...5, using: &random) == 0:
        for unit in String(scalar).utf16 {
          let digits = String(unit, radix: 16)
          spelled += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
      default: spelled.unicodeScalars.append(scalar)
      }
    }
    return spelled + String(quote)
  }

  private func name(_ text: String, _ random: inout Seeded) -> String {
    let isBare = !text.isEmpty && text.unicodeScalars.allSatisfy { Self.bare.contains($0) }
    return isBare && Bool.random(using: &random) ? text : quoted(text, &random)
  }

  private func spelled(_ value: JSONValue, _ random: inout Seeded) -> String {
    let inner: String
    switch value {
    case .null: inner = "null"
    case .bool(let truth): inner = truth ? "true" : "false"
    case .number(let text): inner = text
    case .string(let text): inner = quoted(text, &random)
    case .array(let items):
      var parts = items.map { spelled($0, &random) }
      if !parts.isEmpty, Bool.random(using: &random) { parts.append(blank(&random)) }
      inner = "[" + (items.isEmpty ? blank(&random) : parts.joined(separator: ",")) + "]"
    case .members(let members):
      var parts = members.map { member -> String in
        let named = blank(&random) + name(member.name, &random) + blank(&random)
        return named + ":" + spelled(member.value, &random)
      }
      if !parts.isEmpty, Bool.random(using: &random) { parts.append(blank(&random)) }
      inner = "{" + (members.isEmpty ? blank(&random) : parts.joined(separator: ",")) + "}"
    }
    return blank(&random) + inner + blank(&random)
  }

  @Test("Whatever the spelling, the value is read, and written strictly", arguments: 1...300) func whateverSpelling(
    seed: Int
  ) throws {
    var random = Seeded(state: UInt64(seed))
    let value = value(0, &random)
    let text = (Bool.random(using: &random) ? "\u{FEFF}" : "") + spelled(value, &random)
    #expect(try JSONParser.parse(Array(text.utf8)) == value, "\(text)")
    #expect(try JSONParser.parse(value.bytes) == value)
    // What is written has no spelling but the strict one: no raw control character, no single quotation mark outside of texts.
    #expect(value.bytes.allSatisfy { $0 >= 0x20 })
  }

  @Test("A body that is damaged at random is refused or read, and nothing else", arguments: 1...300) func bodyDamaged(
    seed: Int
  ) {
    var random = Seeded(state: UInt64(seed) &* 7_919)
    var bytes = Array(spelled(value(0, &random), &random).utf8)
    for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
      let place = Int.random(in: bytes.indices, using: &random)
      switch Int.random(in: 0...2, using: &random) {
      case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &random)
      case 1: bytes.remove(at: place)
      default: bytes.insert(UInt8.random(in: .min ... .max, using: &random), at: place)
      }
    }
    if let value = try? JSONParser.parse(bytes) { #expect((try? JSONParser.parse(value.bytes)) == value) }
  }

  @Test("Depth is bounded, whatever is nested") func depthBounded() {
    for (begin, end) in [("[", "]"), ("{a:", "}"), ("[{'b':", "}]")] {
      let levels = JSONParser.depthLimit + 2
      let text = String(repeating: begin, count: levels) + "1" + String(repeating: end, count: levels)
      #expect(throws: JSONParser.Failure.self) { try JSONParser.parse(Array(text.utf8)) }
    }
  }
}
