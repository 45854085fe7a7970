/// The longest key LMDB takes, in bytes.
@usableFromInline
let maximumKeyByteCount = 511

/// How a table's keys are written.
///
/// LMDB orders keys as strings of bytes, so a composite key writes its parts big-endian, the most significant first.
package protocol KeyCodec: SendableMetatype {
  /// The key as the caller sees it.
  associatedtype Key

  /// Whether the bytes are one native `UInt64`, ordered as a number (`MDB_INTEGERKEY`).
  static var isInteger: Bool { get }

  /// The size of an encoded key: 1 to 511 bytes.
  static func byteCount(of key: Key) -> Int

  /// Writes exactly ``byteCount(of:)`` bytes; fewer or more trap.
  static func encode(_ key: Key, into output: inout OutputRawSpan)

  /// The key that was written as `bytes`, or nil where no key is. The bytes need not be aligned.
  static func decode(_ bytes: RawSpan) -> Key?

  /// What people call the key that was written as `bytes`, such as `position 42`; nil where no key is.
  static func name(of bytes: RawSpan) -> String?
}

extension KeyCodec {
  package static var isInteger: Bool { false }
  package static func name(of bytes: RawSpan) -> String? { decode(bytes).map { "\($0)" } }
}

/// How a table's values are written.
package protocol ValueCodec {
  /// The value as the caller sees it.
  associatedtype Value

  /// The size of an encoded value, in bytes. Above about 2,000 the value takes pages of its own.
  static func byteCount(of value: Value) -> Int

  /// Writes exactly ``byteCount(of:)`` bytes, straight into the database page; fewer or more trap.
  static func encode(_ value: Value, into output: inout OutputRawSpan)

  /// The value that was written as `bytes`, or nil where no value is. The bytes need not be aligned, and may be kept
  /// only as a copy.
  static func decode(_ bytes: RawSpan) -> Value?
}

/// A position in the log, 8 bytes: native, so that LMDB compares one machine word, and appends in order.
package enum PositionKey: KeyCodec {
  package static var isInteger: Bool { true }

  @inlinable
  package static func byteCount(of key: UInt64) -> Int { 8 }

  @inlinable
  package static func encode(_ key: UInt64, into output: inout OutputRawSpan) {
    unsafe output.append(key, as: UInt64.self)
  }

  @inlinable
  package static func decode(_ bytes: RawSpan) -> UInt64? {
    guard bytes.byteCount == 8 else { return nil }
    return unsafe bytes.unsafeLoadUnaligned(as: UInt64.self)
  }
}

extension PositionKey {
  package static func name(of bytes: RawSpan) -> String? { decode(bytes).map { "position \($0)" } }
}

/// Any 1 to 511 bytes, in the order of `memcmp`.
package enum BytesKey: KeyCodec {
  /// As text where it is one, and otherwise in hexadecimal.
  package static func name(of bytes: RawSpan) -> String? {
    let key = Array(copying: bytes)
    if key.allSatisfy({ (0x20...0x7E).contains($0) }) { return String(decoding: key, as: UTF8.self) }
    let digits = Array("0123456789abcdef".utf8)
    return "key " + String(decoding: key.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  @inlinable
  package static func byteCount(of key: [UInt8]) -> Int { key.count }

  @inlinable
  package static func encode(_ key: [UInt8], into output: inout OutputRawSpan) { unsafe output.append(key.span.bytes) }

  @inlinable
  package static func decode(_ bytes: RawSpan) -> [UInt8]? { Array(copying: bytes) }
}

/// Any bytes, copied when read as a value; the closures of ``Table`` read them in place.
package enum RawBytes: ValueCodec {
  @inlinable
  package static func byteCount(of value: [UInt8]) -> Int { value.count }

  @inlinable
  package static func encode(_ value: [UInt8], into output: inout OutputRawSpan) {
    unsafe output.append(value.span.bytes)
  }

  @inlinable
  package static func decode(_ bytes: RawSpan) -> [UInt8]? { Array(copying: bytes) }
}

extension OutputRawSpan {
  /// Appends all of `bytes`; traps if they do not fit.
  @inlinable
  package mutating func append(_ bytes: RawSpan) {
    unsafe withUnsafeMutableBytes { target, initialized in
      precondition(bytes.byteCount <= target.count - initialized, "no room for the bytes")
      unsafe bytes.withUnsafeBytes { source in
        unsafe UnsafeMutableRawBufferPointer(rebasing: target[initialized...]).copyMemory(from: source)
      }
      initialized += bytes.byteCount
    }
  }

  /// Appends an integer with its most significant byte first, as the parts of a composite key are.
  @inlinable
  package mutating func append<Integer: FixedWidthInteger & BitwiseCopyable>(bigEndian integer: Integer) {
    unsafe append(integer.bigEndian, as: Integer.self)
  }

  /// Appends an integer with its least significant byte first.
  @inlinable
  package mutating func append<Integer: FixedWidthInteger & BitwiseCopyable>(littleEndian integer: Integer) {
    unsafe append(integer.littleEndian, as: Integer.self)
  }
}

extension RawSpan {
  /// The integer whose most significant byte is at `offset`; traps outside the bounds.
  @inlinable
  package func load<Integer: FixedWidthInteger & BitwiseCopyable>(
    bigEndian: Integer.Type, at offset: Int = 0
  ) -> Integer {
    unsafe Integer(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: Integer.self))
  }

  /// The integer whose least significant byte is at `offset`; traps outside the bounds.
  @inlinable
  package func load<Integer: FixedWidthInteger & BitwiseCopyable>(
    littleEndian: Integer.Type, at offset: Int = 0
  ) -> Integer {
    unsafe Integer(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: Integer.self))
  }
}

extension Array where Element == UInt8 {
  /// A copy of `bytes`.
  @inlinable
  package init(copying bytes: RawSpan) {
    unsafe self = bytes.withUnsafeBytes { unsafe Array($0) }
  }
}
