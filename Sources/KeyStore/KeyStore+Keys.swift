package import LedgerCrypto

/// A mask of token positions, and until when tokens under it are read.
package struct TokenMask: Sendable {
  /// From 1, in the order they were made.
  package let number: UInt32
  /// Milliseconds since 1970; nil for the newest, and where the end is not set.
  package let until: Int64?
  package let mask: BlockMask
}

/// A key that signs access tokens (RFC 9068).
package struct TokenSigningKey: Sendable {
  /// From 1, in the order they were made.
  package let number: UInt32
  /// Milliseconds since 1970; nil for the newest, and where the end is not set.
  package let until: Int64?
  package let seed: Secret
}

/// A key of the keyring, by what may be shown of it.
public struct KeyringKey: Sendable, Hashable {
  /// What it is for.
  public let kind: KeyKind
  /// From 1, in the order in which the keys of the kind were made; the one with the highest is in use.
  public let number: UInt32
  /// When it was made, in milliseconds since 1970.
  public let createdAt: Int64
  /// When it stops to be of use, in milliseconds since 1970; nil for those in use, and where that is not a matter of time.
  public let until: Int64?
  /// Whether it is a signing key that is kept elsewhere.
  public let isElsewhere: Bool
}

// The keys by what they are for.
extension KeyStore {
  /// All keys, those of each kind in the order of their numbers.
  package var keyringKeys: [KeyringKey] {
    state.withLock { state in
      KeyKind.allCases.flatMap { state.keyring.keys(of: $0) }.map {
        KeyringKey(
          kind: $0.kind, number: $0.number, createdAt: $0.createdAt, until: $0.kind == .signing ? nil : $0.until,
          isElsewhere: $0.sealed == nil)
      }
    }
  }

  /// The masks of token positions, the newest first: that one makes tokens, the others read those made before.
  package var tokenMasks: [TokenMask] { state.withLock { $0.tokenMasks } }

  /// The keys that sign access tokens, the newest first: that one signs, the others verify what was signed before it.
  package var tokenSigningKeys: [TokenSigningKey] { state.withLock { $0.tokenSigningKeys } }

  /// The key of what is looked up by a keyed digest, and its number.
  ///
  /// - Throws: ``KeyStoreError`` with code `damaged`.
  package var lookupKey: (number: UInt32, key: Secret) { get throws(KeyStoreError) { try newest(.lookup) } }

  /// The key of the digests of PINs.
  ///
  /// - Throws: ``KeyStoreError`` with code `readOnly` where the store is open for reading.
  package var pinPepper: Secret { get throws(KeyStoreError) { try newest(.pinPepper).key } }

  /// The keys from which is derived what a repeated request must find again, the newest first: that one serves new
  /// requests, the others those of before it.
  ///
  /// - Throws: ``KeyStoreError`` with code `readOnly` where the store is open for reading.
  package var derivationKeys: [Secret] {
    get throws(KeyStoreError) {
      guard let keys = state.withLock({ $0.secrets[.derivation] }) else { throw unavailable(.derivation) }
      return keys.sorted { $0.key > $1.key }.map(\.value)
    }
  }

  /// The newest key of a kind other than `signing`, and its number.
  ///
  /// - Throws: ``KeyStoreError`` with code `readOnly` where the store is not open for those who use it, or `masterKeyMissing` where it was
  ///   opened without the master key; `outdated` for the
  ///   checks of rows, in a keyring of version 1 that is open for reading.
  package func newest(_ kind: KeyKind) throws(KeyStoreError) -> (number: UInt32, key: Secret) {
    let keys = state.withLock { $0.secrets[kind] }
    guard let keys else { throw unavailable(kind) }
    guard let newest = keys.max(by: { $0.key < $1.key }) else {
      throw KeyStoreError(.outdated, "The keyring has no \(kind) key yet: open the ledger for writing once.")
    }
    return (newest.key, newest.value)
  }

  /// The key of a kind other than `signing` and a number; nil where it was dropped.
  ///
  /// - Throws: ``KeyStoreError`` with code `readOnly` where the store is not open for those who use it.
  package func key(_ kind: KeyKind, _ number: UInt32) throws(KeyStoreError) -> Secret? {
    let keys = state.withLock { $0.secrets[kind] }
    guard let keys else { throw unavailable(kind) }
    return keys[number]
  }

  /// The numbers of the keys of a kind, in ascending order.
  package func numbers(of kind: KeyKind) -> [UInt32] {
    state.withLock { $0.keyring.keys(of: kind).map(\.number) }
  }

  /// The key of a role in text, to be handed out in place of the master key: a line that a file, a variable or any other
  /// source of the master key may hold. It opens the keyring as long as neither the master key nor the keys of persons are
  /// rotated. A store that is open for reading takes the master key for that, and does not keep it.
  ///
  /// - Throws: ``KeyStoreError`` with code `masterKeyMismatch` where the store was not opened by the master key,
  ///   `masterKeyMissing`, `masterKeyMalformed`, `masterKeyExposed`, `damaged` or `fileFailure`.
  package func roleKey(_ role: KeyRole) throws(KeyStoreError) -> Secret {
    let state = state.withLock { $0 }
    var roles = state.roles
    if access != .writing {
      let key = try MasterKey(from: master, keys: folder)
      _ = try key.sealingKey(origin: state.keyring.origin)
      roles = try state.keyring.roleKeys(by: key, [role.role])
    }
    guard let key = roles.key(of: role.role) else { throw KeyStoreError.notOpened(.signing) }
    var text = unsafe key.withUnsafeBytes { unsafe Array("\(role.textPrefix)\(Hex.encode($0))\n".utf8) }
    return Secret(wiping: &text)
  }

  /// The key that signs checkpoints now. It is opened when it is first asked for; a store that is open for reading takes
  /// the master key for that, and keeps neither.
  ///
  /// - Throws: ``KeyStoreError`` with code `signingElsewhere`, `masterKeyMissing`, `masterKeyMalformed`, `masterKeyExposed`,
  ///   `masterKeyMismatch`, `damaged`, `fileFailure` or `cryptoFailure`.
  package var signingKey: Ed25519.SigningKey {
    get throws(KeyStoreError) {
      try state.withLock { (state) throws(KeyStoreError) in
        if let known = state.signingKey { return known }
        if let present = state.publishedKeys.last, present.isElsewhere {
          throw KeyStoreError(.signingElsewhere, "The signing key \(present.number) is kept elsewhere.")
        }
        var roles = state.roles
        if access != .writing {
          let key = try MasterKey(from: master, keys: folder)
          guard key.role != .reader else {
            throw KeyStoreError(
              .masterKeyMismatch,
              "The key given is a reader key, which signs nothing; give the master key or a signer key.")
          }
          roles = try state.keyring.roleKeys(by: key, [.signer])
        }
        guard let newest = state.keyring.keys(of: .signing).last else {
          throw Keyring.damaged("no signing key is in it")
        }
        let seed = try state.keyring.open(newest, roles)
        let key = try KeyStoreError.wrapping { () throws(CryptoError) in try Ed25519.SigningKey(seed: seed) }
        guard key.verifyingKey.bytes == newest.publicKey else {
          throw Keyring.damaged("the public key of \(newest.name) is not its own")
        }
        if access == .writing { state.signingKey = key }
        return key
      }
    }
  }

  /// The digest by which something personal is looked up, such as a phone number in its one spelling. Without the key
  /// nobody can find what it is of by trying.
  ///
  /// - Parameter key: a key of the kind `lookup`.
  package static func lookupHash(of bytes: [UInt8], key: Secret) -> Digest {
    HMACSHA256.authenticate(bytes, key: key)
  }

  private func unavailable(_ kind: KeyKind) -> KeyStoreError {
    if !access.roles.contains(.reader) || kind.role == .reader { return .notOpened(kind) }
    return KeyStoreError(
      .readOnly, "The key store is open for reading, which gives no \(kind) key; open it for writing.")
  }
}
