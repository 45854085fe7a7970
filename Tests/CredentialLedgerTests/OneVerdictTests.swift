import CredentialLedger
import LedgerTestSupport
import Testing

/// One question has one answer, whichever call it is asked by.
@Suite struct OneVerdictTests {
  let folder = TemporaryFolder()
  let clock = TestClock()

  private func made() async throws -> (ledger: Ledger, steps: FourSteps) {
    let ledger = try await Ledger.create(
      at: folder.path + "/ledger", origin: "ledger.example.org", clock.configuration)
    return (ledger, try await FourSteps(on: ledger))
  }

  @Test("A grant whose tokens are revoked gives no access, in lists, explanations and states of the past")
  func grants() async throws {
    for target in 0..<4 {
      let folder = TemporaryFolder()
      let ledger = try await Ledger.create(
        at: folder.path + "/ledger", origin: "ledger.example.org", clock.configuration)
      let steps = try await FourSteps(on: ledger)
      let grant = steps.granted.grant
      let before = try ledger.head()
      let newest = try #require(try ledger.grants.grant(grant)?.family)
      let revoked: RevokeToken.Target =
        switch target {
        case 0: .grant(grant)
        case 1: .refreshToken(TokenID(rawValue: newest.rawValue))
        case 2: .connector(steps.connector.id)
        default: .account(steps.admin)
        }
      try await ledger.tokens.revoke(revoked, by: Requester.operator)
      for position in [before, try ledger.head()] {
        let state = try await ledger.history.state(at: .position(position))
        let past = try state.denialReason(for: grant)
        let explained = try await ledger.explain(.grant(grant), at: .position(position))
        #expect((past == nil) == (position == before), "\(revoked)")
        #expect(explained.denialReason == past, "\(revoked)")
        #expect(explained.decidedBy?.position == (position == before ? grant.position : position), "\(revoked)")
        state.close()
      }
      let state = try #require(try ledger.grants.state(of: grant))
      #expect(try await state.denialReason == ledger.explain(.grant(grant)).denialReason)
      #expect(!state.isInForce, "\(revoked)")
      // Given again, it is in force again.
      _ = try await ledger.grants.grant(
        steps.connector.id, consent: .scopes(.all), access: .group(steps.group.id), by: steps.admin)
      #expect(try ledger.grants.state(of: grant)?.isInForce == true)
      #expect(try await ledger.explain(.grant(grant)).isValid)
      await ledger.close()
    }
  }

  @Test("The event that ended something first decides, and later ones are named as well")
  func first() async throws {
    let (ledger, steps) = try await made()
    let token = try await ledger.tokens.issue(
      connector: steps.connector.publicID, secret: steps.secret, refreshToken: steps.granted.refreshToken)
    func step(_ body: () async throws -> Void) async throws -> Position {
      clock.advance(seconds: 1)
      try await body()
      return try ledger.head()
    }
    let first = try await step {
      try await ledger.tokens.revoke(.connector(steps.connector.id), by: Requester.operator)
    }
    let second = try await step {
      try await ledger.tokens.revoke(.connector(steps.connector.id), by: Requester.operator)
    }
    let third = try await step { try await ledger.grants.revoke(steps.granted.grant, by: steps.admin) }
    let fourth = try await step {
      try await ledger.accounts.disable(steps.developer, reason: "left", by: Requester.operator)
    }
    var explained = try await ledger.explain(.token(token.handle))
    #expect(explained.decidedBy?.position == first)
    #expect(explained.alsoStoppedBy.map(\.position) == [second, third, fourth])
    #expect(try ledger.tokens.validate(token.accessToken) == .invalid(try #require(explained.denialReason)))

    // What was taken back stops nothing.
    _ = try await step { try await ledger.accounts.enable(steps.developer, by: Requester.operator) }
    explained = try await ledger.explain(.token(token.handle))
    #expect(explained.alsoStoppedBy.map(\.position) == [second, third])
    explained = try await ledger.explain(.grant(steps.granted.grant))
    #expect(explained.decidedBy?.position == first)
    // Nor does what a token does not stand on: an owner's own tokens.
    _ = try await step { try await ledger.tokens.revoke(.account(steps.developer), by: Requester.operator) }
    #expect(try await ledger.explain(.token(token.handle)).alsoStoppedBy.map(\.position) == [second, third])

    clock.advance(seconds: 100_000)
    explained = try await ledger.explain(.token(token.handle))
    #expect(explained.stoppedBy?.position == first)
    #expect(explained.alsoStoppedBy.map(\.position) == [second, third])
    await ledger.close()
  }

  @Test("A connector is listed by what stops its tokens, and by how long its Secret before is accepted")
  func connectors() async throws {
    let (ledger, steps) = try await made()
    let id = steps.connector.id
    #expect(try ledger.connectors.states().map(\.denialReason) == [nil])
    #expect(try ledger.connectors.state(of: id)?.previousSecretUntil == nil)
    _ = try await ledger.connectors.rotateSecret(of: id, overlap: .seconds(60), by: Requester.operator)
    #expect(try ledger.connectors.state(of: id)?.previousSecretUntil == clock.now + .seconds(60))
    clock.advance(seconds: 60)
    #expect(try ledger.connectors.state(of: id)?.previousSecretUntil == nil)

    try await ledger.accounts.disable(steps.developer, reason: "left", by: Requester.operator)
    let explained = try await ledger.explain(.connector(id))
    #expect(explained.decidedBy?.type == .accountDisabled)
    let lists = [
      try ledger.connectors.states(limit: 1), try ledger.connectors.states(ownedBy: steps.developer),
      try ledger.connectors.states(of: steps.group.id), [try #require(try ledger.connectors.state(of: id))],
    ]
    for list in lists {
      #expect(list.map(\.connector.id) == [id])
      #expect(list.map(\.denialReason) == [explained.denialReason])
    }
    await ledger.close()
  }

  @Test("A token was not used before it was issued")
  func lastUse() async throws {
    let (ledger, steps) = try await made()
    clock.advance(seconds: 25)
    let token = try await ledger.tokens.issue(
      connector: steps.connector.publicID, secret: steps.secret, refreshToken: steps.granted.refreshToken)
    let issued = clock.now
    clock.advance(seconds: 3)
    #expect(try ledger.tokens.validate(token.accessToken).isValid)
    #expect(try ledger.tokens.lastUse(of: token.handle) == issued)
    for listed in try await ledger.tokens.list(.grant(steps.granted.grant)) {
      #expect(try #require(listed.lastUsed) >= listed.issuedAt)
    }
    await ledger.close()
  }

  @Test("A page of the audit trail is described as of the moment when it was searched")
  func onePage() async throws {
    let (ledger, steps) = try await made()
    var groups: [GroupID] = []
    for number in 0..<40 {
      groups.append(try await ledger.groups.create(name: "\(number) 0", by: steps.admin).id)
    }
    let made = groups
    let writers = made.map { group in
      Task {
        var round = 1
        while !Task.isCancelled {
          try await ledger.groups.rename(group, to: "\(group.rawValue) \(round)", by: steps.admin)
          round += 1
        }
      }
    }
    // A disk may take longer for the first commit than a hundred searches do.
    var (compared, rounds) = (0, 0)
    let end = ContinuousClock.now + Patience.limit
    while rounds < 100 || compared <= 1_000, ContinuousClock.now < end {
      rounds += 1
      let (page, description) = try await ledger.audit.describedSearch(.type(.groupRenamed), limit: 200)
      var newest: [Subject: String] = [:]
      for entry in page.entries {
        guard let group = entry.subjects.first(where: { $0.kind == .group }), newest[group] == nil,
          case .change(_, .text(let name)) = entry.details.first(where: { $0.name == "name" })?.value
        else { continue }
        newest[group] = name
      }
      compared += newest.count
      #expect(newest.allSatisfy { description.labels[$0.key]?.name == $0.value })
    }
    #expect(compared > 1_000)
    for writer in writers { writer.cancel() }
    for writer in writers { _ = await writer.result }
    await ledger.close()
  }

  @Test("What concerns a family has the revocations of its own access tokens in it")
  func families() async throws {
    let (ledger, steps) = try await made()
    func issue(_ token: RefreshToken) async throws -> TokenID {
      try await ledger.tokens.issue(
        connector: steps.connector.publicID, secret: steps.secret, refreshToken: token
      ).handle
    }
    let family = try #require(try ledger.grants.grant(steps.granted.grant)?.family)
    let (first, second) = (try await issue(steps.granted.refreshToken), try await issue(steps.granted.refreshToken))
    try await ledger.tokens.revoke(.token(first), by: Requester.operator)
    let revoked = try ledger.head()
    let again = try await ledger.grants.grant(
      steps.connector.id, consent: .scopes(.all), access: .group(steps.group.id), by: steps.admin)
    let another = try #require(try ledger.grants.grant(steps.granted.grant)?.family)
    let third = try await issue(again.refreshToken)
    try await ledger.tokens.revoke(.token(third), by: Requester.operator)
    for filter in [Audit.Filter.subject(Subject(family)), .token(TokenID(rawValue: family.rawValue))] {
      let found = try await ledger.audit.search(filter, order: .oldestFirst).entries.map(\.position)
      #expect(found.contains(revoked) && found.contains(second.position))
      #expect(!found.contains(third.position + 1) && found == Array(Set(found)).sorted())
    }
    let others = try await ledger.audit.search(.subject(Subject(another)).and(.type(.tokenRevoked))).entries
    #expect(others.map(\.position) == [third.position + 1])
    await ledger.close()
  }
}
