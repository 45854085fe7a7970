import HTTPTypes

/// The header `Authorization`: a scheme, whose name has no case, and what authenticates (RFC 9110 section 11.4).
struct AuthorizationField {
  enum Scheme { case basic, bearer, dpop, other }

  let scheme: Scheme
  /// What follows the scheme; nil unless it is one word.
  let credentials: String?

  /// - Returns: nil where a request has none.
  init?(_ headers: HTTPFields) {
    // By bytes: a division into characters, as people see them, takes longer than all else here.
    guard let words = headers[.authorization]?.utf8.split(separator: UInt8(ascii: " ")), let name = words.first else {
      return nil
    }
    scheme =
      switch Substring(name).lowercased() {
      case "basic": .basic
      case "bearer": .bearer
      case "dpop": .dpop
      default: .other
      }
    credentials = words.count == 2 ? String(Substring(words[1])) : nil
  }
}
