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

  /// Whether an address that a client presents is one that was registered: byte for byte, and for the loopback interface
  /// with any port, since a program on the person's own machine takes one that is free (RFC 8252 section 7.3).
  static func isMatch(_ presented: String, registered: String) -> Bool {
    if presented.utf8.elementsEqual(registered.utf8) { return true }
    guard let one = loopback(registered), let other = loopback(presented) else { return false }
    return one.host.elementsEqual(other.host) && one.rest.elementsEqual(other.rest)
  }

  /// The host of an address on the loopback interface, and what follows its port; nil for any other.
  private static func loopback(_ text: String) -> (host: Substring.UTF8View, rest: Substring.UTF8View)? {
    guard text.hasPrefix("http://"), isWellFormed(text) else { return nil }
    let bytes = text.utf8.dropFirst(7)
    let authority = bytes.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
    return host(of: authority).map { ($0, bytes[authority.endIndex...]) }
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
    if host.first == UInt8(ascii: "["), host.last == UInt8(ascii: "]") { return isIPv6(host.dropFirst().dropLast()) }
    let labels = host.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard host.count <= 253, labels.allSatisfy(isLabel), let last = labels.last else { return false }
    // A name that ends in a number is taken for an address by somebody who connects (URL Standard, "ends in a number").
    let isNumber = last.allSatisfy(isDigit) || Substring(last).lowercased().hasPrefix("0x")
    return !isNumber || isIPv4(host)
  }

  /// Four numbers below 256 (RFC 3986 section 3.2.2).
  private static func isIPv4(_ text: Substring.UTF8View) -> Bool {
    let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return parts.count == 4
      && parts.allSatisfy { part in
        part.allSatisfy(isDigit) && (part.count == 1 || part.first != UInt8(ascii: "0"))
          && UInt8(Substring(part)) != nil
      }
  }

  /// Eight groups of up to four hexadecimal digits, one run of zero groups left out, the last two perhaps an IPv4 address
  /// (RFC 3986 section 3.2.2).
  private static func isIPv6(_ text: Substring.UTF8View) -> Bool {
    let text = Substring(text)
    guard let gap = text.firstRange(of: "::") else { return groupCount(text, endsAddress: true) == 8 }
    guard let before = groupCount(text[..<gap.lowerBound], endsAddress: false),
      let after = groupCount(text[gap.upperBound...], endsAddress: true)
    else { return false }
    return before + after < 8
  }

  /// How many groups there are; nil where something is none.
  private static func groupCount(_ text: Substring, endsAddress: Bool) -> Int? {
    guard !text.isEmpty else { return 0 }
    let groups = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    var count = 0
    for (index, group) in groups.enumerated() {
      if endsAddress, index == groups.count - 1, group.contains(UInt8(ascii: ".")) {
        guard isIPv4(group) else { return nil }
        count += 2
      } else {
        guard 1...4 ~= group.count, group.allSatisfy(isHexDigit) else { return nil }
        count += 1
      }
    }
    return count
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
