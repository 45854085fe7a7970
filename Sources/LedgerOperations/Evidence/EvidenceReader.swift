import LedgerCrypto

/// Reads the one form that evidence has, from front to back. Whatever deviates is refused with its place: so nothing is
/// skipped, and nothing can be read in two ways.
struct EvidenceReader {
  private let bytes: [UInt8]
  private var place = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Takes exactly this text.
  mutating func take(_ text: String, or expected: String? = nil) throws(LedgerError) {
    guard takes(text) else {
      // What is left may be the beginning of it.
      if text.utf8.starts(with: bytes[place...]) { place = bytes.count }
      throw malformed(expected ?? "the form that such a file has")
    }
  }

  private mutating func takes(_ text: String) -> Bool {
    guard bytes[place...].starts(with: text.utf8) else { return false }
    place += text.utf8.count
    return true
  }

  func end() throws(LedgerError) {
    guard place == bytes.count else { throw malformed("the end of the file") }
  }

  /// A number without a sign, a fraction or needless zeros.
  mutating func number() throws(LedgerError) -> UInt64 {
    let digits = bytes[place...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard digits.first != UInt8(ascii: "0") || digits.count == 1,
      let number = UInt64(String(decoding: digits, as: UTF8.self))
    else { throw malformed("a whole number below 2^64") }
    place = digits.endIndex
    return number
  }

  /// A text, in which line ends, quotation marks and backslashes are escaped, and other control characters do not occur.
  mutating func text() throws(LedgerError) -> String {
    var text: [UInt8] = []
    try take("\"", or: "a text")
    while true {
      let run = bytes[place...].prefix { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
      text += run
      place = run.endIndex
      if takes("\"") { break }
      if takes("\\n") {
        text.append(UInt8(ascii: "\n"))
      } else if takes("\\\"") {
        text.append(UInt8(ascii: "\""))
      } else if takes("\\\\") {
        text.append(UInt8(ascii: "\\"))
      } else {
        throw malformed("the end of a text")
      }
    }
    guard let text = String(validating: text, as: UTF8.self) else { throw malformed("a text in UTF-8 before") }
    return text
  }

  /// Bytes in base64.
  mutating func base64(atMost limit: Int) throws(LedgerError) -> [UInt8] {
    try take("\"", or: "bytes in base64")
    let start = place
    let characters = bytes[place...].prefix { $0 != UInt8(ascii: "\"") }
    guard characters.endIndex < bytes.count else {
      place = bytes.count
      throw malformed("the end of a text")
    }
    guard characters.count <= (limit + 2) / 3 * 4, let decoded = Base64.decode(utf8: characters), decoded.count <= limit
    else {
      place = start
      throw malformed("at most \(limit) bytes in base64")
    }
    place = characters.endIndex
    try take("\"")
    return decoded
  }

  mutating func digest() throws(LedgerError) -> Digest {
    let start = place
    guard let digest = Digest(bytes: try base64(atMost: Digest.byteCount)) else {
      place = start
      throw malformed("32 bytes in base64")
    }
    return digest
  }

  /// A list, each item on a line of its own.
  mutating func list<Item>(
    limit: Int, indentation: String, end: String, _ read: (inout Self) throws(LedgerError) -> Item
  ) throws(LedgerError) -> [Item] {
    if takes("[]") { return [] }
    var items: [Item] = []
    try take("[\n", or: "a list")
    repeat {
      guard items.count < limit else { throw malformed("a list of at most \(limit)") }
      try take(indentation)
      items.append(try read(&self))
    } while takes(",\n")
    try take("\n\(end)]")
    return items
  }

  private func malformed(_ expected: String) -> LedgerError {
    let fault =
      if bytes.isEmpty {
        "the file is empty"
      } else if place == bytes.count {
        "the file is cut off after byte \(place)"
      } else {
        "the file is not in the one form that evidence has, byte for byte as it was written: do not re-format it "
          + "(expected \(expected) at byte \(place))"
      }
    return LedgerError(.invalidEvidence, fault)
  }
}
