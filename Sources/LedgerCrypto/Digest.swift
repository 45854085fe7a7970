/// A SHA-256 digest or HMAC-SHA256 code: 32 bytes, stored inline.
///
/// Copying one costs four registers and never touches the heap. Comparison takes the same time wherever two values
/// differ, so a digest may be compared with one an attacker supplied.
@frozen
public struct Digest: Sendable {
  /// The size of a digest in bytes.
  public static let byteCount = 32

  /// The digest of 32 zero bytes; a placeholder, such as the head of an empty chain.
  @inlinable
  public static var zero: Digest { Digest(0, 0, 0, 0) }

  // Memory images of bytes 0..<8, 8..<16, 16..<24 and 24..<32: never read as numbers.
  @usableFromInline let word0: UInt64
  @usableFromInline let word1: UInt64
  @usableFromInline let word2: UInt64
  @usableFromInline let word3: UInt64

  @inlinable
  init(_ word0: UInt64, _ word1: UInt64, _ word2: UInt64, _ word3: UInt64) {
    self.word0 = word0
    self.word1 = word1
    self.word2 = word2
    self.word3 = word3
  }

  /// Copies a digest from memory of any alignment, such as a page of a database.
  ///
  /// - Parameter bytes: exactly 32 bytes; `nil` results from any other count.
  @inlinable
  public init?(copying bytes: UnsafeRawBufferPointer) {
    guard bytes.count == Digest.byteCount else { return nil }
    self.init(
      unsafe bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
      unsafe bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
      unsafe bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self),
      unsafe bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
  }

  /// Copies a digest from a span.
  ///
  /// - Parameter bytes: exactly 32 bytes; `nil` results from any other count.
  @inlinable
  public init?(copying bytes: RawSpan) {
    guard let digest = unsafe bytes.withUnsafeBytes({ unsafe Digest(copying: $0) }) else { return nil }
    self = digest
  }

  /// Copies a digest from a collection of bytes.
  ///
  /// - Parameter bytes: exactly 32 bytes; `nil` results from any other count.
  @inlinable
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == Digest.byteCount else { return nil }
    var words = InlineArray<4, UInt64>(repeating: 0)
    var index = 0
    for byte in bytes {
      words[index >> 3] |= UInt64(byte) << UInt64((index & 7) << 3)
      index += 1
    }
    self.init(
      UInt64(littleEndian: words[0]), UInt64(littleEndian: words[1]), UInt64(littleEndian: words[2]),
      UInt64(littleEndian: words[3]))
  }

  /// Reads a digest from 64 hexadecimal digits of either case; `nil` if the text is anything else.
  public init?(hex: some StringProtocol) {
    guard let bytes = Hex.decode(hex) else { return nil }
    self.init(bytes: bytes)
  }

  /// Calls `body` with the 32 bytes in place. The pointer dies when `body` returns.
  @inlinable
  public func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe Swift.withUnsafeBytes(of: self) { (bytes) throws(Failure) in try unsafe body(bytes) }
  }

  /// Appends the 32 bytes to `bytes`.
  @inlinable
  public func append(to bytes: inout [UInt8]) {
    unsafe withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
  }

  /// The 32 bytes as an array; it allocates.
  @inlinable
  public var bytes: [UInt8] {
    unsafe withUnsafeBytes { unsafe [UInt8]($0) }
  }

  /// The digest as 64 lower-case hexadecimal digits.
  public var hex: String {
    unsafe withUnsafeBytes { unsafe Hex.encode($0) }
  }
}

extension Digest: Hashable {
  /// Whether two digests are equal, in a time that does not depend on where they differ.
  @inlinable
  public static func == (left: Digest, right: Digest) -> Bool {
    (left.word0 ^ right.word0) | (left.word1 ^ right.word1) | (left.word2 ^ right.word2) | (left.word3 ^ right.word3)
      == 0
  }

  @inlinable
  public func hash(into hasher: inout Hasher) {
    hasher.combine(word0)
    hasher.combine(word1)
    hasher.combine(word2)
    hasher.combine(word3)
  }
}

extension Digest: CustomStringConvertible {
  /// The same text as ``hex``.
  public var description: String { hex }
}
