package import LedgerCrypto

/// A master key gave way to another one. Each goes by its fingerprint, 16 hexadecimal digits.
package struct MasterKeyRotation: Sendable, Equatable {
  package let before: String
  package let after: String
}

extension KeyStore {
  /// What tells the present master key from others and gives nothing of it away: 16 hexadecimal digits.
  package var masterKeyFingerprint: String { state.withLock { $0.fingerprint } }

  /// Replaces the signing key, durable on return. The old ones stay in ``verifyingKeys``.
  ///
  /// - Parameters:
  ///   - elsewhere: the public key of one that is kept elsewhere; nil has a key made, with which ``signingKey`` signs from now
  ///     on.
  ///   - createdAt: the present, in milliseconds since 1970.
  ///   - lastSize: how many events the ledger has: the key before counts for no larger tree. Nil where that is not known.
  ///   - number: of the key to replace; where that was replaced already, nothing is done. Nil for the present one.
  /// - Throws: ``KeyStoreError`` with code `readOnly`, `fileFailure` or `cryptoFailure`, or `invalidArgument` for a key that
  ///   the ledger has had; then the old key stays.
  @discardableResult
  package func rotateSigningKey(
    to elsewhere: Ed25519.VerifyingKey? = nil, createdAt: Int64, lastSize: UInt64? = nil,
    replacing number: UInt32? = nil
  ) throws(KeyStoreError) -> PublishedKey {
    let known = verifyingKeys
    if number == nil || number == known.last?.number {
      if let elsewhere, known.contains(where: { $0.key == elsewhere }) {
        throw KeyStoreError(
          .invalidArgument, "signingKey: expected a key that the ledger has not had yet", field: "signingKey")
      }
      let until = lastSize.map { Int64(clamping: $0) }
      if let elsewhere {
        try change { (open, _) throws(KeyStoreError) in
          let added = try open.keyring.addSigningKey(elsewhere: elsewhere, createdAt: createdAt)
          if let until { open.keyring.retireKeys(of: .signing, below: added.number, until: until) }
        }
      } else {
        try rotate(.signing, createdAt: createdAt, until: until)
      }
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
  /// ``confirm(_:)``: so a caller that keeps a record of rotations misses none by a crash.
  ///
  /// - Parameters:
  ///   - source: where the new master key is. With `keysFolder`, one is drawn and put there; otherwise a key that is kept
  ///     there is overwritten and removed in the end.
  ///   - createdAt: the present, in milliseconds since 1970.
  /// - Throws: ``KeyStoreError`` with code `readOnly`, `invalidArgument` if it is the present master key,
  ///   `rotationUnconfirmed` if the rotation before is not confirmed, `masterKeyMissing`, `masterKeyMalformed`,
  ///   `masterKeyExposed`, `damaged`, `fileFailure` or `cryptoFailure`.
  package func rotateMasterKey(to source: MasterKey.Source, createdAt: Int64) throws(KeyStoreError) {
    let isKeptHere = if case .keysFolder = source { true } else { false }
    let stale = isKeptHere ? nil : try folder.read(MasterKey.fileName, limit: MasterKey.sizeLimit)
    let master = isKeptHere ? try MasterKey(random: random) : try MasterKey(from: source, keys: folder)
    try change { (open, sealing) throws(KeyStoreError) in
      guard open.keyring.rotation?.after != sealing.fingerprint else {
        throw KeyStoreError(.rotationUnconfirmed, "The rotation before is not recorded yet; try again.")
      }
      let new = try master.sealingKey(origin: open.keyring.origin)
      guard new.fingerprint != sealing.fingerprint else {
        throw KeyStoreError(
          .invalidArgument, "masterKey: expected another than the present one", field: "masterKey")
      }
      open.roles = try open.keyring.openToBoth(old: sealing, new: new, open.roles, random: random)
      _ = try open.keyring.addKey(.person, createdAt: createdAt, open.roles, random: random)
      open.keyring.rotation = MasterKeyRotation(before: sealing.fingerprint, after: new.fingerprint)
      open.fingerprint = new.fingerprint
      sealing = new
    }
    if isKeptHere {
      try folder.replace(MasterKey.fileName, with: master.fileContent)
      // Before the old key opens nothing any more, the new one is shown to be found.
      guard try fingerprint(of: .keysFolder) == masterKeyFingerprint else {
        throw KeyStoreError(
          .damaged, "The new master key does not read back from \(folder.path(of: MasterKey.fileName)).")
      }
    }
    try finishRotation()
    // It may be the new one, named as any other file.
    if stale != nil, (try? fingerprint(of: .keysFolder)) != masterKeyFingerprint {
      try folder.erase(MasterKey.fileName)
    }
  }

  /// The fingerprint of the master key of a source, for this ledger: 16 hexadecimal digits.
  ///
  /// - Throws: ``KeyStoreError`` with code `masterKeyMissing`, `masterKeyMalformed`, `masterKeyExposed` or `fileFailure`.
  package func fingerprint(of source: MasterKey.Source) throws(KeyStoreError) -> String {
    let origin = state.withLock { $0.keyring.origin }
    return try MasterKey(from: source, keys: folder).sealingKey(origin: origin).fingerprint
  }

  /// The rotation that brought the present master key, until it is confirmed; nil if there is none.
  package var unconfirmedRotation: MasterKeyRotation? {
    state.withLock { state in
      state.keyring.rotation.flatMap { $0.after == state.fingerprint ? $0 : nil }
    }
  }

  /// Forgets a rotation, which is recorded elsewhere now. Another one than that stays.
  ///
  /// - Throws: ``KeyStoreError`` with code `readOnly`, `fileFailure` or `cryptoFailure`.
  package func confirm(_ rotation: MasterKeyRotation) throws(KeyStoreError) {
    guard unconfirmedRotation == rotation else { return }
    try change { (open, _) throws(KeyStoreError) in
      if open.keyring.rotation == rotation { open.keyring.rotation = nil }
    }
  }

  /// Finishes a rotation that a crash interrupted, if this store was opened with the new master key.
  func resumeRotation() throws(KeyStoreError) {
    let isBetween = state.withLock { state in
      state.keyring.slots.count > 1 && state.keyring.slots.last?.fingerprint == state.fingerprint
    }
    if isBetween { try finishRotation() }
  }

  private func finishRotation() throws(KeyStoreError) {
    try persons.reseal()
    try change { (open, _) throws(KeyStoreError) in
      open.keyring.closeToOld()
      open.keyring.removeKeys(of: .person, below: open.keyring.keys(of: .person).last?.number ?? 0)
    }
  }

  /// Makes a new key of a kind, durable on return, which is used from now on.
  ///
  /// What becomes of the ones before follows from the kind. Signing keys stay, to check what they signed. Those of persons
  /// go once every person's key is sealed anew; with them comes a new root key, under which every key of the keyring is
  /// sealed anew. The pepper of PINs goes at once, so open PINs lapse. The others stay until
  /// `until`, or where that is nil, until ``dropKeys(of:below:)``.
  ///
  /// - Parameters:
  ///   - createdAt: the present, in milliseconds since 1970.
  ///   - until: when the keys before are dropped, in milliseconds since 1970.
  /// - Returns: the number of the new key.
  /// - Throws: ``KeyStoreError`` with code `readOnly`, `fileFailure` or `cryptoFailure`; then the old key stays.
  @discardableResult
  package func rotate(_ kind: KeyKind, createdAt: Int64, until: Int64? = nil) throws(KeyStoreError) -> UInt32 {
    var number: UInt32 = 0
    try change { (open, sealing) throws(KeyStoreError) in
      if kind == .person {
        open.roles = try open.keyring.openToBoth(old: sealing, new: sealing, open.roles, random: random)
        open.keyring.closeToOld()
      }
      number = try open.keyring.addKey(kind, createdAt: createdAt, open.roles, random: random).number
      switch kind {
      case .person: break
      case .pinPepper: open.keyring.removeKeys(of: kind, below: number)
      case .signing, .tokenMask, .lookup, .derivation, .rowCheck, .tokenSigning:
        if let until { open.keyring.retireKeys(of: kind, below: number, until: until) }
      }
    }
    if kind == .person { try finishRotation() }
    return number
  }

  /// Drops the keys of a kind with numbers below `number`, and never the newest.
  ///
  /// - Returns: the numbers of those dropped.
  /// - Throws: ``KeyStoreError`` with code `readOnly`, `fileFailure` or `cryptoFailure`.
  @discardableResult
  package func dropKeys(of kind: KeyKind, below number: UInt32) throws(KeyStoreError) -> [UInt32] {
    try drop { key, newest in key.kind == kind && key.number < min(number, newest) }.map(\.number)
  }

  /// Drops the keys whose time has come.
  ///
  /// - Parameter now: the present, in milliseconds since 1970.
  /// - Returns: the keys dropped.
  /// - Throws: ``KeyStoreError`` with code `readOnly`, `fileFailure` or `cryptoFailure`.
  @discardableResult
  package func dropExpiredKeys(at now: Int64) throws(KeyStoreError) -> [(kind: KeyKind, number: UInt32)] {
    try drop { key, newest in
      key.kind != .signing && key.number < newest && key.until.map { $0 <= now } ?? false
    }
  }

  private func drop(
    _ isDoomed: (Keyring.Key, _ newest: UInt32) -> Bool
  ) throws(KeyStoreError) -> [(kind: KeyKind, number: UInt32)] {
    func doomed(_ keyring: Keyring) -> [Keyring.Key] {
      keyring.keys.filter { key in isDoomed(key, keyring.keys(of: key.kind).last?.number ?? 0) }
    }
    guard state.withLock({ !doomed($0.keyring).isEmpty }) else { return [] }
    var dropped: [(kind: KeyKind, number: UInt32)] = []
    try change { (open, _) throws(KeyStoreError) in
      let keys = doomed(open.keyring)
      dropped = keys.map { ($0.kind, $0.number) }
      let names = Set(keys.map(\.name))
      open.keyring.keys.removeAll { names.contains($0.name) }
    }
    return dropped
  }

  /// Writes a keyring of an earlier version as this version does, with a key of each kind that it lacks.
  func upgrade() throws(KeyStoreError) {
    let keyring = state.withLock { $0.keyring }
    guard keyring.version < Keyring.presentVersion else { return }
    try change { (open, _) throws(KeyStoreError) in
      try open.keyring.addFirstTokenSigningKeys(open.roles)
      for kind in KeyKind.allCases where open.keyring.keys(of: kind).isEmpty {
        let createdAt = keyring.keys(of: .person).last?.createdAt ?? 0
        _ = try open.keyring.addKey(kind, createdAt: createdAt, open.roles, random: random)
      }
    }
  }

  /// How often the keyring was changed: an older copy of it has a lower number.
  package var keyringCounter: UInt64 { state.withLock { $0.keyring.counter } }

  /// Changes the keyring on disk and, once that is durable, in memory.
  private func change(
    _ body: (inout OpenKeyring, inout SealingKey) throws(KeyStoreError) -> Void
  ) throws(KeyStoreError) {
    try state.withLock { (state) throws(KeyStoreError) in
      guard access == .writing, var sealing = state.sealing else {
        throw KeyStoreError(.readOnly, "The key store was opened for reading; open it for writing to change it.")
      }
      var open = OpenKeyring(keyring: state.keyring, roles: state.roles, fingerprint: state.fingerprint)
      try body(&open, &sealing)
      open.keyring.counter += 1
      open.keyring.version = Keyring.presentVersion
      let changed = try State(open, sealing, access)
      try folder.replace(Keyring.fileName, with: try open.keyring.encoded(open.roles))
      state = changed
      persons.use(changed.secrets[.person] ?? [:])
    }
  }
}
