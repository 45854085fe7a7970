/// Which trace a request belongs to (W3C Trace Context, level 1).
struct TraceContext: Sendable, Equatable {
  /// 32 hexadecimal digits.
  let trace: String
  /// The span of the request here: 16 hexadecimal digits.
  let span: String
  /// The span of the request's sender; nil where the trace begins here.
  let parent: String?
  /// Whether its spans are to be exported.
  let isSampled: Bool

  /// The span of a request.
  ///
  /// - Parameter header: its `traceparent`. Whatever is malformed counts as absent, and a new trace begins.
  init(traceparent header: String?) {
    span = Self.digits(words: 1)
    let parts = header?.split(separator: "-", omittingEmptySubsequences: false) ?? []
    guard parts.count >= 4, Self.isHex(parts[0], 2), parts[0] != "ff", parts[0] != "00" || parts.count == 4,
      Self.isHex(parts[1], 32), Self.isHex(parts[2], 16), Self.isHex(parts[3], 2),
      parts[1].contains(where: { $0 != "0" }), parts[2].contains(where: { $0 != "0" })
    else {
      (trace, parent, isSampled) = (Self.digits(words: 2), nil, true)
      return
    }
    (trace, parent) = (String(parts[1]), String(parts[2]))
    isSampled = UInt8(parts[3], radix: 16).map { $0 & 1 == 1 } ?? false
  }

  private static func isHex(_ text: Substring, _ count: Int) -> Bool {
    text.utf8.count == count
      && text.utf8.allSatisfy {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
      }
  }

  /// Random digits, not all of them 0.
  private static func digits(words: Int) -> String {
    var random = SystemRandomNumberGenerator()
    return (0..<words).map { _ in
      let digits = String(UInt64.random(in: 1 ... .max, using: &random), radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }
}
