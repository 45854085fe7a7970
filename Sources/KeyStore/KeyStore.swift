public import LedgerCrypto
import Synchronization

/// The keys of one ledger: a folder that is backed up apart from the ledger, since whoever has both can read what was
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
public final class KeyStore: Sendable {
  /// What a store is opened for.
  public enum Access: Sendable {
    /// Looking up keys; nothing on the disk is changed.
    case reading
    /// Looking up and changing keys, as the only one.
    case writing
  }

  /// A key that checks the ledger's signatures.
  public struct PublishedKey: Sendable, Hashable {
    /// From 1, in the order they were made.
    public let number: UInt32
    /// Milliseconds since 1970.
    public let createdAt: Int64
    /// The key.
    public let key: Ed25519.VerifyingKey
  }

  /// How many persons' keys are kept in memory.
  package static let defaultCacheCapacity = 16_384

  /// The mask of token positions.
  package let tokenMask: BlockMask
  /// The key of the digests by which numbers are looked up.
  package let lookupKey: Secret
  /// What every PIN is hashed with, so that the hashes alone cannot be searched.
  package let pinPepper: Secret
  /// The key from which answers are derived that a retry must find again.
  package let derivationKey: Secret
  /// The keys of persons.
  package let persons: PersonKeys
  /// Seals and opens what is personal.
  package let vault: Vault

  // Seen by the rotation, which is in a file of its own.
  let folder: PrivateFolder
  let random: any RandomSource
  let access: Access
  /// Where a store that is open for reading finds the master key once it was rotated; nil in one that writes.
  let master: MasterKey.Source?
  let state: Mutex<State>
  private let lock: Mutex<WriterLock?>

  /// What a change of keys replaces as a whole.
  struct State: Sendable {
    let keyring: Keyring
    let sealing: SealingKey
    let signingKey: Ed25519.SigningKey
    let publishedKeys: [PublishedKey]
    /// Tells whether the file has changed since; nil before a reader has looked again.
    var stamp: FileStamp?

    init(_ keyring: Keyring, _ sealing: SealingKey) throws(KeyStoreError) {
      self.keyring = keyring
      self.sealing = sealing
      var newest: Ed25519.SigningKey?
      var published: [PublishedKey] = []
      for (number, key) in keyring.keys(of: .signing) {
        let signing = try KeyStoreError.wrapping { () throws(CryptoError) in
          try Ed25519.SigningKey(seed: key.secret)
        }
        published.append(PublishedKey(number: number, createdAt: key.createdAt, key: signing.verifyingKey))
        newest = signing
      }
      guard let newest else { throw Keyring.damaged("it has no signing key") }
      signingKey = newest
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
  public static func create(
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
    try Keyring.check(origin: origin)
    try folder.create()
    let lock = try WriterLock(of: folder)
    guard !folder.has(Keyring.fileName) else {
      throw KeyStoreError(.alreadyExists, "\(folder.path) already holds the keys of a ledger; open them instead.")
    }
    try folder.sweep()
    try folder.folder(personsFolder).create()
    let sealing = try sealingKeyForCreation(master, origin: origin, folder: folder, random: random)
    let keyring = try Keyring(origin: origin, sealedUnder: sealing, createdAt: createdAt, random: random)
    try folder.replace(Keyring.fileName, with: try keyring.encoded(random: random))
    return try KeyStore(
      folder, State(keyring, sealing), lock: lock, access: .writing, master: nil, cacheCapacity: defaultCacheCapacity,
      random: random)
  }

  /// Opens the keys of a ledger. Opening for writing finishes what a crash interrupted, such as the rotation of a
  /// master key, if the new one is given.
  ///
  /// - Parameters:
  ///   - path: the folder.
  ///   - origin: the ledger's name.
  ///   - master: where the master key is.
  ///   - access: what the keys are opened for.
  ///   - random: where keys and nonces come from.
  /// - Throws: ``KeyStoreError`` with code `notFound`, `locked`, `masterKeyMissing`, `masterKeyMalformed`,
  ///   `masterKeyExposed`, `masterKeyMismatch`, `originMismatch`, `damaged`, `fileFailure` or `cryptoFailure`.
  public static func open(
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
    guard folder.has(Keyring.fileName) else {
      throw KeyStoreError(.notFound, "\(folder.path) holds no keyring; create it, or restore it from a backup.")
    }
    let lock: WriterLock? = access == .writing ? try WriterLock(of: folder) : nil
    if access == .writing {
      try folder.sweep()
      try folder.folder(personsFolder).create()
      try folder.folder(personsFolder).sweep()
    }
    let sealing = try MasterKey(from: master, keys: folder).sealingKey(origin: origin)
    let bytes = try folder.read(Keyring.fileName, limit: Keyring.sizeLimit) ?? []
    let keyring = try Keyring(decoding: bytes, origin: origin, sealedUnder: sealing)
    let store = try KeyStore(
      folder, State(keyring, sealing), lock: lock, access: access, master: access == .reading ? master : nil,
      cacheCapacity: cacheCapacity, random: random)
    if access == .writing { try store.resumeRotation() }
    return store
  }

  private init(
    _ folder: PrivateFolder, _ state: State, lock: consuming WriterLock?, access: Access, master: MasterKey.Source?,
    cacheCapacity: Int, random: any RandomSource
  ) throws(KeyStoreError) {
    let keyring = state.keyring
    let maskKey = try keyring.key(Keyring.tokenMask)
    tokenMask = try KeyStoreError.wrapping { () throws(CryptoError) in try BlockMask(key: maskKey) }
    lookupKey = try keyring.key(Keyring.lookup)
    pinPepper = try keyring.key(Keyring.pinPepper)
    derivationKey = try keyring.key(Keyring.derivation)
    persons = PersonKeys(
      in: folder.folder(Self.personsFolder), origin: keyring.origin, sealingKeys: keyring.personSealingKeys,
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

  /// The key that signs checkpoints now.
  package var signingKey: Ed25519.SigningKey { state.withLock { $0.signingKey } }

  /// The keys that check this ledger's signatures, oldest first; the last one is that of the present signing key.
  public var verifyingKeys: [PublishedKey] { state.withLock { $0.publishedKeys } }

  /// The digest by which something personal is looked up, such as a phone number in its one spelling. Without the key
  /// nobody can find what it is of by trying.
  package func lookupHash(of bytes: [UInt8]) -> Digest {
    HMACSHA256.authenticate(bytes, key: lookupKey)
  }

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
}

extension Keyring {
  /// The keys that persons' keys are sealed under, by number.
  var personSealingKeys: [UInt32: Secret] {
    Dictionary(uniqueKeysWithValues: keys(of: .person).map { ($0.number, $0.key.secret) })
  }
}
