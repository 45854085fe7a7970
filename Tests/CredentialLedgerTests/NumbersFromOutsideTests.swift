import LedgerTestSupport
import Testing

@testable import CredentialLedger
@testable import LedgerOperations

/// Numbers that a server passes on as it got them: each public call that takes one answers, or refuses it.
@Suite struct NumbersFromOutsideTests {
  let folder = TemporaryFolder()
  let clock = TestClock()

  /// Numbers at the limits of what numbers can be, then random ones.
  private static func numbers(head: UInt64, _ random: inout SeededRandom) -> [UInt64] {
    let limits: [UInt64] = [
      0, 1, head, head + 1, 1 << 31, 1 << 32, 1 << 63 - 1, 1 << 63, 1 << 63 + 1, .max - 1, .max,
    ]
    return limits
      + (0..<8).map { _ in .random(in: 0 ... .max, using: &random) >> UInt64.random(in: 0...63, using: &random) }
  }

  private static let counts = [Int.min, -1, 0, 1, 2, 1_000, 1_001, 10_000, .max]

  /// Runs a call that may refuse, and must not trap.
  private func attempt<Output>(
    _ body: () async throws -> Output, _ note: Comment, sourceLocation: SourceLocation = #_sourceLocation
  ) async {
    do { _ = try await body() } catch {
      let code = (error as? LedgerError)?.code
      #expect(code != nil && code != .damaged && code != .storage, "\(note): \(error)", sourceLocation: sourceLocation)
    }
  }

  private func made() async throws -> HandedOut {
    try await HandedOut(
      on: Ledger.create(at: "\(folder.path)/ledger", origin: "ledger.example.org", clock.configuration),
      permissions: [.groupInformation, .textMessage, .outgoingWebhooks])
  }

  @Test("The greatest number of all names nothing, and nothing follows it")
  func greatest() async throws {
    let ledger = try await made().ledger
    #expect(try ledger.accounts.list(after: AccountID(rawValue: .max)).isEmpty)
    #expect(try ledger.connectors.all(after: ConnectorID(rawValue: .max)).isEmpty)
    #expect(try ledger.groups.all(after: GroupID(rawValue: .max)).isEmpty)
    #expect(try ledger.connectors.owned(by: AccountID(rawValue: .max)).isEmpty)
    #expect(try ledger.connectors.connectors(of: GroupID(rawValue: .max)).isEmpty)
    #expect(try ledger.groups.joined(by: AccountID(rawValue: .max)).isEmpty)
    #expect(try ledger.groups.members(of: GroupID(rawValue: .max)).isEmpty)
    #expect(try ledger.groups.subgroups(of: GroupID(rawValue: .max)).isEmpty)
    #expect(try ledger.groups.subscribed(by: AccountID(rawValue: .max)).isEmpty)
    #expect(try ledger.phones.verified(by: AccountID(rawValue: .max)).isEmpty)
    #expect(try ledger.webhooks.states(of: ConnectorID(rawValue: .max)).isEmpty)
    #expect(try ledger.webhooks.states(of: GrantID(rawValue: .max)).isEmpty)
    #expect(try ledger.grants.states(by: AccountID(rawValue: .max)).isEmpty)
    #expect(try ledger.grants.states(to: ConnectorID(rawValue: .max)).isEmpty)
    let state = try await ledger.history.state(at: .latest)
    for selection in PastState.Selection.allCases {
      #expect(try await state.objects(selection, after: .max).isEmpty, "\(selection)")
    }
    state.close()
    await ledger.close()
  }

  @Test("Lists and look-ups take any number")
  func reading() async throws {
    let given = try await made()
    let ledger = given.ledger
    var random = SeededRandom(stream: 121)
    for number in Self.numbers(head: try ledger.head().rawValue, &random) {
      let note: Comment = "\(number), seed \(testSeed)"
      let (account, connector) = (AccountID(rawValue: number), ConnectorID(rawValue: number))
      let (group, grant, webhook) = (GroupID(rawValue: number), GrantID(rawValue: number), WebhookID(rawValue: number))
      let (token, family) = (TokenID(rawValue: number), FamilyID(rawValue: number))
      for limit in Self.counts {
        await attempt({ try ledger.accounts.list(after: account, limit: limit) }, note)
        await attempt({ try ledger.connectors.all(after: connector, limit: limit) }, note)
        await attempt({ try ledger.groups.all(after: group, limit: limit) }, note)
        await attempt(
          { try ledger.groups.visible(to: .requester(.operator), scope: .hierarchy, after: group, limit: limit) }, note)
        await attempt({ try ledger.webhooks.states(on: .group(group), after: webhook, limit: limit) }, note)
        await attempt({ try ledger.connectors.states(after: connector, limit: limit) }, note)
        await attempt(
          { try ledger.groups.members(of: group, after: MembershipID(rawValue: number), limit: limit) }, note)
        await attempt({ try ledger.proposals.list(after: ProposalID(rawValue: number), limit: limit) }, note)
        await attempt({ try ledger.resourceServers.all(after: ResourceServerID(rawValue: number), limit: limit) }, note)
        await attempt({ try await ledger.grants.toReview(after: grant, limit: limit) }, note)
        await attempt({ try await ledger.find("roster", after: number, limit: limit) }, note)
        await attempt(
          {
            try ledger.groups.subscribers(
              of: group, after: SubscriptionID(rawValue: number), limit: limit, by: Requester.operator)
          }, note)
        await attempt(
          {
            try await ledger.accounts.signIns(
              of: account, under: ledger.anybodysData(), limit: limit, before: Position(number))
          }, note)
        await attempt({ try await ledger.tokens.list(.connector(connector), limit: limit, before: token) }, note)
        await attempt({ try await ledger.tokens.list(.grant(grant), limit: limit, before: token) }, note)
        await attempt({ try await ledger.tokens.list(.family(family), limit: limit, before: token) }, note)
        await attempt({ try await ledger.audit.latest(limit, of: .account(account), before: Position(number)) }, note)
        for order in [Audit.Order.newestFirst, .oldestFirst] {
          await attempt(
            { try await ledger.audit.search(order: order, after: Position(number), limit: limit, steps: limit) }, note)
        }
        await attempt({ try await ledger.deliveries.lease(limit: limit) }, note)
      }
      await attempt({ try ledger.accounts.account(account) }, note)
      await attempt({ try await ledger.accounts.reveal(account, for: "a test", by: Requester.operator) }, note)
      await attempt({ try ledger.connectors.owned(by: account) }, note)
      await attempt({ try ledger.connectors.connectors(of: group) }, note)
      await attempt({ try ledger.groups.joined(by: account) }, note)
      await attempt({ try ledger.groups.members(of: group) }, note)
      await attempt({ try ledger.groups.subgroups(of: group) }, note)
      await attempt({ try ledger.groups.subscribed(by: account) }, note)
      await attempt({ try await ledger.groups.summary(of: group, for: .requester(.operator)) }, note)
      await attempt({ try await ledger.groups.summary(of: given.steps.group.id, for: .grant(grant)) }, note)
      await attempt({ try ledger.grants.state(of: grant) }, note)
      await attempt({ try ledger.grants.states(of: group) }, note)
      await attempt({ try ledger.grants.states(by: account) }, note)
      await attempt({ try ledger.grants.states(to: connector) }, note)
      await attempt({ try ledger.phones.verified(by: account) }, note)
      await attempt({ try ledger.groups.membership(MembershipID(rawValue: number)) }, note)
      await attempt({ try ledger.groups.membership(of: account, in: group) }, note)
      await attempt({ try ledger.groups.invitations(to: account) }, note)
      await attempt({ try ledger.groups.subscription(SubscriptionID(rawValue: number)) }, note)
      await attempt({ try ledger.proposals.proposal(ProposalID(rawValue: number)) }, note)
      await attempt({ try ledger.resourceServers.server(ResourceServerID(rawValue: number)) }, note)
      await attempt({ try ledger.webhooks.state(of: webhook) }, note)
      await attempt({ try ledger.webhooks.states(of: grant) }, note)
      await attempt({ try ledger.webhooks.states(of: connector) }, note)
      await attempt({ try await ledger.webhooks.callback(of: webhook) }, note)
      await attempt({ try ledger.deliveries.waiting(for: webhook) }, note)
      await attempt({ try ledger.tokens.lastUse(of: token) }, note)
      await attempt({ try ledger.checkpoint(atOrBelow: Position(number)) }, note)
      await attempt({ try await ledger.root(at: Position(number)) }, note)
      await attempt({ try await ledger.integrity.proveInclusion(of: Position(number)) }, note)
      await attempt({ try await ledger.integrity.proveConsistency(from: Position(number), to: .max) }, note)
      await attempt({ try await ledger.integrity.proveConsistency(from: 1, to: Position(number)) }, note)
      await attempt({ try await ledger.evidence.bundle(of: [Position(number)]) }, note)
      for explained in [
        Ledger.Explained.token(token), .grant(grant), .connector(connector), .account(account),
      ] { await attempt({ try await ledger.explain(explained) }, note) }
    }
    await ledger.close()
  }

  @Test("States of the past, steps and times take any number")
  func moments() async throws {
    let ledger = try await made().ledger
    var random = SeededRandom(stream: 122)
    let steps = try await ledger.history.steps()
    for number in Self.numbers(head: try ledger.head().rawValue, &random) {
      let note: Comment = "\(number), seed \(testSeed)"
      let time = Timestamp(milliseconds: Int64(bitPattern: number))
      for moment in [LedgerMoment.position(Position(number)), .time(time)] {
        await attempt({ try ledger.position(of: moment) }, note)
        await attempt(
          {
            let state = try await ledger.history.state(at: moment)
            defer { state.close() }
            _ = try state.account(AccountID(rawValue: number))
            _ = try state.verdict(on: TokenID(rawValue: number))
            _ = try state.denialReason(for: GrantID(rawValue: number))
          }, note)
        await attempt({ try await ledger.history.changes(from: .position(1), to: moment) }, note)
      }
      await attempt({ try ledger.position(at: time) }, note)
      await attempt({ try await ledger.audit.search(.recorded(since: time, until: time)) }, note)
      await attempt({ try await ledger.explain(.account(AccountID(rawValue: 2)), at: time) }, note)
      await attempt({ try await steps.go(to: Position(number)) }, note)
      await attempt({ try await steps.forward(to: Subject(AccountID(rawValue: number))) }, note)
      #expect(time.rfc3339 == nil || time.isWritable)
      _ = (Timestamp(seconds: Int64(bitPattern: number)).description, time.description)
    }
    await steps.close()
    await ledger.close()
  }

  @Test("Commands take any number")
  func commands() async throws {
    let given = try await made()
    let (ledger, steps) = (given.ledger, given.steps)
    guard case .valid(let claims) = try ledger.tokens.validate(given.groupToken) else {
      throw TestFailure("the token is not valid")
    }
    var random = SeededRandom(stream: 123)
    for number in Self.numbers(head: 0, &random) where number == 0 || number > 1 << 20 {
      let note: Comment = "\(number), seed \(testSeed)"
      let (account, connector, group) = (
        AccountID(rawValue: number), ConnectorID(rawValue: number), GroupID(rawValue: number)
      )
      let time = Timestamp(milliseconds: Int64(bitPattern: number))
      let duration = Duration.seconds(Int64(bitPattern: number))
      await attempt({ try await ledger.groups.add(account, to: steps.group.id, by: steps.admin) }, note)
      await attempt({ try await ledger.groups.attach(group, to: steps.group.id, by: Requester.operator) }, note)
      await attempt(
        { try await ledger.groups.remove(MembershipID(rawValue: number), from: steps.group.id, by: steps.admin) }, note)
      await attempt({ try await ledger.groups.rename(group, to: "New", by: Requester.operator) }, note)
      await attempt(
        { try await ledger.grants.grant(connector, consent: .scopes(.all), access: .user, by: steps.admin) }, note)
      await attempt({ try await ledger.grants.revoke(GrantID(rawValue: number), by: Requester.operator) }, note)
      await attempt(
        { try await ledger.connectors.rotateSecret(of: steps.connector.id, overlap: duration, by: steps.developer) },
        note)
      await attempt({ try await ledger.connectors.delete(connector, by: Requester.operator) }, note)
      await attempt({ try await ledger.tokens.revoke(.token(TokenID(rawValue: number)), by: Requester.operator) }, note)
      await attempt({ try await ledger.tokens.revoke(.connector(connector), by: Requester.operator) }, note)
      await attempt({ try await ledger.phones.remove(PhoneID(rawValue: number), by: Requester.operator) }, note)
      await attempt(
        { try await ledger.phones.verify("123456", challenge: ChallengeID(rawValue: number), by: steps.admin) }, note)
      await attempt({ try await ledger.accounts.disable(account, reason: "left", by: Requester.operator) }, note)
      await attempt({ try await ledger.people.erase(account, by: Requester.operator) }, note)
      await attempt(
        {
          try await ledger.webhooks.register(
            on: .group(steps.group.id), for: [.textMessageCreated], callbackURL: "https://hook.example.org/",
            validity: time, with: claims)
        }, note)
      await attempt(
        { try await ledger.webhooks.update(WebhookID(rawValue: number), validity: time, with: claims) }, note)
      await attempt({ try await ledger.webhooks.delete(WebhookID(rawValue: number), by: Requester.operator) }, note)
    }
    await ledger.close()
  }

  @Test("Commands about people, groups and proposals take any number")
  func commandsOfPeople() async throws {
    let given = try await made()
    let (ledger, steps) = (given.ledger, given.steps)
    var random = SeededRandom(stream: 125)
    for number in Self.numbers(head: 0, &random) where number == 0 || number > 1 << 20 {
      let note: Comment = "\(number), seed \(testSeed)"
      let (account, group) = (AccountID(rawValue: number), GroupID(rawValue: number))
      let (membership, proposal) = (MembershipID(rawValue: number), ProposalID(rawValue: number))
      let count = Int(truncatingIfNeeded: number)
      await attempt({ try await ledger.accounts.enable(account, by: Requester.operator) }, note)
      await attempt({ try await ledger.accounts.changeRole(of: account, to: .auditor, by: Requester.operator) }, note)
      await attempt(
        {
          try await ledger.accounts.recordSignOut(ofSignIns: [Position(number)], account, .signedOut, by: steps.admin)
        }, note)
      await attempt(
        {
          try await ledger.accounts.recordRefusedSignIn(
            issuer: "https://id.example.org", .unverified, account: account, unrecorded: number)
        }, note)
      await attempt(
        {
          try await ledger.phones.record(
            .init(attempts: count, status: count), of: ChallengeID(rawValue: number))
        }, note)
      for change in [
        ProposedChange.eraseAccount(account), .changeRole(of: account, to: .auditor),
        .rotateKeys([.derivation], overlap: .seconds(Int64(bitPattern: number))),
        .dropKeys(.derivation, below: UInt32(truncatingIfNeeded: number)),
      ] {
        await attempt({ try await ledger.proposals.make(change, by: Requester.operator, context: .none) }, note)
      }
      await attempt({ try await ledger.proposals.approve(proposal, by: Requester.operator) }, note)
      await attempt({ try await ledger.proposals.reject(proposal, by: Requester.operator) }, note)
      await attempt({ try await ledger.proposals.withdraw(proposal, by: Requester.operator) }, note)
      await attempt({ try await ledger.groups.accept(membership, by: steps.admin) }, note)
      await attempt(
        { try await ledger.groups.changeRole(of: membership, in: steps.group.id, to: .member, by: steps.admin) }, note)
      await attempt({ try await ledger.groups.detach(group, from: steps.group.id, by: Requester.operator) }, note)
      await attempt({ try await ledger.groups.delete(group, by: Requester.operator) }, note)
      await attempt({ try await ledger.groups.subscribe(to: group, by: steps.admin) }, note)
      await attempt(
        { try await ledger.groups.subscribe([.account(account)], to: steps.group.id, by: steps.admin) }, note)
      await attempt(
        {
          try await ledger.groups.unsubscribe(
            SubscriptionID(rawValue: number), from: steps.group.id, by: steps.admin)
        }, note)
    }
    await ledger.close()
  }

  @Test("Commands about connectors, grants and webhooks take any number")
  func commandsOfConnectors() async throws {
    let given = try await made()
    let (ledger, steps) = (given.ledger, given.steps)
    var random = SeededRandom(stream: 126)
    for number in Self.numbers(head: 0, &random) where number == 0 || number > 1 << 20 {
      let note: Comment = "\(number), seed \(testSeed)"
      let (connector, webhook) = (ConnectorID(rawValue: number), WebhookID(rawValue: number))
      let (server, seconds) = (ResourceServerID(rawValue: number), Int64(bitPattern: number))
      await attempt(
        { try await ledger.connectors.approve([.tenantRead], of: connector, by: Requester.operator) }, note)
      await attempt(
        { try await ledger.connectors.deactivate(connector, reason: "a test", by: Requester.operator) }, note)
      await attempt({ try await ledger.connectors.activate(connector, by: Requester.operator) }, note)
      await attempt({ try await ledger.connectors.endOldSecret(of: connector, by: Requester.operator) }, note)
      await attempt(
        {
          try await ledger.connectors.update(
            steps.connector.id, accessTokenLifetime: seconds, refreshTokenLifetime: seconds, by: steps.developer)
        }, note)
      await attempt(
        {
          try await ledger.grants.review(
            GrantID(rawValue: number), .keep, reason: "a test", by: Requester.operator)
        }, note)
      await attempt({ try await ledger.webhooks.enable(webhook, by: Requester.operator) }, note)
      await attempt({ try await ledger.webhooks.disable(webhook, reason: "a test", by: Requester.operator) }, note)
      await attempt({ try await ledger.resourceServers.delete(server, by: Requester.operator) }, note)
      await attempt(
        {
          try await ledger.resourceServers.rotateSecret(
            of: server, overlap: .seconds(seconds), by: Requester.operator)
        }, note)
    }
    await ledger.close()
  }

  @Test("The list of a number and the rotation of keys take any number and any duration")
  func listsAndKeys() async throws {
    let ledger = try await made().ledger
    var random = SeededRandom(stream: 127)
    let (address, minute) = ("https://tokens.example.org/0", Duration.seconds(60))
    for number in Self.numbers(head: try ledger.head().rawValue, &random) {
      let note: Comment = "\(number), seed \(testSeed)"
      let duration = Duration.seconds(Int64(bitPattern: number))
      await attempt(
        {
          try await ledger.tokens.signedStatusList(number, at: address, lifetime: minute, timeToLive: minute)
        }, note)
      await attempt(
        { try await ledger.tokens.signedStatusList(0, at: address, lifetime: duration, timeToLive: minute) }, note)
      await attempt(
        { try await ledger.tokens.signedStatusList(0, at: address, lifetime: minute, timeToLive: duration) }, note)
      await attempt({ try await ledger.keys.rotate(.derivation, overlap: duration) }, note)
      await attempt(
        { try await ledger.keys.drop(.derivation, below: UInt32(truncatingIfNeeded: number)) }, note)
    }
    await ledger.close()
  }

  @Test("A list of revoked tokens lasts a second to 366 days, and the refusal names what is out of bounds")
  func timesOfLists() async throws {
    let ledger = try await made().ledger
    func refused(_ lifetime: Duration, _ timeToLive: Duration) async -> LedgerError? {
      do throws(LedgerError) {
        _ = try await ledger.tokens.signedStatusList(
          0, at: "https://tokens.example.org/0", lifetime: lifetime, timeToLive: timeToLive)
        return nil
      } catch { return error }
    }
    let (second, longest) = (Duration.seconds(1), Duration.seconds(366 * 86_400))
    for good in [second, longest] { #expect(await refused(good, good) == nil, "\(good)") }
    for bad in [
      .seconds(Int64.max), .seconds(Int64.min), .seconds(-1), .zero, .milliseconds(999), longest + .milliseconds(1),
    ] as [Duration] {
      for (error, field) in [(await refused(bad, second), "lifetime"), (await refused(second, bad), "timeToLive")] {
        #expect(error?.code == .invalidValue && error?.field == field, "\(bad)")
        #expect(error?.reason.contains("1 second to 366 days") == true, "\(bad)")
      }
    }
    await ledger.close()
  }

  @Test("Events are followed from any number")
  func following() async throws {
    let ledger = try await made().ledger
    var random = SeededRandom(stream: 124)
    for number in Self.numbers(head: try ledger.head().rawValue, &random) {
      let task = Task {
        for try await _ in ledger.events(from: Position(number)) {}
        for try await _ in ledger.audit.follow(after: Position(number)) {}
      }
      task.cancel()
      await attempt({ try await task.value }, "\(number), seed \(testSeed)")
    }
    await ledger.close()
  }
}
