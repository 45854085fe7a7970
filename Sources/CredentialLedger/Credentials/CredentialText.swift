import LedgerCrypto

/// The text form of credentials: a readable prefix, then bytes in base 32 (RFC 4648 section 6, lower case, no padding)
/// that end in a checksum. A scanner finds a leaked one, and a mistyped one is refused without a look-up.
enum CredentialText {
  private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)

  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 0xFF, count: 256)
    for (value, letter) in alphabet.enumerated() { values[Int(letter)] = UInt8(value) }
    return values
  }()

  static func encode(prefix: String, _ bytes: [UInt8]) -> String {
    let sum = checksum(prefix, bytes)
    var text = Array(prefix.utf8)
    text.reserveCapacity(text.count + (bytes.count + 4) * 8 / 5 + 1)
    var buffer: UInt64 = 0
    var bits = 0
    func take(_ byte: UInt8) {
      buffer = buffer << 8 | UInt64(byte)
      bits += 8
      while bits >= 5 {
        bits -= 5
        text.append(alphabet[Int(buffer >> UInt64(bits) & 31)])
      }
    }
    for byte in bytes { take(byte) }
    for shift in [24, 16, 8, 0] as [UInt32] { take(UInt8(truncatingIfNeeded: sum >> shift)) }
    if bits > 0 { text.append(alphabet[Int(buffer << UInt64(5 - bits) & 31)]) }
    return String(decoding: text, as: UTF8.self)
  }

  /// The bytes without the checksum; nil unless the text is exactly what ``encode(prefix:_:)`` gives for `count` bytes.
  static func decode(prefix: String, _ text: String, count: Int) -> [UInt8]? {
    var text = text
    return text.withUTF8 { utf8 -> [UInt8]? in
      let total = count + 4
      guard utf8.count == prefix.utf8.count + (total * 8 + 4) / 5, unsafe utf8.starts(with: prefix.utf8) else {
        return nil
      }
      var bytes: [UInt8] = []
      bytes.reserveCapacity(total)
      var buffer: UInt64 = 0
      var bits = 0
      let end = utf8.count
      for index in prefix.utf8.count..<end {
        let value = unsafe values[Int(utf8[index])]
        guard value < 32 else { return nil }
        buffer = buffer << 5 | UInt64(value)
        bits += 5
        if bits >= 8 {
          bits -= 8
          bytes.append(UInt8(truncatingIfNeeded: buffer >> UInt64(bits)))
        }
      }
      guard bytes.count == total, buffer & (1 << UInt64(bits) - 1) == 0 else { return nil }
      let stated = bytes.suffix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      bytes.removeLast(4)
      return stated == checksum(prefix, bytes) ? bytes : nil
    }
  }

  /// CRC-32 (ISO 3309) over prefix and bytes.
  private static func checksum(_ prefix: String, _ bytes: [UInt8]) -> UInt32 {
    var crc = UInt32.max
    for byte in prefix.utf8 { crc = table[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] ^ crc >> 8 }
    for byte in bytes { crc = table[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] ^ crc >> 8 }
    return ~crc
  }

  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { crc, _ in crc & 1 == 1 ? 0xEDB8_8320 ^ crc >> 1 : crc >> 1 }
  }
}
