/// XXH64, the 64-bit xxHash (<https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md>), over bytes that come in
/// pieces. It finds accidents, such as a flipped bit or a page written to the wrong place; it is no defence against an
/// adversary.
struct XXH64 {
  private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
  private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
  private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
  private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
  private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

  private let seed: UInt64
  private var lanes: (UInt64, UInt64, UInt64, UInt64)
  /// What does not fill a stripe of 32 bytes yet.
  private var pending: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
  private var pendingCount = 0
  private var totalCount = 0

  init(seed: UInt64) {
    self.seed = seed
    lanes = (seed &+ Self.prime1 &+ Self.prime2, seed &+ Self.prime2, seed, seed &- Self.prime1)
  }

  /// The hash of `bytes` alone.
  static func hash(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
    var state = XXH64(seed: seed)
    unsafe state.update(bytes)
    return state.finish()
  }

  /// Takes the next piece.
  @inline(__always)
  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress, bytes.count > 0 else { return }
    var offset = 0
    totalCount += bytes.count
    if pendingCount > 0 {
      offset = min(32 - pendingCount, bytes.count)
      unsafe keep(base, offset)
      if pendingCount < 32 { return }
      consume(
        UInt64(littleEndian: pending.0), UInt64(littleEndian: pending.1), UInt64(littleEndian: pending.2),
        UInt64(littleEndian: pending.3))
      pendingCount = 0
    }
    while offset + 32 <= bytes.count {
      unsafe consume(
        base.word(at: offset), base.word(at: offset + 8), base.word(at: offset + 16), base.word(at: offset + 24))
      offset += 32
    }
    if offset < bytes.count { unsafe keep(base + offset, bytes.count - offset) }
  }

  /// The hash of all pieces.
  @inline(__always)
  func finish() -> UInt64 {
    var hash = seed &+ Self.prime5
    if totalCount >= 32 {
      hash = lanes.0.rotated(1) &+ lanes.1.rotated(7) &+ lanes.2.rotated(12) &+ lanes.3.rotated(18)
      hash = Self.merge(hash, lanes.0)
      hash = Self.merge(hash, lanes.1)
      hash = Self.merge(hash, lanes.2)
      hash = Self.merge(hash, lanes.3)
    }
    hash &+= UInt64(truncatingIfNeeded: totalCount)
    unsafe withUnsafeBytes(of: pending) { tail in
      guard let base = tail.baseAddress else { return }
      var offset = 0
      while offset + 8 <= pendingCount {
        unsafe hash ^= Self.round(0, base.word(at: offset))
        hash = hash.rotated(27) &* Self.prime1 &+ Self.prime4
        offset += 8
      }
      if offset + 4 <= pendingCount {
        unsafe hash ^=
          UInt64(UInt32(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
          &* Self.prime1
        hash = hash.rotated(23) &* Self.prime2 &+ Self.prime3
        offset += 4
      }
      while offset < pendingCount {
        unsafe hash ^= UInt64(base.load(fromByteOffset: offset, as: UInt8.self)) &* Self.prime5
        hash = hash.rotated(11) &* Self.prime1
        offset += 1
      }
    }
    hash = (hash ^ (hash >> 33)) &* Self.prime2
    hash = (hash ^ (hash >> 29)) &* Self.prime3
    return hash ^ (hash >> 32)
  }

  @inline(__always)
  private mutating func keep(_ source: UnsafeRawPointer, _ count: Int) {
    let start = pendingCount
    unsafe withUnsafeMutableBytes(of: &pending) { buffer in
      unsafe buffer.baseAddress?.advanced(by: start).copyMemory(from: source, byteCount: count)
    }
    pendingCount += count
  }

  @inline(__always)
  private mutating func consume(_ word0: UInt64, _ word1: UInt64, _ word2: UInt64, _ word3: UInt64) {
    lanes.0 = Self.round(lanes.0, word0)
    lanes.1 = Self.round(lanes.1, word1)
    lanes.2 = Self.round(lanes.2, word2)
    lanes.3 = Self.round(lanes.3, word3)
  }

  @inline(__always)
  private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
    (lane &+ word &* prime2).rotated(31) &* prime1
  }

  @inline(__always)
  private static func merge(_ hash: UInt64, _ lane: UInt64) -> UInt64 {
    (hash ^ round(0, lane)) &* prime1 &+ prime4
  }
}

extension UInt64 {
  /// Rotates to the left by 1 to 63 bits.
  @inline(__always)
  func rotated(_ bits: UInt64) -> UInt64 { (self &<< bits) | (self &>> (64 - bits)) }
}

extension UnsafeRawPointer {
  /// The little-endian integer of eight bytes, wherever they are.
  @inline(__always)
  fileprivate func word(at offset: Int) -> UInt64 {
    unsafe UInt64(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }
}
