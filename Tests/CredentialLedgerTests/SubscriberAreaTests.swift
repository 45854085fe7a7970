import CredentialLedger
import LedgerTestSupport
import Testing

@Suite struct SubscriberAreaTests {
  let folder = TemporaryFolder()
  let clock = TestClock()

  private func create() async throws -> Ledger {
    try await Ledger.create(at: folder.path + "/ledger", origin: "ledger.example.org", clock.configuration)
  }

  private func account(_ name: String, on ledger: Ledger) async throws -> AccountID {
    try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: name).account
  }

  private func verify(_ number: PhoneNumber, by account: AccountID, on ledger: Ledger) async throws {
    let request = try await ledger.phones.requestPIN(for: number, by: account)
    _ = try await ledger.phones.verify(request.pin?.digits ?? "", challenge: request.challenge, by: account)
  }

  private func expectRebuiltAlike(_ ledger: Ledger, sourceLocation: SourceLocation = #_sourceLocation) async throws {
    let (live, rebuilt) = try await ledger.integrity.digests()
    #expect(live == rebuilt, sourceLocation: sourceLocation)
  }

  @Test("Subscribers come by account and by number, and a verified number takes over") func subscribersCome()
    async throws
  {
    let ledger = try await create()
    let (admin, alice) = (try await account("admin", on: ledger), try await account("alice", on: ledger))
    let group = try await ledger.groups.create(name: "News", kind: .connectGroup, by: admin)
    let number = try PhoneNumber("+911199999999")
    let made = try await ledger.groups.subscribe(
      [.number(number), .account(admin), .number(number)], to: group.id,
      by: Requester.connector(ConnectorID(rawValue: 900), for: admin))
    #expect(made[2] == nil)
    let (waiting, own) = (try #require(made[0]), try #require(made[1]))
    #expect(try ledger.groups.subscribed(by: alice).isEmpty)
    try await verify(number, by: alice, on: ledger)
    #expect(try ledger.groups.subscribed(by: alice).map(\.id) == [group.id])
    #expect(try await ledger.groups.subscribe(to: group.id, by: alice) == nil)
    #expect(try ledger.groups.subscription(waiting)?.account == alice)
    #expect(try ledger.groups.group(group.id)?.subscriberCount == 2)
    let page = try ledger.groups.subscribers(of: group.id, limit: 1, by: admin)
    // Whose account it is, an admin who knows the number does not learn.
    #expect(page.subscribers.map(\.id) == [waiting] && page.subscribers.map(\.account) == [nil])
    // The cursor travels as text.
    let next = try #require(page.next.flatMap { SubscriptionID($0.description) })
    #expect(try ledger.groups.subscribers(of: group.id, after: next, by: admin).subscribers.map(\.account) == [admin])
    #expect(
      try await ledger.groups.unsubscribe([.number(number), .number(number)], from: group.id, by: admin) == [
        true, false,
      ])
    #expect(try await ledger.groups.unsubscribe(own, from: group.id, by: admin))
    #expect(try ledger.groups.group(group.id)?.subscriberCount == 0)
    try await expectRebuiltAlike(ledger)
    await ledger.close()
  }

  /// How many bytes the keys of persons take.
  private func keyBytes() throws -> Int {
    let persons = "\(folder.path)/ledger/keys/persons"
    var count = 0
    for name in TemporaryFolder.names(in: persons) ?? [] { count += try FileBytes.read("\(persons)/\(name)").count }
    return count
  }

  @Test("Who may not name people has no keys made for their numbers") func mayName() async throws {
    let ledger = try await create()
    let (admin, alice) = (try await account("admin", on: ledger), try await account("alice", on: ledger))
    let group = try await ledger.groups.create(name: "News", kind: .connectGroup, by: admin)
    let numbers = try (10..<20).map { try PhoneNumber("+9111999999\($0)") }
    let members = numbers.map { Groups.NewMember(.number($0)) }
    let before = try keyBytes()
    for context in [RequestContext.none, RequestContext(idempotencyKey: "once")] {
      var error = await #expect(throws: LedgerError.self) {
        try await ledger.groups.subscribe(numbers.map { .number($0) }, to: group.id, by: alice, context: context)
      }
      #expect(error?.code == .forbidden)
      error = await #expect(throws: LedgerError.self) {
        try await ledger.groups.add(members, to: group.id, by: alice, context: context)
      }
      // To her there is no such group.
      #expect(error?.code == .notFound)
    }
    #expect(try keyBytes() == before)
    let made = try await ledger.groups.subscribe(numbers.map { .number($0) }, to: group.id, by: admin)
    #expect(made.allSatisfy { $0 != nil })
    #expect(try keyBytes() > before)
    await ledger.close()
  }

  @Test("Numbers are opened where somebody asks for them, and not once the person is erased") func numbersOpened()
    async throws
  {
    let ledger = try await create()
    let admin = try await account("admin", on: ledger)
    let (own, other) = (try PhoneNumber("+4915112345678"), try PhoneNumber("+911199999999"))
    try await verify(own, by: admin, on: ledger)
    let group = try await ledger.groups.create(
      name: "News", kind: .connectGroup, members: [.init(.number(other))], by: admin)
    let silent = try await account("silent", on: ledger)
    try await ledger.groups.subscribe(
      [.number(other), .account(admin), .account(silent)], to: group.id, by: admin)
    func numbers() async throws -> [[String?]] {
      let members = try ledger.groups.members(of: group.id)
      let subscribers = try ledger.groups.subscribers(of: group.id, by: admin).subscribers
      return [
        try await ledger.groups.revealNumbers(of: members, under: ledger.anybodysData()),
        try await ledger.groups.revealNumbers(of: subscribers, under: ledger.anybodysData()),
      ]
    }
    #expect(
      try await numbers() == [["+4915112345678", "+911199999999"], ["+911199999999", "+4915112345678", nil]])
    try await ledger.people.erase(other, by: Requester.operator)
    #expect(try await numbers() == [["+4915112345678", nil], [nil, "+4915112345678", nil]])
    await ledger.close()
  }

  @Test("Who took a subscription over is counted by account, also once the phone is gone") func tookSubscription()
    async throws
  {
    let ledger = try await create()
    let (admin, alice) = (try await account("admin", on: ledger), try await account("alice", on: ledger))
    let upper = try await ledger.groups.create(name: "Upper", kind: .connectGroup, by: admin)
    let lower = try await ledger.groups.create(name: "Lower", kind: .connectGroup, by: admin)
    try await ledger.groups.attach(lower.id, to: upper.id, by: admin)
    let number = try PhoneNumber("+911199999999")
    try await ledger.groups.subscribe([.number(number)], to: upper.id, by: admin)
    try await verify(number, by: alice, on: ledger)
    try await ledger.groups.subscribe(to: lower.id, by: alice)
    try await ledger.phones.remove(#require(ledger.phones.verified(by: alice).first), by: alice)
    let summary = try await ledger.groups.summary(of: upper.id, for: .requester(.account(admin)))
    #expect(summary.hierarchy.subscribers == 1)
    await ledger.close()
  }

  @Test("Asking again with the same key gets the same answer, for each person") func askingAgain() async throws {
    let ledger = try await create()
    let admin = try await account("admin", on: ledger)
    let group = try await ledger.groups.create(name: "News", kind: .connectGroup, by: admin)
    let people: [Groups.Person] = [
      .account(admin), .number(try PhoneNumber("+911199999999")), .number(try PhoneNumber("+911199999998")),
    ]
    try await ledger.groups.subscribe([people[1]], to: group.id, by: admin)
    var context = RequestContext()
    context.idempotencyKey = "a"
    let first = try await ledger.groups.subscribe(people, to: group.id, by: admin, context: context)
    #expect(first.map { $0 == nil } == [false, true, false])
    context.idempotencyKey = "b"
    let ended = try await ledger.groups.unsubscribe(people, from: group.id, by: admin, context: context)
    #expect(ended == [true, true, true])
    // Both again, by another state.
    #expect(try await ledger.groups.unsubscribe(people, from: group.id, by: admin, context: context) == ended)
    context.idempotencyKey = "a"
    #expect(try await ledger.groups.subscribe(people, to: group.id, by: admin, context: context) == first)
    #expect(try ledger.groups.group(group.id)?.subscriberCount == 0)
    await ledger.close()
  }

  @Test("A group comes with its members, and many are added and removed") func groupComes() async throws {
    let ledger = try await create()
    let (admin, deputy) = (try await account("admin", on: ledger), try await account("deputy", on: ledger))
    let number = try PhoneNumber("+911199999999")
    let group = try await ledger.groups.create(
      name: "Team", members: [.init(.account(deputy), role: .admin), .init(.number(number)), .init(.account(admin))],
      by: admin)
    #expect(group.memberCount == 3 && group.adminCount == 2)
    let numbers = try (0..<200).map { try PhoneNumber("+9111888\(10_000 + $0)") }
    let made = try await ledger.groups.add(numbers.map { .init(.number($0)) }, to: group.id, by: deputy)
    #expect(made.count == 200)
    #expect(try await ledger.groups.add([.init(.number(numbers[0]))], to: group.id, by: deputy).isEmpty)
    let removed = try await ledger.groups.remove(Array(made.prefix(150)), from: group.id, by: deputy)
    #expect(removed.count == 150)
    #expect(try ledger.groups.group(group.id)?.memberCount == 53)
    let summary = try await ledger.groups.summary(of: group.id, for: .requester(.account(deputy)))
    #expect(summary.own.members == 53 && summary.own.unprovisioned == 51 && summary.callerRole == .admin)
    #expect(try ledger.groups.visible(to: .requester(.account(deputy))).map(\.group.id) == [group.id])
    try await expectRebuiltAlike(ledger)
    await ledger.close()
  }

  @Test("A refusal names by index, and nothing is half done") func refusalNames() async throws {
    let ledger = try await create()
    let admin = try await account("admin", on: ledger)
    let before = try await ledger.integrity.digests().live
    do {
      _ = try await ledger.groups.create(
        name: "Team", members: [.init(.account(admin)), .init(.account(AccountID(rawValue: 99)))], by: admin)
      Issue.record("expected a refusal")
    } catch {
      #expect(error.code.rawValue == "not_found" && error.field == "members")
      #expect(error.refusal?.items.map(\.index) == [1])
      #expect(error.description.contains("members[1]"))
    }
    await #expect(throws: LedgerError.self) {
      try await ledger.groups.subscribe(
        (0..<101).map { .account(AccountID(rawValue: $0 + 1)) }, to: GroupID(rawValue: 1), by: admin)
    }
    #expect(try await ledger.integrity.digests().live == before)
    await ledger.close()
  }

  @Test("Two requests that give one number a key at once both succeed") func twoRequests() async throws {
    let ledger = try await create()
    let admin = try await account("admin", on: ledger)
    let number = try PhoneNumber("+911199999999")
    var groups: [GroupID] = []
    for name in 0..<6 {
      groups.append(try await ledger.groups.create(name: "\(name)", kind: .connectGroup, by: admin).id)
    }
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      for (index, group) in groups.enumerated() {
        tasks.addTask {
          if index.isMultiple(of: 2) {
            _ = try await ledger.groups.subscribe([.number(number)], to: group, by: admin)
          } else {
            _ = try await ledger.groups.add(number, to: group, by: admin)
          }
        }
      }
      try await tasks.waitForAll()
    }
    try await ledger.people.erase(number, by: Requester.operator)
    try await expectRebuiltAlike(ledger)
    for (index, group) in groups.enumerated() where index.isMultiple(of: 2) {
      // The subscription stays, without a number by which anybody would find it.
      #expect(try ledger.groups.group(group)?.subscriberCount == 1)
      #expect(try await ledger.groups.unsubscribe([.number(number)], from: group, by: admin) == [false])
    }
    await ledger.close()
    #expect(try !FileBytes.hold(Array("911199999999".utf8), in: folder.path + "/ledger"))
  }

  @Test("What a grant shows is what its holder was granted") func grantShows() async throws {
    let ledger = try await create()
    let steps = try await FourSteps(on: ledger)
    let below = try await ledger.groups.create(name: "Below", by: steps.admin)
    let beside = try await ledger.groups.create(name: "Beside", by: steps.admin)
    try await ledger.groups.attach(below.id, to: steps.group.id, by: steps.admin)
    let viewer = GroupViewer.grant(steps.granted.grant)
    #expect(try ledger.groups.visible(to: viewer).map(\.group.id) == [steps.group.id])
    #expect(try ledger.groups.visible(to: viewer, scope: .hierarchy).map(\.group.id) == [steps.group.id, below.id])
    #expect(try await ledger.groups.summary(of: steps.group.id, for: viewer).hierarchy.groups == 2)
    await #expect(throws: LedgerError.self) { try await ledger.groups.summary(of: beside.id, for: viewer) }
    try await ledger.grants.revoke(steps.granted.grant, by: steps.admin)
    #expect(throws: LedgerError.self) { try ledger.groups.visible(to: viewer) }
    await ledger.close()
  }
}
