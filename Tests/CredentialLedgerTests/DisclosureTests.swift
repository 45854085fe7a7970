import LedgerTestSupport
import Testing

@testable import CredentialLedger

/// Personal data is opened only under a disclosure, and a disclosure is got only by its durable event.
@Suite struct DisclosureTests {
  let folder = TemporaryFolder()
  let clock = TestClock()
  var path: String { folder.path + "/ledger" }

  private struct People: Sendable {
    let ledger: Ledger
    let ada: AccountID
    let bo: AccountID
    let auditor: AccountID
    let group: GroupID
  }

  private func made() async throws -> People {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", clock.configuration)
    func account(_ name: String, _ role: AccountRole = .user) async throws -> AccountID {
      try await ledger.accounts.signIn(
        issuer: "https://id.example.org", subject: name, name: name, role: role,
        context: RequestContext(address: "192.0.2.7")
      ).account
    }
    let ada = try await account("Ada")
    let group = try await ledger.groups.create(
      name: "Team", members: [.init(.number(PhoneNumber("+911199999999")))], for: ada, by: Requester.operator)
    return People(
      ledger: ledger, ada: ada, bo: try await account("Bo"), auditor: try await account("Cy", .auditor), group: group.id
    )
  }

  private func revealed(_ ledger: Ledger) async throws -> [AuditEntry] {
    try await ledger.audit.latest(1_000, of: .type(.personalDataRevealed))
  }

  @Test("Whose data, for what, by whom and why stands in the log before anything is opened") func whoseData()
    async throws
  {
    let people = try await made()
    let ledger = people.ledger
    let named = try await ledger.operators.create(issuer: "https://id.example.org", subject: "op", name: "Op")
    let context = RequestContext(namedOperator: named, reason: "complaint", ticket: "C-12")
    let leave = try await ledger.disclose(
      .accounts([people.ada]), for: "account show", by: Requester.operator, context: context)
    let entry = try #require(try await revealed(ledger).first)
    #expect(leave.events == [entry.position] && entry.namedOperator == named)
    #expect(entry.reason == "complaint" && entry.ticket == "C-12" && entry.subjects.contains(Subject(people.ada)))
    guard case .personalDataRevealed(let event) = entry.event else {
      Issue.record("another event")
      return
    }
    #expect(event.purpose == "account show" && event.accounts == [people.ada.rawValue] && !event.everybody)
    #expect(try await ledger.accounts.reveal(people.ada, under: leave)?.name == "Ada")
    #expect(try await ledger.accounts.signIns(of: people.ada, under: leave)?.first?.address == "192.0.2.7")
    // Who reads whose data is found by either.
    for id in [people.ada, named] {
      let found = try await ledger.audit.latest(10, of: Audit.Filter.account(id).and(.type(.personalDataRevealed)))
      #expect(found.map(\.position) == [entry.position])
    }
    await ledger.close()
  }

  @Test("A disclosure opens nobody else's data, and none of another ledger") func disclosureOpens() async throws {
    let people = try await made()
    let ledger = people.ledger
    let leave = try await ledger.disclose(.accounts([people.ada]), for: "a test", by: Requester.operator)
    let forbidden = LedgerError(.init(rawValue: "forbidden"), "", field: "disclosure")
    await #expect(throws: forbidden) { try await ledger.accounts.reveal(people.bo, under: leave) }
    await #expect(throws: forbidden) { try await ledger.accounts.signIns(of: people.bo, under: leave) }
    let members = try ledger.groups.members(of: people.group)
    await #expect(throws: forbidden) { try await ledger.groups.revealNumbers(of: members, under: leave) }
    let entries = try await ledger.audit.latest(of: .account(people.bo))
    let description = try await ledger.audit.describe(entries, under: leave)
    #expect(description.labels[Subject(people.bo)]?.name == nil)
    #expect(description.personal.values.flatMap(\.self).allSatisfy { $0.state == .sealed })
    let other = try await Ledger.create(at: folder.path + "/other", origin: "other.example.org", clock.configuration)
    let foreign = try await other.anybodysData()
    await #expect(throws: forbidden) { try await ledger.accounts.reveal(people.bo, under: foreign) }
    await other.close()
    await ledger.close()
  }

  @Test("Each way to plain data is recorded for the people it shows") func eachWay() async throws {
    let people = try await made()
    let ledger = people.ledger
    let members = try ledger.groups.members(of: people.group)
    var leave = try await ledger.disclose(.members(members), for: "group members", by: Requester.operator)
    #expect(try await ledger.groups.revealNumbers(of: members, under: leave) == [nil, "+911199999999"])
    guard case .personalDataRevealed(let event)? = try await revealed(ledger).first?.event else {
      Issue.record("no event")
      return
    }
    #expect(event.group == people.group.rawValue && event.accounts == [people.ada.rawValue] && event.persons.count == 1)
    let entries = try await ledger.audit.latest(of: .account(people.bo))
    leave = try await ledger.disclose(.entries(entries), for: "audit", by: people.auditor)
    let description = try await ledger.audit.describe(entries, under: leave)
    #expect(description.labels[Subject(people.bo)]?.name == "Bo")
    #expect(description.personal.values.flatMap(\.self).contains { $0.state == .revealed("192.0.2.7") })
    #expect(try await revealed(ledger).first?.actor == Subject(people.auditor))
    let state = try await ledger.history.state(at: .latest)
    guard case .personal(let name)? = try state.object(Subject(people.bo))?.value(of: "name") else {
      Issue.record("no name")
      return
    }
    #expect(try await ledger.history.reveal(name, under: leave) == "Bo")
    state.close()
    let all = try await ledger.anybodysData()
    #expect(try await ledger.accounts.reveal(people.auditor, under: all)?.name == "Cy")
    guard case .personalDataRevealed(let last)? = try await revealed(ledger).first?.event else {
      Issue.record("no event")
      return
    }
    #expect(last.everybody && last.accounts.isEmpty)
    #expect(try await ledger.integrity.verify().projectionsMatch)
    await ledger.close()
  }

  @Test("People read their own data without an event, and others' only where they may") func peopleRead() async throws {
    let people = try await made()
    let ledger = people.ledger
    #expect(try await ledger.accounts.reveal(people.ada, for: "portal", by: people.ada)?.name == "Ada")
    #expect(try await revealed(ledger).isEmpty)
    for whose: Disclosure.Whose in [
      .accounts([people.bo]), .everybody, .members(try ledger.groups.members(of: people.group)),
    ] {
      await #expect(throws: LedgerError(.init(rawValue: "forbidden"), "", field: "requester")) {
        try await ledger.disclose(whose, for: "portal", by: people.ada)
      }
    }
    await #expect(throws: LedgerError(.init(rawValue: "forbidden"), "", field: "requester")) {
      try await ledger.disclose(.everybody, for: "portal", by: people.auditor)
    }
    await #expect(throws: LedgerError(.invalidValue, "", field: "purpose")) {
      try await ledger.disclose(.everybody, for: "", by: Requester.operator)
    }
    await #expect(throws: LedgerError(.notFound, "", field: "account")) {
      try await ledger.disclose(.accounts([AccountID(rawValue: 999)]), for: "portal", by: Requester.operator)
    }
    #expect(try await revealed(ledger).isEmpty)
    await ledger.close()
  }

  @Test("A ledger that is open for reading shows nothing but one's own data") func ledgerOpen() async throws {
    let people = try await made()
    await people.ledger.close()
    let reader = try await Ledger.openForReading(at: path, clock.configuration)
    for whose: Disclosure.Whose in [.everybody, .accounts([people.ada])] {
      await #expect(throws: LedgerError(.closed, "", field: "disclosure")) {
        try await reader.disclose(whose, for: "a test", by: Requester.operator)
      }
    }
    #expect(try await reader.accounts.reveal(people.ada, for: "portal", by: people.ada)?.name == "Ada")
    await reader.close()
  }

  @Test("Many accounts are named six to an event, and more than the events hold as everybody") func accountsNamed()
    async throws
  {
    let people = try await made()
    let ledger = people.ledger
    var ids: [AccountID] = []
    for number in 0..<386 {
      ids.append(try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "p\(number)").account)
    }
    let leave = try await ledger.disclose(.accounts(Array(ids.prefix(13))), for: "a test", by: Requester.operator)
    #expect(leave.events.count == 3)
    for id in ids.prefix(13) {
      let filter = Audit.Filter.account(id).and(.type(.personalDataRevealed))
      #expect(try await ledger.audit.latest(10, of: filter).count == 1)
    }
    let all = try await ledger.disclose(.accounts(ids), for: "a test", by: Requester.operator)
    #expect(all.events.count == 1)
    guard case .personalDataRevealed(let event)? = try await revealed(ledger).first?.event else {
      Issue.record("no event")
      return
    }
    #expect(event.everybody && event.accounts.isEmpty)
    // An auditor may not read everybody's data, and may read that of many: each is named, in more than one commit.
    let review = try await ledger.disclose(.accounts(ids), for: "access review", by: people.auditor)
    #expect(review.events.count == 65)
    for id in [ids[0], ids[383], ids[384], ids[385]] {
      let filter = Audit.Filter.account(id).and(.actor(Subject(people.auditor)))
      #expect(try await ledger.audit.latest(10, of: filter.and(.type(.personalDataRevealed))).count == 1, "\(id)")
      #expect(try await ledger.accounts.reveal(id, under: review)?.subject.hasPrefix("p") == true)
    }
    await ledger.close()
  }
}
