import CredentialLedger
import EventLog
import LedgerTestSupport
import Testing

@Suite struct AuditSearchTests {
  let folder = TemporaryFolder()
  var path: String { folder.path + "/ledger" }
  let clock = TestClock()

  /// What happened, made up from a seed: every event has one of a few requests, addresses and people.
  private func play(_ random: inout SeededRandom, on ledger: Ledger) async throws -> [AccountID] {
    let addresses = ["192.0.2.7", "192.0.2.8", "2001:db8::1"]
    func context() -> RequestContext {
      clock.advance(seconds: .random(in: 0...3, using: &random))
      return RequestContext(
        requestID: Bool.random(using: &random) ? "r-\(Int.random(in: 0...9, using: &random))" : nil,
        address: Bool.random(using: &random) ? addresses.randomElement(using: &random) : nil)
    }
    var people: [AccountID] = []
    for number in 0..<4 {
      let account = try await ledger.accounts.signIn(
        issuer: "https://id.example.org", subject: "p\(number)", name: "Person \(number)", context: context()
      ).account
      let request = try await ledger.phones.requestPIN(
        for: PhoneNumber("+4915112345\(100 + number)"), by: account, context: context())
      _ = try await ledger.phones.verify(
        request.pin?.digits ?? "", challenge: request.challenge, by: account, context: context())
      people.append(account)
    }
    for round in 0..<12 {
      let (owner, admin) = (people[round % 3], people[(round + 1) % 4])
      let (connector, secret) = try await ledger.connectors.create(
        name: "Connector \(round)", permissions: [.textMessage], by: owner, context: context())
      let group = try await ledger.groups.create(name: "Group \(round)", by: admin, context: context())
      let granted = try await ledger.grants.grant(
        connector.id, consent: .scopes(.all), access: .group(group.id), by: admin, context: context())
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        _ = try await ledger.tokens.issue(
          connector: connector.publicID, secret: secret, refreshToken: granted.refreshToken, context: context())
      }
      if round % 3 == 0 { try await ledger.grants.revoke(granted.grant, by: admin, context: context()) }
      if round % 5 == 4 { try await ledger.connectors.delete(connector.id, by: owner, context: context()) }
    }
    try await ledger.people.erase(people[3], by: Requester.operator)
    return people
  }

  /// A filter, and the same as a function over what a plain scan reads.
  private struct Case {
    var filter: Audit.Filter
    var lets: (AuditEntry, _ address: String?) -> Bool
  }

  private func cases(_ all: [AuditEntry], _ random: inout SeededRandom) -> Case {
    func concerns(_ entry: AuditEntry, _ subject: Subject) -> Bool {
      entry.subjects.contains(subject) || entry.object == subject
    }
    let any = all[Int.random(in: all.indices, using: &random)]
    let subject = (any.subjects + [any.actor]).filter { $0.kind != .operator }.randomElement(using: &random)
    switch (Int.random(in: 0..<9, using: &random), subject) {
    case (0, _): return Case(filter: .type(any.type)) { entry, _ in entry.type == any.type }
    case (1, _):
      let types = EventType.matching("token.*")
      return Case(filter: .anyType(of: types)) { entry, _ in entry.type.name?.hasPrefix("token.") == true }
    case (2, _): return Case(filter: .actor(any.actor)) { entry, _ in entry.actor == any.actor }
    case (3, _):
      let id = any.requestID ?? "r-1"
      return Case(filter: .request(id)) { entry, _ in entry.requestID == id }
    case (4, _): return Case(filter: .recorded(since: any.time)) { entry, _ in entry.time >= any.time }
    case (5, _): return Case(filter: .recorded(until: any.time)) { entry, _ in entry.time < any.time }
    case (6, _): return Case(filter: .address("192.0.2.7")) { _, address in address == "192.0.2.7" }
    case (7, let subject?) where subject.kind == .account:
      let id = AccountID(rawValue: subject.number)
      return Case(filter: .account(id)) { entry, _ in entry.actor == subject || concerns(entry, subject) }
    case (_, let subject?): return Case(filter: .subject(subject)) { entry, _ in concerns(entry, subject) }
    default: return Case(filter: .all) { _, _ in true }
    }
  }

  @Test("Filters find what a plain scan finds") func filtersFind() async throws {
    var random = SeededRandom(stream: 200)
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", clock.configuration)
    _ = try await play(&random, on: ledger)
    let leave = try await ledger.anybodysData()
    let all = try await ledger.audit.latest(10_000)
    let revealed = try await ledger.audit.describe(all, under: leave)
    func address(_ entry: AuditEntry) -> String? {
      for value in revealed.personal[entry.position] ?? [] where value.name == "address" {
        if case .revealed(let text) = value.state { return text }
      }
      return nil
    }
    for _ in 0..<100 {
      let parts = (0..<Int.random(in: 1...3, using: &random)).map { _ in cases(all, &random) }
      let filter = parts.dropFirst().reduce(parts[0].filter) { $0.and($1.filter) }
      let expected = all.filter { entry in parts.allSatisfy { $0.lets(entry, address(entry)) } }.map(\.position)
      let order = Bool.random(using: &random) ? Audit.Order.newestFirst : .oldestFirst
      let limit = Int.random(in: 1...20, using: &random)
      var found: [Position] = []
      var after: Position?
      repeat {
        let page = try await ledger.audit.search(
          filter, order: order, after: after, limit: limit, steps: .random(in: 5...200, using: &random))
        #expect(page.entries.count <= limit)
        found += page.entries.map(\.position)
        after = page.next
      } while after != nil
      #expect(found == (order == .newestFirst ? expected : expected.reversed()), "seed \(testSeed): \(filter)")
    }
    await ledger.close()
  }

  @Test("A page that ends with the last event has no next") func pageEnds() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", clock.configuration)
    for name in ["a", "b", "c"] {
      _ = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: name)
    }
    let head = try ledger.head()
    for order in [Audit.Order.newestFirst, .oldestFirst] {
      let whole = try await ledger.audit.search(order: order, limit: Int(head.rawValue))
      #expect(whole.entries.count == Int(head.rawValue) && whole.next == nil)
      let part = try await ledger.audit.search(order: order, limit: Int(head.rawValue) - 1)
      #expect(part.next == part.entries.last?.position)
      let rest = try await ledger.audit.search(order: order, after: part.next, limit: 1)
      #expect(rest.entries.count == 1 && rest.next == nil)
    }
    // The only one that a filter finds is the last there is.
    let type = Audit.Filter.type(.ledgerCreated)
    #expect(try await ledger.audit.search(type, order: .newestFirst, limit: 1).next == nil)
    await ledger.close()
  }

  @Test("Erased people are said to be") func erasedPeopleAreSaidToBe() async throws {
    var random = SeededRandom(stream: 200)
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", clock.configuration)
    let people = try await play(&random, on: ledger)
    let signedIn = try await ledger.audit.latest(of: .account(people[3])).last
    let entry = try #require(signedIn)
    #expect(entry.type == .accountRegistered)
    #expect(entry.object == Subject(people[3]))
    for revealing in [false, true] {
      let description = try await ledger.audit.describe([entry], under: revealing ? ledger.anybodysData() : nil)
      #expect(description.labels[Subject(people[3])]?.standing == .erased)
      #expect(description.personal[entry.position]?.allSatisfy { $0.state == .erased } == true)
    }
    let page = try await ledger.audit.search(Audit.Filter.account(people[3]).and(.address("192.0.2.7")))
    #expect(page.entries.isEmpty)
    let known = try await ledger.audit.latest(of: .account(people[0])).last
    let other = try #require(known)
    let masked = try await ledger.audit.describe([other])
    #expect(masked.labels[Subject(people[0])]?.standing == .present)
    #expect(masked.personal[other.position]?.allSatisfy { $0.state == .sealed } == true)
    let open = try await ledger.audit.describe([other], under: ledger.anybodysData())
    #expect(open.labels[Subject(people[0])]?.name == "Person 0")
    #expect(open.personal[other.position]?.contains { $0.state == .revealed("p0") } == true)
    await ledger.close()
  }

  @Test("A number finds what it has to do with") func numberFinds() async throws {
    var random = SeededRandom(stream: 200)
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", clock.configuration)
    let people = try await play(&random, on: ledger)
    let number = try PhoneNumber("+49 1511 2345100")
    let phone = try #require(try ledger.phones.verified(by: people[0]).first)
    func types() async throws -> [EventType] {
      Set(try await ledger.audit.latest(of: .number(number)).map(\.type)).sorted()
    }
    let grants = try await ledger.audit.latest(of: Audit.Filter.phone(phone).and(.type(.permissionGranted)))
    #expect(!grants.isEmpty)
    #expect(try await types().starts(with: [.phonePINRequested, .phoneVerified]))
    #expect(try await types().contains(.permissionGranted))
    try await ledger.phones.remove(phone, by: people[0])
    // It is found after its removal, by the PIN that verified it.
    #expect(try await types().contains(.phoneRemoved))
    #expect(try await types().contains(.permissionGranted))
    #expect(try await ledger.audit.latest(of: .number(PhoneNumber("+15550000000"))).isEmpty)
    #expect(try await ledger.audit.latest(of: .number(PhoneNumber("+4915112345103"))).isEmpty, "erased")
    await ledger.close()
  }

  @Test("A search by address for an auditor leaves out what operators' keys seal") func withheldAddresses() async throws
  {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", clock.configuration)
    let issuer = "https://id.example.org"
    let named = try await ledger.operators.create(issuer: issuer, subject: "op", name: "Op")
    let context = RequestContext(address: "192.0.2.7")
    _ = try await ledger.accounts.signIn(issuer: issuer, subject: "op", context: context)
    let ada = try await ledger.accounts.signIn(issuer: issuer, subject: "ada", context: context).account
    let asked = Audit.Filter.address("192.0.2.7")
    let withheld = try ledger.audit.withholdingOperators(asked)
    for (account, count) in [(ada, 1), (named, 0)] {
      #expect(try await ledger.audit.latest(of: asked.and(.account(account))).count == 1)
      for filter in [withheld.and(.account(account)), Audit.Filter.account(account).and(withheld)] {
        #expect(try await ledger.audit.latest(of: filter).count == count)
        #expect(try await ledger.audit.count(filter).total == UInt64(count))
        #expect(try await ledger.audit.moments(of: filter, limit: 10).moments.count == count)
      }
    }
    await ledger.close()
  }

  @Test("Cursors hold while events arrive") func cursorsHold() async throws {
    var random = SeededRandom(stream: 200)
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", clock.configuration)
    let people = try await play(&random, on: ledger)
    let filter = Audit.Filter.account(people[0])
    let expected = try await ledger.audit.latest(1_000, of: filter).map(\.position)
    var found: [Position] = []
    var after: Position?
    repeat {
      let page = try await ledger.audit.search(filter, after: after, limit: 3)
      found += page.entries.map(\.position)
      after = page.next
      _ = try await ledger.groups.create(name: "Another \(found.count)", by: people[0])
    } while after != nil
    #expect(found == expected)
    await ledger.close()
  }

  @Test("Following misses and repeats nothing", .timeLimit(.minutes(30))) func followingMisses() async throws {
    var random = SeededRandom(stream: 200)
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", clock.configuration)
    let people = try await play(&random, on: ledger)
    let filter = Audit.Filter.account(people[1])
    // More than are read at a time.
    for number in 0..<150 { _ = try await ledger.groups.create(name: "Old \(number)", by: people[1]) }
    let before = try await ledger.audit.latest(10_000, of: filter).reversed().map(\.position)
    let count = before.count + 60
    let following = Task { [ledger] in
      var found: [Position] = []
      for try await entry in ledger.audit.follow(filter, after: 0) {
        found.append(entry.position)
        if found.count == count { break }
      }
      return found
    }
    for number in 0..<30 {
      _ = try await ledger.groups.create(name: "New \(number)", by: people[1])
      _ = try await ledger.groups.create(name: "New \(number)", by: people[0])
    }
    let found = try await following.value
    #expect(Array(found.prefix(before.count)) == before)
    #expect(found == (try await ledger.audit.latest(10_000, of: filter).reversed().map(\.position)))
    await ledger.close()
  }

  @Test("A token is known by its text") func aTokenIsKnownByItsText() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", clock.configuration)
    let steps = try await FourSteps(on: ledger)
    let token = try await ledger.tokens.issue(
      connector: steps.connector.publicID, secret: steps.secret, refreshToken: steps.granted.refreshToken)
    #expect(try ledger.tokens.handle(of: token.accessToken.text) == token.handle)
    #expect(try ledger.tokens.handle(of: steps.granted.refreshToken.text) != nil)
    #expect(try ledger.tokens.handle(of: "cla_nonsense") == nil)
    await ledger.close()
  }
}
