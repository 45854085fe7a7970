import Glibc
import KeyStore
import LedgerCrypto
import TestSupport
import Testing

@Suite("Key store")
struct KeyStoreTests {
  @Test("Opening gives the keys that creating made")
  func roundTrip() throws {
    let folder = TemporaryFolder.inMemory()
    let block = BlockMask.Block(repeating: 5)
    var masked = block
    var hash = Digest.zero
    var secrets: [Secret] = []
    var published: [KeyStore.PublishedKey] = []
    do {
      let store = try create(folder)
      masked = try newestMask(store).mask(block)
      hash = try lookupHash(store, of: [1, 2, 3])
      secrets = try [store.lookupKey.key, store.pinPepper, store.derivationKeys[0]]
      published = store.verifyingKeys
    }
    #expect(secrets[0] != secrets[1] && secrets[1] != secrets[2] && secrets[0] != secrets[2])
    #expect(secrets.allSatisfy { $0.count == 32 })
    let store = try reopen(folder)
    let unmasked = try newestMask(store).unmask(masked)
    #expect(unmasked.indices.allSatisfy { unmasked[$0] == 5 })
    #expect(try lookupHash(store, of: [1, 2, 3]) == hash)
    #expect(try [store.lookupKey.key, store.pinPepper, store.derivationKeys[0]] == secrets)
    #expect(store.verifyingKeys == published)
    #expect(published.map(\.number) == [1] && published[0].createdAt == 1_700_000_000_000)
    #expect(try published[0].key == store.signingKey.verifyingKey)
  }

  @Test("A new signing key signs from then on, and the old public keys stay")
  func signingKeys() throws {
    let folder = TemporaryFolder.inMemory()
    var expected: [KeyStore.PublishedKey] = []
    do {
      let store = try create(folder)
      let first = store.verifyingKeys
      let added = try store.rotateSigningKey(createdAt: 1_800_000_000_000)
      #expect(added.number == 2 && added.createdAt == 1_800_000_000_000)
      #expect(try store.signingKey.verifyingKey == added.key && added.key != first[0].key)
      expected = first + [added]
      #expect(store.verifyingKeys == expected)
    }
    let store = try reopen(folder)
    #expect(store.verifyingKeys == expected)
    #expect(try store.signingKey.verifyingKey == expected[1].key)
  }

  @Test("A store that is open for reading takes over what another makes of the keyring")
  func refreshing() throws {
    let folder = TemporaryFolder.inMemory()
    let writer = try create(folder)
    try writer.persons.add(persons(1))
    let file = "\(folder.path)/master"
    try writeFile(file, Array(String(repeating: "01", count: 32).utf8))
    func reader(_ source: MasterKey.Source) throws -> KeyStore {
      try KeyStore.open(at: folder.keys, origin: origin, master: source, access: .reading)
    }
    let (fixed, following) = (try reader(master(1)), try reader(.file(file)))
    _ = try writer.rotateSigningKey(createdAt: 1_800_000_000_000)
    for reader in [fixed, following] {
      try reader.refresh()
      #expect(reader.verifyingKeys == writer.verifyingKeys)
      #expect(try reader.signingKey.verifyingKey == writer.signingKey.verifyingKey)
    }
    // After a rotation of the master key, who can come by the new one goes on, and who cannot keeps what is known.
    try writeFile(file, Array(String(repeating: "02", count: 32).utf8))
    try writer.rotateMasterKey(to: .file(file), createdAt: 0)
    _ = try writer.rotateSigningKey(createdAt: 1_900_000_000_000)
    for reader in [fixed, following] { try reader.refresh() }
    #expect(following.verifyingKeys == writer.verifyingKeys && writer.verifyingKeys.count == 3)
    #expect(following.masterKeyFingerprint == writer.masterKeyFingerprint)
    #expect(fixed.verifyingKeys == Array(writer.verifyingKeys.prefix(2)))
    let value = try writer.vault.seal("+49 30 123456", for: persons(1)[0], purpose: .phoneNumber)
    #expect(try following.vault.open(value, purpose: .phoneNumber) == Array("+49 30 123456".utf8))
  }

  @Test("A wrong, missing, malformed or exposed master key is told apart, and named")
  func masterKeys() throws {
    let folder = TemporaryFolder.inMemory()
    _ = try create(folder)
    func expectFailure(
      _ source: MasterKey.Source, _ code: KeyStoreError.Code, naming text: String,
      at location: SourceLocation = #_sourceLocation
    ) {
      let error = #expect(throws: KeyStoreError.self, sourceLocation: location) { _ = try reopen(folder, source) }
      #expect(error?.code == code, sourceLocation: location)
      #expect(error?.reason.contains(text) == true, sourceLocation: location)
      #expect(error?.description.contains("0202020202020202") == false, sourceLocation: location)
    }
    expectFailure(master(2), .masterKeyMismatch, naming: "Provide the right one")
    expectFailure(.environment("KEYSTORE_TEST_UNSET"), .masterKeyMissing, naming: "KEYSTORE_TEST_UNSET")
    expectFailure(.text(Secret(copying: Array(" \n".utf8))), .masterKeyMissing, naming: "text given")
    expectFailure(.file(folder.path + "/absent"), .masterKeyMissing, naming: folder.path + "/absent")
    expectFailure(.keysFolder, .masterKeyMissing, naming: folder.keys + "/master.key")
    expectFailure(.text(Secret(copying: Array("secret".utf8))), .masterKeyMalformed, naming: "64 hexadecimal")
    expectFailure(
      .text(Secret(copying: Array(Base64.encode([UInt8](repeating: 2, count: 31)).utf8))), .masterKeyMalformed,
      naming: "64 hexadecimal")

    let text = Array(String(repeating: "01", count: 32).utf8)
    for mode in [0o604, 0o640, 0o620, 0o666] as [mode_t] {
      try writeFile(folder.path + "/exposed", text, mode: mode)
      expectFailure(.file(folder.path + "/exposed"), .masterKeyExposed, naming: "chmod 600")
    }
  }

  @Test("The master key is read as hexadecimal or Base64, from text, file or environment")
  func masterKeyForms() throws {
    let folder = TemporaryFolder.inMemory()
    _ = try create(folder)
    let bytes = [UInt8](repeating: 1, count: 32)
    for text in [Hex.encode(bytes), Base64.encode(bytes), "  \(Hex.encode(bytes))\r\n", "\(Base64.encode(bytes))\n"] {
      _ = try reopen(folder, .text(Secret(copying: Array(text.utf8))))
      try writeFile(folder.path + "/master", Array(text.utf8))
      _ = try reopen(folder, .file(folder.path + "/master"))
      unsafe setenv("KEYSTORE_TEST_MASTER", text, 1)
      _ = try reopen(folder, .environment("KEYSTORE_TEST_MASTER"))
    }
  }

  @Test("A master key kept in the folder is drawn at creation")
  func masterKeyInFolder() throws {
    let folder = TemporaryFolder.inMemory()
    var hash = Digest.zero
    do {
      let store = try KeyStore.create(at: folder.keys, origin: origin, master: .keysFolder, createdAt: 0)
      hash = try lookupHash(store, of: [])
    }
    #expect(try lookupHash(reopen(folder, .keysFolder), of: []) == hash)
    #expect(try lookupHash(reopen(folder, .file(folder.keys + "/master.key")), of: []) == hash)
  }

  @Test("One writer, any number of readers")
  func locking() throws {
    let folder = TemporaryFolder.inMemory()
    let writer = try create(folder)
    #expect(throws: KeyStoreError(.locked, "")) { _ = try reopen(folder) }
    let reader = try KeyStore.open(at: folder.keys, origin: origin, master: master(1), access: .reading)
    #expect(try reader.lookupKey.key == writer.lookupKey.key)
    #expect(throws: KeyStoreError(.readOnly, "")) { try reader.persons.add(persons(1)) }
    #expect(throws: KeyStoreError(.readOnly, "")) { try reader.persons.erase(persons(1)[0]) }
    #expect(throws: KeyStoreError(.readOnly, "")) { try reader.rotateSigningKey(createdAt: 0) }
    #expect(throws: KeyStoreError(.readOnly, "")) { try reader.rotateMasterKey(to: master(2), createdAt: 0) }
  }

  @Test("Creating twice, opening nothing, or opening for another ledger is refused")
  func wrongFolders() throws {
    let folder = TemporaryFolder.inMemory()
    #expect(throws: KeyStoreError(.notFound, "")) { _ = try reopen(folder) }
    _ = try create(folder)
    #expect(throws: KeyStoreError(.alreadyExists, "")) { _ = try create(folder) }
    #expect(throws: KeyStoreError(.originMismatch, "")) {
      _ = try KeyStore.open(at: folder.keys, origin: "other.example/log", master: master(1))
    }
    for origin in ["", "two words", "line\nend", String(repeating: "x", count: 256)] {
      #expect(throws: KeyStoreError(.invalidArgument, "")) {
        _ = try KeyStore.create(at: folder.path + "/b", origin: origin, master: master(1), createdAt: 0)
      }
    }
  }

  // The umask belongs to the whole process, so these have one of their own.

  @Test("Nobody but the owner may read a file or enter a folder, though the umask allows everything")
  func modesUnderOpenMask() async {
    await #expect(processExitsWith: .success) { try checkModes(umask: 0) }
  }

  @Test("The owner may use files and folders, though the umask allows nothing")
  func modesUnderClosedMask() async {
    await #expect(processExitsWith: .success) { try checkModes(umask: 0o777) }
  }
}

private func checkModes(umask mask: mode_t) throws {
  let folder = TemporaryFolder.inMemory()
  umask(mask)
  let store = try KeyStore.create(at: folder.keys, origin: origin, master: .keysFolder, createdAt: 0)
  try store.persons.add(persons(3))
  try store.persons.erase(persons(3)[0])
  try store.rotateMasterKey(to: .keysFolder, createdAt: 0)
  let files = folder.files()
  // keys, .lock, keyring, master.key, persons, persons/ab
  try #require(files.count == 6)
  for file in files {
    let isFolder = mode(of: file) & S_IFMT == S_IFDIR
    try #require(mode(of: file) & 0o7777 == (isFolder ? 0o700 : 0o600))
  }
}
