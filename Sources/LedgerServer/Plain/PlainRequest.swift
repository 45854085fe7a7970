import HTTPTypes
import NIOCore

/// A request of HTTP/1.1 as nearly all clients write it, at the beginning of what was read and whole.
///
/// It is a strict subset of what the decoder of NIO reads, with the same meaning. All else is left to that decoder: bodies without a
/// length, requests without a host, those that want something of the connection, fields that are empty or told twice where that
/// matters, and whatever is malformed. So no request is read in two ways (RFC 9112 section 11.2).
struct PlainRequest {
  struct Limits: Sendable {
    let headerBytes: Int
    let headerCount: Int
    let bodyBytes: Int
  }

  let head: HTTPRequest
  let body: [UInt8]
  /// How many bytes it takes, its body included.
  let length: Int

  /// - Returns: nil for what is to be left to the decoder, one that has not come whole included.
  init?(_ buffer: ByteBuffer, _ limits: Limits) {
    let bytes = buffer.readableBytesUInt8Span
    func text(_ range: Range<Int>) -> String {
      buffer.getString(at: buffer.readerIndex + range.lowerBound, length: range.count) ?? ""
    }
    let method = 0..<bytes.end(from: 0) { $0.isCapital }
    guard let known = Self.method(text(method)), bytes.holds(" /", at: method.upperBound) else { return nil }
    let target = method.upperBound + 1..<bytes.end(from: method.upperBound + 1) { $0.isOfTarget }
    guard bytes.holds(" HTTP/1.1\r\n", at: target.upperBound) else { return nil }
    var place = target.upperBound + 11
    var (authority, bodyLength): (String?, Int?) = (nil, nil)
    var fields = HTTPFields()
    fields.reserveCapacity(8)
    var count = 0
    while !bytes.holds("\r\n", at: place) {
      let name = place..<bytes.end(from: place) { $0.isOfName }
      guard bytes.holds(":", at: name.upperBound), let field = HTTPField.Name(text(name)) else { return nil }
      let start = bytes.end(from: name.upperBound + 1) { $0 == UInt8(ascii: " ") }
      let end = bytes.end(from: start) { 0x20...0x7E ~= $0 }
      guard end > start, bytes[end - 1] != UInt8(ascii: " "), bytes.holds("\r\n", at: end) else { return nil }
      let value = text(start..<end)
      switch Meaning(field.canonicalName) {
      case .host:
        guard authority == nil else { return nil }
        authority = value
      case .length:
        guard bodyLength == nil, let length = Self.length(value) else { return nil }
        bodyLength = length
        fields.append(HTTPField(name: field, value: value))
      case .connection:
        guard value.lowercased() == "keep-alive" else { return nil }
        fields.append(HTTPField(name: field, value: value))
      case .notPlain: return nil
      case .other: fields.append(HTTPField(name: field, value: value))
      }
      place = end + 2
      count += 1
      guard count <= limits.headerCount, place <= limits.headerBytes else { return nil }
    }
    // RFC 9112 section 3.2: without a host it is refused.
    guard authority != nil else { return nil }
    place += 2
    let size = bodyLength ?? 0
    guard size <= limits.bodyBytes, let body = buffer.getBytes(at: buffer.readerIndex + place, length: size) else {
      return nil
    }
    head = HTTPRequest(
      method: known, scheme: "http", authority: authority, path: text(target), headerFields: fields)
    self.body = body
    length = place + size
  }

  /// What a field is to the connection.
  private enum Meaning {
    case host, length, connection, notPlain, other

    /// - Parameter name: in small letters. Its length is compared first, which rules out nearly all.
    init(_ name: String) {
      self =
        switch name.utf8.count {
        case 4 where name == "host": .host
        case 10 where name == "connection": .connection
        case 14 where name == "content-length": .length
        case 2 where name == "te", 6 where name == "expect", 7 where name == "upgrade" || name == "trailer",
          16 where name == "proxy-connection", 17 where name == "transfer-encoding":
          .notPlain
        default: .other
        }
    }
  }

  /// Methods whose requests have a body only where a length says so.
  private static func method(_ text: String) -> HTTPRequest.Method? {
    switch text {
    case "GET": .get
    case "POST": .post
    case "PUT": .put
    case "DELETE": .delete
    case "PATCH": .patch
    case "HEAD": .head
    case "OPTIONS": .options
    default: nil
    }
  }

  private static func length(_ text: String) -> Int? {
    text.utf8.count <= 9 && text.utf8.allSatisfy(\.isDigit) ? Int(text) : nil
  }
}

extension Span<UInt8> {
  /// Where a run of bytes that begins at a place ends.
  fileprivate func end(from start: Int, while isOfIt: (UInt8) -> Bool) -> Int {
    var place = start
    while place < count, isOfIt(self[place]) { place += 1 }
    return place
  }

  /// Whether a text of ASCII is at a place.
  fileprivate func holds(_ text: String, at start: Int) -> Bool {
    var place = start
    for byte in text.utf8 {
      guard place < count, self[place] == byte else { return false }
      place += 1
    }
    return true
  }
}

extension UInt8 {
  fileprivate var isCapital: Bool { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= self }
  fileprivate var isDigit: Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= self }
  fileprivate var isLetter: Bool { UInt8(ascii: "a")...UInt8(ascii: "z") ~= self | 0x20 }

  /// Whether nearly all names of fields are of such bytes; others may be as well.
  fileprivate var isOfName: Bool { isLetter || isDigit || self == UInt8(ascii: "-") || self == UInt8(ascii: "_") }

  /// Whether it may be in a path or a query (RFC 3986 section 3.3).
  fileprivate var isOfTarget: Bool {
    if isLetter || isDigit { return true }
    switch self {
    case UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "%"), UInt8(ascii: ":"), UInt8(ascii: "@"),
      UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "!"), UInt8(ascii: "$"),
      UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "*"),
      UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "="):
      return true
    default: return false
    }
  }
}
