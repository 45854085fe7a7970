import LedgerTestSupport
import Testing

@testable import CredentialLedger

/// Reviews of access: which grants, with what they stand on, who gave them, and when they were used.
@Suite struct GrantReviewTests {
  let folder = TemporaryFolder()
  let clock = TestClock()

  private func open() async throws -> (ledger: Ledger, given: HandedOut) {
    let ledger = try await Ledger.create(
      at: folder.path + "/ledger", origin: "ledger.example.org", clock.configuration)
    return (ledger, try await HandedOut(on: ledger))
  }

  /// What a review finds in pages of a size.
  private func reviewed(_ ledger: Ledger, _ review: GrantReview = GrantReview(), by limit: Int = 1_000) async throws
    -> [ReviewedGrant]
  {
    var grants: [ReviewedGrant] = []
    var last: GrantID?
    repeat {
      let page = try await ledger.grants.toReview(review, after: last, limit: limit)
      grants += page.grants
      last = page.next
    } while last != nil
    return grants
  }

  @Test("Every grant is reviewed in the order in which it was given, whatever the size of a page") func everyGrant()
    async throws
  {
    let (ledger, given) = try await open()
    let context = RequestContext(reason: "the field team asked", ticket: "OPS-12")
    let other = try await ledger.connectors.create(
      name: "Other", permissions: [.textMessage], by: given.steps.developer
    )
    .connector
    let third = try await ledger.grants.grant(
      other.id, consent: .scopes(.all), access: .user, by: given.steps.admin, context: context)
    let all = try await reviewed(ledger)
    #expect(all.map(\.state.grant.id) == [given.group.grant, given.user.grant, third.grant])
    for limit in [1, 2, 3] {
      #expect(try await reviewed(ledger, by: limit).map(\.state.grant.id) == all.map(\.state.grant.id), "\(limit)")
    }
    #expect(all.map(\.group?.id) == [given.steps.group.id, nil, nil])
    #expect(all.map(\.connector.id) == [given.steps.connector.id, given.steps.connector.id, other.id])
    #expect(
      all.allSatisfy { $0.state.isInForce && !$0.isOwnerGone && $0.approval?.actor == Subject(given.steps.admin) })
    #expect(all[2].approval?.reason == "the field team asked" && all[2].approval?.ticket == "OPS-12")
    #expect(all[0].approval?.reason == nil && all[0].approval?.namedOperator == nil)
    let of = try await ledger.grants.toReview(of: [third.grant, given.group.grant]).map(\.state.grant.id)
    #expect(of == [third.grant, given.group.grant])
    // What is revoked is reviewed no more, nor what a deleted connector was given.
    try await ledger.grants.revoke(given.group.grant, by: given.steps.admin)
    #expect(try await reviewed(ledger, by: 1).map(\.state.grant.id) == [given.user.grant, third.grant])
    try await ledger.connectors.delete(other.id, by: given.steps.developer)
    #expect(try await reviewed(ledger, by: 1).map(\.state.grant.id) == [given.user.grant])
    await #expect(throws: LedgerError.self) { try await ledger.grants.toReview(limit: 0) }
    await ledger.close()
  }

  @Test("A review asks by time, by name, by use and by owner") func reviewAsks() async throws {
    let (ledger, given) = try await open()
    let first = try #require(try ledger.grants.grant(given.group.grant)).grantedAt
    clock.advance(seconds: 40 * 86_400)
    let other = try await ledger.connectors.create(
      name: "Straße", permissions: [.textMessage], by: given.steps.admin
    ).connector
    let third = try await ledger.grants.grant(
      other.id, consent: .scopes(.all), access: .user, by: given.steps.admin)
    func found(_ change: (inout GrantReview) -> Void) async throws -> [GrantID] {
      var review = GrantReview()
      change(&review)
      return try await reviewed(ledger, review, by: 2).map(\.state.grant.id)
    }
    let (group, user) = (given.group.grant, given.user.grant)
    let later = first + .seconds(86_400)
    #expect(try await found { $0.since = later } == [third.grant])
    #expect(try await found { $0.until = later } == [group, user])
    // One quarter ends where the next begins.
    #expect(try await found { $0.since = first } == [group, user, third.grant])
    #expect(try await found { $0.until = first } == [])
    #expect(try await found { $0.name = "STRASSE" } == [])
    #expect(try await found { $0.name = "STRAß" } == [third.grant])
    #expect(try await found { $0.name = given.steps.group.name.uppercased() } == [group])
    // A refresh token that was traded is a use; what is given lately is not unused for long.
    #expect(try await found { $0.unusedFor = .seconds(30 * 86_400) } == [group, user])
    #expect(try ledger.tokens.validate(given.userToken).isValid == false)
    let token = try await HandedOut.issue(given.steps, given.user.refreshToken, ledger)
    #expect(try ledger.tokens.validate(token).isValid)
    try await ledger.tokens.flushLastUses()
    #expect(try await found { $0.unusedFor = .seconds(30 * 86_400) } == [group])
    // The minute of its use began before it was issued.
    #expect(try await reviewed(ledger)[1].lastUsed == clock.now)
    #expect(try await found { $0.isOwnerGone = true } == [])
    try await ledger.accounts.disable(given.steps.developer, reason: "left", by: Requester.operator)
    #expect(try await found { $0.isOwnerGone = true } == [group, user])
    #expect(try await reviewed(ledger).map(\.state.isInForce) == [false, false, true])
    await ledger.close()
  }

  @Test("What stops a grant is the same in a review as in the lists") func stopsGrant() async throws {
    for stop in [Stop.granterDemoted, .familyRevoked, .phoneRemoved, .allOfAccountRevoked, .groupDeleted] {
      let folder = TemporaryFolder()
      let ledger = try await Ledger.create(
        at: folder.path + "/ledger", origin: "ledger.example.org", clock.configuration)
      let given = try await HandedOut(on: ledger)
      try await stop.apply(to: given)
      let listed = try ledger.grants.states(to: given.steps.connector.id)
      #expect(try await reviewed(ledger).map(\.state) == listed, "\(stop)")
      for state in listed { #expect(try ledger.grants.state(of: state.grant.id) == state, "\(stop)") }
      await ledger.close()
    }
  }

  @Test("The newest event of a type is found of each grant that has one") func newestEvent() async throws {
    let (ledger, given) = try await open()
    let (group, user) = (given.group.grant, given.user.grant)
    #expect(try await ledger.grants.newest(.permissionReviewed, of: [group, user]).isEmpty)
    #expect(try await ledger.grants.newest(.permissionReviewed, of: []).isEmpty)
    try await ledger.grants.review(group, .keep, reason: "first", by: given.steps.admin)
    for count in 0..<3 {
      _ = try await HandedOut.issue(given.steps, given.user.refreshToken, ledger)
      let found = try await ledger.grants.newest(.permissionReviewed, of: [group, user])
      let newest = try await ledger.audit.latest(1, of: .grant(group).and(.type(.permissionReviewed)))
      #expect(found.mapValues(\.position) == [group: newest[0].position], "\(count)")
      #expect(found[group]?.time == newest[0].time)
      let issued = try await ledger.grants.newest(.tokenIssued, of: [group, user])
      for grant in [group, user] {
        let newest = try await ledger.audit.latest(1, of: .grant(grant).and(.type(.tokenIssued)))
        #expect(issued[grant]?.position == newest[0].position, "\(count)")
      }
    }
    await ledger.close()
  }
}
