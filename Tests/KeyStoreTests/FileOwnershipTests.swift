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

  @Test(
    "What is no master key on its way is left where it is", arguments: [".credledger-incoming", ".credledger-outgoing"])
  func foreignMasterKey(suffix: String) throws {
    let folder = TemporaryFolder.inMemory()
    _ = try KeyStore.create(at: folder.keys, origin: origin, master: .keysFolder, createdAt: 0)
    let path = "\(folder.keys)/master.key\(suffix)"
    try writeFile(path, Array("somebody's".utf8))
    let error = #expect(throws: KeyStoreError.self) { _ = try reopen(folder, .keysFolder) }
    #expect(error?.code == .fileFailure && error?.reason.contains(path) == true)
    #expect(readFile(path) == Array("somebody's".utf8))
  }

  @Test("A file with a master key that belongs to another user is refused", .enabled(if: geteuid() == 0))
  func foreignOwner() throws {
    let folder = TemporaryFolder.inMemory()
    _ = try KeyStore.create(at: folder.keys, origin: origin, master: .keysFolder, createdAt: 0)
    let own = "\(folder.keys)/master.key"
    let elsewhere = "\(folder.path)/key"
    try writeFile(elsewhere, readFile(own))
    for (path, source) in [(own, MasterKey.Source.keysFolder), (elsewhere, .file(elsewhere))] {
      try #require(unsafe chown(path, 54_321, 54_321) == 0)
      let error = #expect(throws: KeyStoreError.self) { _ = try reopen(folder, source) }
      #expect(error?.code == .masterKeyExposed && error?.reason.contains("54321") == true, "\(path)")
    }
  }

  @Test("A folder of keys that is a symbolic link is opened by readers and writers alike")
  func symbolicLink() throws {
    let folder = TemporaryFolder.inMemory()
    do { try create(folder).persons.add(persons(1)) }
    let device = "\(folder.path)/device"
    try #require(unsafe rename(folder.keys, device) == 0 && symlink(device, folder.keys) == 0)
    do {
      let store = try reopen(folder)
      try store.rotateSigningKey(createdAt: 1)
      try store.persons.erase(persons(1)[0])
      try store.persons.add(persons(1, shard: 0x11))
    }
    let reader = try KeyStore.open(at: folder.keys, origin: origin, master: master(1), access: .reading)
    #expect(reader.verifyingKeys.count == 2)
    #expect(try reader.persons.contains(persons(1, shard: 0x11)[0]))
    #expect(mode(of: folder.keys) & S_IFMT == S_IFLNK)
  }
}
