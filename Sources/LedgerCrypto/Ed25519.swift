import COpenSSL

/// Ed25519 signatures (RFC 8032, the pure variant).
public enum Ed25519 {
  /// The size of a seed, and of a public key, in bytes.
  package static let keyByteCount = 32
  /// The size of a signature in bytes.
  package static let signatureByteCount = 64

  /// A key that signs.
  ///
  /// Sendable: libcrypto only reads a key to sign with it; its reference count is atomic; and it is freed in `deinit`.
  @safe
  @usableFromInline package final class SigningKey: @unchecked Sendable {
    private let pointer: OpaquePointer

    /// The key that checks this key's signatures.
    package let verifyingKey: VerifyingKey

    /// Makes the key that follows from a seed.
    ///
    /// - Parameter seed: 32 random bytes, the private key of RFC 8032.
    /// - Throws: ``CryptoError`` with code `invalidKey` for any other size.
    package init(seed: Secret) throws(CryptoError) {
      guard seed.count == keyByteCount else {
        throw CryptoError(.invalidKey, "An Ed25519 seed has 32 bytes, not \(seed.count).")
      }
      let made = unsafe seed.withUnsafeBytes {
        unsafe EVP_PKEY_new_raw_private_key(
          EVP_PKEY_ED25519, nil, $0.baseAddress?.assumingMemoryBound(to: UInt8.self), $0.count)
      }
      guard let made = unsafe made else { throw .fromLibrary(doing: "make an Ed25519 key") }
      var publicBytes = [UInt8](repeating: 0, count: keyByteCount)
      var count = keyByteCount
      guard unsafe EVP_PKEY_get_raw_public_key(made, &publicBytes, &count) == 1, count == keyByteCount else {
        unsafe EVP_PKEY_free(made)
        throw .fromLibrary(doing: "derive an Ed25519 public key")
      }
      unsafe pointer = made
      verifyingKey = VerifyingKey(checked: publicBytes)
    }

    deinit {
      unsafe EVP_PKEY_free(pointer)
    }

    /// Signs a message.
    ///
    /// - Returns: the signature, 64 bytes, always the same for one key and message.
    /// - Throws: ``CryptoError`` with code `libraryFailure` when memory has run out.
    package func sign(_ message: [UInt8]) throws(CryptoError) -> [UInt8] {
      var signature = [UInt8](repeating: 0, count: signatureByteCount)
      var count = signatureByteCount
      let context = unsafe EVP_MD_CTX_new()
      defer { unsafe EVP_MD_CTX_free(context) }
      guard unsafe context != nil, unsafe EVP_DigestSignInit(context, nil, nil, nil, pointer) == 1,
        unsafe EVP_DigestSign(context, &signature, &count, message, message.count) == 1, count == signatureByteCount
      else { throw .fromLibrary(doing: "sign") }
      return signature
    }
  }

  /// A key that checks signatures: public, 32 bytes.
  public struct VerifyingKey: Sendable, Hashable {
    /// The key as RFC 8032 encodes it, 32 bytes.
    public let bytes: [UInt8]

    /// Takes a public key. Whether it is a point of the curve shows in ``verify(_:of:)``, which refuses everything
    /// under one that is not.
    ///
    /// - Throws: ``CryptoError`` with code `invalidKey` if the bytes are not 32, are not the one encoding of a point, or
    ///   are that of a point of small order, under which one signature can fit many messages.
    public init(bytes: some Collection<UInt8>) throws(CryptoError) {
      guard bytes.count == keyByteCount else {
        throw CryptoError(.invalidKey, "An Ed25519 public key has 32 bytes, not \(bytes.count).")
      }
      self.bytes = Array(bytes)
      guard !SmallOrder.contains(self.bytes) else {
        throw CryptoError(.invalidKey, "An Ed25519 public key of small order, or in another encoding than its own.")
      }
    }

    fileprivate init(checked bytes: [UInt8]) {
      self.bytes = bytes
    }

    /// Whether `signature` is this key's signature of `message`.
    public func verify(_ signature: [UInt8], of message: [UInt8]) -> Bool {
      guard signature.count == signatureByteCount else { return false }
      let key = unsafe EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, bytes, bytes.count)
      defer { unsafe EVP_PKEY_free(key) }
      let context = unsafe EVP_MD_CTX_new()
      defer { unsafe EVP_MD_CTX_free(context) }
      guard unsafe key != nil, unsafe context != nil, unsafe EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1,
        unsafe EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
      else {
        ERR_clear_error()
        return false
      }
      return true
    }
  }

  /// The encodings that are no key of anybody: points whose order divides 8, and y-coordinates that are not reduced.
  private enum SmallOrder {
    /// The y-coordinates of the points of order 1, 2, 4 and 8, least byte first.
    private static let coordinates: [[UInt8]?] = [
      [1] + [UInt8](repeating: 0, count: 31),
      [0xEC] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
      [UInt8](repeating: 0, count: 32),
      Hex.decode("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
      Hex.decode("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
    ]

    static func contains(_ key: [UInt8]) -> Bool {
      var coordinate = key
      coordinate[31] &= 0x7F
      // From 2^255 - 19 on, a coordinate has a smaller one that is the same.
      let isReduced = coordinate[31] < 0x7F || coordinate[1..<31].contains { $0 < 0xFF } || coordinate[0] < 0xED
      return !isReduced || coordinates.contains(coordinate)
    }
  }
}
