import LedgerTestSupport
import Testing

@testable import CredentialLedger

/// When connectors and grants were last used, by the one definition that lists and reviews have.
@Suite struct UsageTests {
  private static let days = Duration.seconds(90 * 86_400)

  let folder = TemporaryFolder()
  let clock = TestClock()

  private func open() async throws -> (ledger: Ledger, given: HandedOut) {
    let ledger = try await Ledger.create(
      at: folder.path + "/ledger", origin: "ledger.example.org", clock.configuration)
    return (ledger, try await HandedOut(on: ledger))
  }

  @Test("A connector and a grant are unused once 90 days to the millisecond have passed since what counts")
  func connectorGrant() {
    let now = Timestamp(milliseconds: 1_800_000_000_000)
    let (whole, less) = (now - Self.days, now - Self.days + .milliseconds(1))
    let old = now - Self.days - Self.days
    for (last, since, isUnused) in [
      (nil, whole, true), (nil, less, false), (whole, old, true), (less, old, false),
      // What was given anew counts from then on, whatever was used before.
      (old, less, false),
    ] as [(Timestamp?, Timestamp, Bool)] {
      #expect(Usage(last: last, since: since).isUnused(for: Self.days, at: now) == isUnused, "\(last as Any) \(since)")
    }
  }

  @Test("A token that was issued is a use, and so is one that was used, whichever is newer") func tokenIssued()
    async throws
  {
    let (ledger, given) = try await open()
    let connector = given.steps.connector
    let grant = try #require(try ledger.grants.grant(given.user.grant))
    let idle = try await ledger.connectors.create(
      name: "Idle", permissions: [.textMessage], by: given.steps.developer
    ).connector
    let start = clock.now
    func uses() async throws -> [Usage] {
      try await ledger.connectors.usage(of: [idle, connector]) + ledger.grants.usage(of: [grant])
    }
    func unused() async throws -> [Bool] {
      let now = try ledger.now
      return try await uses().map { $0.isUnused(for: Self.days, at: now) }
    }
    // No use is written down yet.
    #expect(try await uses().map(\.last) == [nil, start, start])
    clock.advance(seconds: 90 * 86_400 - 1)
    #expect(try await unused() == [false, false, false])
    clock.advance(seconds: 1)
    #expect(try await unused() == [true, true, true])
    var review = GrantReview()
    review.unusedFor = Self.days
    #expect(try await ledger.grants.toReview(review).grants.map(\.usage.last) == [start, start])

    let token = try await HandedOut.issue(given.steps, given.user.refreshToken, ledger)
    let issued = clock.now
    #expect(try await uses().map(\.last) == [nil, issued, issued])
    #expect(try await unused() == [true, false, false])
    // The minute of the refresh token's use began before the token was issued.
    try await ledger.tokens.flushLastUses()
    #expect(try await uses().map(\.last) == [nil, issued, issued])
    #expect(try await ledger.grants.toReview(review).grants.map(\.state.grant.id) == [given.group.grant])

    clock.advance(seconds: 3_600)
    #expect(try ledger.tokens.validate(token).isValid)
    try await ledger.tokens.flushLastUses()
    let used = Timestamp(milliseconds: clock.now.milliseconds / 60_000 * 60_000)
    #expect(used > issued)
    #expect(try await uses().map(\.last) == [nil, used, used])
    #expect(try await ledger.connectors.usage(of: []).isEmpty)
    await ledger.close()
  }
}
