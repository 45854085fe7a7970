import CredentialLedger
import LedgerTestSupport
import Testing

/// Several who have one ledger open in one process.
@Suite struct SharedLedgerTests {
  let folder = TemporaryFolder()
  var path: String { folder.path + "/ledger" }
  let clock = TestClock()

  @Test("Readers beside each other and beside the writer see what it commits, and close alone")
  func besideEachOther() async throws {
    let writer = try await Ledger.create(at: path, origin: "ledger.example.org", clock.configuration)
    let steps = try await FourSteps(on: writer)
    let one = try await Ledger.openForReading(at: path, clock.configuration)
    let other = try await Ledger.openForReading(at: path, clock.configuration)
    let token = try await writer.tokens.issue(
      connector: steps.connector.publicID, secret: steps.secret, refreshToken: steps.granted.refreshToken)
    for reader in [one, other] {
      #expect(try reader.head() == writer.head())
      #expect(try reader.tokens.validate(token.accessToken).isValid)
      #expect(try await reader.integrity.verify().projectionsMatch)
      await #expect(throws: LedgerError.self) { try await reader.grants.revoke(steps.granted.grant, by: steps.admin) }
    }
    try await writer.grants.revoke(steps.granted.grant, by: steps.admin)
    #expect(try !one.tokens.validate(token.accessToken).isValid)
    await one.close()
    #expect(throws: LedgerError.self) { try one.head() }
    #expect(try other.head() == writer.head())
    await writer.close()
    #expect(try await other.audit.latest(1).first?.type == .permissionRevoked)
    // Who writes next finds the readers there.
    let again = try await Ledger.open(at: path, clock.configuration)
    _ = try await again.groups.create(name: "Another", by: steps.admin)
    #expect(try other.head() == again.head())
    await again.close()
    await other.close()
  }

  @Test("A writer joins readers that were there before, and they see what it commits")
  func writingAfterReading() async throws {
    await (try await Ledger.create(at: path, origin: "ledger.example.org", clock.configuration)).close()
    let reader = try await Ledger.openForReading(at: path, clock.configuration)
    let head = try reader.head()
    let writer = try await Ledger.open(at: path, clock.configuration)
    let account = try await writer.accounts.signIn(issuer: "https://id.example.org", subject: "a", name: "Ada").account
    #expect(try reader.head() == head + 1)
    #expect(try await reader.accounts.reveal(account, under: .withoutRecord(for: reader))?.name == "Ada")
    await #expect { try await Ledger.open(at: path, clock.configuration) } throws: {
      guard let error = $0 as? LedgerError else { return false }
      return error.code == .alreadyOpen && !error.reason.contains("Environment")
    }
    await writer.close()
    #expect(try reader.head() == head + 1)
    let again = try await Ledger.open(at: path, clock.configuration)
    _ = try await again.accounts.signIn(issuer: "https://id.example.org", subject: "b")
    await reader.close()
    _ = try await again.accounts.signIn(issuer: "https://id.example.org", subject: "c")
    #expect(try again.head() == head + 3)
    await again.close()
  }

  @Test("Ledgers that share their readers take no more threads than these are, and one that closes stops no other")
  func sharedReaders() async throws {
    let readers = SharedReaders(threads: 2)
    var configuration = clock.configuration
    configuration.sharedReaders = readers
    var ledgers: [Ledger] = []
    for number in 0..<8 {
      ledgers.append(
        try await Ledger.create(at: "\(folder.path)/\(number)", origin: "ledger\(number).example.org", configuration))
    }
    for ledger in ledgers { _ = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "a") }
    try await withThrowingTaskGroup { group in
      for ledger in ledgers { group.addTask { try await ledger.integrity.verify().projectionsMatch } }
      for try await isSound in group { #expect(isSound) }
    }
    #expect(readers.threads.threadCount <= 2)
    await ledgers[0].close()
    await #expect { try await ledgers[0].integrity.verify() } throws: { ($0 as? LedgerError)?.code == .closed }
    for ledger in ledgers.dropFirst() {
      #expect(try await ledger.audit.latest(1).count == 1)
      await ledger.close()
    }
  }
}
