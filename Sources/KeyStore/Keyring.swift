import LedgerCrypto

/// The named keys of a ledger, each sealed under the key of the role that uses it. How they lie in the file is said in
/// `Keyring+File.swift`.
struct Keyring: Sendable {
  /// The root key, sealed under a master key.
  struct Slot: Sendable {
    let fingerprint: String
    let sealedRoot: [UInt8]
  }

  struct Key: Sendable {
    let kind: KeyKind
    /// From 1, in the order they were made.
    let number: UInt32
    /// Milliseconds since 1970.
    let createdAt: Int64
    /// When the key is dropped, in milliseconds since 1970; of a signing key, which is never dropped, how many events the
    /// ledger had when it was replaced. Nil while it is not known.
    var until: Int64?
    /// Nonce, ciphertext and tag; nil for a signing key that is kept elsewhere.
    var sealed: [UInt8]?
    /// Of a signing key only.
    let publicKey: [UInt8]?

    var name: String { "\(kind)/\(number)" }
  }

  /// The file's name.
  static let fileName = "keyring"
  /// A ledger has few keys: anything larger than this was not written here.
  static let sizeLimit = 1 << 20
  /// The version that is written.
  static let presentVersion = 4
  /// Every key has this size in bytes.
  static let keyByteCount = 32

  let origin: String
  /// The version of the file that it was read from.
  var version = Keyring.presentVersion
  /// How often the keyring was changed: it only grows, so an older copy is known as one. 0 in a file of version 1.
  var counter: UInt64
  var slots: [Slot]
  var keys: [Key]
  /// The rotation of the master key that nobody has confirmed yet; nil if there is none.
  var rotation: MasterKeyRotation?

  /// A keyring with nothing in it.
  init(origin: String) throws(KeyStoreError) {
    try Self.check(origin: origin)
    self.origin = origin
    counter = 0
    slots = []
    keys = []
  }

  /// A keyring with a fresh key of every kind, and the keys that opens it.
  static func make(
    origin: String, sealedUnder sealing: SealingKey, createdAt: Int64, random: any RandomSource
  ) throws(KeyStoreError) -> (Keyring, RoleKeys) {
    var keyring = try Keyring(origin: origin)
    let root = try SealedBytes.drawKey(random)
    let roles = RoleKeys(root: root, origin: origin, roles: KeyStore.Access.writing.roles)
    for kind in KeyKind.allCases where kind != .tokenSigning {
      _ = try keyring.addKey(kind, createdAt: createdAt, roles, random: random)
    }
    try keyring.addFirstTokenSigningKeys(roles)
    try keyring.addSlot(sealing, root: root, random: random)
    keyring.counter = 1
    return (keyring, roles)
  }

  /// A ledger's name: 1 to 255 bytes of UTF-8 without spaces or control characters, so that it fits a line.
  static func check(origin: String) throws(KeyStoreError) {
    guard (1...255).contains(origin.utf8.count), origin.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
      throw KeyStoreError(
        .invalidArgument, "origin: expected 1 to 255 bytes without spaces and control characters", field: "origin")
    }
  }

  /// The keys of a kind, in the order of their numbers.
  func keys(of kind: KeyKind) -> [Key] {
    keys.filter { $0.kind == kind }.sorted { $0.number < $1.number }
  }

  /// The keys of a kind by number, opened.
  ///
  /// - Throws: ``KeyStoreError`` with code `readOnly` where they are another role's, or `damaged`.
  func secrets(of kind: KeyKind, _ roles: RoleKeys) throws(KeyStoreError) -> [UInt32: Secret] {
    var secrets: [UInt32: Secret] = [:]
    for key in keys(of: kind) { secrets[key.number] = try open(key, roles) }
    return secrets
  }

  /// Opens one key.
  func open(_ key: Key, _ roles: RoleKeys) throws(KeyStoreError) -> Secret {
    guard let sealed = key.sealed else {
      throw KeyStoreError(
        .signingElsewhere, "The signing key \(key.name) is kept elsewhere, and is not in the keyring.")
    }
    let secret = try SealedBytes.openSecret(
      sealed, under: try roles.sealingKey(of: key.kind), context: Self.keyContext(origin, key.name, key.createdAt))
    guard let secret, secret.count == Self.keyByteCount else {
      throw Self.damaged("the key \(key.name) does not authenticate")
    }
    return secret
  }

  /// Adds a fresh key with the next number of its kind.
  mutating func addKey(
    _ kind: KeyKind, createdAt: Int64, _ roles: RoleKeys, random: any RandomSource
  ) throws(KeyStoreError) -> Key {
    let (number, overflow) = (keys(of: kind).last?.number ?? 0).addingReportingOverflow(1)
    guard !overflow else { throw Self.damaged("the last number of the keys of the kind \(kind) is taken") }
    let secret = try SealedBytes.drawKey(random)
    return try add(secret, kind, number: number, createdAt: createdAt, roles, random: random)
  }

  /// Adds a key.
  mutating func add(
    _ secret: Secret, _ kind: KeyKind, number: UInt32, createdAt: Int64, _ roles: RoleKeys, random: any RandomSource
  ) throws(KeyStoreError) -> Key {
    let sealed = try SealedBytes.seal(
      secret, under: try roles.sealingKey(of: kind), context: Self.keyContext(origin, "\(kind)/\(number)", createdAt),
      random: random)
    let key = Key(
      kind: kind, number: number, createdAt: createdAt, sealed: sealed,
      publicKey: kind == .signing ? try Self.publicKey(of: secret) : nil)
    keys.append(key)
    return key
  }

  /// Adds a signing key that is kept elsewhere, with the next number.
  mutating func addSigningKey(elsewhere key: Ed25519.VerifyingKey, createdAt: Int64) throws(KeyStoreError) -> Key {
    let (number, overflow) = (keys(of: .signing).last?.number ?? 0).addingReportingOverflow(1)
    guard !overflow else { throw Self.damaged("the last number of the keys of the kind signing is taken") }
    let key = Key(
      kind: .signing, number: number, createdAt: createdAt, until: nil, sealed: nil, publicKey: key.bytes)
    keys.append(key)
    return key
  }

  /// Has the keys of a kind with numbers below `number` dropped at a time, unless they are dropped before that.
  mutating func retireKeys(of kind: KeyKind, below number: UInt32, until: Int64) {
    for index in keys.indices where keys[index].kind == kind && keys[index].number < number {
      keys[index].until = min(keys[index].until ?? .max, until)
    }
  }

  /// Removes the keys of a kind with numbers below `number`.
  mutating func removeKeys(of kind: KeyKind, below number: UInt32) {
    keys.removeAll { $0.kind == kind && $0.number < number }
  }

  /// Draws a new root key, which both master keys open, and seals every key anew under what follows from it.
  ///
  /// - Returns: the keys of the roles from now on.
  mutating func openToBoth(
    old: SealingKey, new: SealingKey, _ roles: RoleKeys, random: any RandomSource
  ) throws(KeyStoreError) -> RoleKeys {
    let root = try SealedBytes.drawKey(random)
    let fresh = RoleKeys(root: root, origin: origin, roles: KeyStore.Access.writing.roles)
    for index in keys.indices {
      let key = keys[index]
      guard key.sealed != nil else { continue }
      keys[index].sealed = try SealedBytes.seal(
        try open(key, roles), under: try fresh.sealingKey(of: key.kind),
        context: Self.keyContext(origin, key.name, key.createdAt), random: random)
    }
    slots = []
    try addSlot(old, root: root, random: random)
    try addSlot(new, root: root, random: random)
    return fresh
  }

  /// Leaves the newest master key as the only one.
  mutating func closeToOld() {
    slots.removeFirst(slots.count - 1)
  }

  private mutating func addSlot(
    _ sealing: SealingKey, root: Secret, random: any RandomSource
  ) throws(KeyStoreError) {
    let sealed = try SealedBytes.seal(root, under: sealing.key, context: Self.rootContext(origin), random: random)
    slots.append(Slot(fingerprint: sealing.fingerprint, sealedRoot: sealed))
  }

  /// Derives the keys of some roles by a master key, or takes that of one role, and authenticates nothing.
  ///
  /// - Throws: ``KeyStoreError`` with code `masterKeyMismatch` or `damaged`.
  func roleKeys(by key: MasterKey, _ roles: Set<RoleKeys.Role>) throws(KeyStoreError) -> RoleKeys {
    if let role = key.role { return RoleKeys(key.bytes, of: role.role) }
    return RoleKeys(root: try root(try key.sealingKey(origin: origin)), origin: origin, roles: roles)
  }

  /// Opens the root key by a master key.
  ///
  /// - Throws: ``KeyStoreError`` with code `masterKeyMismatch` or `damaged`.
  func root(_ sealing: SealingKey) throws(KeyStoreError) -> Secret {
    guard let slot = slots.first(where: { $0.fingerprint == sealing.fingerprint }) else {
      throw KeyStoreError(
        .masterKeyMismatch,
        "The keys are sealed under the master key with the fingerprint "
          + "\(slots.map(\.fingerprint).joined(separator: " or ")), but the one given has \(sealing.fingerprint). Provide the "
          + "right one.")
    }
    let context = Self.rootContext(origin)
    guard let root = try SealedBytes.openSecret(slot.sealedRoot, under: sealing.key, context: context) else {
      throw Self.damaged("its root key does not authenticate")
    }
    return root
  }

  static func publicKey(of seed: Secret) throws(KeyStoreError) -> [UInt8] {
    try KeyStoreError.wrapping { () throws(CryptoError) in try Ed25519.SigningKey(seed: seed).verifyingKey.bytes }
  }

  private static func rootContext(_ origin: String) -> [UInt8] { Array("root\n\(origin)".utf8) }

  private static func keyContext(_ origin: String, _ name: String, _ createdAt: Int64) -> [UInt8] {
    Array("key/2\n\(origin)\n\(name)\n\(createdAt)".utf8)
  }

  static func damaged(_ what: String) -> KeyStoreError {
    KeyStoreError(.damaged, "The keyring is damaged: \(what). Restore the keys from a backup.")
  }
}
