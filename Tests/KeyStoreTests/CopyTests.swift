import Glibc
import LedgerCrypto
import TestSupport
import Testing

@testable import KeyStore

@Suite("Copies of the keys")
struct CopyTests {
  @Test("open what the keys open, are private, and leave out whoever was erased")
  func roundTrip() throws {
    let folder = TemporaryFolder.inMemory()
    let store = try create(folder)
    let ids = try (0..<60).map { _ in try PersonID(random: SystemRandom()) }
    try store.persons.add(ids)
    let sealed = try ids.map { try store.vault.seal("Ada", for: $0, purpose: .accountName) }
    try store.rotateSigningKey(createdAt: 1)
    try store.persons.erase(ids[7])
    let target = folder.path + "/copy"
    let copied = try store.copy(to: target)
    #expect(copied.persons == 59 && !copied.hasMasterKey)
    for file in folder.files(in: target) { #expect(mode(of: file) & 0o077 == 0, "\(file)") }
    let copy = try KeyStore.open(at: target, origin: origin, master: master(1))
    for (index, value) in sealed.enumerated() {
      #expect(try copy.vault.open(value, purpose: .accountName) == (index == 7 ? nil : Array("Ada".utf8)))
    }
    #expect(copy.verifyingKeys == store.verifyingKeys)
    #expect(try copy.verifyPersons() == 59)
    #expect(throws: KeyStoreError(.alreadyExists, "")) { try store.copy(to: target) }
  }

  @Test("are made while persons are added, and hold all who were there before")
  func whileWriting() async throws {
    let folder = TemporaryFolder.inMemory()
    let store = try create(folder)
    var before = persons(3)
    try store.persons.add(before)
    for round in 0..<6 {
      let added = try (0..<40).map { _ in try PersonID(random: SystemRandom()) }
      async let adding: Void = { for person in added { try store.persons.add([person]) } }()
      let target = folder.path + "/copy-\(round)"
      // Another process would have the folder open for reading.
      let reader = try KeyStore.open(at: folder.keys, origin: origin, master: master(1), access: .reading)
      #expect(try reader.copy(to: target).persons >= before.count)
      try await adding
      let copy = try KeyStore.open(at: target, origin: origin, master: master(1), access: .reading)
      for person in before { #expect(try copy.persons.contains(person)) }
      before += added
    }
  }

  @Test("are refused where a key is damaged")
  func damage() throws {
    let folder = TemporaryFolder.inMemory()
    let store = try create(folder)
    try store.persons.add(persons(3))
    let file = folder.keys + "/persons/ab"
    var bytes = readFile(file)
    bytes[150] ^= 1
    try writeFile(file, bytes)
    #expect(throws: KeyStoreError(.damaged, "")) { try store.copy(to: folder.path + "/copy") }
    #expect(throws: KeyStoreError(.damaged, "")) { try store.verifyPersons() }
  }

  @Test("hold the master key only where it is kept in the folder")
  func masterKey() throws {
    let folder = TemporaryFolder.inMemory()
    let store = try KeyStore.create(at: folder.keys, origin: origin, master: .keysFolder, createdAt: 1)
    #expect(try store.copy(to: folder.path + "/copy").hasMasterKey)
    _ = try KeyStore.open(at: folder.path + "/copy", origin: origin, master: .keysFolder)
  }
}
