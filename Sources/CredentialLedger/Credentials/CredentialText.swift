import LedgerCrypto

/// The text form of credentials: a readable prefix, then bytes in base 32 (RFC 4648 section 6, lower case, no padding)
/// that end in a checksum. A scanner finds a leaked one, and a mistyped one is refused without a look-up.
enum CredentialText {
  private static let checksumByteCount = 4

  private static func characterCount(_ prefix: String, _ byteCount: Int) -> Int {
    prefix.utf8.count + ((byteCount + checksumByteCount) * 8 + 4) / 5
  }

  /// The text of `byteCount` bytes, which `write` gives one by one.
  static func encode(prefix: String, byteCount: Int, _ write: (inout Encoder) -> Void) -> String {
    let count = characterCount(prefix, byteCount)
    return unsafe String(unsafeUninitializedCapacity: count) { output in
      var encoder = unsafe Encoder(output, prefix)
      write(&encoder)
      encoder.finish()
      return count
    }
  }

  static func encode(prefix: String, _ bytes: [UInt8]) -> String {
    encode(prefix: prefix, byteCount: bytes.count) { encoder in
      for byte in bytes { encoder.append(byte) }
    }
  }

  /// Calls `body` with the bytes without the checksum; nil unless the text is exactly what
  /// ``encode(prefix:byteCount:_:)`` gives for `count` bytes.
  static func decode<Result>(
    prefix: String, _ text: String, count: Int, _ body: (UnsafeRawBufferPointer) -> Result?
  ) -> Result? {
    let total = count + checksumByteCount
    var text = text
    return text.withUTF8 { utf8 -> Result? in
      guard utf8.count == characterCount(prefix, count), unsafe utf8.starts(with: prefix.utf8) else { return nil }
      return unsafe withUnsafeTemporaryAllocation(byteCount: total, alignment: 8) { bytes -> Result? in
        var written = 0
        var buffer: UInt64 = 0
        var bits = 0
        for index in prefix.utf8.count..<utf8.count {
          guard let value = unsafe Self.value(of: utf8[index]) else { return nil }
          buffer = buffer << 5 | UInt64(value)
          bits += 5
          if bits >= 8 {
            bits -= 8
            unsafe bytes[written] = UInt8(truncatingIfNeeded: buffer >> UInt64(bits))
            written += 1
          }
        }
        guard written == total, buffer & (1 << UInt64(bits) - 1) == 0 else { return nil }
        var stated: UInt32 = 0
        for index in count..<total { unsafe stated = stated << 8 | UInt32(bytes[index]) }
        var sum = CRC32(prefix)
        for index in 0..<count { unsafe sum.append(bytes[index]) }
        guard sum.value == stated else { return nil }
        return unsafe body(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
      }
    }
  }

  private static func letter(_ value: UInt64) -> UInt8 {
    let value = UInt8(truncatingIfNeeded: value & 31)
    return value < 26 ? UInt8(ascii: "a") + value : UInt8(ascii: "2") + value - 26
  }

  private static func value(of letter: UInt8) -> UInt8? {
    switch letter {
    case UInt8(ascii: "a")...UInt8(ascii: "z"): letter - UInt8(ascii: "a")
    case UInt8(ascii: "2")...UInt8(ascii: "7"): letter - UInt8(ascii: "2") + 26
    default: nil
    }
  }

  /// Writes bytes as they come, and the checksum at the end.
  @safe
  struct Encoder {
    private let output: UnsafeMutableBufferPointer<UInt8>
    private var written = 0
    private var buffer: UInt64 = 0
    private var bits = 0
    private var sum: CRC32

    fileprivate init(_ output: UnsafeMutableBufferPointer<UInt8>, _ prefix: String) {
      unsafe self.output = unsafe output
      sum = CRC32(prefix)
      for byte in prefix.utf8 { put(byte) }
    }

    /// Adds the next byte.
    mutating func append(_ byte: UInt8) {
      sum.append(byte)
      encode(byte)
    }

    fileprivate mutating func finish() {
      let value = sum.value
      for shift in stride(from: UInt32(24), through: 0, by: -8) { encode(UInt8(truncatingIfNeeded: value >> shift)) }
      if bits > 0 { put(CredentialText.letter(buffer << UInt64(5 - bits))) }
    }

    private mutating func encode(_ byte: UInt8) {
      buffer = buffer << 8 | UInt64(byte)
      bits += 8
      while bits >= 5 {
        bits -= 5
        put(CredentialText.letter(buffer >> UInt64(bits)))
      }
    }

    private mutating func put(_ character: UInt8) {
      unsafe output[written] = character
      written += 1
    }
  }
}

/// CRC-32 (ISO 3309).
private struct CRC32 {
  private var register = UInt32.max

  init(_ text: String) { for byte in text.utf8 { append(byte) } }

  var value: UInt32 { ~register }

  mutating func append(_ byte: UInt8) {
    register = Self.table[Int(UInt8(truncatingIfNeeded: register) ^ byte)] ^ register >> 8
  }

  private static let table: InlineArray<256, UInt32> = InlineArray { index in
    (0..<8).reduce(UInt32(index)) { crc, _ in crc & 1 == 1 ? 0xEDB8_8320 ^ crc >> 1 : crc >> 1 }
  }
}
