package import LedgerCrypto
import Synchronization

/// The keys of one ledger: a folder that is backed up apart from the ledger, since somebody who has both can read what was
/// erased since.
///
///     keys/
///       keyring        the ledger's own keys, sealed under the master key
///       master.key     the master key, where it is kept here
///       persons/00…ff  a key for each person, sealed under a key of the keyring
///       .lock          held by the one writer
///
/// One writer and any number of readers may have the folder open. All calls may be made from any thread; those that
/// write wait for the disk.
package final class KeyStore: Sendable {
  /// What a store is opened for.
  package enum Access: Sendable {
    /// Looking at what is public: numbers and times of the keys, and the keys that check signatures. The master key is not
    /// needed, so nobody tells a keyring that was changed from one that was not.
    case listing
    /// Looking up keys; nothing on the disk is changed.
    case reading
    /// Looking up and changing keys, as the only one.
    case writing
  }

  /// A key that checks the ledger's signatures.
  package struct PublishedKey: Sendable, Hashable {
    /// From 1, in the order they were made.
    package let number: UInt32
    /// Milliseconds since 1970.
    package let createdAt: Int64
    /// How many events the ledger had when the key was replaced: it has signed no larger tree. Nil for the present one, and
    /// where that is not known.
    package let lastSize: UInt64?
    /// The key.
    package let key: Ed25519.VerifyingKey
    /// Whether it is kept elsewhere, and the keyring has the public key only.
    package let isElsewhere: Bool
  }

  /// How many persons' keys are kept in memory: some 200 bytes each. Half as many are kept for sure, so that a list of so many people
  /// that is read again and again finds their keys; each that is not there costs several calls of the system.
  package static let defaultCacheCapacity = 65_536

  /// The keys of persons.
  package let persons: PersonKeys
  /// Seals and opens what is personal.
  package let vault: Vault

  // Seen by the rotation, which is in a file of its own.
  let folder: PrivateFolder
  let random: any RandomSource
  let access: Access
  /// Where a store that is open for reading finds the master key: once it was rotated, and to sign.
  let master: MasterKey.Source
  let state: Mutex<State>
  private let lock: Mutex<WriterLock?>

  /// What a change of keys replaces as a whole.
  struct State: Sendable {
    let keyring: Keyring
    let roles: RoleKeys
    /// Tells the master key from others.
    let fingerprint: String
    /// What the master key seals the root key by; nil in a store that is open for reading.
    let sealing: SealingKey?
    /// The keys of the roles that the store is open for, except for those that sign.
    let secrets: [KeyKind: [UInt32: Secret]]
    /// Of each key of the kind, the newest first.
    let tokenMasks: [TokenMask]
    /// The same of the keys that sign access tokens.
    let tokenSigningKeys: [TokenSigningKey]
    let publishedKeys: [PublishedKey]
    /// Made when it is first asked for.
    var signingKey: Ed25519.SigningKey?
    /// Tells whether the file has changed since; nil before a reader has looked again.
    var stamp: FileStamp?

    init(_ open: OpenKeyring, _ sealing: SealingKey?, _ access: Access) throws(KeyStoreError) {
      keyring = open.keyring
      roles = open.roles
      fingerprint = open.fingerprint
      self.sealing = sealing
      var secrets: [KeyKind: [UInt32: Secret]] = [:]
      for kind in KeyKind.allCases
      where kind.role != .signer && access.roles.contains(kind.role) && roles.key(of: kind.role) != nil {
        secrets[kind] = try keyring.secrets(of: kind, roles)
      }
      self.secrets = secrets
      var masks: [TokenMask] = []
      for key in keyring.keys(of: .tokenMask).reversed() {
        guard let secret = secrets[.tokenMask]?[key.number] else { continue }
        let mask = try KeyStoreError.wrapping { () throws(CryptoError) in try BlockMask(key: secret) }
        masks.append(TokenMask(number: key.number, until: key.until, mask: mask))
      }
      tokenMasks = masks
      var signers: [TokenSigningKey] = []
      for key in keyring.keys(of: .tokenSigning).reversed() {
        guard let seed = secrets[.tokenSigning]?[key.number] else { continue }
        signers.append(TokenSigningKey(number: key.number, until: key.until, seed: seed))
      }
      if keyring.keys(of: .tokenSigning).isEmpty {
        // A keyring of before version 4, which nobody has opened for writing since.
        for (index, key) in keyring.keys(of: .tokenMask).enumerated().reversed() {
          guard let secret = secrets[.tokenMask]?[key.number] else { continue }
          signers.append(
            TokenSigningKey(
              number: UInt32(index + 1), until: key.until, seed: Keyring.tokenSigningSeed(from: secret)))
        }
      }
      tokenSigningKeys = signers
      var published: [PublishedKey] = []
      for key in keyring.keys(of: .signing) {
        let publicKey = try KeyStoreError.wrapping { () throws(CryptoError) in
          try Ed25519.VerifyingKey(bytes: key.publicKey ?? [])
        }
        published.append(
          PublishedKey(
            number: key.number, createdAt: key.createdAt, lastSize: key.until.flatMap { UInt64(exactly: $0) },
            key: publicKey, isElsewhere: key.sealed == nil))
      }
      publishedKeys = published
    }
  }

  /// Makes the keys of a new ledger, and opens them for writing. What an earlier call left that was cut short is
  /// taken over.
  ///
  /// - Parameters:
  ///   - path: the folder, which is made (mode 0700) if it does not exist.
  ///   - origin: the ledger's name: 1 to 255 bytes without spaces. The keys serve no other ledger.
  ///   - master: where the master key is. With `keysFolder`, one is drawn.
  ///   - createdAt: the present, in milliseconds since 1970.
  ///   - random: where keys and nonces come from.
  /// - Throws: ``KeyStoreError`` with code `alreadyExists`, `locked`, `invalidArgument`, `masterKeyMissing`,
  ///   `masterKeyMalformed`, `masterKeyExposed`, `fileFailure` or `cryptoFailure`.
  package static func create(
    at path: String, origin: String, master: MasterKey.Source, createdAt: Int64,
    random: some RandomSource = SystemRandom()
  ) throws(KeyStoreError) -> KeyStore {
    try create(
      in: PrivateFolder(path: path), origin: origin, master: master, createdAt: createdAt,
      random: random)
  }

  /// Makes the keys of a new ledger in a folder with failpoints; as ``create(at:origin:master:createdAt:random:)``.
  package static func create(
    in folder: PrivateFolder, origin: String, master: MasterKey.Source, createdAt: Int64, random: any RandomSource
  ) throws(KeyStoreError) -> KeyStore {
    try KeyStoreError.wrapping { () throws(CryptoError) in try CryptoLibrary.requireAlgorithms() }
    try Keyring.check(origin: origin)
    try folder.create()
    let lock = try WriterLock(of: folder)
    guard !folder.has(Keyring.fileName) else {
      throw KeyStoreError(.alreadyExists, "\(folder.path) already holds the keys of a ledger; open them instead.")
    }
    try folder.sweep()
    try folder.folder(personsFolder).create(ownedAs: folder)
    let sealing = try sealingKeyForCreation(master, origin: origin, folder: folder, random: random)
    let (keyring, roles) = try Keyring.make(origin: origin, sealedUnder: sealing, createdAt: createdAt, random: random)
    try folder.replace(Keyring.fileName, with: try keyring.encoded(roles))
    let open = OpenKeyring(keyring: keyring, roles: roles, fingerprint: sealing.fingerprint)
    return try KeyStore(
      folder, State(open, sealing, .writing), lock: lock, access: .writing, master: master,
      cacheCapacity: defaultCacheCapacity, random: random)
  }

  /// Opens the keys of a ledger. Opening for writing finishes what a crash interrupted, such as the rotation of a
  /// master key, if the new one is given.
  ///
  /// - Parameters:
  ///   - path: the folder.
  ///   - origin: the ledger's name.
  ///   - master: where the master key is.
  ///   - access: what the keys are opened for. For `reading` the key of a role does in place of the master key; for `listing`
  ///     none is looked for.
  ///   - random: where keys and nonces come from.
  /// - Throws: ``KeyStoreError`` with code `notFound`, `locked`, `masterKeyMissing`, `masterKeyMalformed`,
  ///   `masterKeyExposed`, `masterKeyMismatch`, `originMismatch`, `damaged`, `fileFailure` or `cryptoFailure`.
  package static func open(
    at path: String, origin: String, master: MasterKey.Source, access: Access = .writing,
    random: some RandomSource = SystemRandom()
  ) throws(KeyStoreError) -> KeyStore {
    try open(
      in: PrivateFolder(path: path), origin: origin, master: master, access: access,
      random: random)
  }

  /// Opens the keys of a ledger in a folder with failpoints; as ``open(at:origin:master:access:random:)``.
  ///
  /// - Parameter cacheCapacity: how many keys of persons are kept in memory; 2 or more.
  package static func open(
    in folder: PrivateFolder, origin: String, master: MasterKey.Source, access: Access,
    cacheCapacity: Int = defaultCacheCapacity, random: any RandomSource
  ) throws(KeyStoreError) -> KeyStore {
    try KeyStoreError.wrapping { () throws(CryptoError) in try CryptoLibrary.requireAlgorithms() }
    guard folder.has(Keyring.fileName) else {
      throw KeyStoreError(
        .notFound, "\(folder.path) holds no keyring: only restoring the keys from their backup opens what they sealed.")
    }
    let lock: WriterLock? = access == .writing ? try WriterLock(of: folder) : nil
    if access == .writing {
      try folder.sweep()
      try folder.folder(personsFolder).create(ownedAs: folder)
      try folder.folder(personsFolder).sweep()
    }
    let key = access == .listing ? nil : try MasterKey(from: master, keys: folder)
    let sealing = access == .writing ? try key?.sealingKey(origin: origin) : nil
    let bytes = try folder.read(Keyring.fileName, limit: Keyring.sizeLimit) ?? []
    let open =
      if let key {
        try Keyring.decode(bytes, origin: origin, by: key, roles: access.roles, random: random)
      } else { try Keyring.decodeListing(bytes, origin: origin) }
    let store = try KeyStore(
      folder, State(open, sealing, access), lock: lock, access: access, master: master,
      cacheCapacity: cacheCapacity, random: random)
    if access == .writing {
      if open.keyring.version == 1 { try folder.folder(personsFolder).sweepPersonsOfVersion1() }
      try store.upgrade()
    }
    if access == .writing { try store.resumeRotation() }
    return store
  }

  private init(
    _ folder: PrivateFolder, _ state: State, lock: consuming WriterLock?, access: Access, master: MasterKey.Source,
    cacheCapacity: Int, random: any RandomSource
  ) throws(KeyStoreError) {
    persons = PersonKeys(
      in: folder.folder(Self.personsFolder), origin: state.keyring.origin, sealingKeys: state.secrets[.person] ?? [:],
      access: access, cacheCapacity: cacheCapacity, random: random)
    vault = Vault(persons: persons, random: random)
    self.folder = folder
    self.random = random
    self.access = access
    self.master = master
    self.state = Mutex(state)
    self.lock = Mutex(lock)
  }

  /// Gives the folder free for another writer. Nothing may be written through this store afterwards.
  package func close() {
    lock.withLock { $0 = nil }
  }

  /// The keys that check this ledger's signatures, oldest first; the last one is that of the present signing key.
  package var verifyingKeys: [PublishedKey] { state.withLock { $0.publishedKeys } }

  static let personsFolder = "persons"

  private static func sealingKeyForCreation(
    _ source: MasterKey.Source, origin: String, folder: PrivateFolder, random: any RandomSource
  ) throws(KeyStoreError) -> SealingKey {
    if case .keysFolder = source, !folder.has(MasterKey.fileName) {
      let drawn = try MasterKey(random: random)
      try folder.replace(MasterKey.fileName, with: drawn.fileContent)
    }
    return try MasterKey(from: source, keys: folder).sealingKey(origin: origin)
  }

  /// Whether the keys are open that reading takes: to verify rows, to find people, to open what is personal. They are not
  /// where the store was opened for listing, or by a signer key.
  package var hasReaderKeys: Bool { state.withLock { $0.secrets[.rowCheck] != nil } }
}
