import LedgerCrypto

/// A master key gave way to another one. Each goes by its fingerprint, 16 hexadecimal digits.
package struct MasterKeyRotation: Sendable, Equatable {
  package let before: String
  package let after: String
}

extension KeyStore {
  /// What tells the present master key from others and gives nothing of it away: 16 hexadecimal digits.
  public var masterKeyFingerprint: String { state.withLock { $0.sealing.fingerprint } }

  /// Makes a new signing key, durable on return, with which ``signingKey`` signs from now on. The old ones stay in
  /// ``verifyingKeys``.
  ///
  /// - Parameter createdAt: the present, in milliseconds since 1970.
  /// - Throws: ``KeyStoreError`` with code `readOnly`, `fileFailure` or `cryptoFailure`; then the old key stays.
  @discardableResult
  public func rotateSigningKey(createdAt: Int64) throws(KeyStoreError) -> PublishedKey {
    try change { (keyring, _) throws(KeyStoreError) in
      _ = try keyring.addKey(to: .signing, createdAt: createdAt, random: random)
    }
    guard let newest = verifyingKeys.last else { throw Keyring.damaged("it has no signing key") }
    return newest
  }

  /// Replaces the master key, and seals every key anew: those of the keyring under a new root key, those of persons
  /// under a new key of their own.
  ///
  /// For as long as it runs the folder opens with the old master key and the new one; after it, with the new one only.
  /// After a crash in the middle either opens it. Opening with the new one finishes the rotation; with the old one, it
  /// can be begun again. Backups made before need the old master key.
  ///
  /// The keyring says which key gave way to which, from the write that lets the new one open the folder, until
  /// ``confirm(_:)``: so whoever keeps a record of rotations misses none by a crash.
  ///
  /// - Parameters:
  ///   - source: where the new master key is. With `keysFolder`, one is drawn and put there.
  ///   - createdAt: the present, in milliseconds since 1970.
  /// - Throws: ``KeyStoreError`` with code `readOnly`, `invalidArgument` if it is the present master key,
  ///   `rotationUnconfirmed` if the rotation before is not confirmed, `masterKeyMissing`, `masterKeyMalformed`,
  ///   `masterKeyExposed`, `damaged`, `fileFailure` or `cryptoFailure`.
  public func rotateMasterKey(to source: MasterKey.Source, createdAt: Int64) throws(KeyStoreError) {
    let isKeptHere = if case .keysFolder = source { true } else { false }
    let master = isKeptHere ? try MasterKey(random: random) : try MasterKey(from: source, keys: folder)
    try change { (keyring, sealing) throws(KeyStoreError) in
      guard keyring.rotation?.after != sealing.fingerprint else {
        throw KeyStoreError(.rotationUnconfirmed, "The rotation before is not recorded yet; try again.")
      }
      let new = master.sealingKey(origin: keyring.origin)
      guard new.fingerprint != sealing.fingerprint else {
        throw KeyStoreError(
          .invalidArgument, "masterKey: expected another than the present one", field: "masterKey")
      }
      try keyring.openToBoth(old: sealing, new: new, random: random)
      _ = try keyring.addKey(to: .person, createdAt: createdAt, random: random)
      keyring.rotation = MasterKeyRotation(before: sealing.fingerprint, after: new.fingerprint)
      sealing = new
    }
    if isKeptHere { try folder.replace(MasterKey.fileName, with: master.fileContent) }
    try finishRotation()
  }

  /// The rotation that brought the present master key, until it is confirmed; nil if there is none.
  package var unconfirmedRotation: MasterKeyRotation? {
    state.withLock { state in
      state.keyring.rotation.flatMap { $0.after == state.sealing.fingerprint ? $0 : nil }
    }
  }

  /// Forgets a rotation, which is recorded elsewhere now. Another one than that stays.
  ///
  /// - Throws: ``KeyStoreError`` with code `readOnly`, `fileFailure` or `cryptoFailure`.
  package func confirm(_ rotation: MasterKeyRotation) throws(KeyStoreError) {
    guard unconfirmedRotation == rotation else { return }
    try change { (keyring, _) throws(KeyStoreError) in
      if keyring.rotation == rotation { keyring.rotation = nil }
    }
  }

  /// Finishes a rotation that a crash interrupted, if this store was opened with the new master key.
  func resumeRotation() throws(KeyStoreError) {
    let isBetween = state.withLock { state in
      state.keyring.slots.count > 1 && state.keyring.slots.last?.fingerprint == state.sealing.fingerprint
    }
    if isBetween { try finishRotation() }
  }

  private func finishRotation() throws(KeyStoreError) {
    try persons.reseal()
    try change { (keyring, _) throws(KeyStoreError) in
      keyring.closeToOld()
      keyring.removeKeys(of: .person, below: keyring.keys(of: .person).last?.number ?? 0)
    }
  }

  /// Changes the keyring on disk and, once that is durable, in memory.
  private func change(
    _ body: (inout Keyring, inout SealingKey) throws(KeyStoreError) -> Void
  ) throws(KeyStoreError) {
    guard access == .writing else {
      throw KeyStoreError(.readOnly, "The key store was opened for reading; open it for writing to change it.")
    }
    try state.withLock { (state) throws(KeyStoreError) in
      var keyring = state.keyring
      var sealing = state.sealing
      try body(&keyring, &sealing)
      let changed = try State(keyring, sealing)
      try folder.replace(Keyring.fileName, with: try keyring.encoded(random: random))
      state = changed
      persons.use(keyring.personSealingKeys)
    }
  }
}
