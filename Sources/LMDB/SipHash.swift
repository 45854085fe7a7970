/// The key of a table's row checks: without it nobody makes a row that is read.
package struct RowKey: Sendable, Equatable {
  let low: UInt64
  let high: UInt64

  /// - Parameter bytes: 16 of them, secret and of this table alone.
  package init(_ bytes: RawSpan) {
    low = bytes.load(littleEndian: UInt64.self)
    high = bytes.load(littleEndian: UInt64.self, at: 8)
  }

  /// SipHash-2-4 of three numbers: to mask what is stored beside rows.
  package func hash(_ first: UInt64, _ second: UInt64, _ third: UInt64) -> UInt64 {
    var hash = SipHash(self)
    hash.take(first)
    hash.take(second)
    hash.take(third)
    return unsafe hash.finish(UnsafeRawBufferPointer(start: nil, count: 0))
  }
}

extension RowKey: CustomStringConvertible {
  package var description: String { "a key of row checks" }
}

/// SipHash-2-4 with an output of 128 bits (Aumasson and Bernstein, "SipHash: a fast short-input PRF"), in two halves: who
/// does not need the second saves its rounds.
struct SipHash {
  private var (v0, v1, v2, v3): (UInt64, UInt64, UInt64, UInt64)
  private var byteCount: UInt64 = 0

  @inline(__always)
  init(_ key: RowKey) {
    v0 = 0x736F_6D65_7073_6575 ^ key.low
    v1 = 0x646F_7261_6E64_6F6D ^ key.high ^ 0xEE
    v2 = 0x6C79_6765_6E65_7261 ^ key.low
    v3 = 0x7465_6462_7974_6573 ^ key.high
  }

  /// Takes 8 bytes.
  @inline(__always)
  mutating func take(_ word: UInt64) {
    compress(word)
    byteCount &+= 8
  }

  /// Takes bytes, and zeroes up to a multiple of 8 of them.
  @inline(__always)
  mutating func takePadded(_ bytes: UnsafeRawBufferPointer) {
    let whole = bytes.count & ~7
    for offset in stride(from: 0, to: whole, by: 8) { unsafe take(bytes.word(at: offset)) }
    if whole < bytes.count { unsafe take(bytes.lastWord(from: whole)) }
  }

  /// Takes the last bytes.
  ///
  /// - Returns: the first half of the output.
  @inline(__always)
  mutating func finish(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    let whole = bytes.count & ~7
    for offset in stride(from: 0, to: whole, by: 8) { unsafe compress(bytes.word(at: offset)) }
    let last = unsafe bytes.lastWord(from: whole)
    compress(last | (byteCount &+ UInt64(bytes.count)) << 56)
    v2 ^= 0xEE
    return output()
  }

  /// The second half of the output, once the first was taken.
  @inline(__always)
  mutating func finishSecond() -> UInt64 {
    v1 ^= 0xDD
    return output()
  }

  @inline(__always)
  private mutating func output() -> UInt64 {
    for _ in 0..<4 { round() }
    return v0 ^ v1 ^ v2 ^ v3
  }

  @inline(__always)
  private mutating func compress(_ word: UInt64) {
    v3 ^= word
    round()
    round()
    v0 ^= word
  }

  @inline(__always)
  private mutating func round() {
    v0 &+= v1
    v1 = v1.rotated(13) ^ v0
    v0 = v0.rotated(32)
    v2 &+= v3
    v3 = v3.rotated(16) ^ v2
    v0 &+= v3
    v3 = v3.rotated(21) ^ v0
    v2 &+= v1
    v1 = v1.rotated(17) ^ v2
    v2 = v2.rotated(32)
  }
}

extension UnsafeRawBufferPointer {
  /// The little-endian integer of the eight bytes at an offset.
  @inline(__always)
  fileprivate func word(at offset: Int) -> UInt64 {
    unsafe UInt64(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  /// The little-endian integer of the bytes from an offset to the end: fewer than eight.
  @inline(__always)
  fileprivate func lastWord(from offset: Int) -> UInt64 {
    let left = UInt64(count - offset)
    if left == 0 { return 0 }
    // Together with bytes before them, which are shifted out.
    if offset > 0 { return unsafe word(at: count - 8) &>> (64 &- 8 &* left) }
    var word: UInt64 = 0
    var shift: UInt64 = 0
    for index in offset..<count {
      unsafe word |= UInt64(self[index]) &<< shift
      shift &+= 8
    }
    return word
  }
}
