import CredentialLedger
import MessageStore
import TestSupport
import Testing

@testable import PlatformService

/// Groups of the ledger and of a messaging backend, in step.
@Suite struct GroupFeedTests {
  private let folder = TemporaryFolder()
  private let backend = MemoryBackend()

  private func ledger() async throws -> Ledger {
    try await Ledger.create(at: folder.path + "/ledger", origin: "ledger.example.org")
  }

  private func arrive(_ subject: String, _ number: String? = nil, on ledger: Ledger) async throws -> AccountID {
    let account = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: subject).account
    if let number {
      let request = try await ledger.phones.requestPIN(for: PhoneNumber(number), by: account)
      _ = try await ledger.phones.verify(request.pin?.digits ?? "", challenge: request.challenge, by: account)
    }
    return account
  }

  private func feed(_ ledger: Ledger) -> GroupFeed { GroupFeed(ledger, backend) { Issue.record("\($0)") } }

  /// Has the backend apply all that is recorded; what fails is tried again from where the backend stands.
  private func applyAll(_ feed: GroupFeed) async throws {
    while true {
      do {
        var progress = try await feed.start()
        while try await feed.applyNext(&progress) {}
        return
      } catch is MessagingError {}
    }
  }

  private func recordAll(_ feed: GroupFeed) async throws {
    while true {
      do {
        while try await feed.recordNext() {}
        return
      } catch is MessagingError {}
    }
  }

  @Test("The backend applies what the ledger records, in order, and again what it lost") func backendApplies()
    async throws
  {
    let ledger = try await ledger()
    let (ada, max) = (try await arrive("ada", on: ledger), try await arrive("max", "+911199999998", on: ledger))
    let team = try await ledger.groups.create(name: "Field team", by: ada).id
    let joined = try await ledger.groups.add(max, to: team, by: ada)
    let feed = feed(ledger)
    try await applyAll(feed)
    #expect(try await backend.appliedPosition() == ledger.health.head)
    #expect(backend.groups[team] == .init(name: "Field team", members: [ada: .admin, max: .member]))
    try await ledger.groups.changeRole(of: joined, in: team, to: .admin, by: ada)
    try await ledger.groups.rename(team, to: "North", by: ada)
    try await ledger.groups.remove(joined, from: team, by: ada)
    let invited = try await ledger.groups.add(PhoneNumber("+911199999998"), to: team, by: ada)
    backend.loseAnswers(2)
    let before = backend.changes.count
    try await applyAll(feed)
    let kinds: [GroupChange.Kind] = [
      .roleChanged(joined, max, to: .admin), .renamed(to: "North"), .removed(joined, max),
      .invited(invited, as: .member),
    ]
    #expect(backend.changes.dropFirst(before).map(\.kind) == kinds + kinds + kinds)
    #expect(backend.groups[team] == .init(name: "North", members: [ada: .admin]))
    try await ledger.groups.accept(invited, by: max)
    try await ledger.groups.delete(team, by: ada)
    try await applyAll(feed)
    #expect(backend.changes.suffix(2).map(\.kind) == [.added(invited, max, as: .member), .deleted])
    #expect(backend.groups[team]?.isDeleted == true)
    let count = backend.changes.count
    try await applyAll(feed)
    #expect(backend.changes.count == count)
    await ledger.close()
  }

  @Test("Of a ledger that was restored to an earlier position, the backend applies what is recorded from then on")
  func ledgerRestored()
    async throws
  {
    let ledger = try await ledger()
    let ada = try await arrive("ada", on: ledger)
    // The backup of the ledger does not have all that was applied.
    try await backend.apply([], upTo: 1_000_000)
    let feed = feed(ledger)
    var progress = try await feed.start()
    let team = try await ledger.groups.create(name: "Field team", by: ada).id
    while try await feed.applyNext(&progress) {}
    #expect(backend.groups[team]?.members == [ada: .admin])
    await ledger.close()
  }

  @Test("What was changed in the backend is recorded once, by whoever changed it, or refused by the rules")
  func changedBackend()
    async throws
  {
    let ledger = try await ledger()
    let (ada, max) = (try await arrive("ada", on: ledger), try await arrive("max", on: ledger))
    let team = try await ledger.groups.create(name: "Field team", by: ada).id
    let feed = feed(ledger)
    func report(_ id: String, by author: AccountID, _ kind: ReportedChange.Kind) throws {
      backend.change(try ReportedChange(id: id, in: team, by: author, kind))
    }
    // The answer to the first is lost: it is recorded again, which appends nothing.
    backend.loseAnswers(1)
    try report("1", by: ada, .added(.account(max), as: .member))
    try await recordAll(feed)
    let entry = try #require(try await ledger.audit.search(.type(.groupMemberAdded)).entries.first)
    #expect(entry.actor == Subject(ada) && entry.reason == "reported by the messaging system")
    #expect(try await ledger.audit.search(.type(.groupMemberAdded)).entries.count == 2)
    try report("2", by: ada, .added(.number(PhoneNumber("+33699999999")), as: .member))
    try report("3", by: max, .renamed(to: "Mine"))
    try report("4", by: ada, .renamed(to: "North"))
    try report("5", by: ada, .removed(ada))
    try report("6", by: ada, .roleChanged(max, to: .admin))
    try report("7", by: ada, .removed(ada))
    try report("8", by: ada, .removed(ada))
    try report("9", by: ada, .roleChanged(ada, to: .admin))
    try await recordAll(feed)
    let refused = backend.outcomes.filter { $0.value != .recorded }.keys.sorted()
    #expect(refused == ["3", "5", "9"], "\(backend.outcomes)")
    #expect(!"\(backend.outcomes)".contains("33699999999"))
    #expect(try ledger.groups.group(team)?.name == "North")
    let members = try ledger.groups.members(of: team)
    #expect(members.map(\.account) == [max, nil] && members[0].role == .admin)
    // It comes back to the backend as any other change.
    try await applyAll(feed)
    #expect(backend.groups[team] == .init(name: "North", members: [max: .admin]))
    try report("10", by: max, .deleted)
    try report("11", by: max, .deleted)
    try await recordAll(feed)
    #expect(backend.outcomes["10"] == .recorded && backend.outcomes["11"] == .recorded)
    #expect(try ledger.groups.group(team)?.isDeleted == true)
    await ledger.close()
  }

  @Test("After any history from both sides the backend knows what the ledger knows") func afterAny() async throws {
    let ledger = try await ledger()
    let feed = feed(ledger)
    var people: [AccountID] = []
    for index in 0..<4 { people.append(try await arrive("person-\(index)", on: ledger)) }
    let admin = people[0]
    var groups: [GroupID] = []
    for index in 0..<3 { groups.append(try await ledger.groups.create(name: "Group \(index)", by: admin).id) }
    var random = SeededRandom()
    for step in 0..<150 {
      guard let group = groups.randomElement(using: &random), let person = people.randomElement(using: &random),
        let role = [Role.admin, .member].randomElement(using: &random)
      else { continue }
      let id = "step-\(step)"
      let member = try ledger.groups.membership(of: person, in: group)
      switch Int.random(in: 0..<8, using: &random) {
      case 0: _ = try? await ledger.groups.add([.init(.account(person), role: role)], to: group, by: admin)
      case 1: if let member { _ = try? await ledger.groups.remove(member.id, from: group, by: admin) }
      case 2: try? await ledger.groups.rename(group, to: id, by: admin)
      case 3: if let member { try? await ledger.groups.changeRole(of: member.id, in: group, to: role, by: admin) }
      case 4: backend.change(try ReportedChange(id: id, in: group, by: admin, .added(.account(person), as: role)))
      case 5: backend.change(try ReportedChange(id: id, in: group, by: person, .removed(person)))
      case 6: backend.change(try ReportedChange(id: id, in: group, by: admin, .roleChanged(person, to: role)))
      default:
        backend.loseAnswers(Int.random(in: 0...2, using: &random))
        try await recordAll(feed)
        try await applyAll(feed)
      }
    }
    backend.loseAnswers(0)
    try await recordAll(feed)
    try await applyAll(feed)
    for group in groups {
      let known = try #require(backend.groups[group])
      #expect(try known.name == ledger.groups.group(group)?.name, "seed \(random.seed)")
      var members: [AccountID: Role] = [:]
      for member in try ledger.groups.members(of: group) { if let id = member.account { members[id] = member.role } }
      #expect(known.members == members, "seed \(random.seed)")
    }
    await ledger.close()
  }

  @Test("While it runs, the built-in store loses the messages of a group that is deleted") func whileRuns() async throws
  {
    let ledger = try await ledger()
    let ada = try await arrive("ada", on: ledger)
    let team = try await ledger.groups.create(name: "Field team", by: ada).id
    let store = try MessageStore(at: folder.path + "/messages", origin: ledger.origin, master: .keysFolder)
    _ = try await store.post(NewMessage("x", to: team, by: ada))
    let running = Task { await GroupFeed(ledger, store) { Issue.record("\($0)") }.run() }
    while try await store.appliedPosition() == nil { await Task.yield() }
    #expect(try await store.history(of: team, MessageRange()).count == 1)
    try await ledger.groups.delete(team, by: ada)
    while try await !store.history(of: team, MessageRange()).isEmpty { await Task.yield() }
    running.cancel()
    await running.value
    #expect(try await store.appliedPosition() == ledger.health.head)
    await store.close()
    await ledger.close()
  }
}
