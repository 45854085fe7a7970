public import LedgerCrypto

/// A key by which signed access tokens are verified without a call.
public struct TokenVerifyingKey: Sendable, Hashable {
  /// What names it in a token: its thumbprint (RFC 7638) in base64url.
  public let identifier: String
  public let key: P256.VerifyingKey

  /// Names the key by its thumbprint.
  package init(_ key: P256.VerifyingKey) {
    self.key = key
    let (x, y) = (Base64URL.encode(key.x), Base64URL.encode(key.y))
    identifier = Base64URL.encode(SHA256.hash(Array(#"{"crv":"P-256","kty":"EC","x":"\#(x)","y":"\#(y)"}"#.utf8)).bytes)
  }
}

/// A key that signs access tokens.
package struct TokenSigner: Sendable {
  package let key: P256.SigningKey
  package let verifying: TokenVerifyingKey

  /// Takes the key, and derives the one that verifies.
  package init(_ key: P256.SigningKey) {
    self.key = key
    verifying = TokenVerifyingKey(key.verifyingKey)
  }
}
