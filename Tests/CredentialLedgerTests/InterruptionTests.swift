import CredentialLedger
import Glibc
import KeyStore
import LedgerTestSupport
import Testing

/// What a crash between the log and the keys leaves is finished when the ledger is opened.
@Suite struct InterruptionTests {
  let folder = TemporaryFolder()
  var path: String { folder.path + "/ledger" }
  let quick = LedgerConfiguration(pinCost: 10)

  @Test func `A key that outlived its erasure, or came back from a backup, is destroyed`() async throws {
    var ledger = try await Ledger.create(at: path, origin: "ledger.example.org", quick)
    let account = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "a", name: "Ada").account
    let person = try #require(try ledger.accounts.account(account)).subject.personBytes
    let persons = path + "/keys/persons"
    var before: [String: [UInt8]] = [:]
    for name in try #require(FileBytes.names(in: persons)) {
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
    #expect(try await ledger.accounts.reveal(account) == nil)
    #expect(try await ledger.verify().projectionsMatch)
    await ledger.close()
  }

  @Test func `A signing key without its event is recorded`() async throws {
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

  @Test func `The program lists, disables and erases, and says so by its exit status`() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", quick)
    let account = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "a").account.rawValue
    await ledger.close()
    #expect(try run("account list --format ndjson").output.contains("\"account\":\(account),"))
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
