import KeyStore
import LedgerCrypto
import TestSupport
import Testing

@Suite("Crashes at every step")
struct CrashTests {
  /// Runs a test for every step a crash can come before, until one run ends without.
  private func atEveryStep(atLeast expected: Int, _ test: (_ crash: Crash, _ step: Int) throws -> Void) throws {
    for step in 0..<10_000 {
      let crash = Crash(before: step)
      try test(crash, step)
      guard crash.happened else {
        #expect(step >= expected)
        return
      }
    }
    Issue.record("The operation never ended.")
  }

  private func open(
    _ folder: TemporaryFolder, _ crash: Crash, _ source: MasterKey.Source = master(1)
  ) throws -> KeyStore {
    try KeyStore.open(
      in: crash.folder(folder.keys), origin: origin, master: source, access: .writing, random: SystemRandom())
  }

  private func expectNoLeftovers(_ folder: TemporaryFolder, _ step: Int) {
    #expect(!folder.files().contains { $0.contains(".credledger-") }, "step \(step)")
  }

  @Test("Creation: it can be done again, or was complete")
  func creation() throws {
    try atEveryStep(atLeast: 10) { crash, step in
      let folder = TemporaryFolder.inMemory()
      _ = try? KeyStore.create(
        in: crash.folder(folder.keys), origin: origin, master: .keysFolder, createdAt: 0, random: SystemRandom())
      do {
        _ = try KeyStore.create(at: folder.keys, origin: origin, master: .keysFolder, createdAt: 0)
      } catch let error as KeyStoreError {
        #expect(error == KeyStoreError(.alreadyExists, ""), "step \(step)")
      }
      _ = try reopen(folder, .keysFolder)
      expectNoLeftovers(folder, step)
    }
  }

  @Test("Addition: persons acknowledged before stay, and the new one can be added, or was")
  func addition() throws {
    for existing in [0, 2] {
      try atEveryStep(atLeast: 5) { crash, step in
        let folder = TemporaryFolder.inMemory()
        let ids = persons(3)
        var values: [SealedValue] = []
        do {
          let store = try create(folder)
          try store.persons.add(Array(ids[..<existing]))
          values = try ids[..<existing].map { try store.vault.seal("x", for: $0, purpose: .accountName) }
        }
        try? open(folder, crash).persons.add([ids[2]])
        let store = try reopen(folder)
        if try !store.persons.contains(ids[2]) { try store.persons.add([ids[2]]) }
        for value in values {
          #expect(try store.vault.open(value, purpose: .accountName) == [0x78], "step \(step)")
        }
        let value = try store.vault.seal("y", for: ids[2], purpose: .accountName)
        #expect(try store.vault.open(value, purpose: .accountName) == [0x79], "step \(step)")
        expectNoLeftovers(folder, step)
      }
    }
  }

  @Test("Erasure: the person's key is whole or in no file, and the others stay")
  func erasure() throws {
    try atEveryStep(atLeast: 10) { crash, step in
      let folder = TemporaryFolder.inMemory()
      let ids = persons(3)
      var values: [SealedValue] = []
      do {
        let store = try create(folder)
        try store.persons.add(ids)
        values = try ids.map { try store.vault.seal("x", for: $0, purpose: .accountName) }
      }
      let sealedKey = Array(readFile(folder.keys + "/persons/ab")[(24 + 80 + 28)..<(24 + 80 + 60)])
      _ = try? open(folder, crash).persons.erase(ids[1])

      let store = try reopen(folder)
      expectNoLeftovers(folder, step)
      let isErased = try !store.persons.contains(ids[1])
      if isErased {
        #expect(!folder.contents().values.contains { contains($0, sealedKey) }, "step \(step)")
      } else {
        #expect(try store.vault.open(values[1], purpose: .accountName) == [0x78], "step \(step)")
        #expect(try store.persons.erase(ids[1]))
      }
      for value in [values[0], values[2]] {
        #expect(try store.vault.open(value, purpose: .accountName) == [0x78], "step \(step)")
      }
      #expect(try store.vault.open(values[1], purpose: .accountName) == nil, "step \(step)")
    }
  }

  @Test("Erasure that failed half-way is finished by erasing again, without opening the store anew")
  func erasureAgain() throws {
    try atEveryStep(atLeast: 9) { crash, step in
      let folder = TemporaryFolder.inMemory()
      let ids = persons(2)
      do { try create(folder).persons.add(ids) }
      let sealedKey = Array(readFile(folder.keys + "/persons/ab")[52..<84])
      let revival = Revival(crash)
      let store = try KeyStore.open(
        in: revival.folder(folder.keys), origin: origin, master: master(1), access: .writing, random: SystemRandom())
      revival.begin()
      _ = try? store.persons.erase(ids[0])
      revival.end()
      _ = try store.persons.erase(ids[0])
      #expect(try !store.persons.contains(ids[0]))
      #expect(try store.persons.contains(ids[1]))
      #expect(!folder.contents().values.contains { contains($0, sealedKey) }, "step \(step)")
      expectNoLeftovers(folder, step)
    }
  }

  @Test("Rotation of a master key: the old key opens everything or the new one does, and it can be finished")
  func rotation() throws {
    try atEveryStep(atLeast: 30) { crash, step in
      let folder = TemporaryFolder.inMemory()
      let ids = persons(2) + persons(2, shard: 0x01)
      var values: [SealedValue] = []
      var hash = Digest.zero
      do {
        let store = try create(folder)
        try store.persons.add(ids)
        values = try ids.map { try store.vault.seal("x", for: $0, purpose: .accountName) }
        hash = try lookupHash(store, of: [1])
      }
      let before = folder.contents().values.map { Array($0) }
      try? open(folder, crash).rotateMasterKey(to: master(2), createdAt: 0)

      func check(_ store: KeyStore) throws {
        #expect(try lookupHash(store, of: [1]) == hash, "step \(step)")
        for value in values {
          #expect(try store.vault.open(value, purpose: .accountName) == [0x78], "step \(step)")
        }
      }
      // The old key first: it opens all, or the rotation is over.
      var oldWorks = true
      do {
        let store = try reopen(folder, master(1))
        try check(store)
        try store.persons.add([persons(3)[2]])
      } catch let error as KeyStoreError {
        #expect(error == KeyStoreError(.masterKeyMismatch, ""), "step \(step)")
        oldWorks = false
      }
      // Then the new one, which finishes what was begun; else the old one begins.
      do {
        try check(try reopen(folder, master(2)))
      } catch let error as KeyStoreError {
        #expect(error == KeyStoreError(.masterKeyMismatch, "") && oldWorks, "step \(step)")
        let store = try reopen(folder, master(1))
        try store.rotateMasterKey(to: master(2), createdAt: 0)
        try check(store)
      }
      #expect(throws: KeyStoreError(.masterKeyMismatch, "")) { _ = try reopen(folder, master(1)) }
      try check(try reopen(folder, master(2)))
      expectNoLeftovers(folder, step)
      let text = String(decoding: readFile(folder.keys + "/keyring"), as: UTF8.self)
      #expect(text.split(separator: "\n").filter { $0.hasPrefix("slot ") }.count == 1, "step \(step)")
      #expect(text.split(separator: "\n").filter { $0.hasPrefix("key person/") }.count == 1, "step \(step)")
      #expect(!folder.contents().values.contains { before.contains($0) && !$0.isEmpty }, "step \(step)")
    }
  }

  @Test("Rotation of a master key kept in the folder: the folder always opens by itself")
  func rotationInFolder() throws {
    try atEveryStep(atLeast: 30) { crash, step in
      let folder = TemporaryFolder.inMemory()
      var value: SealedValue?
      do {
        let store = try KeyStore.create(at: folder.keys, origin: origin, master: .keysFolder, createdAt: 0)
        try store.persons.add(persons(1))
        value = try store.vault.seal("x", for: persons(1)[0], purpose: .accountName)
      }
      let old = readFile(folder.keys + "/master.key")
      try? open(folder, crash, .keysFolder).rotateMasterKey(to: .keysFolder, createdAt: 0)
      let sealed = try #require(value)
      do {
        let store = try reopen(folder, .keysFolder)
        #expect(try store.vault.open(sealed, purpose: .accountName) == [0x78], "step \(step)")
        if readFile(folder.keys + "/master.key") == old { try store.rotateMasterKey(to: .keysFolder, createdAt: 0) }
        #expect(try store.vault.open(sealed, purpose: .accountName) == [0x78], "step \(step)")
      }
      #expect(throws: KeyStoreError(.masterKeyMismatch, "")) { _ = try reopen(folder, .text(Secret(copying: old))) }
      expectNoLeftovers(folder, step)
    }
  }

  @Test("Rotation to the present master key is refused")
  func rotationToSame() throws {
    let folder = TemporaryFolder.inMemory()
    let store = try create(folder)
    #expect(throws: KeyStoreError(.invalidArgument, "")) { try store.rotateMasterKey(to: master(1), createdAt: 0) }
  }
}
