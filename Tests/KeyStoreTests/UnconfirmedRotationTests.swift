import KeyStore
import LedgerCrypto
import TestSupport
import Testing

/// The key folder knows of a rotation of the master key until whoever keeps the record of it confirms.
@Suite struct UnconfirmedRotationTests {
  @Test("A rotation is known until it is confirmed, also to whoever opens the folder later")
  func known() throws {
    let folder = TemporaryFolder.inMemory()
    var rotation: MasterKeyRotation?
    do {
      let store = try create(folder)
      #expect(store.unconfirmedRotation == nil)
      let before = store.masterKeyFingerprint
      try store.rotateMasterKey(to: master(2), createdAt: 0)
      rotation = store.unconfirmedRotation
      #expect(rotation?.before == before)
      #expect(rotation?.after == store.masterKeyFingerprint)
    }
    let known = try #require(rotation)
    do {
      let store = try reopen(folder, master(2))
      #expect(store.unconfirmedRotation == known)
      // Nothing may get lost by the next one.
      #expect(throws: KeyStoreError(.rotationUnconfirmed, "")) {
        try store.rotateMasterKey(to: master(3), createdAt: 0)
      }
      try store.confirm(known)
      #expect(store.unconfirmedRotation == nil)
      try store.rotateMasterKey(to: master(3), createdAt: 0)
      // A late confirmation of the one before leaves this one.
      try store.confirm(known)
      #expect(store.unconfirmedRotation?.after == store.masterKeyFingerprint)
    }
    #expect(try reopen(folder, master(3)).unconfirmedRotation != nil)
  }

  @Test("One that a crash cut off is known where the new key is in force, and there only")
  func cutOff() throws {
    for step in 0..<10_000 {
      let folder = TemporaryFolder.inMemory()
      var before = ""
      do {
        let store = try create(folder)
        try store.persons.add(persons(2))
        before = store.masterKeyFingerprint
      }
      let crash = Crash(before: step)
      do {
        let store = try KeyStore.open(
          in: crash.folder(folder.keys), origin: origin, master: master(1), access: .writing, random: SystemRandom())
        try? store.rotateMasterKey(to: master(2), createdAt: 0)
      } catch {}
      if let old = try? reopen(folder, master(1)) { #expect(old.unconfirmedRotation == nil, "step \(step)") }
      if let new = try? reopen(folder, master(2)) {
        #expect(new.unconfirmedRotation?.before == before, "step \(step)")
        #expect(new.unconfirmedRotation?.after == new.masterKeyFingerprint, "step \(step)")
      }
      guard crash.happened else {
        #expect(step > 20)
        return
      }
    }
    Issue.record("The rotation never ended.")
  }

  @Test("A line that somebody has written into the file is damage, and no rotation")
  func forged() throws {
    let folder = TemporaryFolder.inMemory()
    let present = try create(folder).masterKeyFingerprint
    let lines = keyringLines(folder)
    let slot = try #require(lines.firstIndex { $0.hasPrefix("slot ") })
    for line in ["rotation 0123456789abcdef \(present)", "rotation \(present)", "rotation"] {
      try writeKeyring(folder, lines[...slot] + [line] + lines[(slot + 1)...])
      #expect(throws: KeyStoreError(.damaged, "")) { _ = try reopen(folder) }
    }
    try writeKeyring(folder, lines)
    #expect(try reopen(folder).unconfirmedRotation == nil)
  }
}
