import Glibc
import KeyStore
import LedgerCrypto
import TestSupport
import Testing

@Suite("Keys of persons")
struct PersonKeysTests {
  @Test("What is sealed for a person opens, now and after opening the store again")
  func roundTrip() throws {
    let folder = TemporaryFolder.inMemory()
    var sealed: [SealedValue] = []
    do {
      let store = try create(folder)
      let ids = try (0..<40).map { _ in try PersonID(random: SystemRandom()) }
      try store.persons.add(Array(ids[..<25]))
      try store.persons.add(Array(ids[25...]))
      try store.persons.add([])
      sealed = try ids.map { try store.vault.seal("+49 30 \($0)", for: $0, purpose: .phoneNumber) }
      for value in sealed {
        #expect(try store.vault.open(value, purpose: .phoneNumber) == Array("+49 30 \(value.person)".utf8))
      }
    }
    let store = try reopen(folder)
    for value in sealed {
      #expect(try store.vault.open(value, purpose: .phoneNumber) == Array("+49 30 \(value.person)".utf8))
      #expect(try store.persons.contains(value.person))
    }
    #expect(try !store.persons.contains(try PersonID(random: SystemRandom())))
  }

  @Test("A value does not open for another purpose or person, nor when any byte was changed")
  func binding() throws {
    let folder = TemporaryFolder.inMemory()
    let store = try create(folder)
    let ids = persons(2)
    try store.persons.add(ids)
    let value = try store.vault.seal("Ada", for: ids[0], purpose: .accountName)
    #expect(value.box.count == 3 + 28)
    func expectRefusal(_ value: SealedValue, _ purpose: Purpose, at location: SourceLocation = #_sourceLocation) {
      #expect(throws: KeyStoreError(.notAuthentic, ""), sourceLocation: location) {
        _ = try store.vault.open(value, purpose: purpose)
      }
    }
    expectRefusal(value, .accountEmail)
    expectRefusal(SealedValue(person: ids[1], box: value.box), .accountName)
    expectRefusal(SealedValue(person: ids[0], box: []), .accountName)
    for index in value.box.indices {
      var box = value.box
      box[index] ^= 0x40
      expectRefusal(SealedValue(person: ids[0], box: box), .accountName)
    }
    let again = try store.vault.seal("Ada", for: ids[0], purpose: .accountName)
    #expect(again.box != value.box)
  }

  @Test("An opener of many values refuses what was changed, opens what comes after it, and nothing of who is erased")
  func opener() throws {
    let folder = TemporaryFolder.inMemory()
    let store = try create(folder)
    let ids = persons(3)
    try store.persons.add(ids)
    let values = try ids.map { try store.vault.seal("Ada \($0)", for: $0, purpose: .accountName) }
    try store.persons.erase(ids[2])
    var changed = values[1].box
    changed[20] ^= 1
    var opener = try store.vault.opener()
    let first = try opener.open(values[0], purpose: .accountName)
    #expect(first == Array("Ada \(ids[0])".utf8))
    for (value, purpose) in [
      (SealedValue(person: ids[1], box: changed), Purpose.accountName), (values[1], .accountEmail),
      (SealedValue(person: ids[0], box: values[1].box), .accountName),
    ] {
      var refusal: KeyStoreError?
      do throws(KeyStoreError) { _ = try opener.open(value, purpose: purpose) } catch { refusal = error }
      #expect(refusal == KeyStoreError(.notAuthentic, ""))
      let next = try opener.open(values[1], purpose: .accountName)
      #expect(next == Array("Ada \(ids[1])".utf8))
    }
    let erased = try opener.open(values[2], purpose: .accountName)
    #expect(erased == nil)
  }

  @Test("A person has one key")
  func duplicates() throws {
    let folder = TemporaryFolder.inMemory()
    let store = try create(folder)
    let ids = persons(3)
    try store.persons.add([ids[0]])
    let before = folder.contents()
    #expect(throws: KeyStoreError(.personExists, "")) { try store.persons.add([ids[1], ids[0]]) }
    #expect(throws: KeyStoreError(.personExists, "")) { try store.persons.add([ids[2], ids[2]]) }
    #expect(folder.contents() == before)
    #expect(throws: KeyStoreError(.personMissing, "")) {
      _ = try store.vault.seal("x", for: ids[1], purpose: .accountName)
    }
  }

  @Test("After erasure no file holds the plaintext or the sealed key, and the old file was overwritten")
  func erasure() throws {
    let folder = TemporaryFolder.inMemory()
    let store = try create(folder)
    let ids = persons(3)
    try store.persons.add(ids)
    let canary = "canary-4f1d9c"
    let doomed = try store.vault.seal(canary, for: ids[1], purpose: .phoneNumber)
    let kept = try store.vault.seal("kept", for: ids[2], purpose: .phoneNumber)
    let shard = folder.keys + "/persons/ab"
    let before = readFile(shard)
    let sealedKey = Array(before[(24 + 80 + 16)..<(24 + 80 + 76)])
    try #require(folder.contents().values.contains { contains($0, sealedKey) })
    let old = unsafe open(shard, O_RDONLY)
    defer { close(old) }

    #expect(try store.persons.erase(ids[1]))
    #expect(try !store.persons.erase(ids[1]))
    #expect(try store.vault.open(doomed, purpose: .phoneNumber) == nil)
    #expect(try store.vault.open(kept, purpose: .phoneNumber) == Array("kept".utf8))
    #expect(try !store.persons.contains(ids[1]))
    for (path, bytes) in folder.contents() {
      #expect(!contains(bytes, sealedKey) && !contains(bytes, Array(sealedKey[12..<44])), "\(path)")
      #expect(!contains(bytes, ids[1].bytes) && !contains(bytes, Array(canary.utf8)), "\(path)")
    }
    #expect(readDescriptor(old) == [UInt8](repeating: 0, count: before.count))
    #expect(!folder.files().contains { $0.contains(".credledger-") })
  }

  @Test("A reader in another process sees what the writer adds and erases")
  func readerBesideWriter() throws {
    let folder = TemporaryFolder.inMemory()
    let writer = try create(folder)
    let reader = try KeyStore.open(at: folder.keys, origin: origin, master: master(1), access: .reading)
    let ids = persons(3)
    #expect(try !reader.persons.contains(ids[0]))
    try writer.persons.add([ids[0], ids[1]])
    let value = try writer.vault.seal("Ada", for: ids[0], purpose: .accountName)
    #expect(try reader.vault.open(value, purpose: .accountName) == Array("Ada".utf8))
    try writer.persons.add([ids[2]])
    #expect(try reader.persons.contains(ids[2]))
    try writer.persons.erase(ids[0])
    #expect(try reader.vault.open(value, purpose: .accountName) == nil)
    #expect(try reader.persons.contains(ids[1]))

    try writer.rotateMasterKey(to: master(2), createdAt: 0)
    let later = try writer.vault.seal("Bob", for: ids[1], purpose: .accountName)
    #expect(throws: KeyStoreError(.outdated, "")) { _ = try reader.vault.open(later, purpose: .accountName) }
  }

  @Test("No key comes back from memory once its erasure has returned, and others are not disturbed")
  func concurrency() async throws {
    let folder = TemporaryFolder.inMemory()
    _ = try create(folder)
    let store = try KeyStore.open(
      in: PrivateFolder(path: folder.keys), origin: origin, master: master(1), access: .writing, cacheCapacity: 4,
      random: SystemRandom())
    let ids = persons(12)
    try store.persons.add(ids)
    let values = try ids.map { try store.vault.seal("x", for: $0, purpose: .accountName) }
    await withTaskGroup { group in
      for _ in 0..<4 {
        group.addTask {
          for round in 0..<200 {
            let value = values[6 + round % 6]
            #expect((try? store.vault.open(value, purpose: .accountName)) == [UInt8(ascii: "x")])
            _ = try? store.vault.open(values[round % 6], purpose: .accountName)
          }
        }
      }
      group.addTask {
        for index in 0..<6 {
          #expect((try? store.persons.erase(ids[index])) == true)
          for _ in 0..<5 { #expect((try? store.vault.open(values[index], purpose: .accountName)) == .some(nil)) }
        }
      }
    }
  }

  @Test("The cache stays within its capacity, and keeps what is in steady use")
  func cache() {
    var cache = KeyCache(capacity: 8)
    let steady = persons(1, shard: 0)[0]
    let key = Secret(copying: [1])
    cache.insert(key, for: steady)
    for person in persons(100) {
      cache.insert(Secret(copying: [2]), for: person)
      #expect(cache.count <= 8)
      #expect(cache.find(steady) == key)
    }
    #expect(cache.find(persons(1)[0]) == nil)
    cache.remove(steady)
    #expect(cache.find(steady) == nil)
  }

  @Test("The keys of a group of 30,000 stay while its list is read from the beginning again and again")
  func cacheOfLists() throws {
    var cache = KeyCache(capacity: KeyStore.defaultCacheCapacity)
    let key = Secret(copying: [1])
    let members = try (0..<30_000).map { _ in try PersonID(random: SystemRandom()) }
    for person in members { cache.insert(key, for: person) }
    for _ in 0..<2 {
      var missing = 0
      // As the store does, what is not there is put there.
      for person in members where cache.find(person) == nil {
        missing += 1
        cache.insert(key, for: person)
      }
      #expect(missing == 0)
    }
  }
}
