import CredentialLedger
import LedgerOperations
import LedgerTesting
import Testing

@Suite struct LedgerTestingTests {
  @Test("The four steps hand out credentials that work until the clock says otherwise") func fourSteps() async throws {
    try await TestLedger.with { test in
      let steps = try await FourSteps(on: test)
      #expect(try test.ledger.tokens.validate(steps.token.accessToken).isValid)
      #expect(try test.ledger.connectors.connector(steps.connector.id)?.owner == steps.developer)
      #expect(try test.ledger.grants.grant(steps.granted.grant)?.granter == steps.admin)
      #expect(test.outbox.messages.count == 2)
      #expect(steps.token.expiresAt == test.clock.now + .seconds(86_400))
      test.clock.advance(by: .seconds(86_399))
      #expect(try test.ledger.tokens.validate(steps.token.accessToken).isValid)
      test.clock.advance(by: .seconds(1))
      #expect(try !test.ledger.tokens.validate(steps.token.accessToken).isValid)
      let again = try await test.ledger.tokens.issue(
        connector: steps.connector.publicID, secret: steps.secret, refreshToken: steps.granted.refreshToken)
      #expect(try test.ledger.tokens.validate(again.accessToken).isValid)
      #expect(try await test.ledger.integrity.verify().projectionsMatch)
    }
  }

  @Test("Two scenes fit on one ledger, which opens again with the same configuration") func twoScenes() async throws {
    let test = try await TestLedger()
    let one = try await FourSteps(on: test)
    let two = try await FourSteps(on: test, name: "Survey", numbers: ("+911199999998", "+4915112345679"))
    #expect(one.connector.id != two.connector.id && one.developer != two.developer)
    await test.ledger.close()
    let again = try await Ledger.open(at: test.path, test.configuration)
    #expect(try again.tokens.validate(two.token.accessToken).isValid)
    await again.close()
  }

  @Test("The folder goes with the value, and the ledger is closed after an error") func folderGoes() async throws {
    struct Failure: Error {}
    let kept = try await TestLedger()
    let (path, ledger) = (kept.path, kept.ledger)
    await ledger.close()
    #expect(throws: LedgerError.self) { try ledger.head() }
    var left: String?
    await #expect(throws: Failure.self) {
      try await TestLedger.with { test in
        left = test.path
        throw Failure()
      }
    }
    let gone = try #require(left)
    #expect(path != gone)
    await #expect(throws: LedgerError.self) { try await Ledger.openForReading(at: gone) }
  }

  @Test("A repeated request for a PIN sends nothing") func repeatedRequest() async throws {
    try await TestLedger.with { test in
      let account = try await test.ledger.accounts.signIn(issuer: "https://id.example.org", subject: "ada").account
      let number = try PhoneNumber("+911199999999")
      let context = RequestContext(idempotencyKey: "once")
      for _ in 0..<2 {
        let request = try await test.ledger.phones.requestPIN(for: number, by: account, context: context)
        test.outbox.send(request, to: number)
      }
      #expect(test.outbox.messages.count == 1)
      #expect(test.outbox.digits(for: try PhoneNumber("+911199999998")) == nil)
    }
  }
}
