import COpenSSL

/// ECDSA over the curve P-256 with SHA-256 (FIPS 186-5; ES256 of RFC 7518).
public enum P256 {
  /// The size of a coordinate, and of each half of a signature, in bytes.
  package static let coordinateByteCount = 32

  /// A key that checks signatures: a point of the curve.
  public struct VerifyingKey: Sendable, Hashable {
    /// The coordinates, 32 bytes each, the most significant first.
    public let x: [UInt8]
    public let y: [UInt8]

    /// - Throws: ``CryptoError`` with code `invalidKey` unless these are the coordinates of a point of the curve.
    public init(x: [UInt8], y: [UInt8]) throws(CryptoError) {
      self.x = x
      self.y = y
      guard x.count == coordinateByteCount, y.count == coordinateByteCount, let key = unsafe makeKey() else {
        throw CryptoError(.invalidKey, "A P-256 public key is a point of the curve, of two coordinates of 32 bytes.")
      }
      unsafe EVP_PKEY_free(key)
    }

    /// Whether `signature` is this key's signature of `message`.
    ///
    /// - Parameter signature: the two numbers, 32 bytes each, as RFC 7518 section 3.4 has them.
    public func verify(_ signature: [UInt8], of message: [UInt8]) -> Bool {
      guard signature.count == 2 * coordinateByteCount else { return false }
      let body =
        Self.derInteger(signature[..<coordinateByteCount]) + Self.derInteger(signature[coordinateByteCount...])
      return verify(der: [0x30, UInt8(body.count)] + body, of: message)
    }

    /// Whether `signature` is this key's signature of `message`.
    ///
    /// - Parameter signature: the two numbers in a sequence of ASN.1, as RFC 3279 section 2.2.3 has them.
    public func verify(der signature: [UInt8], of message: [UInt8]) -> Bool {
      let key = unsafe makeKey()
      defer { unsafe EVP_PKEY_free(key) }
      let context = unsafe EVP_MD_CTX_new()
      defer { unsafe EVP_MD_CTX_free(context) }
      guard unsafe key != nil, unsafe context != nil,
        unsafe EVP_DigestVerifyInit(context, nil, Algorithm.sha256.pointer, nil, key) == 1,
        unsafe EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
      else {
        ERR_clear_error()
        return false
      }
      return true
    }

    /// `EVP_PKEY_PUBLIC_KEY`, a macro that Swift does not see: the parameters of the curve (0x04 and 0x80), and the point.
    private static let publicKeySelection: Int32 = 0x86

    /// The key for libcrypto, to be freed; nil where the point is not on the curve.
    private func makeKey() -> OpaquePointer? {
      let context = unsafe EVP_PKEY_CTX_new_from_name(nil, "EC", nil)
      defer { unsafe EVP_PKEY_CTX_free(context) }
      guard unsafe context != nil, unsafe EVP_PKEY_fromdata_init(context) == 1 else {
        ERR_clear_error()
        return nil
      }
      var group = Array("P-256".utf8CString)
      var point = [4] + x + y
      let pointCount = point.count
      let made = unsafe group.withUnsafeMutableBufferPointer { group in
        unsafe point.withUnsafeMutableBytes { point -> OpaquePointer? in
          // The names outlive the call: they are part of the program.
          var parameters = unsafe [
            OSSL_PARAM_construct_utf8_string(Self.pointer(to: "group"), group.baseAddress, 0),
            OSSL_PARAM_construct_octet_string(Self.pointer(to: "pub"), point.baseAddress, pointCount),
            OSSL_PARAM_construct_end(),
          ]
          var key: OpaquePointer?
          let status = unsafe EVP_PKEY_fromdata(context, &key, Self.publicKeySelection, &parameters)
          return unsafe status == 1 ? key : nil
        }
      }
      if unsafe made == nil { ERR_clear_error() }
      return unsafe made
    }

    private static func pointer(to name: StaticString) -> UnsafePointer<CChar> {
      unsafe UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
    }

    /// A number that is not negative as an integer of ASN.1: without zeros to spare, and with one where the first bit is set.
    private static func derInteger(_ number: ArraySlice<UInt8>) -> [UInt8] {
      var digits = Array(number.drop { $0 == 0 })
      if digits.first.map({ $0 >= 0x80 }) ?? true { digits.insert(0, at: 0) }
      return [2, UInt8(digits.count)] + digits
    }
  }
}
