import CredentialLedger
import Glibc
import KeyStore
import LedgerCrypto
import LedgerTestSupport
import Testing

/// What a crash between the log and the keys leaves is finished when the ledger is opened.
@Suite struct InterruptionTests {
  let folder = TemporaryFolder()
  var path: String { folder.path + "/ledger" }
  let quick = LedgerConfiguration()

  @Test("A key that outlived its erasure, or came back from a backup, is destroyed") func keyOutlived() async throws {
    var ledger = try await Ledger.create(at: path, origin: "ledger.example.org", quick)
    let account = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "a", name: "Ada").account
    let person = try #require(try ledger.accounts.account(account)).subject.personBytes
    let persons = path + "/keys/persons"
    var before: [String: [UInt8]] = [:]
    for name in try #require(TemporaryFolder.names(in: persons)) {
      before[name] = try FileBytes.read("\(persons)/\(name)")
    }
    #expect(try FileBytes.hold(person, in: path + "/keys"))
    try await ledger.people.erase(account, by: Requester.operator)
    #expect(try !FileBytes.hold(person, in: path + "/keys"))
    await ledger.close()
    for (name, content) in before { try FileBytes.write(content, to: "\(persons)/\(name)") }
    #expect(try FileBytes.hold(person, in: path + "/keys"))
    ledger = try await Ledger.open(at: path, quick)
    #expect(try !FileBytes.hold(person, in: path + "/keys"))
    #expect(try await ledger.accounts.reveal(account, for: "a test", by: Requester.operator) == nil)
    #expect(try await ledger.integrity.verify().projectionsMatch)
    await ledger.close()
  }

  @Test("A signing key without its event is recorded") func signingKey() async throws {
    var ledger = try await Ledger.create(at: path, origin: "ledger.example.org", quick)
    await ledger.close()
    let keys = try KeyStore.open(at: path + "/keys", origin: "ledger.example.org", master: .keysFolder)
    try keys.rotateSigningKey(createdAt: 1)
    try keys.rotateSigningKey(createdAt: 2)
    keys.close()
    for _ in 0..<2 {
      ledger = try await Ledger.open(at: path, quick)
      #expect(try await ledger.audit.latest(of: .type(.signingKeyRotated)).count == 2)
      await ledger.close()
    }
  }

  @Test("A rotation of the master key that a crash kept from the log is recorded, once") func rotationMaster()
    async throws
  {
    func text(_ digits: String) -> MasterKey.Source {
      .text(Secret(copying: Array(String(repeating: digits, count: 32).utf8)))
    }
    func opened(_ master: MasterKey.Source) async throws -> Ledger {
      var configuration = quick
      configuration.masterKey = master
      return try await Ledger.open(at: path, configuration)
    }
    func rotations(_ ledger: Ledger) async throws -> [MasterKeyRotated] {
      try await ledger.audit.latest(of: .type(.masterKeyRotated)).compactMap {
        if case .masterKeyRotated(let event) = $0.event { event } else { nil }
      }
    }
    var first = quick
    first.masterKey = text("1a")
    var ledger = try await Ledger.create(at: path, origin: "ledger.example.org", first)
    let before = ledger.keys.masterKeyFingerprint
    await ledger.close()
    // Another key twice and back, each followed by a crash before the event, as if the process had ended there.
    for (from, to, count) in [("1a", "2b", 1), ("2b", "1a", 2), ("1a", "2b", 3)] {
      let keys = try KeyStore.open(at: path + "/keys", origin: "ledger.example.org", master: text(from))
      try keys.rotateMasterKey(to: text(to), createdAt: 1)
      keys.close()
      let keyring = try FileBytes.read(path + "/keys/keyring")
      for _ in 0..<2 {
        ledger = try await opened(text(to))
        #expect(try await rotations(ledger).count == count)
        await ledger.close()
        // A crash after the event and before the key folder hears of it.
        try FileBytes.write(keyring, to: path + "/keys/keyring")
      }
      ledger = try await opened(text(to))
      await ledger.close()
    }
    ledger = try await opened(text("2b"))
    let recorded = try await rotations(ledger)
    #expect(recorded.count == 3)
    #expect(Hex.encode(Array(recorded.last?.before ?? .init())) == before)
    #expect(Hex.encode(Array(recorded.first?.after ?? .init())) == ledger.keys.masterKeyFingerprint)
    #expect(try await ledger.integrity.verify().projectionsMatch)
    try await ledger.keys.rotateMasterKey(to: text("3c"))
    #expect(try await rotations(ledger).count == 4)
    await ledger.close()
  }

  @Test("Of many who rotate the master key at once, each that succeeds is recorded") func rotateMaster() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", quick)
    let results = await concurrently(8) { (index) throws(LedgerError) in
      let key = Secret(copying: Array(String(repeating: "\(index)f", count: 32).utf8))
      try await ledger.keys.rotateMasterKey(to: .text(key))
    }
    let done = results.count { $0.isSuccess }
    #expect(done > 0)
    #expect(results.allSatisfy { $0.isSuccess || $0.code == "conflict" }, "\(results.map(\.code))")
    #expect(try await ledger.audit.latest(of: .type(.masterKeyRotated)).count == done)
    await ledger.close()
  }

  @Test("The program lists, disables and erases, and says so by its exit status") func programLists() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", quick)
    let account = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "a").account.rawValue
    await ledger.close()
    #expect(try run("account list --format ndjson").output.contains("\"account\":\"account:\(account)\","))
    #expect(try run("account disable \(account) --reason left").status == 0)
    #expect(try run("account show \(account) --format ndjson").output.contains("\"state\":\"disabled\""))
    #expect(try run("account enable 99").status == 1)
    #expect(try run("account disable \(account)").status == 2)
    #expect(try run("key rotate-signing").status == 0)
    #expect(try run("key list").output.split(separator: "\n").count == 3)
    #expect(try run("erase \(account) < /dev/null").status == 2)
    #expect(try run("erase \(account) --yes").status == 0)
    #expect(try run("account show \(account) --reveal").output.contains("erased person"))
    let again = try await Ledger.open(at: path, quick)
    #expect(try await again.audit.latest(1, of: .type(.subjectErased)).first?.actor == .operator)
    await again.close()
  }

  /// Runs the program that was built beside the tests.
  private func run(_ arguments: String) throws -> (status: Int32, output: String) {
    let own = unsafe realpath("/proc/self/exe", nil)
    defer { unsafe free(own) }
    let program = unsafe String(cString: try #require(own))
    let slash = try #require(program.lastIndex(of: "/"))
    let output = folder.path + "/output"
    let status = unsafe system(
      "CREDLEDGER_DIR=\(path) \(program[..<slash])/credledger \(arguments) > \(output) 2>/dev/null")
    return (status >> 8, String(decoding: try FileBytes.read(output), as: UTF8.self))
  }
}
