import COpenSSL

/// A source of unpredictable bytes. It is a parameter wherever chance plays a part, so that a simulation can be run
/// again from its seed.
public protocol RandomSource: Sendable {
  /// Overwrites the whole buffer with random bytes.
  ///
  /// - Throws: ``CryptoError`` with code `randomUnavailable` when the source has none to give; the buffer's content
  ///   must then not be used.
  func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(CryptoError)
}

extension RandomSource {
  /// Draws bytes that need no secrecy, such as an identifier or a nonce.
  ///
  /// - Parameter count: how many; 0 or more.
  /// - Throws: what ``fill(_:)`` throws.
  public func bytes(count: Int) throws(CryptoError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var span = bytes.mutableSpan
    var storage = unsafe span.mutableBytes
    try unsafe storage.withUnsafeMutableBytes { (buffer) throws(CryptoError) in try unsafe fill(buffer) }
    return bytes
  }
}

/// The generator of libcrypto for private values, which the operating system seeds (NIST SP 800-90A).
@usableFromInline package struct SystemRandom: RandomSource {
  /// Refers to the process's generator; costs nothing.
  @usableFromInline package init() {}

  @usableFromInline package func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(CryptoError) {
    let start = unsafe buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
    guard unsafe RAND_priv_bytes_ex(nil, start, buffer.count, 0) == 1 else {
      throw .fromLibrary(.randomUnavailable, doing: "draw random bytes")
    }
  }
}
