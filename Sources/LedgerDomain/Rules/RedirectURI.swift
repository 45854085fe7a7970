/// The form of the addresses that an authorization code may be sent to: absolute URIs (RFC 6749 section 3.1.2) with
/// HTTPS, or with plain HTTP to the loopback interface (RFC 8252 section 7.3), without user information or fragment.
///
/// Stricter than RFC 3986: scheme in lower case, hosts of letters, digits, hyphens and dots. What is compared byte by
/// byte later had better leave no room for two readings.
enum RedirectURI {
  static let maximumBytes = 2_000

  static func isWellFormed(_ text: String) -> Bool {
    let bytes = text.utf8
    guard bytes.count <= maximumBytes else { return false }
    let isSecure = text.hasPrefix("https://")
    guard isSecure || text.hasPrefix("http://") else { return false }
    let rest = bytes.dropFirst(isSecure ? 8 : 7)
    let authority = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
    guard isPathAndQuery(rest[authority.endIndex...]), let host = host(of: authority) else { return false }
    return isSecure ? isHost(host) : ["127.0.0.1", "[::1]", "localhost"].contains(Substring(host))
  }

  /// The authority without its port; nil if the port is not a number from 1 to 65,535.
  private static func host(of authority: Substring.UTF8View) -> Substring.UTF8View? {
    let afterBrackets = authority.lastIndex(of: UInt8(ascii: "]")) ?? authority.startIndex
    guard let colon = authority[afterBrackets...].firstIndex(of: UInt8(ascii: ":")) else { return authority }
    let port = authority[authority.index(after: colon)...]
    guard port.count <= 5, port.allSatisfy(isDigit), let number = Int(Substring(port)), 1...65_535 ~= number else {
      return nil
    }
    return authority[..<colon]
  }

  private static func isHost(_ host: Substring.UTF8View) -> Bool {
    if host.first == UInt8(ascii: "["), host.last == UInt8(ascii: "]"), 4...47 ~= host.count {
      return host.dropFirst().dropLast().allSatisfy {
        isHexDigit($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
      }
    }
    return host.count <= 253
      && host.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy(isLabel)
  }

  private static func isLabel(_ label: Substring.UTF8View) -> Bool {
    let hyphen = UInt8(ascii: "-")
    return 1...63 ~= label.count && label.first != hyphen && label.last != hyphen
      && label.allSatisfy { isLetter($0) || isDigit($0) || $0 == hyphen }
  }

  /// Whether it is made of path and query characters (RFC 3986 sections 3.3 and 3.4) and whole percent-encodings.
  private static func isPathAndQuery(_ text: Substring.UTF8View) -> Bool {
    var rest = text
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "%"):
        guard let high = rest.popFirst(), let low = rest.popFirst(), isHexDigit(high), isHexDigit(low) else {
          return false
        }
      default:
        guard isLetter(byte) || isDigit(byte) || "-._~!$&'()*+,;=:@/?".utf8.contains(byte) else { return false }
      }
    }
    return true
  }

  private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
  private static func isLetter(_ byte: UInt8) -> Bool { UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 }
  private static func isHexDigit(_ byte: UInt8) -> Bool {
    isDigit(byte) || UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte | 0x20
  }
}
