/// Base64 text with the standard alphabet and padding (RFC 4648, section 4).
package enum Base64 {
  /// The text for `bytes`.
  package static func encode(_ bytes: [UInt8]) -> String {
    let length = (bytes.count + 2) / 3 * 4
    return unsafe String(unsafeUninitializedCapacity: length) { text in
      var place = 0
      for start in stride(from: 0, to: bytes.count, by: 3) {
        let present = min(3, bytes.count - start)
        var group: UInt32 = 0
        for offset in 0..<3 { group = group << 8 | (offset < present ? UInt32(bytes[start + offset]) : 0) }
        for digit in 0..<4 {
          let value = UInt8(truncatingIfNeeded: group >> UInt32(18 - 6 * digit)) & 63
          unsafe text[place] = digit <= present ? character(value) : UInt8(ascii: "=")
          place += 1
        }
      }
      return place
    }
  }

  /// The bytes that `text` spells; `nil` unless it is exactly what ``encode(_:)`` gives for them. So there is one text
  /// for every run of bytes: no white space, no missing padding, no stray bits before the padding.
  package static func decode(_ text: some StringProtocol) -> [UInt8]? {
    decode(utf8: text.utf8)
  }

  /// The bytes that the characters spell; as ``decode(_:)``, for text that is not to become a string.
  package static func decode(utf8 characters: some Collection<UInt8>) -> [UInt8]? {
    // Code of another module that calls this is not specialized for its collection, so the loop is over bytes in a row.
    if let decoded = characters.withContiguousStorageIfAvailable({ unsafe decode($0) }) { return decoded }
    return unsafe Array(characters).withUnsafeBufferPointer { unsafe decode($0) }
  }

  private static func decode(_ characters: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    guard characters.count.isMultiple(of: 4) else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(characters.count / 4 * 3)
    var bits: UInt32 = 0
    var bitCount = 0
    var padding = 0
    for index in 0..<characters.count {
      let character = unsafe characters[index]
      if character == UInt8(ascii: "=") {
        padding += 1
        continue
      }
      guard padding == 0, let value = value(of: character) else { return nil }
      bits = bits << 6 | UInt32(value)
      bitCount += 6
      if bitCount >= 8 {
        bitCount -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(bitCount)))
      }
    }
    let stray = bits & (1 << UInt32(bitCount) - 1)
    return padding <= 2 && bitCount == 2 * padding && stray == 0 ? bytes : nil
  }

  private static func character(_ value: UInt8) -> UInt8 {
    switch value {
    case 0..<26: UInt8(ascii: "A") + value
    case 26..<52: UInt8(ascii: "a") + value - 26
    case 52..<62: UInt8(ascii: "0") + value - 52
    case 62: UInt8(ascii: "+")
    default: UInt8(ascii: "/")
    }
  }

  private static func value(of character: UInt8) -> UInt8? {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}

/// Base64 text with the alphabet for URLs, without padding (RFC 4648, section 5).
package enum Base64URL {
  /// The text for `bytes`.
  package static func encode(_ bytes: [UInt8]) -> String {
    let text = Base64.encode(bytes).utf8.prefix { $0 != UInt8(ascii: "=") }
    return String(
      decoding: text.map { character in
        switch character {
        case UInt8(ascii: "+"): UInt8(ascii: "-")
        case UInt8(ascii: "/"): UInt8(ascii: "_")
        default: character
        }
      }, as: UTF8.self)
  }

  /// The bytes that `text` spells; `nil` unless it is exactly what ``encode(_:)`` gives for them.
  package static func decode(_ text: some StringProtocol) -> [UInt8]? {
    var standard: [UInt8] = []
    standard.reserveCapacity(text.utf8.count + 2)
    for character in text.utf8 {
      switch character {
      case UInt8(ascii: "-"): standard.append(UInt8(ascii: "+"))
      case UInt8(ascii: "_"): standard.append(UInt8(ascii: "/"))
      case UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="): return nil
      default: standard.append(character)
      }
    }
    while standard.count & 3 != 0 { standard.append(UInt8(ascii: "=")) }
    return Base64.decode(utf8: standard)
  }
}
