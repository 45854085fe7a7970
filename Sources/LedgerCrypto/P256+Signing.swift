import COpenSSL

extension P256 {
  /// A key that signs.
  ///
  /// Sendable: libcrypto only reads a key to sign with it; its reference count is atomic; and it is freed in `deinit`.
  @safe
  package final class SigningKey: @unchecked Sendable {
    private let pointer: OpaquePointer

    /// The key that checks this key's signatures.
    package let verifyingKey: VerifyingKey

    /// The order of the curve's group (FIPS 186-5, P-256).
    private static let order: [UInt8] = [
      0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xBC, 0xE6, 0xFA, 0xAD, 0xA7,
      0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
    ]
    /// `EVP_PKEY_EC`.
    private static let keyType: Int32 = 408

    /// Makes the key that follows from a seed: a number below the order, derived by HKDF (RFC 5869) until one fits.
    ///
    /// - Parameter seed: 32 random bytes.
    /// - Throws: ``CryptoError`` with code `invalidKey` for any other size.
    package convenience init(seed: Secret) throws(CryptoError) {
      guard seed.count == coordinateByteCount else {
        throw CryptoError(.invalidKey, "The seed of a P-256 key has 32 bytes, not \(seed.count).")
      }
      var scalar = seed
      for round in 0..<128 {
        scalar = HKDFSHA256.derive(
          from: seed, info: Array("CredentialLedger P-256 key/1 \(round)".utf8), count: coordinateByteCount)
        // All but one in four thousand million fit.
        if Self.isScalar(scalar) { break }
      }
      try self.init(scalar: scalar)
    }

    /// Makes the key of a number.
    ///
    /// - Parameter scalar: 32 bytes, the most significant first: above 0 and below the order of the curve's group.
    /// - Throws: ``CryptoError`` with code `invalidKey` for any other.
    package init(scalar: Secret) throws(CryptoError) {
      guard Self.isScalar(scalar) else {
        throw CryptoError(.invalidKey, "The private key of P-256 has 32 bytes, and is above 0 and below the order.")
      }
      // ECPrivateKey of RFC 5915, without the public key.
      var encoding: [UInt8] = [0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20]
      unsafe scalar.withUnsafeBytes { unsafe encoding.append(contentsOf: $0) }
      encoding += [0xA0, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]
      let length = encoding.count
      let made = unsafe encoding.withUnsafeMutableBytes { bytes -> OpaquePointer? in
        var place = unsafe UnsafePointer(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
        let key = unsafe d2i_PrivateKey(Self.keyType, nil, &place, length)
        unsafe OPENSSL_cleanse(bytes.baseAddress, bytes.count)
        return unsafe key
      }
      guard let made = unsafe made else { throw .fromLibrary(doing: "make a P-256 key") }
      var point = [UInt8](repeating: 0, count: 65)
      var count = 0
      guard unsafe EVP_PKEY_get_octet_string_param(made, "encoded-pub-key", &point, point.count, &count) == 1,
        count == 65,
        point[0] == 4, let known = try? VerifyingKey(x: Array(point[1..<33]), y: Array(point[33...]))
      else {
        unsafe EVP_PKEY_free(made)
        throw .fromLibrary(doing: "derive a P-256 public key")
      }
      unsafe pointer = made
      verifyingKey = known
    }

    deinit {
      unsafe EVP_PKEY_free(pointer)
    }

    /// Signs a message.
    ///
    /// - Returns: the two numbers, 32 bytes each, as RFC 7518 section 3.4 has them; others at each call.
    /// - Throws: ``CryptoError`` with code `libraryFailure` when memory or randomness has run out.
    package func sign(_ message: [UInt8]) throws(CryptoError) -> [UInt8] {
      var signature = [UInt8](repeating: 0, count: 80)
      var count = signature.count
      let context = unsafe EVP_MD_CTX_new()
      defer { unsafe EVP_MD_CTX_free(context) }
      guard unsafe context != nil,
        unsafe EVP_DigestSignInit(context, nil, Algorithm.sha256.pointer, nil, pointer) == 1,
        unsafe EVP_DigestSign(context, &signature, &count, message, message.count) == 1,
        let raw = Self.raw(signature.prefix(count))
      else { throw .fromLibrary(doing: "sign") }
      return raw
    }

    /// The two numbers of a sequence of ASN.1, 32 bytes each.
    private static func raw(_ der: ArraySlice<UInt8>) -> [UInt8]? {
      var rest = der.dropFirst(2)
      var raw: [UInt8] = []
      for _ in 0..<2 {
        guard rest.popFirst() == 2, let length = rest.popFirst(), rest.count >= Int(length) else { return nil }
        let digits = rest.prefix(Int(length)).drop { $0 == 0 }
        rest = rest.dropFirst(Int(length))
        guard digits.count <= coordinateByteCount else { return nil }
        raw += [UInt8](repeating: 0, count: coordinateByteCount - digits.count) + digits
      }
      return raw
    }

    private static func isScalar(_ scalar: Secret) -> Bool {
      unsafe scalar.withUnsafeBytes { bytes in
        guard bytes.count == coordinateByteCount, unsafe bytes.contains(where: { $0 != 0 }) else { return false }
        return unsafe bytes.lexicographicallyPrecedes(order)
      }
    }
  }
}
