import CredentialLedger
import LedgerTestSupport
import Testing

/// The examples of own events and of projections of one's own, line by line.
@Suite struct DocumentedCallsOfCustomEventsTests {
  let folder = TemporaryFolder()
  var path: String { folder.path + "/ledger" }

  private func show(_ values: any Sendable...) { #expect(!values.isEmpty) }

  @Test("Own events of a program") func ownEvents() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org")
    let steps = try await FourSteps(on: ledger)
    let (account, connector) = (steps.admin, steps.connector)
    try await ledger.eventNamespaces.register("com.example.billing", types: ["invoice.paid"], by: .operator)
    do {
      let billing = try await ledger.eventNamespaces.register(
        "com.example.billing", types: ["invoice.paid", "invoice.sent"], by: Requester.operator)
      let types = try ledger.eventNamespaces.namespace("com.example.billing")?.eventTypes
      let names = try ledger.eventNamespaces.all().map(\.name)
      #expect(billing.eventTypes == types && names == ["com.example.billing"])
    }
    do {
      let billing = ledger.events(of: "com.example.billing")
      let position = try await billing.append(
        "invoice.paid", payload: Array("{}".utf8), about: [Subject(connector.id)],
        personal: [PersonalField("payer", of: account, "Ada Lovelace")], by: account)
      show(position)
    }
    let position = try await ledger.events(of: "com.example.billing").append(
      "invoice.sent", version: 2, payload: Array("{}".utf8), contentType: "application/json", by: Requester.operator)
    let page = try await ledger.events(of: "com.example.billing").page(about: Subject(account), limit: 20)
    let event = try #require(page.events.first)
    let entry = event.entry
    if let event = CustomEvent(entry) { show(event.namespace, event.type) }
    let leave = try await ledger.disclose(.accounts([account]), for: "invoice 12", by: Requester.operator)
    let values = try await ledger.events(of: "com.example.billing").reveal(event, under: leave)
    #expect(values.map(\.state) == [.revealed("Ada Lovelace")])
    let following = Task {
      for try await event in try ledger.events(of: "com.example.billing").follow(after: 0) { show(event.type) }
    }
    #expect(try ledger.head() > position)
    await ledger.close()
    try await following.value
  }

  @Test("Answers of a token endpoint") func answersToken() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org")
    let steps = try await FourSteps(on: ledger)
    let token = try await ledger.tokens.issue(
      connector: steps.connector.publicID, secret: steps.secret, refreshToken: steps.granted.refreshToken)
    do {
      let answer = token.answer(at: try ledger.now)
      show(answer)
    }
    await ledger.close()
    do throws(LedgerError) { _ = try ledger.head() } catch {
      let answer = error.oauth
      show(answer)
    }
  }

  /// Stands for a store with transactions.
  private final class Store {
    var position: FeedPosition?
    private(set) var applied: [Position] = []
    func apply(_ entry: AuditEntry) { applied.append(entry.position) }
    func transaction(_ body: () throws -> Void) throws { try body() }
  }

  @Test("A projection of one's own") func projectionOnes() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org")
    _ = try await FourSteps(on: ledger)
    let head = try ledger.head()
    let store = Store()
    for try await batch in ledger.projectionFeed(after: store.position) {
      try store.transaction {
        for entry in batch.entries { store.apply(entry) }
        store.position = batch.position
      }
      if batch.isCaughtUp { break }
    }
    #expect(store.applied == Array(1...head))
    let position = store.position
    let following = Task {
      for try await batch in ledger.projectionFeed(after: position) { show(batch.entries.count) }
    }
    await ledger.close()
    try await following.value
  }
}
