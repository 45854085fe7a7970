/// CRC-32 (ISO 3309): tells a mistyped credential from one that was never issued, and keeps nobody out.
package struct CRC32 {
  private var register = UInt32.max

  /// The checksum of a text.
  package init(_ text: String) { for byte in text.utf8 { append(byte) } }

  /// The checksum of what was appended.
  package var value: UInt32 { ~register }

  package mutating func append(_ byte: UInt8) {
    register = Self.table[Int(UInt8(truncatingIfNeeded: register) ^ byte)] ^ register >> 8
  }

  package mutating func append(_ bytes: UnsafeRawBufferPointer) {
    var sum = register
    unsafe Self.table.span.withUnsafeBufferPointer { table in
      for index in bytes.indices {
        unsafe sum = table[Int(UInt8(truncatingIfNeeded: sum) ^ bytes[index])] ^ sum >> 8
      }
    }
    register = sum
  }

  private static let table: InlineArray<256, UInt32> = InlineArray { index in
    (0..<8).reduce(UInt32(index)) { crc, _ in crc & 1 == 1 ? 0xEDB8_8320 ^ crc >> 1 : crc >> 1 }
  }
}
