import COpenSSL

/// The algorithms of libcrypto this target uses, each looked up once for the process: a look-up takes locks and
/// searches the providers, which costs more than hashing a record.
enum Algorithm {
  static let sha256 = unsafe Fetched("SHA256") { unsafe EVP_MD_fetch(nil, $0, nil) }
  static let hmac = unsafe Fetched("HMAC") { unsafe EVP_MAC_fetch(nil, $0, nil) }
  static let aes256GCM = unsafe Fetched("AES-256-GCM") { unsafe EVP_CIPHER_fetch(nil, $0, nil) }
  static let aes256Block = unsafe Fetched("AES-256-ECB") { unsafe EVP_CIPHER_fetch(nil, $0, nil) }
}

/// An algorithm object of libcrypto, kept for the life of the process.
///
/// Sendable: libcrypto never changes such an object once it is fetched, except for its atomic reference count, and
/// this type never releases it.
@safe
struct Fetched: @unchecked Sendable {
  let pointer: OpaquePointer

  /// Fetches an algorithm. Traps where libcrypto lacks it, which ``CryptoLibrary/requireAlgorithms()`` says before.
  init(_ name: StaticString, fetch: (UnsafePointer<CChar>) -> OpaquePointer?) {
    let found = unsafe name.utf8Start.withMemoryRebound(to: CChar.self, capacity: name.utf8CodeUnitCount + 1) {
      unsafe fetch($0)
    }
    guard let found = unsafe found else { fatalError("The installed libcrypto does not offer \(name).") }
    unsafe pointer = found
  }
}
