/// Where a webhook is told, and what goes with it. All of it may be secret, so it prints as redacted.
public struct WebhookCallback: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// Bounds, in bytes of UTF-8.
  public static let maximumTokenBytes = 1_024
  public static let maximumContextBytes = 4_096

  /// The HTTPS address that is called.
  public let url: String
  /// Sent as a header field with each delivery; empty where there is none.
  public let token: String
  /// Sent in the body of each delivery; empty where there is none.
  public let context: String

  /// - Parameters:
  ///   - url: HTTPS, at most 2,000 bytes, without user information or fragment. The host is a name, not an address: so
  ///     an internal address, in whatever spelling, is none. The program that connects checks what the name resolves to.
  ///   - token: at most 1,024 printable ASCII characters.
  ///   - context: at most 4,096 bytes.
  /// - Throws: ``ErrorCode/invalidValue``, naming the field.
  public init(url: String, token: String = "", context: String = "") throws(Refusal) {
    guard Self.isWellFormed(url) else {
      throw Refusal(
        .invalidValue, field: "callbackURL",
        expected: "an https address of at most 2000 bytes with a host name, without user information or fragment")
    }
    guard token.utf8.count <= Self.maximumTokenBytes, token.utf8.allSatisfy({ 0x20...0x7E ~= $0 }) else {
      throw Refusal(.invalidValue, field: "callbackToken", expected: "at most 1024 printable ASCII characters")
    }
    guard context.utf8.count <= Self.maximumContextBytes else {
      throw Refusal(.invalidValue, field: "callbackContext", expected: "at most 4096 bytes")
    }
    self.url = url
    self.token = token
    self.context = context
  }

  private static func isWellFormed(_ url: String) -> Bool {
    guard url.hasPrefix("https://"), RedirectURI.isWellFormed(url) else { return false }
    let host = url.dropFirst(8).prefix { !"/?:".contains($0) }
    let labels = host.lowercased().split(separator: ".")
    // A host whose last label begins with a digit is read as an IPv4 address by many programs (WHATWG URL section 3.5),
    // whatever it looks like: 127.1, 2130706433, 0x7f000001. One in brackets is an IPv6 address.
    guard let last = labels.last, last != "localhost", let first = last.utf8.first else { return false }
    return UInt8(ascii: "a")...UInt8(ascii: "z") ~= first
  }

  public var description: String { "<redacted>" }
  public var debugDescription: String { "<redacted>" }
  public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
