import CredentialLedger
import Glibc
import KeyStore
import LedgerOperations
import LedgerTestSupport
import Testing

/// A key that is gone without an event is a loss and no erasure, whoever looks; and an erasure is one from its event on.
@Suite struct LostKeyTests {
  let folder = TemporaryFolder()
  var path: String { folder.path + "/ledger" }
  var persons: String { path + "/keys/persons" }
  let configuration = TestClock().configuration

  private func made(_ count: Int = 1) async throws -> (ledger: Ledger, accounts: [AccountID]) {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", configuration)
    var accounts: [AccountID] = []
    for number in 0..<count {
      let subject = "person-\(number)"
      accounts.append(
        try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: subject, name: "Ada").account)
    }
    return (ledger, accounts)
  }

  private func key(of account: AccountID, in ledger: Ledger) throws -> PersonID {
    let found = try #require(try ledger.accounts.account(account))
    return try #require(PersonID(bytes: found.subject.person))
  }

  private func file(of key: PersonID) -> String { "\(path)/\(key.fileOfKey)" }

  private func code(_ body: () async throws -> Void) async -> String? {
    do {
      try await body()
      return nil
    } catch { return (error as? LedgerError)?.code.rawValue }
  }

  @Test("A lost file of keys is keys_missing, at opening, for readers and in a verification") func lostFile()
    async throws
  {
    let (ledger, accounts) = try await made()
    let file = file(of: try key(of: accounts[0], in: ledger))
    await ledger.close()
    #expect(unsafe rename(file, file + ".aside") == 0)
    let refused = await #expect(throws: LedgerError.self) { try await Ledger.open(at: path, configuration) }
    #expect(refused?.code == .keysMissing && refused?.field == "keys", "\(String(describing: refused))")
    #expect(refused?.reason.contains(String(file.suffix(15))) == true, "\(refused?.reason ?? "")")
    #expect(refused?.reason.contains("rebuild nothing before") == true)
    let reader = try await Ledger.openForReading(at: path, configuration)
    #expect(
      await code { _ = try await reader.accounts.reveal(accounts[0], under: .withoutRecord(for: reader)) }
        == "keys_missing")
    #expect(await code { _ = try await reader.integrity.verify() } == "keys_missing")
    #expect(await code { _ = try await reader.integrity.compareProjections() } == "keys_missing")
    #expect(await code { _ = try await reader.integrity.digests() } == "keys_missing")
    await reader.close()
    #expect(unsafe rename(file + ".aside", file) == 0)
    let whole = try await Ledger.open(at: path, configuration)
    #expect(try await whole.accounts.reveal(accounts[0], under: .withoutRecord(for: whole))?.name == "Ada")
    #expect(try await whole.integrity.verify().projectionsMatch)
    await whole.close()
  }

  @Test("A rebuild stops at a lost key, and what is there stays") func rebuildStops() async throws {
    let (ledger, accounts) = try await made(3)
    // Rightly gone keys do not stop it.
    try await ledger.people.erase(accounts[0], by: Requester.operator)
    try await ledger.integrity.rebuildProjections()
    let digests = try await ledger.integrity.projectionDigests()
    let key = try key(of: accounts[1], in: ledger)
    await ledger.close()
    let again = try await Ledger.open(at: path, configuration)
    #expect(unsafe rename(file(of: key), file(of: key) + ".aside") == 0)
    #expect(await code { try await again.integrity.rebuildProjections() } == "keys_missing")
    #expect(try await again.integrity.projectionDigests() == digests)
    #expect(unsafe rename(file(of: key) + ".aside", file(of: key)) == 0)
    try await again.integrity.rebuildProjections()
    #expect(try await again.integrity.projectionDigests() == digests)
    await again.close()
  }

  @Test("A file from an older backup lacks the newest key, and one key less shows in a verification") func fileOlder()
    async throws
  {
    let (ledger, _) = try await made()
    // Until a file has a second key.
    var kept: [UInt8: (person: PersonID, bytes: [UInt8])] = [:]
    var (older, newer): (PersonID?, PersonID?)
    for number in 0..<400 where newer == nil {
      let account = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "more-\(number)")
        .account
      let key = try key(of: account, in: ledger)
      if let first = kept[key.bytes[0]] { (older, newer) = (first.person, key) }
      if newer == nil { kept[key.bytes[0]] = (key, try FileBytes.read(file(of: key))) }
    }
    let (first, second) = (try #require(older), try #require(newer))
    await ledger.close()
    let whole = try FileBytes.read(file(of: second))
    try FileBytes.write(try #require(kept[second.bytes[0]]).bytes, to: file(of: second))
    #expect(await code { _ = try await Ledger.open(at: path, configuration) } == "keys_missing")
    try FileBytes.write(whole, to: file(of: second))

    // The older of the two: opening looks at the newest of a file only.
    let keys = try KeyStore.open(
      at: path + "/keys", origin: "ledger.example.org", master: .keysFolder, access: .writing)
    #expect(try keys.persons.erase(first))
    keys.close()
    let open = try await Ledger.open(at: path, configuration)
    let found = await #expect(throws: LedgerError.self) { try await open.integrity.verify() }
    #expect(found?.code == .keysMissing && found?.reason.hasPrefix("a key of a person") == true)
    await open.close()
  }

  @Test("A restore that accepts missing keys records their persons as erased") func restoreAccepts() async throws {
    let (ledger, first) = try await made()
    _ = try await ledger.backups.make(at: "\(folder.path)/older", keys: "\(folder.path)/keys")
    let later = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "later", name: "Bob")
      .account
    let accounts = [first[0], later]
    _ = try await ledger.backups.make(at: "\(folder.path)/backup")
    _ = try await ledger.archive.append(to: "\(folder.path)/archive")
    await ledger.close()
    for source in ["backup", "archive"] {
      let target = "\(folder.path)/again-\(source)"
      let (from, keys) = ("\(folder.path)/\(source)", "\(folder.path)/keys")
      let refused = await #expect(throws: LedgerError.self) {
        try await Ledger.restore(from: from, keys: keys, at: target, configuration)
      }
      #expect(refused?.code == .keysBehind, "\(String(describing: refused))")
      let report = try await Ledger.restore(from: from, keys: keys, at: target, configuration, missingKeys: .accepted)
      #expect(report.missingKeys == 1)
      let restored = try await Ledger.open(at: target, configuration)
      #expect(try restored.accounts.account(accounts[1])?.isErased == true)
      #expect(try await restored.accounts.reveal(accounts[1], under: .withoutRecord(for: restored)) == nil)
      #expect(try await restored.accounts.reveal(accounts[0], under: .withoutRecord(for: restored))?.name == "Ada")
      #expect(try await restored.audit.latest(of: .type(.subjectErased)).count == 1)
      #expect(try await restored.integrity.verify().projectionsMatch)
      try await restored.integrity.rebuildProjections()
      await restored.close()
    }
  }

  @Test("An erasure whose key stays says so, holds for readers, and is finished at the next opening")
  func erasureWhose() async throws {
    let (ledger, accounts) = try await made()
    let key = try key(of: accounts[0], in: ledger)
    let file = file(of: key)
    // The name of the file that is to take its place is a folder.
    #expect(unsafe mkdir(file + ".credledger-incoming", 0o700) == 0)
    let failed = await #expect(throws: LedgerError.self) {
      try await ledger.people.erase(accounts[0], by: Requester.operator)
    }
    #expect(failed?.code == .storage && failed?.field == "keys", "\(String(describing: failed))")
    #expect(failed?.reason.contains("the erasure is recorded") == true)
    #expect(failed?.reason.contains("the key is still in keys/persons/") == true)
    #expect(try ledger.accounts.account(accounts[0])?.isErased == true)
    #expect(try await ledger.accounts.reveal(accounts[0], under: .withoutRecord(for: ledger)) == nil)
    let reader = try await Ledger.openForReading(at: path, configuration)
    #expect(try await reader.accounts.reveal(accounts[0], under: .withoutRecord(for: reader)) == nil)
    let entry = try #require(try await reader.audit.latest(of: .type(.accountRegistered)).first)
    let personal = try await reader.audit.describe([entry], under: .withoutRecord(for: reader)).personal.values.joined()
    #expect(!personal.isEmpty && personal.allSatisfy { $0.state == .erased })
    #expect(try await reader.integrity.verify().projectionsMatch)
    await reader.close()
    await ledger.close()
    func holds() throws -> Bool {
      let keys = try KeyStore.open(
        at: path + "/keys", origin: "ledger.example.org", master: .keysFolder, access: .reading)
      defer { keys.close() }
      return try keys.persons.contains(key)
    }
    #expect(try holds())
    #expect(unsafe rmdir(file + ".credledger-incoming") == 0)
    await (try await Ledger.open(at: path, configuration)).close()
    #expect(try !holds())
  }

  @Test("A list of members tells nothing of who is erased, whether the key is still there or not") func listMembers()
    async throws
  {
    let (ledger, accounts) = try await made(2)
    let group = try await ledger.groups.create(name: "Field team", by: accounts[0])
    _ = try await ledger.groups.add(accounts[1], to: group.id, by: accounts[0])
    let invited = try PhoneNumber("+33699999999")
    _ = try await ledger.groups.add(invited, to: group.id, by: accounts[0])
    let request = try await ledger.phones.requestPIN(for: PhoneNumber("+4915112345678"), by: accounts[1])
    _ = try await ledger.phones.verify(request.pin?.digits ?? "", challenge: request.challenge, by: accounts[1])
    func shown() async throws -> [[String?]] {
      try await ledger.groups.shownMembers(of: group.id, after: nil, limit: 10).map { [$0.number, $0.name] }
    }
    let all = try await shown()
    #expect(all == [[nil, "Ada"], ["+4915112345678", "Ada"], ["+33699999999", nil]])
    let page = try await ledger.groups.shownMembers(of: group.id, after: nil, limit: 2)
    #expect(page.map(\.account) == [accounts[0], accounts[1]])
    // The name of the file that is to take its place is a folder.
    let file = file(of: try key(of: accounts[1], in: ledger))
    #expect(unsafe mkdir(file + ".credledger-incoming", 0o700) == 0)
    #expect(await code { try await ledger.people.erase(accounts[1], by: Requester.operator) } == "storage")
    // The number's key may be in the same file.
    _ = await code { try await ledger.people.erase(invited, by: Requester.operator) }
    let rest = try await shown()
    #expect(rest == [[nil, "Ada"], [nil, nil], [nil, nil]])
    await ledger.close()
  }

  @Test("A file that is lost while an erasure is pending is an erasure of that person alone") func fileLost()
    async throws
  {
    let (ledger, accounts) = try await made()
    let file = file(of: try key(of: accounts[0], in: ledger))
    #expect(unsafe mkdir(file + ".credledger-incoming", 0o700) == 0)
    #expect(await code { try await ledger.people.erase(accounts[0], by: Requester.operator) } == "storage")
    await ledger.close()
    #expect(unsafe rmdir(file + ".credledger-incoming") == 0 && unlink(file) == 0)
    let again = try await Ledger.open(at: path, configuration)
    #expect(try await again.accounts.reveal(accounts[0], under: .withoutRecord(for: again)) == nil)
    #expect(try await again.integrity.verify().projectionsMatch)
    await again.close()
  }
}
