/// Hexadecimal text (RFC 4648, section 8).
package enum Hex {
  /// Two lower-case digits for each byte.
  package static func encode(_ bytes: UnsafeRawBufferPointer) -> String {
    unsafe String(unsafeUninitializedCapacity: bytes.count * 2) { text in
      for index in 0..<bytes.count {
        unsafe text[2 * index] = digit(bytes[index] >> 4)
        unsafe text[2 * index + 1] = digit(bytes[index] & 0xF)
      }
      return 2 * bytes.count
    }
  }

  /// Two lower-case digits for each byte.
  package static func encode(_ bytes: [UInt8]) -> String {
    unsafe bytes.withUnsafeBytes { unsafe encode($0) }
  }

  /// The bytes that `text` spells, in digits of either case; `nil` if a character is not a digit or one digit is
  /// left over.
  package static func decode(_ text: some StringProtocol) -> [UInt8]? {
    decode(utf8: text.utf8)
  }

  /// The bytes that the characters spell; as ``decode(_:)``, for text that is not to become a string.
  package static func decode(utf8 characters: some Collection<UInt8>) -> [UInt8]? {
    // As in Base64: code of another module that calls this is not specialized for its collection.
    if let decoded = characters.withContiguousStorageIfAvailable({ unsafe decode($0) }) { return decoded }
    return unsafe Array(characters).withUnsafeBufferPointer { unsafe decode($0) }
  }

  private static func decode(_ characters: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    guard characters.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(characters.count / 2)
    for index in stride(from: 0, to: characters.count, by: 2) {
      guard let high = unsafe value(of: characters[index]), let low = unsafe value(of: characters[index + 1]) else {
        return nil
      }
      bytes.append(high << 4 | low)
    }
    return bytes
  }

  /// The digit for a value below 16, without a table or a branch that would tell a secret's bytes by its timing.
  package static func digit(_ value: UInt8) -> UInt8 {
    // For values above 9 the subtraction borrows, and the 39 characters between "9" and "a" are skipped.
    let letter = (9 &- Int16(value)) >> 8
    return UInt8(truncatingIfNeeded: 0x30 &+ Int16(value) &+ (letter & 39))
  }

  /// The value of a digit of either case; nil for any other character.
  package static func value(of character: UInt8) -> UInt8? {
    switch character {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
