import KeyStore
import LedgerCrypto
import TestSupport
import Testing

@Suite("Rotation of the keys of the keyring")
struct KeyRotationTests {
  @Test(
    "A new key of each kind is used from then on; the ones before stay until they are dropped",
    arguments: [
      KeyKind.tokenMask, .lookup, .derivation, .rowCheck,
    ])
  func rotating(_ kind: KeyKind) throws {
    let folder = TemporaryFolder.inMemory()
    var keys: [Secret?] = []
    do {
      let store = try create(folder)
      let counter = store.keyringCounter
      keys = [try store.newest(kind).key]
      #expect(try store.rotate(kind, createdAt: 2, until: 100) == 2)
      #expect(store.keyringCounter == counter + 1)
      keys.append(try store.newest(kind).key)
      #expect(keys[0] != keys[1])
      #expect(try store.dropExpiredKeys(at: 99).isEmpty && store.keyringCounter == counter + 1)
    }
    let store = try reopen(folder)
    #expect(try store.newest(kind).number == 2)
    #expect(try [store.key(kind, 1), store.key(kind, 2)] == keys)
    #expect(try store.dropExpiredKeys(at: 100).map(\.number) == [1])
    #expect(try store.key(kind, 1) == nil && store.key(kind, 2) == keys[1])
    #expect(try store.rotate(kind, createdAt: 3) == 3)
    #expect(try store.dropExpiredKeys(at: .max).isEmpty)
    #expect(try store.dropKeys(of: kind, below: .max) == [2])
    #expect(try reopenReading(folder).numbers(of: kind) == [3])
  }

  @Test("A sooner end holds, whichever rotation set it")
  func soonerEnd() throws {
    let folder = TemporaryFolder.inMemory()
    let store = try create(folder)
    try store.rotate(.tokenMask, createdAt: 1, until: 50)
    try store.rotate(.tokenMask, createdAt: 2, until: 80)
    #expect(store.tokenMasks.map(\.number) == [3, 2, 1])
    #expect(store.tokenMasks.map(\.until) == [nil, 80, 50])
  }

  @Test("The pepper before is gone at once")
  func pepper() throws {
    let folder = TemporaryFolder.inMemory()
    let store = try create(folder)
    let before = try store.pinPepper
    try store.rotate(.pinPepper, createdAt: 1)
    #expect(try store.pinPepper != before && store.numbers(of: .pinPepper) == [2])
  }

  @Test("Of the keys of persons only the new one is left, and it opens what was sealed before")
  func personKeys() throws {
    let folder = TemporaryFolder.inMemory()
    let store = try create(folder)
    let ids = persons(2)
    try store.persons.add(ids)
    let value = try store.vault.seal("x", for: ids[0], purpose: .accountName)
    try store.rotate(.person, createdAt: 1)
    #expect(store.numbers(of: .person) == [2])
    #expect(try store.vault.open(value, purpose: .accountName) == [0x78])
  }

  @Test("With a new key for persons comes a new root key: no sealed key in the file is as it was, and every key is")
  func root() throws {
    let folder = TemporaryFolder.inMemory()
    let store = try create(folder)
    let before = keyringLines(folder).filter { $0.hasPrefix("key ") || $0.hasPrefix("slot ") }
    let (lookup, signing) = try (store.lookupKey.key, store.signingKey.verifyingKey)
    try store.rotate(.person, createdAt: 1)
    #expect(Set(keyringLines(folder)).isDisjoint(with: before))
    #expect(keyringLines(folder).count { $0.hasPrefix("slot ") } == 1)
    let reader = try reopenReading(folder)
    #expect(try reader.lookupKey.key == lookup && reader.signingKey.verifyingKey == signing)
  }

  @Test("The counter grows with each change, and an older file is refused by whoever has seen a newer one")
  func counter() throws {
    let folder = TemporaryFolder.inMemory()
    let store = try create(folder)
    let reader = try reopenReading(folder)
    let old = readFile(folder.keys + "/keyring")
    for expected in UInt64(2)...4 {
      try store.rotate(.lookup, createdAt: 1)
      #expect(store.keyringCounter == expected)
    }
    try reader.refresh()
    try writeFile(folder.keys + "/keyring", old)
    #expect(throws: KeyStoreError(.keyringBehind, "")) { try reader.refresh() }
    #expect(reader.numbers(of: .lookup) == [1, 2, 3, 4])
  }

  @Test("Whoever reads has no key of whoever writes or signs")
  func roles() throws {
    let folder = TemporaryFolder.inMemory()
    let writer = try create(folder)
    let reader = try reopenReading(folder)
    #expect(throws: KeyStoreError(.readOnly, "")) { try reader.pinPepper }
    #expect(throws: KeyStoreError(.readOnly, "")) { try reader.derivationKeys }
    #expect(throws: KeyStoreError(.readOnly, "")) { try reader.rotate(.lookup, createdAt: 0) }
    #expect(try reader.lookupKey.key == writer.lookupKey.key)
    #expect(reader.verifyingKeys == writer.verifyingKeys)
  }

  private func reopenReading(_ folder: TemporaryFolder) throws -> KeyStore {
    try KeyStore.open(at: folder.keys, origin: origin, master: master(1), access: .reading)
  }
}
