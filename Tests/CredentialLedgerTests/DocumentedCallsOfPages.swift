import CredentialLedger
import LedgerOperations

/// Stands for a client of HTTP.
private struct HTTP {
  func post(_ request: [UInt8], to address: String) async throws -> Evidence.WitnessResponse { (404, request) }
}

/// The examples of the pages of the catalogue. Compiled, and not run: tests elsewhere cover what the calls do.
private struct DocumentedCallsOfPages {
  let ledger: Ledger
  let path: String
  let yesterday: Timestamp
  let account: AccountID
  let connector: ConnectorID
  let grant: GrantID
  let group: Group
  let handle: TokenID
  let body: [UInt8]
  let verifierKey: String
  let witnessKey: String
  let http: HTTP

  func auditing() async throws {
    let filter = Audit.Filter.connector(connector).and(.type(.tokenIssued)).and(.recorded(since: yesterday))
    let page = try await ledger.audit.search(filter)
    for entry in page.entries { print(entry.position, entry.time, entry.type, entry.actor) }
    for try await entry in ledger.audit.follow(filter, after: page.head) { print(entry.type) }
  }

  func backups() async throws {
    let backup = try await ledger.backups.make(at: "/backup/log-1", keys: "/safe/keys-1")
    let archive = try await ledger.archive.append(to: "/backup/archive")
    let export = try await ledger.backups.export(toFile: "/backup/events.ndjson")
    print(backup, archive, export)
    _ = try await Ledger.restore(from: "/backup/log-1", keys: "/safe/keys-1", at: "/var/lib/again")
  }

  func besideTheLog() async throws {
    try await ledger.deliveries.enqueue(
      WebhookEvent(object: .group(group.id), type: .textMessageCreated, eventID: "m-1", payload: body))
    for token in try await ledger.tokens.list(.grant(grant)) { print(token.handle, token.lastUsed as Any) }
    let context = RequestContext(idempotencyKey: "7f0c")
    let granted = try await ledger.grants.grant(
      connector, consent: .scopes(.all), access: .user, by: account, context: context)
    print(granted)
  }

  /// Stands for a store with transactions.
  private final class Store {
    var position: FeedPosition?
    func apply(_ entry: AuditEntry) {}
    func transaction(_ body: () throws -> Void) throws { try body() }
  }

  func ownEvents(_ connector: Connector) async throws {
    try await ledger.eventNamespaces.register("com.example.billing", types: ["invoice.paid"], by: .operator)
    let billing = ledger.events(of: "com.example.billing")
    let position = try await billing.append(
      "invoice.paid", payload: Array("{}".utf8), about: [Subject(connector.id)],
      personal: [PersonalField("payer", of: account, "Ada Lovelace")], by: account)
    print(position)
    let store = Store()
    for try await batch in ledger.projectionFeed(after: store.position) {
      try store.transaction {
        for entry in batch.entries { store.apply(entry) }
        store.position = batch.position
      }
    }
  }

  func evidence() async throws {
    let note = try await ledger.checkpoint()  // to another machine, to an auditor
    try await ledger.integrity.verify(against: note)  // later: throws behind_checkpoint or contradicts_checkpoint
    do {
      let configuration = LedgerConfiguration(witnessFile: "elsewhere/checkpoint")
      let ledger = try await Ledger.open(at: path, configuration)
      print(ledger.origin)
    }
    let cosigned = try await ledger.evidence.cosigned(note, by: witnessKey) { request in
      try await http.post(request, to: "https://witness.example.org/add-checkpoint")
    }
    let explanation = try await ledger.explain(.token(handle))
    let bundle = try await ledger.evidence.bundle(of: explanation.steps.map(\.position), at: cosigned)
    let evidence = try EvidenceBundle(decoding: bundle.encoded).verify(keys: [verifierKey], witnesses: [witnessKey])
    print(evidence.records.count)
  }

  func statesOfThePast() async throws {
    let state = try await ledger.history.state(at: .time(yesterday))
    let grants = try await state.objects(.grants)
    let replayed = try await ledger.integrity.replay(to: .position(1_000), into: "/var/tmp/then")
    let left = try await ledger.history.state(in: "/var/tmp/then")
    let steps = try await ledger.history.steps(from: .position(1_000))
    print(grants, replayed, left, steps)
  }
}
