import HTTPTypes

/// The header `Authorization`: a scheme, whose name has no case, and what authenticates (RFC 9110 section 11.4).
struct AuthorizationField {
  enum Scheme { case basic, bearer, dpop, other }

  private static let schemes: [(name: String, scheme: Scheme)] = [
    ("basic", .basic), ("bearer", .bearer), ("dpop", .dpop),
  ]

  let scheme: Scheme
  /// What follows the scheme; nil unless it is one word.
  let credentials: String?

  /// - Returns: nil where a request has none.
  init?(_ headers: HTTPFields) {
    guard let value = headers.value(of: .authorization) else { return nil }
    // By bytes: a division into characters, as people see them, takes longer than all else here.
    let blank = UInt8(ascii: " ")
    let name = value.utf8.drop { $0 == blank }.prefix { $0 != blank }
    guard !name.isEmpty else { return nil }
    scheme = Self.schemes.first { Self.isSame(name, $0.name) }?.scheme ?? .other
    let word = value.utf8[name.endIndex...].drop { $0 == blank }.prefix { $0 != blank }
    let isLast = value.utf8[word.endIndex...].allSatisfy { $0 == blank }
    credentials = word.isEmpty || !isLast ? nil : String(Substring(word))
  }

  /// Whether a word is the one in small letters, without regard to case.
  private static func isSame(_ word: Substring.UTF8View, _ small: String) -> Bool {
    word.count == small.utf8.count && zip(word, small.utf8).allSatisfy { $0 | 0x20 == $1 }
  }
}
