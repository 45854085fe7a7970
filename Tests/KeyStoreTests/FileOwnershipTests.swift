import Glibc
import KeyStore
import LedgerCrypto
import TestSupport
import Testing

@Suite("Files that belong to others")
struct FileOwnershipTests {
  @Test("What somebody else keeps in the folder stays as it is, whatever its name ends with")
  func foreignFiles() throws {
    let folder = TemporaryFolder.inMemory()
    let names = ["keyring.old", "keyring.new", "master.key.old", "master.key.new", "notes.credledger-incoming"]
    let inPersons = ["persons/ab.old", "persons/ab.new", "persons/copy.old"]
    do {
      let store = try KeyStore.create(at: folder.keys, origin: origin, master: .keysFolder, createdAt: 0)
      try store.persons.add(persons(2))
    }
    for name in names + inPersons { try writeFile("\(folder.keys)/\(name)", Array("somebody's \(name)".utf8)) }
    do {
      let store = try reopen(folder, .keysFolder)
      try store.persons.add([persons(3)[2]])
      try store.persons.erase(persons(1)[0])
      try store.rotateSigningKey(createdAt: 1)
      try store.rotateMasterKey(to: .keysFolder, createdAt: 1)
    }
    let contents = folder.contents()
    for name in names + inPersons {
      #expect(contents["\(folder.keys)/\(name)"] == Array("somebody's \(name)".utf8), "\(name)")
    }
  }

  @Test("A file that has the name of a temporary one and is none is named, and left")
  func notTemporary() throws {
    let folder = TemporaryFolder.inMemory()
    _ = try create(folder)
    let path = folder.keys + "/keyring.credledger-outgoing"
    try writeFile(path, Array("somebody's".utf8))
    let error = #expect(throws: KeyStoreError.self) { _ = try reopen(folder) }
    #expect(error?.code == .fileFailure && error?.reason.contains(path) == true)
    #expect(readFile(path) == Array("somebody's".utf8))
  }

  @Test("A file that is replaced keeps its mode and its owner, and a new one gets the folder's")
  func ownership() throws {
    let folder = TemporaryFolder.inMemory()
    do { try create(folder).persons.add(persons(1)) }
    let all = [folder.keys] + folder.files(in: folder.keys)
    // Only root can make files another user's; without it the mode is what can be seen.
    let owner: uid_t = geteuid() == 0 ? 54_321 : geteuid()
    for path in all where geteuid() == 0 { try #require(unsafe lchown(path, owner, owner) == 0) }
    try #require(unsafe chmod(folder.keys + "/keyring", 0o640) == 0)
    do {
      let store = try reopen(folder)
      try store.rotateSigningKey(createdAt: 1)
      try store.persons.erase(persons(1)[0])
      try store.persons.add(persons(1, shard: 0x11))
    }
    #expect(mode(of: folder.keys + "/keyring") & 0o777 == 0o640)
    #expect(mode(of: folder.keys + "/persons/11") & 0o777 == 0o600)
    for path in [folder.keys] + folder.files(in: folder.keys) {
      var status = stat()
      try #require(unsafe lstat(path, &status) == 0)
      #expect(status.st_uid == owner, "\(path)")
    }
  }
}
