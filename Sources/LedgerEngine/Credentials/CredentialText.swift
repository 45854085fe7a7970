import LedgerCrypto

/// The text form of credentials: a readable prefix, then bytes in base 32 (RFC 4648 section 6, lower case, no padding)
/// that end in a checksum. A scanner finds a leaked one, and a mistyped one is refused without a look-up.
package enum CredentialText {
  private static let checksumByteCount = 4

  private static func characterCount(_ prefix: String, _ byteCount: Int) -> Int {
    prefix.utf8.count + ((byteCount + checksumByteCount) * 8 + 4) / 5
  }

  /// The text of `byteCount` bytes, which `write` gives one by one.
  package static func encode(prefix: String, byteCount: Int, _ write: (inout Encoder) -> Void) -> String {
    let count = characterCount(prefix, byteCount)
    return unsafe String(unsafeUninitializedCapacity: count) { output in
      var encoder = unsafe Encoder(output, prefix)
      write(&encoder)
      encoder.finish()
      return count
    }
  }

  package static func encode(prefix: String, _ bytes: [UInt8]) -> String {
    encode(prefix: prefix, byteCount: bytes.count) { encoder in
      for byte in bytes { encoder.append(byte) }
    }
  }

  /// Calls `body` with the bytes without the checksum; nil unless the text is exactly what
  /// ``encode(prefix:byteCount:_:)`` gives for `count` bytes.
  package static func decode<Result>(
    prefix: String, _ text: String, count: Int, _ body: (UnsafeRawBufferPointer) -> Result?
  ) -> Result? {
    let total = count + checksumByteCount
    var text = text
    return text.withUTF8 { utf8 -> Result? in
      guard utf8.count == characterCount(prefix, count), unsafe utf8.starts(with: prefix.utf8) else { return nil }
      let characters = unsafe UnsafeBufferPointer(rebasing: utf8[prefix.utf8.count...])
      return unsafe withUnsafeTemporaryAllocation(byteCount: total, alignment: 8) { bytes -> Result? in
        guard unsafe decode(characters, into: bytes) else { return nil }
        var stated: UInt32 = 0
        for index in count..<total { unsafe stated = stated << 8 | UInt32(bytes[index]) }
        var sum = CRC32(prefix)
        let content = unsafe UnsafeRawBufferPointer(rebasing: bytes[..<count])
        unsafe sum.append(content)
        guard sum.value == stated else { return nil }
        return unsafe body(content)
      }
    }
  }

  /// Fills `bytes` with what as many characters as that takes stand for; false where one is of another alphabet, or the
  /// last has bits to spare that are not 0. Eight characters at a time, which are five bytes.
  private static func decode(
    _ characters: UnsafeBufferPointer<UInt8>, into bytes: UnsafeMutableRawBufferPointer
  ) -> Bool {
    var isStrange = false
    var written = 0
    for start in stride(from: 0, to: characters.count, by: 8) {
      let count = min(8, characters.count - start)
      var group: UInt64 = 0
      for index in start..<start + count {
        let letter = unsafe characters[index] &- UInt8(ascii: "a")
        let digit = unsafe characters[index] &- UInt8(ascii: "2")
        // No way out in the middle: the processor does both without a branch.
        isStrange = isStrange || (letter >= 26 && digit >= 6)
        group = group << 5 | UInt64(letter < 26 ? letter : digit &+ 26)
      }
      let bits = count * 5
      let byteCount = bits / 8
      let spare = UInt64(bits - byteCount * 8)
      isStrange = isStrange || group & (1 << spare - 1) != 0
      group >>= spare
      for index in 0..<byteCount {
        unsafe bytes[written + index] = UInt8(truncatingIfNeeded: group >> UInt64(8 * (byteCount - 1 - index)))
      }
      written += byteCount
    }
    return !isStrange && written == bytes.count
  }

  private static func letter(_ value: UInt64) -> UInt8 {
    let value = UInt8(truncatingIfNeeded: value & 31)
    return value < 26 ? UInt8(ascii: "a") + value : UInt8(ascii: "2") + value - 26
  }

  /// Writes bytes as they come, and the checksum at the end.
  @safe
  package struct Encoder {
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
    package mutating func append(_ byte: UInt8) {
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
