import LedgerCrypto

// Until version 4 the key that signs access tokens followed from the mask of tokens. The first keys of the kind still do, so
// that what was signed before is verified by them; each that is made later is drawn.

extension Keyring {
  /// Adds the keys that access tokens were signed by before the keyring had some of their own: one for each mask, numbered from
  /// 1, to be dropped with it.
  mutating func addFirstTokenSigningKeys(_ roles: RoleKeys) throws(KeyStoreError) {
    guard keys(of: .tokenSigning).isEmpty else { return }
    for (index, mask) in keys(of: .tokenMask).enumerated() {
      let seed = Self.tokenSigningSeed(from: try open(mask, roles))
      var key = try add(
        seed, .tokenSigning, number: UInt32(index + 1), createdAt: mask.createdAt, roles,
        random: NonceFromKey(key: seed, number: UInt32(index + 1)))
      key.until = mask.until
      keys[keys.count - 1] = key
    }
  }

  /// The seed that follows from a mask.
  static func tokenSigningSeed(from mask: Secret) -> Secret {
    HKDFSHA256.derive(
      from: mask, info: Array("CredentialLedger access token signature/1".utf8), count: keyByteCount)
  }
}

/// The nonce that a key is sealed with which follows from another: drawn from the key itself, so that a keyring that is brought
/// up to date by two processes, or again after a crash, is sealed alike. No other bytes are ever sealed with it.
private struct NonceFromKey: RandomSource {
  let key: Secret
  let number: UInt32

  func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(CryptoError) {
    let bytes = HKDFSHA256.derive(
      from: key, info: Array("CredentialLedger token signing key, sealed/\(number)".utf8), count: buffer.count)
    unsafe bytes.withUnsafeBytes { unsafe buffer.copyMemory(from: $0) }
  }
}
