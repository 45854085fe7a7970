import CredentialLedger
import LedgerTestSupport
import Testing

/// Which requests count as one by their idempotency key.
@Suite struct RepeatedRequestTests {
  let folder = TemporaryFolder()
  let context = RequestContext(idempotencyKey: "once")

  private func open() async throws -> (Ledger, [AccountID]) {
    let ledger = try await Ledger.create(
      at: folder.path + "/ledger", origin: "ledger.example.org", LedgerConfiguration())
    var people: [AccountID] = []
    for (subject, number) in [("a", "+911199999999"), ("b", "+4915112345678")] {
      let account = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: subject).account
      let request = try await ledger.phones.requestPIN(for: PhoneNumber(number), by: account)
      _ = try await ledger.phones.verify(request.pin?.digits ?? "", challenge: request.challenge, by: account)
      people.append(account)
    }
    return (ledger, people)
  }

  @Test("Two callers may give the same key") func twoCallers() async throws {
    let (ledger, people) = try await open()
    let first = try await ledger.groups.create(name: "Team", by: people[0], context: context)
    let other = try await ledger.groups.create(name: "Team", by: people[1], context: context)
    #expect(first.id != other.id)
    #expect(try await ledger.groups.create(name: "Team", by: people[0], context: context).id == first.id)
    #expect(try await ledger.groups.create(name: "Team", by: people[1], context: context).id == other.id)
    await ledger.close()
  }

  /// A command that says its requester and its encoding itself.
  @Test("Submitted commands are known by their requester") func submitted() async throws {
    let (ledger, people) = try await open()
    var groups: [GroupID] = []
    for person in people.prefix(2) { groups.append(try await ledger.groups.create(name: "Team", by: person).id) }
    for (group, person) in zip(groups, people) {
      try await ledger.groups.rename(group, to: "North", by: person, context: context)
    }
    let (head, first) = (try ledger.head(), groups[0])
    try await ledger.groups.rename(first, to: "North", by: people[0], context: context)
    #expect(try ledger.head() == head)
    let refused = try await code {
      try await ledger.groups.rename(first, to: "South", by: people[0], context: context)
    }
    #expect(refused == .idempotencyKeyReused)
    for group in groups { #expect(try ledger.groups.group(group)?.name == "North") }
    await ledger.close()
  }

  /// Run together, the parts of both requests are the same text.
  @Test("Parts that moved are another request") func parts() async throws {
    let (ledger, people) = try await open()
    func create(_ description: String, _ publisher: String) async throws -> ConnectorID {
      try await ledger.connectors.create(
        name: "Roster", permissions: [.textMessage], description: description, publisher: publisher, by: people[0],
        context: context
      ).connector.id
    }
    let made = try await create("ab", "c")
    #expect(try await create("ab", "c") == made)
    for (description, publisher) in [("a", "bc"), ("abc", ""), ("", "abc")] {
      let refused = try await code { try await create(description, publisher) }
      #expect(refused == .idempotencyKeyReused, "\(description), \(publisher)")
    }
    await ledger.close()
  }
}
