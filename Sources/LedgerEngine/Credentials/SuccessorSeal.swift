package import LedgerCrypto

/// Seals the secret part of a refresh token's successor under the replaced token itself, of which the ledger has a digest
/// only: so a caller who presents that token again opens it, and nobody with the ledger and its keys alone does.
package struct SuccessorSeal: Sendable {
  private static let label = Array("CredentialLedger successor/1".utf8)

  /// The text of the replaced token.
  package let token: String

  package init(token: String) {
    self.token = token
  }

  /// - Returns: a nonce, 12 bytes, and the box.
  package func seal(_ secret: [UInt8], nonce: AES256GCM.Nonce) throws(CryptoError) -> [UInt8] {
    guard let key else { throw CryptoError(.invalidKey, "The token is malformed.") }
    let box = try AES256GCM.seal(secret, key: key, nonce: nonce, authenticating: Self.label)
    return unsafe nonce.withUnsafeBytes { unsafe Array($0) } + box
  }

  /// What was sealed; nil where that was under another token, or is none of these.
  package func open(_ kept: [UInt8]) -> [UInt8]? {
    guard let key, kept.count > AES256GCM.Nonce.byteCount else { return nil }
    let nonce = unsafe kept[..<AES256GCM.Nonce.byteCount].withUnsafeBytes { unsafe AES256GCM.Nonce(copying: $0) }
    guard let nonce else { return nil }
    return try? AES256GCM.open(
      Array(kept[AES256GCM.Nonce.byteCount...]), key: key, nonce: nonce, authenticating: Self.label)
  }

  private var key: Secret? {
    TokenFormat.secret(prefix: RefreshToken.prefix, token).map {
      HKDFSHA256.derive(from: $0, info: Self.label, count: AES256GCM.keyByteCount)
    }
  }
}
