import LedgerTestSupport
import Testing

@testable import CredentialLedger

@Suite struct RotationTests {
  let folder = TemporaryFolder()
  var path: String { folder.path + "/ledger" }
  let clock = TestClock()

  @Test("With rotation always all who retry get one successor and a reuse stops the family") func rotationAlways()
    async throws
  {
    var ledger = try await Ledger.create(at: path, origin: "ledger.example.org", clock.configuration)
    let steps = try await FourSteps(on: ledger)
    var details = ConnectorDetails()
    details.name = "Rotating"
    details.scopes = Scopes.all.rawValue
    details.rotation = .always
    let client = try PublicID(random: SystemRandom())
    let secret = try ConnectorSecret(random: SystemRandom())
    let connector = try await ledger.submit(
      CreateConnector(owner: steps.developer, publicID: client, secretDigest: secret.digest, details: details)
    ).id
    let granted = try await ledger.grants.grant(
      connector, consent: .scopes(.all), access: .group(steps.group.id), by: steps.admin)

    let first = ledger
    let results = await concurrently(256) { (_) throws(LedgerError) in
      try await first.tokens.issue(connector: client, secret: secret, refreshToken: granted.refreshToken)
    }
    #expect(results.allSatisfy { $0.value?.refreshToken != nil })
    let successors = Set(results.compactMap { $0.value?.refreshToken?.text })
    #expect(successors.count == 1)
    #expect(try await ledger.audit.latest(of: .type(.refreshTokenRotated)).count == 1)
    await ledger.close()

    // The successor is kept, and so the same after a restart; until the window closes.
    ledger = try await Ledger.open(at: path, clock.configuration)
    clock.advance(seconds: 59)
    let retried = try await ledger.tokens.issue(connector: client, secret: secret, refreshToken: granted.refreshToken)
    let successor = try #require(retried.refreshToken)
    #expect(successors == [successor.text])
    let next = try await ledger.tokens.issue(connector: client, secret: secret, refreshToken: successor)
    #expect(next.refreshToken != nil && next.refreshToken?.text != successor.text)

    // The use of the successor has closed it, a second before its end; the past says the same.
    let handle = try #require(ledger.tokenFormat.read(granted.refreshToken.text)?.token.handle)
    let before = try await ledger.explain(.token(handle), at: clock.now - .seconds(1))
    #expect(before.isValid)
    let replaced = Verdict.Reason.replaced(by: try await issuedSuccessor(ledger))
    #expect(try await ledger.explain(.token(handle)).denialReason == replaced)
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
    #expect(try await ledger.integrity.verify().projectionsMatch)
    await ledger.close()
  }

  /// The handle of the successor that the newest rotation but one made.
  private func issuedSuccessor(_ ledger: Ledger) async throws -> TokenID {
    let rotations = try await ledger.audit.latest(2, of: .type(.refreshTokenRotated))
    return TokenID(madeAt: try #require(rotations.last).position)
  }

  @Test("A repeated request gains no refresh token from a rotation meanwhile") func repeatedRequest() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", clock.configuration)
    let steps = try await FourSteps(on: ledger)
    let client = steps.connector.publicID
    func issue(_ key: String? = nil) async throws -> Tokens.Issued {
      try await ledger.tokens.issue(
        connector: client, secret: steps.secret, refreshToken: steps.granted.refreshToken,
        context: RequestContext(idempotencyKey: key))
    }
    let first = try await issue("once")
    #expect(first.refreshToken == nil)
    try await ledger.connectors.update(steps.connector.id, rotation: .always, by: steps.developer)
    let rotated = try await issue("twice")
    #expect(rotated.refreshToken != nil)
    #expect(try await issue("once").refreshToken == nil)
    #expect(try await issue("once").accessToken.text == first.accessToken.text)
    #expect(try await issue("twice").refreshToken?.text == rotated.refreshToken?.text)
    // Asked anew within the window, the token has a successor already, and the event says so.
    let again = try await issue("thrice")
    #expect(again.refreshToken?.text == rotated.refreshToken?.text)
    #expect(try await issue("thrice").refreshToken?.text == rotated.refreshToken?.text)
    await ledger.close()
  }
}
