package import LedgerCrypto

/// The name of a person's key: 16 random bytes that say nothing about the person.
package struct PersonID: Sendable, Hashable {
  /// The size in bytes.
  package static let byteCount = 16

  // Memory images of bytes 0..<8 and 8..<16: never read as numbers.
  private let words: SIMD2<UInt64>

  /// Draws a new ID.
  ///
  /// - Throws: what the source throws.
  package init(random source: some RandomSource) throws(CryptoError) {
    var words = SIMD2<UInt64>()
    try unsafe withUnsafeMutableBytes(of: &words) { (bytes) throws(CryptoError) in try unsafe source.fill(bytes) }
    self.words = words
  }

  /// Takes an ID; `nil` if the bytes are not 16.
  package init?(bytes: some Collection<UInt8>) {
    guard bytes.count == PersonID.byteCount else { return nil }
    var words = SIMD2<UInt64>()
    unsafe withUnsafeMutableBytes(of: &words) { unsafe $0.copyBytes(from: bytes) }
    self.words = words
  }

  /// Copies an ID; `nil` if the bytes are not 16.
  package init?(copying bytes: UnsafeRawBufferPointer) {
    guard bytes.count == PersonID.byteCount else { return nil }
    var words = SIMD2<UInt64>()
    unsafe withUnsafeMutableBytes(of: &words) { unsafe $0.copyMemory(from: bytes) }
    self.words = words
  }

  /// Calls `body` with the 16 bytes in place.
  package func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    unsafe Swift.withUnsafeBytes(of: words) { unsafe body($0) }
  }

  /// The 16 bytes as an array; it allocates.
  package var bytes: [UInt8] {
    unsafe withUnsafeBytes { unsafe Array($0) }
  }

  /// The file in the key folder that the key lies in.
  package var fileOfKey: String { "keys/persons/\(PersonShard.fileName(shard))" }

  /// The first byte, which says what shard the key lies in.
  var shard: UInt8 {
    unsafe withUnsafeBytes { unsafe $0[0] }
  }
}

extension PersonID: CustomStringConvertible {
  /// 32 hexadecimal digits.
  package var description: String {
    unsafe withUnsafeBytes { unsafe Hex.encode($0) }
  }
}
