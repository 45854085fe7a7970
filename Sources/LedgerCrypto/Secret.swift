import COpenSSL

/// Bytes that nobody may see: a key, a seed, a token.
///
/// The memory is overwritten before it is released. No text, log line, mirror or encoder shows the bytes, and
/// comparison takes the same time wherever two secrets of one length differ. Core dumps leave the memory out, and it is locked
/// as far as the system allows: see ``SecretMemory``. Copies that libcrypto makes of a key are elsewhere; a server turns core
/// dumps off for its process as a whole.
///
/// Sendable: the bytes are written in the initialiser only, and released in `deinit`, after the last use.
@safe
public final class Secret: @unchecked Sendable {
  /// The number of bytes.
  public let count: Int
  private let storage: UnsafeMutableRawBufferPointer
  private let block: SecretMemory.Block

  /// Makes a secret in place, so that its bytes never lie anywhere else.
  ///
  /// - Parameters:
  ///   - count: the number of bytes.
  ///   - fill: writes the bytes, which are zeros before. What it throws is thrown on.
  public init<Failure: Error>(
    count: Int, filling fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    self.count = count
    block = SecretMemory.shared.allocate(count)
    unsafe storage = UnsafeMutableRawBufferPointer(start: block.start, count: count)
    try unsafe fill(storage)
  }

  /// Copies the bytes. The original remains the caller's to wipe.
  public convenience init(copying bytes: UnsafeRawBufferPointer) {
    unsafe self.init(count: bytes.count) { storage in unsafe storage.copyMemory(from: bytes) }
  }

  /// Copies the bytes. The original remains the caller's to wipe.
  public convenience init(copying bytes: [UInt8]) {
    unsafe self.init(count: bytes.count) { storage in unsafe storage.copyBytes(from: bytes) }
  }

  /// Copies the bytes and overwrites the original with zeros, unless the array's memory is shared: then this writes
  /// to a copy, and the other holder keeps the bytes.
  public convenience init(wiping bytes: inout [UInt8]) {
    self.init(copying: bytes)
    unsafe bytes.withUnsafeMutableBytes { unsafe OPENSSL_cleanse($0.baseAddress, $0.count) }
  }

  /// Copies a digest, such as a derived key.
  public convenience init(copying digest: Digest) {
    unsafe self.init(count: Digest.byteCount) { storage in
      unsafe storage.storeBytes(of: digest, as: Digest.self)
    }
  }

  /// Draws a new secret.
  ///
  /// - Parameters:
  ///   - source: where the bytes come from.
  ///   - count: the number of bytes.
  /// - Throws: what the source throws.
  public convenience init(random source: some RandomSource, count: Int) throws(CryptoError) {
    try unsafe self.init(count: count) { (storage) throws(CryptoError) in try unsafe source.fill(storage) }
  }

  deinit { SecretMemory.shared.release(block) }

  /// Calls `body` with the bytes in place. Copies made in it are the caller's to wipe.
  public func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe body(UnsafeRawBufferPointer(storage))
  }
}

extension Secret: Equatable {
  /// Whether two secrets are equal, in a time that depends on their lengths only.
  public static func == (left: Secret, right: Secret) -> Bool {
    unsafe left.withUnsafeBytes { left in
      unsafe right.withUnsafeBytes { right in unsafe constantTimeEquals(left, right) }
    }
  }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Always `<redacted>`.
  public var description: String { "<redacted>" }
  /// Always `<redacted>`.
  public var debugDescription: String { "<redacted>" }
  /// A mirror without children.
  public var customMirror: Mirror { Mirror(self, children: []) }
}
