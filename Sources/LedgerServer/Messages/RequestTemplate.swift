import HTTPSupport

/// The request by which a gateway is asked to send a message, with `{number}` and `{text}` for what differs.
struct RequestTemplate: Sendable, Equatable {
  /// How values are written into the body.
  enum Encoding: Sendable, Equatable {
    /// `application/x-www-form-urlencoded`
    case form
    /// `application/json`
    case json
  }

  let url: String
  /// Names and values. None of them takes placeholders.
  let headers: [Header]
  let body: String
  let encoding: Encoding

  struct Header: Sendable, Equatable {
    let name: String
    let value: String
  }

  private static let placeholders: Set<Substring> = ["{number}", "{text}"]

  /// - Parameters:
  ///   - headers: fields such as `X-Sender: 42`.
  /// - Throws: for whatever would not make a request.
  init(url: String, headers: [String], body: String) throws(SettingsError) {
    let rest = url.dropFirst("https://".count)
    guard url.hasPrefix("https://"), let host = rest.split(separator: "/").first, !host.isEmpty,
      !host.contains(where: { "{}@?# ".contains($0) }), url.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
    else { throw SettingsError("sms.url: expected https://HOST/PATH, of ASCII and without a user") }
    self.url = url
    self.body = body
    self.headers = try headers.map { (field) throws(SettingsError) in
      let parts = field.split(separator: ":", maxSplits: 1)
      guard parts.count == 2, !parts[0].isEmpty,
        parts[0].utf8.allSatisfy({ Self.isTokenCharacter($0) }), parts[1].utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
      else { throw SettingsError("sms.headers: expected fields such as X-Sender: 42") }
      guard !["authorization", "host", "content-length", "transfer-encoding"].contains(parts[0].lowercased()) else {
        throw SettingsError(
          "sms.headers: expected no \(parts[0]): the credentials come from sms.secret-file, the others by themselves")
      }
      return Header(name: String(parts[0]), value: String(parts[1].drop { $0 == " " }))
    }
    let type = self.headers.first { $0.name.lowercased() == "content-type" }?.value.prefix { $0 != ";" }.lowercased()
    switch type ?? "application/x-www-form-urlencoded" {
    case "application/x-www-form-urlencoded": encoding = .form
    case "application/json": encoding = .json
    default:
      throw SettingsError(
        "sms.headers: expected the Content-Type application/x-www-form-urlencoded or application/json")
    }
    let used = Set((url + " " + body).matches(of: /\{[A-Za-z]+\}/).map(\.output))
    guard used.subtracting(Self.placeholders).isEmpty else {
      throw SettingsError("sms.url, sms.body: expected no placeholders but {number} and {text}")
    }
    guard used == Self.placeholders else {
      throw SettingsError("sms.body: expected {number} and {text}, there or in sms.url")
    }
  }

  /// Whether the header names the type of the body.
  var hasContentType: Bool { headers.contains { $0.name.lowercased() == "content-type" } }

  /// Where the request for a message goes.
  func url(for message: TextMessage) -> String { filled(url, message, PercentEncoding.encode) }

  /// The body of the request for a message.
  func body(for message: TextMessage) -> String {
    switch encoding {
    case .form: filled(body, message, PercentEncoding.encode)
    case .json:
      // Without the quotation marks, which the template has.
      filled(body, message) { String(decoding: JSONValue.string($0).bytes.dropFirst().dropLast(), as: UTF8.self) }
    }
  }

  /// In one pass: what is filled in is not looked at for placeholders.
  private func filled(_ template: String, _ message: TextMessage, _ encode: (String) -> String) -> String {
    template.replacing(/\{(?:number|text)\}/) { encode($0.output == "{number}" ? message.number : message.text) }
  }

  /// Of tokens, as RFC 9110 section 5.6.2 has them.
  private static func isTokenCharacter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }
}
