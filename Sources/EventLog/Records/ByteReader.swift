/// Takes values from the front of some bytes; nil once they do not suffice, and never beyond the end.
///
/// Safe while the bytes last: it is made and used inside `RawSpan.withUnsafeBytes`.
@safe
package struct ByteReader {
  private let bytes: UnsafeRawBufferPointer
  /// How many bytes were taken.
  package private(set) var offset = 0

  /// Reads from the first byte on.
  package init(_ bytes: UnsafeRawBufferPointer) { unsafe self.bytes = bytes }

  /// Whether everything was taken.
  package var isAtEnd: Bool { unsafe offset == bytes.count }

  /// The next byte.
  package mutating func byte() -> UInt8? {
    guard unsafe offset < bytes.count else { return nil }
    defer { offset += 1 }
    return unsafe bytes[offset]
  }

  /// A little-endian integer.
  package mutating func integer<Integer: FixedWidthInteger & BitwiseCopyable>(_: Integer.Type) -> Integer? {
    let size = MemoryLayout<Integer>.size
    guard unsafe bytes.count - offset >= size else { return nil }
    defer { offset += size }
    return unsafe Integer(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Integer.self))
  }

  /// An unsigned LEB128 integer in its shortest form.
  package mutating func varint() -> UInt64? {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while let byte = byte() {
      guard shift < 63 || byte <= 1 else { return nil }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return byte == 0 && shift > 0 ? nil : value }
      shift += 7
    }
    return nil
  }

  /// The range of the next `count` bytes.
  package mutating func skip(_ count: Int) -> Range<Int>? {
    guard count >= 0, unsafe bytes.count - offset >= count else { return nil }
    defer { offset += count }
    return offset..<offset + count
  }

  /// Calls `body` with the next `count` bytes in place.
  package mutating func withNext<Result>(_ count: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
    guard let range = skip(count) else { return nil }
    return unsafe body(UnsafeRawBufferPointer(rebasing: bytes[range]))
  }

  /// A copy of the next `count` bytes.
  package mutating func copy(_ count: Int) -> [UInt8]? {
    guard let range = skip(count) else { return nil }
    return unsafe Array(bytes[range])
  }
}

extension [UInt8] {
  /// Appends an unsigned LEB128 integer in its shortest form, 1 to 10 bytes, as ``ByteReader/varint()`` reads it.
  @inlinable
  package mutating func append(varint value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }
}
