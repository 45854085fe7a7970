import COpenSSL

/// HMAC with SHA-256 (RFC 2104, FIPS 198-1): a keyed digest that only a holder of the key can make or check.
///
/// The calls reuse a context of the calling thread, which holds the last key, hashed, until its next use.
package enum HMACSHA256 {
  /// The authentication code of `bytes`.
  ///
  /// - Parameters:
  ///   - bytes: the message, of any length.
  ///   - key: of any length; 32 bytes is the strength of the function.
  package static func authenticate(_ bytes: UnsafeRawBufferPointer, key: Secret) -> Digest {
    let context = unsafe contexts.context
    unsafe begin(context, key)
    unsafe update(context, bytes)
    let code = unsafe finish(context)
    // The last key must not outlive its secret in a thread's context.
    unsafe begin(context, Self.zeros)
    return code
  }

  /// The authentication code of `bytes`.
  package static func authenticate(_ bytes: [UInt8], key: Secret) -> Digest {
    unsafe bytes.withUnsafeBytes { unsafe authenticate($0, key: key) }
  }

  /// The authentication code of `bytes`.
  package static func authenticate(_ bytes: RawSpan, key: Secret) -> Digest {
    unsafe bytes.withUnsafeBytes { unsafe authenticate($0, key: key) }
  }

  private static let zeros = Secret(copying: [UInt8](repeating: 0, count: 32))

  /// Seen by the tests.
  static let contexts = unsafe PerThread(
    make: {
      guard let context = unsafe EVP_MAC_CTX_new(Algorithm.hmac.pointer) else { return nil }
      // libcrypto copies the name, and only reads it.
      let name: StaticString = "SHA256"
      let digest = unsafe UnsafeMutablePointer(mutating: name.utf8Start)
      let parameters = unsafe [
        digest.withMemoryRebound(to: CChar.self, capacity: name.utf8CodeUnitCount) {
          unsafe OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, $0, name.utf8CodeUnitCount)
        },
        OSSL_PARAM_construct_end(),
      ]
      guard unsafe EVP_MAC_CTX_set_params(context, parameters) == 1 else {
        unsafe EVP_MAC_CTX_free(context)
        return nil
      }
      return unsafe context
    },
    free: { unsafe EVP_MAC_CTX_free(OpaquePointer($0)) })

  // As with hashing, these calls fail only when libcrypto cannot allocate, and then trap.

  private static func begin(_ context: OpaquePointer, _ key: Secret) {
    let status = unsafe key.withUnsafeBytes {
      unsafe EVP_MAC_init(context, $0.baseAddress?.assumingMemoryBound(to: UInt8.self), $0.count, nil)
    }
    guard status == 1 else { fatalError("libcrypto could not begin an HMAC.") }
  }

  private static func update(_ context: OpaquePointer, _ bytes: UnsafeRawBufferPointer) {
    let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
    guard unsafe EVP_MAC_update(context, start, bytes.count) == 1 else {
      fatalError("libcrypto could not continue an HMAC.")
    }
  }

  private static func finish(_ context: OpaquePointer) -> Digest {
    var code = Digest.zero
    let status = unsafe withUnsafeMutableBytes(of: &code) {
      unsafe EVP_MAC_final(context, $0.baseAddress?.assumingMemoryBound(to: UInt8.self), nil, $0.count)
    }
    guard status == 1 else { fatalError("libcrypto could not finish an HMAC.") }
    return code
  }
}
