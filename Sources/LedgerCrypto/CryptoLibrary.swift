import COpenSSL
import Synchronization

/// The installed libcrypto.
package enum CryptoLibrary {
  private static let isComplete = Atomic(false)

  /// Checks that libcrypto offers every algorithm that is used. It may lack some where its configuration, the file that
  /// `OPENSSL_CONF` names or `openssl.cnf`, loads other providers or asks for properties such as `fips=yes`.
  ///
  /// - Throws: ``CryptoError`` with code `algorithmMissing`, which names what is missing.
  package static func requireAlgorithms() throws(CryptoError) {
    guard !isComplete.load(ordering: .acquiring) else { return }
    var missing: [String] = []
    if let found = unsafe EVP_MD_fetch(nil, "SHA256", nil) {
      unsafe EVP_MD_free(found)
    } else {
      missing.append("SHA256")
    }
    if let found = unsafe EVP_MAC_fetch(nil, "HMAC", nil) {
      unsafe EVP_MAC_free(found)
    } else {
      missing.append("HMAC")
    }
    for name in ["AES-256-GCM", "AES-256-ECB"] {
      if let found = unsafe EVP_CIPHER_fetch(nil, name, nil) {
        unsafe EVP_CIPHER_free(found)
      } else {
        missing.append(name)
      }
    }
    for name in ["ED25519", "ECDSA"] {
      if let found = unsafe EVP_SIGNATURE_fetch(nil, name, nil) {
        unsafe EVP_SIGNATURE_free(found)
      } else {
        missing.append(name)
      }
    }
    ERR_clear_error()
    guard missing.isEmpty else {
      throw CryptoError(
        .algorithmMissing,
        "The installed libcrypto does not offer \(missing.joined(separator: ", ")): check openssl.cnf, or the file that "
          + "OPENSSL_CONF names, for providers and default properties.")
    }
    isComplete.store(true, ordering: .releasing)
  }
}
