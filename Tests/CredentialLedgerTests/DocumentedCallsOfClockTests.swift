import CredentialLedger
import LedgerTestSupport
import Testing

/// The examples in the doc comments on the clock, line by line.
@Suite struct DocumentedCallsOfClockTests {
  let folder = TemporaryFolder()

  /// The examples print nothing here.
  private func print(_ values: any Sendable...) { #expect(!values.isEmpty) }

  @Test("The clock, and what stood at a position") func clockStood() async throws {
    let clock = SteppedClock()
    let ledger = try await Ledger.create(
      at: "\(folder.path)/ledger", origin: "ledger.example.org", clock.configuration)
    let given = try await HandedOut(on: ledger)
    let handle = try #require(try ledger.tokens.handle(of: given.groupToken.text))
    try await ledger.tokens.revoke(.token(handle), by: Requester.operator)
    let revocation = try ledger.head()
    let before = try await ledger.explain(.token(handle), at: .position(revocation - 1))
    #expect(before.isValid)
    clock.step(seconds: -3_600)
    let now = try ledger.now
    #expect(now > clock.now)
    if let fault = try ledger.clockStatus.fault { print("the clock needs to be looked at: \(fault)") }
    let corrected = try await ledger.acceptClock()
    print("from \(corrected.from) to \(corrected.to)")
    #expect(try ledger.now == clock.now)
    await ledger.close()
  }
}
