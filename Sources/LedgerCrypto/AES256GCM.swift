import COpenSSL

/// AES-256 in Galois/Counter Mode (NIST SP 800-38D): encryption that also shows whether anything was changed.
package enum AES256GCM {
  /// The size of a key in bytes.
  package static let keyByteCount = 32
  /// The size of the tag at the end of a box in bytes.
  package static let tagByteCount = 16

  /// A value used once with a key, 12 bytes. Random ones are safe for 2^32 boxes under one key (SP 800-38D, 8.3).
  package struct Nonce: Sendable {
    /// The size of a nonce in bytes.
    package static let byteCount = 12

    private var storage = InlineArray<12, UInt8>(repeating: 0)

    /// Copies a nonce; `nil` if the bytes are not 12.
    package init?(copying bytes: UnsafeRawBufferPointer) {
      guard bytes.count == Nonce.byteCount else { return nil }
      unsafe withUnsafeMutableBytes(of: &storage) { unsafe $0.copyMemory(from: bytes) }
    }

    /// Draws a nonce.
    ///
    /// - Throws: what the source throws.
    package init(random source: some RandomSource) throws(CryptoError) {
      try unsafe withUnsafeMutableBytes(of: &storage) { (bytes) throws(CryptoError) in try unsafe source.fill(bytes) }
    }

    /// Calls `body` with the 12 bytes in place.
    package func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
      unsafe Swift.withUnsafeBytes(of: storage) { unsafe body($0) }
    }
  }

  /// Encrypts `plaintext`.
  ///
  /// - Parameters:
  ///   - plaintext: any number of bytes below 2^31.
  ///   - key: 32 bytes.
  ///   - nonce: never used with this key before; two boxes with one nonce give away both plaintexts.
  ///   - context: bytes that are not encrypted, but without which the box does not open.
  /// - Returns: the ciphertext, as long as the plaintext, and the tag, 16 bytes.
  /// - Throws: ``CryptoError`` with code `invalidKey` if the key is not 32 bytes.
  package static func seal(
    _ plaintext: UnsafeRawBufferPointer, key: Secret, nonce: Nonce, authenticating context: [UInt8]
  ) throws(CryptoError) -> [UInt8] {
    let cipher = try unsafe begun(key: key, nonce: nonce, authenticating: context, direction: 1)
    defer { unsafe forgetKey(cipher) }
    var box = [UInt8](repeating: 0, count: plaintext.count + tagByteCount)
    let sealed = unsafe box.withUnsafeMutableBytes { box in
      let tag = unsafe UnsafeMutableRawBufferPointer(rebasing: box[plaintext.count...])
      return unsafe update(cipher, plaintext, into: box.baseAddress) && final(cipher)
        && EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, Int32(tagByteCount), tag.baseAddress) == 1
    }
    guard sealed else { throw .fromLibrary(doing: "encrypt by AES-256-GCM") }
    return box
  }

  /// Encrypts `plaintext`; as ``seal(_:key:nonce:authenticating:)``.
  package static func seal(
    _ plaintext: [UInt8], key: Secret, nonce: Nonce, authenticating context: [UInt8]
  ) throws(CryptoError) -> [UInt8] {
    try unsafe plaintext.span.bytes.withUnsafeBytes { (bytes) throws(CryptoError) in
      try unsafe seal(bytes, key: key, nonce: nonce, authenticating: context)
    }
  }

  /// Decrypts a box and checks that nothing was changed.
  ///
  /// - Parameters:
  ///   - box: the ciphertext and the tag.
  ///   - key: the 32 bytes it was sealed with.
  ///   - nonce: the one it was sealed with.
  ///   - context: the bytes it was sealed with.
  /// - Returns: the plaintext, in memory that is wiped.
  /// - Throws: ``CryptoError`` with code `authenticationFailed` if anything differs from the sealing or the box is
  ///   shorter than a tag, `invalidKey` if the key is not 32 bytes.
  package static func openSecret(
    _ box: UnsafeRawBufferPointer, key: Secret, nonce: Nonce, authenticating context: [UInt8]
  ) throws(CryptoError) -> Secret {
    let count = try plaintextCount(ofBox: box.count)
    return try unsafe Secret(count: count) { (plaintext) throws(CryptoError) in
      try unsafe open(box, key: key, nonce: nonce, authenticating: context, into: plaintext)
    }
  }

  /// Decrypts a box and checks that nothing was changed; as ``openSecret(_:key:nonce:authenticating:)``, but the
  /// plaintext is an ordinary array.
  package static func open(
    _ box: UnsafeRawBufferPointer, key: Secret, nonce: Nonce, authenticating context: [UInt8]
  ) throws(CryptoError) -> [UInt8] {
    var plaintext = [UInt8](repeating: 0, count: try plaintextCount(ofBox: box.count))
    var span = plaintext.mutableSpan
    var bytes = unsafe span.mutableBytes
    try unsafe bytes.withUnsafeMutableBytes { (plaintext) throws(CryptoError) in
      try unsafe open(box, key: key, nonce: nonce, authenticating: context, into: plaintext)
    }
    return plaintext
  }

  /// Decrypts a box and checks that nothing was changed; as ``openSecret(_:key:nonce:authenticating:)``, but the
  /// plaintext is an ordinary array.
  package static func open(
    _ box: [UInt8], key: Secret, nonce: Nonce, authenticating context: [UInt8]
  ) throws(CryptoError) -> [UInt8] {
    try unsafe box.span.bytes.withUnsafeBytes { (box) throws(CryptoError) in
      try unsafe open(box, key: key, nonce: nonce, authenticating: context)
    }
  }

  /// Opens boxes one after the other in a context of its own, which keeps the last key until the next box or until it is freed
  /// and wiped. For lists: the context of a thread has its key replaced by zeros after each box.
  @safe
  package struct Opener: ~Copyable {
    private let cipher: OpaquePointer

    /// - Throws: ``CryptoError`` where memory has run out.
    package init() throws(CryptoError) {
      guard let made = unsafe AES256GCM.makeContext() else {
        throw .fromLibrary(doing: "make a context of AES-256-GCM")
      }
      unsafe cipher = made
    }

    deinit { unsafe EVP_CIPHER_CTX_free(cipher) }

    /// Decrypts a box and checks that nothing was changed; as ``AES256GCM/open(_:key:nonce:authenticating:)``.
    package mutating func open(
      _ box: UnsafeRawBufferPointer, key: Secret, nonce: Nonce, authenticating context: [UInt8]
    ) throws(CryptoError) -> [UInt8] {
      let cipher = unsafe cipher
      var plaintext = [UInt8](repeating: 0, count: try AES256GCM.plaintextCount(ofBox: box.count))
      try unsafe AES256GCM.begin(cipher, key: key, nonce: nonce, authenticating: context, direction: 0)
      var span = plaintext.mutableSpan
      var bytes = unsafe span.mutableBytes
      try unsafe bytes.withUnsafeMutableBytes { (plaintext) throws(CryptoError) in
        try unsafe AES256GCM.finish(cipher, box, into: plaintext)
      }
      return plaintext
    }
  }

  /// Seen by the tests.
  static let contexts = unsafe PerThread(
    make: { unsafe makeContext() }, free: { unsafe EVP_CIPHER_CTX_free(OpaquePointer($0)) })

  /// A context for this algorithm. Naming that again at each box would free and make what the context holds.
  private static func makeContext() -> OpaquePointer? {
    guard let made = unsafe EVP_CIPHER_CTX_new() else { return nil }
    guard unsafe EVP_CipherInit_ex(made, Algorithm.aes256GCM.pointer, nil, nil, nil, 1) == 1 else {
      unsafe EVP_CIPHER_CTX_free(made)
      return nil
    }
    return unsafe made
  }

  private static func plaintextCount(ofBox count: Int) throws(CryptoError) -> Int {
    guard count >= tagByteCount else { throw notAuthentic }
    return count - tagByteCount
  }

  private static func open(
    _ box: UnsafeRawBufferPointer, key: Secret, nonce: Nonce, authenticating context: [UInt8],
    into plaintext: UnsafeMutableRawBufferPointer
  ) throws(CryptoError) {
    let cipher = try unsafe begun(key: key, nonce: nonce, authenticating: context, direction: 0)
    defer { unsafe forgetKey(cipher) }
    try unsafe finish(cipher, box, into: plaintext)
  }

  /// Decrypts a box in a context in which that was begun.
  private static func finish(
    _ cipher: OpaquePointer, _ box: UnsafeRawBufferPointer, into plaintext: UnsafeMutableRawBufferPointer
  ) throws(CryptoError) {
    let ciphertext = unsafe UnsafeRawBufferPointer(rebasing: box[..<plaintext.count])
    let tag = unsafe UnsafeMutableRawBufferPointer(mutating: UnsafeRawBufferPointer(rebasing: box[plaintext.count...]))
    let opened =
      unsafe update(cipher, ciphertext, into: plaintext.baseAddress)
      && EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, Int32(tagByteCount), tag.baseAddress) == 1
      && final(cipher)
    guard opened else {
      // What was decrypted before the tag proved false must not be seen.
      unsafe OPENSSL_cleanse(plaintext.baseAddress, plaintext.count)
      ERR_clear_error()
      throw notAuthentic
    }
  }

  private static var notAuthentic: CryptoError {
    CryptoError(
      .authenticationFailed, "The sealed bytes were changed, or were sealed under another key or in another context.")
  }

  private static func begun(
    key: Secret, nonce: Nonce, authenticating context: [UInt8], direction: Int32
  ) throws(CryptoError) -> OpaquePointer {
    let cipher = unsafe contexts.context
    try unsafe begin(cipher, key: key, nonce: nonce, authenticating: context, direction: direction)
    return unsafe cipher
  }

  private static func begin(
    _ cipher: OpaquePointer, key: Secret, nonce: Nonce, authenticating context: [UInt8], direction: Int32
  ) throws(CryptoError) {
    guard key.count == keyByteCount else {
      throw CryptoError(.invalidKey, "An AES-256 key has 32 bytes, not \(key.count).")
    }
    let begun = unsafe key.withUnsafeBytes { key in
      unsafe nonce.withUnsafeBytes { nonce in
        unsafe EVP_CipherInit_ex(
          cipher, nil, nil, key.baseAddress?.assumingMemoryBound(to: UInt8.self),
          nonce.baseAddress?.assumingMemoryBound(to: UInt8.self), direction)
      }
    }
    let authenticated = unsafe context.withUnsafeBytes { unsafe update(cipher, $0, into: nil) }
    guard begun == 1, authenticated else { throw .fromLibrary(doing: "begin AES-256-GCM") }
  }

  /// Puts a key of zeros in the place of the last one, which must not outlive its secret in a thread's context.
  private static func forgetKey(_ cipher: OpaquePointer) {
    let zeros = InlineArray<32, UInt8>(repeating: 0)
    let status = unsafe withUnsafeBytes(of: zeros) {
      unsafe EVP_CipherInit_ex(cipher, nil, nil, $0.baseAddress?.assumingMemoryBound(to: UInt8.self), nil, 1)
    }
    guard status == 1 else { fatalError("libcrypto could not forget an AES key.") }
  }

  /// Adds bytes to encrypt or decrypt, or without an output, bytes to authenticate.
  private static func update(
    _ cipher: OpaquePointer, _ bytes: UnsafeRawBufferPointer, into output: UnsafeMutableRawPointer?
  ) -> Bool {
    // An empty update without an output would mean the end of the message.
    guard bytes.count > 0 else { return true }
    var written: Int32 = 0
    return unsafe EVP_CipherUpdate(
      cipher, output?.assumingMemoryBound(to: UInt8.self), &written,
      bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(bytes.count)) == 1
  }

  private static func final(_ cipher: OpaquePointer) -> Bool {
    // In this mode the end of a message has no bytes of its own, but libcrypto wants a place for them.
    var rest = InlineArray<16, UInt8>(repeating: 0)
    var written: Int32 = 0
    return unsafe withUnsafeMutableBytes(of: &rest) {
      unsafe EVP_CipherFinal_ex(cipher, $0.baseAddress?.assumingMemoryBound(to: UInt8.self), &written) == 1
    }
  }
}
