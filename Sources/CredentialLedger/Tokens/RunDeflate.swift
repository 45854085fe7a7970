/// Compresses bytes that are mostly zero into the form of zlib (RFC 1950, RFC 1951), as status lists are sent.
///
/// One block with the fixed codes; the only matches are runs of the byte before, which is what a list of a few revoked
/// tokens among many consists of.
struct RunDeflate {
  private var output: [UInt8] = [0x78, 0x01]
  private var bits: UInt32 = 0
  private var bitCount: UInt32 = 0

  /// The lengths at which the codes from 257 begin, and how many bits follow each (RFC 1951 section 3.2.5).
  private static let lengths = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
  ]
  private static let extraBits: [UInt32] = [
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
  ]
  private static let longest = 258

  /// The compressed form.
  static func compress(_ bytes: [UInt8]) -> [UInt8] {
    var deflate = RunDeflate()
    // The last block, with fixed codes.
    deflate.append(0b011, 3)
    var index = 0
    while index < bytes.count {
      deflate.appendLiteral(bytes[index])
      index += 1
      while true {
        var run = 0
        while run < Self.longest, index + run < bytes.count, bytes[index + run] == bytes[index - 1] { run += 1 }
        guard run >= 3 else { break }
        deflate.appendRun(run)
        index += run
      }
    }
    // The end of the block.
    deflate.append(0, 7)
    deflate.finish(adler32(bytes))
    return deflate.output
  }

  private mutating func append(_ value: UInt32, _ count: UInt32) {
    bits |= value << bitCount
    bitCount += count
    while bitCount >= 8 {
      output.append(UInt8(truncatingIfNeeded: bits))
      bits >>= 8
      bitCount -= 8
    }
  }

  /// A code, of which the first bit is the highest.
  private mutating func appendCode(_ code: UInt32, _ count: UInt32) {
    var reversed: UInt32 = 0
    for bit in 0..<count where code & (1 << bit) != 0 { reversed |= 1 << (count - 1 - bit) }
    append(reversed, count)
  }

  private mutating func appendLiteral(_ byte: UInt8) {
    if byte < 144 { appendCode(0x30 + UInt32(byte), 8) } else { appendCode(0x190 + UInt32(byte) - 144, 9) }
  }

  /// A run of the byte before: a length, and the distance 1.
  private mutating func appendRun(_ length: Int) {
    let index = Self.lengths.lastIndex { $0 <= length } ?? 0
    let symbol = 257 + UInt32(index)
    if symbol < 280 { appendCode(symbol - 256, 7) } else { appendCode(0xC0 + symbol - 280, 8) }
    append(UInt32(length - Self.lengths[index]), Self.extraBits[index])
    appendCode(0, 5)
  }

  private mutating func finish(_ checksum: UInt32) {
    if bitCount > 0 { append(0, 8 - bitCount) }
    for shift in [24, 16, 8, 0] as [UInt32] { output.append(UInt8(truncatingIfNeeded: checksum >> shift)) }
  }

  private static func adler32(_ bytes: [UInt8]) -> UInt32 {
    var (low, high): (UInt32, UInt32) = (1, 0)
    for byte in bytes {
      low = (low + UInt32(byte)) % 65_521
      high = (high + low) % 65_521
    }
    return high << 16 | low
  }
}
