import LedgerTestSupport
import Testing

@testable import CredentialLedger

@Suite struct RotationTests {
  let folder = TemporaryFolder()
  var path: String { folder.path + "/ledger" }
  let clock = TestClock()

  @Test func withRotationAlwaysAllWhoRetryGetOneSuccessorAndAReuseStopsTheFamily() async throws {
    var ledger = try await Ledger.create(at: path, origin: "ledger.example.org", clock.configuration)
    let steps = try await FourSteps(on: ledger)
    var details = ConnectorDetails()
    details.name = "Rotating"
    details.scopes = Scopes.all.rawValue
    details.rotation = .always
    let client = try PublicID(random: SystemRandom())
    let secret = try ConnectorSecret(random: SystemRandom())
    let connector = try await ledger.execute(
      CreateConnector(owner: steps.developer, publicID: client, secretDigest: secret.digest, details: details))
    let granted = try await ledger.grants.grant(connector, access: .group(steps.group.id), by: steps.admin)

    let first = ledger
    let results = await concurrently(256) { (_) throws(LedgerError) in
      try await first.tokens.issue(connector: client, secret: secret, refreshToken: granted.refreshToken)
    }
    #expect(results.allSatisfy { $0.value?.refreshToken != nil })
    let successors = Set(results.compactMap { $0.value?.refreshToken?.text })
    #expect(successors.count == 1)
    #expect(try await ledger.audit.latest(of: .type(.refreshTokenRotated)).count == 1)
    await ledger.close()

    // The successor is derived, and so the same after a restart; until the window closes.
    ledger = try await Ledger.open(at: path, clock.configuration)
    clock.advance(seconds: 59)
    let retried = try await ledger.tokens.issue(connector: client, secret: secret, refreshToken: granted.refreshToken)
    let successor = try #require(retried.refreshToken)
    #expect(successors == [successor.text])
    let next = try await ledger.tokens.issue(connector: client, secret: secret, refreshToken: successor)
    #expect(next.refreshToken != nil && next.refreshToken?.text != successor.text)

    clock.advance(seconds: 1)
    let reused = ledger
    let refused = await concurrently(16) { (_) throws(LedgerError) in
      try await reused.tokens.issue(connector: client, secret: secret, refreshToken: granted.refreshToken)
    }
    #expect(refused.allSatisfy { $0.code == "invalid_grant" })
    #expect(try await ledger.audit.latest(of: .type(.refreshTokenReuseDetected)).count == 1)
    #expect(try !ledger.tokens.validate(next.accessToken).isValid)
    let latest = try #require(next.refreshToken)
    await #expect(throws: LedgerError.self) {
      try await reused.tokens.issue(connector: client, secret: secret, refreshToken: latest)
    }
    #expect(try await ledger.verify().projectionsMatch)
    await ledger.close()
  }
}
