import KeyStore
import LedgerCrypto
import TestSupport
import Testing

@Suite("Keys of roles, and no key")
struct RoleKeyTests {
  private func open(
    _ folder: TemporaryFolder, _ key: MasterKey.Source, _ access: KeyStore.Access = .reading
  ) throws -> KeyStore {
    try KeyStore.open(at: folder.keys, origin: origin, master: key, access: access)
  }

  @Test("The reader key opens what reading takes, and nothing else")
  func reader() throws {
    let folder = TemporaryFolder.inMemory()
    let store = try create(folder)
    try store.persons.add(persons(1))
    let value = try store.vault.seal("x", for: persons(1)[0], purpose: .accountName)
    let key = MasterKey.Source.text(try store.roleKey(.reader))
    let reader = try open(folder, key)
    #expect(reader.hasReaderKeys)
    #expect(try reader.lookupKey.key == store.lookupKey.key)
    let block = BlockMask.Block(repeating: 7)
    let (mine, own) = (try newestMask(reader).mask(block), try newestMask(store).mask(block))
    #expect(mine.indices.allSatisfy { mine[$0] == own[$0] })
    #expect(try reader.vault.open(value, purpose: .accountName) == [0x78])
    #expect(reader.verifyingKeys == store.verifyingKeys)
    #expect(reader.masterKeyFingerprint == store.masterKeyFingerprint)
    for refused in [{ _ = try reader.pinPepper }, { _ = try reader.derivationKeys }] as [() throws -> Void] {
      #expect(throws: KeyStoreError(.readOnly, "")) { try refused() }
    }
    #expect(throws: KeyStoreError(.masterKeyMismatch, "")) { _ = try reader.signingKey }
    #expect(throws: KeyStoreError(.masterKeyMismatch, "")) { _ = try reader.roleKey(.signer) }
    store.close()
    #expect(throws: KeyStoreError(.masterKeyMismatch, "")) { _ = try open(folder, key, .writing) }
    #expect(throws: KeyStoreError(.masterKeyMismatch, "")) {
      _ = try KeyStore.create(at: folder.path + "/other", origin: origin, master: key, createdAt: 0)
    }
    let changing = try reopen(folder)
    #expect(throws: KeyStoreError(.masterKeyMismatch, "")) {
      try changing.rotateMasterKey(to: key, createdAt: 1)
    }
    #expect(throws: KeyStoreError(.originMismatch, "")) {
      _ = try KeyStore.open(at: folder.keys, origin: "other.example", master: key, access: .reading)
    }
  }

  @Test("The signer key signs, and opens nothing that is sealed for others")
  func signer() throws {
    let folder = TemporaryFolder.inMemory()
    let store = try create(folder)
    try store.persons.add(persons(1))
    let value = try store.vault.seal("x", for: persons(1)[0], purpose: .accountName)
    let signer = try open(folder, .text(try store.roleKey(.signer)))
    #expect(try signer.signingKey.verifyingKey == store.signingKey.verifyingKey)
    #expect(!signer.hasReaderKeys && signer.tokenMasks.isEmpty)
    #expect(throws: KeyStoreError(.masterKeyMissing, "")) { _ = try signer.lookupKey }
    #expect(throws: KeyStoreError(.masterKeyMissing, "")) { _ = try signer.vault.open(value, purpose: .accountName) }
    try store.rotateSigningKey(createdAt: 1)
    try signer.refresh()
    #expect(try signer.signingKey.verifyingKey == store.signingKey.verifyingKey)
  }

  @Test("A reader learns of new keys by its role's own key, until a rotation ends that")
  func rotations() throws {
    let folder = TemporaryFolder.inMemory()
    let store = try create(folder)
    let key = MasterKey.Source.text(try store.roleKey(.reader))
    let reader = try open(folder, key)
    try store.rotate(.lookup, createdAt: 1)
    try reader.refresh()
    #expect(try reader.lookupKey.number == 2)
    try store.rotateMasterKey(to: master(2), createdAt: 2)
    try store.rotate(.lookup, createdAt: 3)
    try reader.refresh()
    #expect(try reader.lookupKey.number == 2)
    let error = #expect(throws: KeyStoreError(.masterKeyMismatch, "")) { _ = try open(folder, key) }
    #expect(error?.reason.contains("have the present one written out") == true)
    #expect(try open(folder, .text(try store.roleKey(.reader))).lookupKey.number == 3)
    // A store that is open for reading gives the same, by the master key.
    #expect(try open(folder, master(2)).roleKey(.reader) == store.roleKey(.reader))
  }

  @Test("A keyring that somebody without its keys changed is refused by the key of either role")
  func forged() throws {
    let folder = TemporaryFolder.inMemory()
    let store = try create(folder)
    let keys = try KeyRole.allCases.map { MasterKey.Source.text(try store.roleKey($0)) }
    let lines = keyringLines(folder)
    for index in 2..<(lines.count - 3) {
      var forged = lines
      let last = try #require(forged[index].last)
      forged[index].removeLast()
      forged[index].append(last == "0" ? "1" : "0")
      try writeKeyring(folder, forged)
      for key in keys {
        #expect(throws: KeyStoreError(.damaged, ""), "\(lines[index])") { _ = try open(folder, key) }
      }
    }
    try writeKeyring(folder, lines)
    for key in keys { _ = try open(folder, key) }
  }

  @Test("Without a key the numbers and the public keys are listed, and nothing is opened")
  func listing() throws {
    let folder = TemporaryFolder.inMemory()
    let store = try create(folder)
    try store.persons.add(persons(2))
    let value = try store.vault.seal("x", for: persons(1)[0], purpose: .accountName)
    try store.persons.erase(persons(2)[1])
    let nowhere = MasterKey.Source.file(folder.path + "/none")
    #expect(throws: KeyStoreError(.masterKeyMissing, "")) { _ = try open(folder, nowhere) }
    let listing = try open(folder, nowhere, .listing)
    #expect(!listing.hasReaderKeys)
    #expect(listing.verifyingKeys == store.verifyingKeys && listing.keyringKeys == store.keyringKeys)
    #expect(listing.masterKeyFingerprint == store.masterKeyFingerprint)
    let error = #expect(throws: KeyStoreError(.masterKeyMissing, "")) {
      _ = try listing.vault.open(value, purpose: .accountName)
    }
    #expect(error?.reason.contains(MasterKey.environmentVariable) == true)
    // Who was erased is erased for everybody.
    #expect(try listing.vault.open(SealedValue(person: persons(2)[1], box: value.box), purpose: .accountName) == nil)
    for refused in [
      { _ = try listing.lookupKey }, { _ = try listing.pinPepper }, { _ = try listing.signingKey },
      { _ = try listing.derivationKeys }, { _ = try listing.roleKey(.reader) }, { _ = try listing.verifyPersons() },
    ] as [() throws -> Void] {
      #expect(throws: KeyStoreError(.masterKeyMissing, "")) { try refused() }
    }
    try store.rotateSigningKey(createdAt: 1)
    try listing.refresh()
    #expect(listing.verifyingKeys == store.verifyingKeys && listing.verifyingKeys.count == 2)
  }
}
