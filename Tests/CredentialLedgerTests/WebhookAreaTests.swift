import KeyStore
import LedgerTestSupport
import Testing

@testable import CredentialLedger
@testable import LedgerOperations

@Suite struct WebhookAreaTests {
  let folder = TemporaryFolder()
  let clock = TestClock()

  private func steps(_ name: String = "ledger") async throws -> WebhookSteps {
    try await WebhookSteps(
      on: Ledger.create(at: "\(folder.path)/\(name)", origin: "ledger.example.org", clock.configuration))
  }

  private func hasKey(_ webhook: Webhook, _ ledger: Ledger) throws -> Bool {
    try ledger.keyStore.persons.contains(#require(PersonID(bytes: webhook.key)))
  }

  /// How many keys of persons and webhooks there are: each is 80 bytes of a file, after 24 at its beginning.
  private func keyCount(_ ledger: Ledger) throws -> Int {
    let folder = "\(ledger.path)/keys/persons"
    return try (TemporaryFolder.names(in: folder) ?? []).reduce(0) {
      try $0 + FileBytes.read("\(folder)/\($1)").count / 80
    }
  }

  @Test("A webhook is registered, seen, changed and deleted by its connector")
  func life() async throws {
    let steps = try await steps()
    let ledger = steps.ledger
    let claims = try steps.claims()
    let webhook = try await steps.register()
    #expect(webhook.object == .group(steps.group.id))
    #expect(webhook.eventTypes == [.textMessageCreated, .memberAdded])
    #expect(webhook.expiresAt == clock.now + .seconds(730 * 86_400))
    #expect(try ledger.webhooks.webhook(publicID: webhook.publicID) == webhook)
    let state = WebhookState(webhook: webhook, denialReason: nil)
    #expect(try ledger.webhooks.states(of: #require(claims.grant)) == [state])
    #expect(try ledger.webhooks.states(of: claims.connector) == [state])
    #expect(try ledger.webhooks.states(on: webhook.object) == [state])
    #expect(try ledger.webhooks.states(on: webhook.object, after: webhook.id).isEmpty)
    #expect(try ledger.webhooks.states(on: .action("a", in: steps.group.id)).isEmpty)
    let callback = try #require(try await ledger.webhooks.callback(of: webhook.id))
    #expect(
      [callback.url, callback.token, callback.context] == [WebhookSteps.url, WebhookSteps.token, WebhookSteps.context])

    #expect(
      try await ledger.webhooks.update(webhook.id, callbackToken: "", validity: clock.now + .seconds(60), with: claims))
    let changed = try #require(try await ledger.webhooks.callback(of: webhook.id))
    #expect([changed.url, changed.token, changed.context] == [WebhookSteps.url, "", WebhookSteps.context])
    #expect(try await !ledger.webhooks.update(webhook.id, callbackURL: WebhookSteps.url, with: claims))
    clock.advance(seconds: 60)
    #expect(try ledger.webhooks.state(of: webhook.id)?.denialReason == .expired(at: clock.now))

    try await ledger.webhooks.delete(webhook.id, with: claims)
    #expect(try ledger.webhooks.state(of: webhook.id)?.denialReason == .deleted)
    #expect(try ledger.webhooks.states(of: claims.connector).isEmpty)
    #expect(try await ledger.webhooks.callback(of: webhook.id) == nil)
    #expect(try !hasKey(webhook, ledger))
    await #expect(throws: LedgerError(.init(rawValue: "gone"), "", field: "webhook")) {
      try await ledger.webhooks.update(webhook.id, callbackToken: "x", with: claims)
    }
    let names = try await ledger.audit.latest(3, of: .subject(Subject(webhook.id))).map(\.type.name)
    #expect(names == ["webhook.deleted", "webhook.updated", "webhook.registered"])
    #expect(try await ledger.integrity.verify().projectionsMatch)
    await ledger.close()
  }

  @Test("What a deleted webhook sealed is opened by nobody, even while its key could not be destroyed")
  func keyThatIsLeft() async throws {
    let steps = try await steps()
    let ledger = steps.ledger
    let webhook = try await steps.register()
    let persons = "\(ledger.path)/keys/persons"
    var before: [String: [UInt8]] = [:]
    for name in try #require(TemporaryFolder.names(in: persons)) {
      before[name] = try FileBytes.read("\(persons)/\(name)")
    }
    let registered = try #require(try await ledger.audit.latest(1, of: .type(.webhookRegistered)).first)
    try await ledger.webhooks.delete(webhook.id, with: steps.claims())
    // As if the process had ended before it came to the key.
    for (name, content) in before { try FileBytes.write(content, to: "\(persons)/\(name)") }
    let leave = try await ledger.anybodysData()
    let url = PersonalValue(sealed: webhook.details.callbackURL, purpose: .webhookURL)
    #expect(try await ledger.history.reveal(url, under: leave) == nil)
    #expect(registered.position == webhook.id.position)
    let path = ledger.path
    await ledger.close()
    // A reader finishes nothing, and opens nothing either.
    let reader = try await Ledger.openForReading(at: path, clock.configuration)
    #expect(try reader.keyStore.persons.contains(#require(PersonID(bytes: webhook.key))))
    #expect(try await reader.history.reveal(url, under: leave) == nil)
    #expect(try await reader.webhooks.callback(of: webhook.id) == nil)
    await reader.close()
    let again = try await Ledger.open(at: path, clock.configuration)
    #expect(try !hasKey(webhook, again))
    await again.close()
  }

  @Test("Whoever may stop the grant disables and deletes it; others do not know of it")
  func others() async throws {
    let steps = try await steps()
    let ledger = steps.ledger
    let stranger = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "stranger").account
    for requester: Requester in [.account(steps.given.steps.developer), .account(steps.given.second), .operator] {
      let webhook = try await steps.register()
      await #expect(throws: LedgerError(.init(rawValue: "not_found"), "", field: "webhook")) {
        try await ledger.webhooks.delete(webhook.id, by: stranger)
      }
      #expect(try await ledger.webhooks.disable(webhook.id, reason: "trial", by: requester))
      #expect(try await !ledger.webhooks.disable(webhook.id, reason: "trial", by: requester))
      #expect(try ledger.webhooks.state(of: webhook.id)?.denialReason == .disabled)
      try await ledger.webhooks.update(webhook.id, isActive: true, with: steps.claims())
      #expect(try ledger.webhooks.state(of: webhook.id)?.isInForce == true)
      try await ledger.webhooks.delete(webhook.id, by: requester)
      #expect(try !hasKey(webhook, ledger))
    }
    await ledger.close()
  }

  @Test("What is refused makes no event and no key")
  func refusals() async throws {
    let steps = try await steps()
    let ledger = steps.ledger
    let claims = try steps.claims()
    let head = try ledger.head()
    let keys = try keyCount(ledger)
    func refused(
      _ code: String, _ field: String, _ url: String = WebhookSteps.url, types: [WebhookEventType] = [.announcement],
      on object: WebhookObject? = nil, with claims: Verdict.Claims
    ) async {
      let object = object ?? .group(steps.group.id)
      await #expect(throws: LedgerError(.init(rawValue: code), "", field: field)) {
        try await ledger.webhooks.register(on: object, for: types, callbackURL: url, with: claims)
      }
      #expect(throws: LedgerError(.init(rawValue: code), "", field: field)) {
        try ledger.webhooks.check(on: object, for: types, callbackURL: url, with: claims)
      }
    }
    await refused("invalid_value", "callbackURL", "https://127.0.0.1/", with: claims)
    await refused("invalid_value", "eventTypes", types: [], with: claims)
    await refused("not_found", "object", on: .group(GroupID(rawValue: 1)), with: claims)
    var other = claims
    other.handle = TokenID(rawValue: 1)
    await refused("invalid_token", "accessToken", with: other)
    clock.advance(seconds: 86_400)
    await refused("invalid_token", "accessToken", with: claims)
    #expect(try ledger.head() == head)
    #expect(try keyCount(ledger) == keys)
    await ledger.close()
  }

  @Test("The same idempotency key gets the same webhook, and leaves no second key")
  func idempotency() async throws {
    let steps = try await steps()
    let ledger = steps.ledger
    let context = RequestContext(idempotencyKey: "once")
    let first = try await steps.register(context: context)
    let keys = try keyCount(ledger)
    let again = try await steps.register(context: context)
    #expect(again == first)
    #expect(try hasKey(first, ledger))
    #expect(try keyCount(ledger) == keys)
    let failing = RequestContext(idempotencyKey: "twice")
    await #expect(throws: LedgerError(.init(rawValue: "invalid_value"), "", field: "eventTypes")) {
      try await steps.register(for: [], context: failing)
    }
    #expect(try keyCount(ledger) == keys)
    await ledger.close()
  }

  @Test("No secret of a webhook is in any file, nor what waits for it, and a deleted one can be read by nobody")
  func noSecretInFiles() async throws {
    let steps = try await steps()
    let ledger = steps.ledger
    let webhook = try await steps.register()
    try await steps.tell("event-1")
    let delivery = try await steps.leaseOne()
    #expect(String(decoding: delivery.payload, as: UTF8.self) == "canary-payload")
    #expect(delivery.callback.url == WebhookSteps.url)
    try await ledger.webhooks.update(webhook.id, callbackContext: "canary-changed", with: steps.claims())
    var printed = "\(delivery) \(delivery.callback) \(try ledger.webhooks.state(of: webhook.id) as Any)"
    dump(delivery, to: &printed)
    #expect(!printed.contains("canary"))
    await ledger.close()
    #expect(try !FileBytes.hold(Array("canary".utf8), in: folder.path))
    // The search finds what is there.
    #expect(try FileBytes.hold(Array("TextMessageCreated".utf8), in: folder.path))

    let again = try await Ledger.open(at: ledger.path, clock.configuration)
    #expect(try await again.webhooks.callback(of: webhook.id)?.context == "canary-changed")
    try await again.webhooks.delete(webhook.id, by: Requester.operator)
    #expect(try again.open(webhook.details) == nil)
    #expect(try await again.integrity.verify().projectionsMatch)
    await again.close()
  }

  @Test("A key that a crash, or an old backup, has left of a deleted webhook goes when the ledger is opened")
  func interruptedDeletion() async throws {
    let steps = try await steps()
    let webhook = try await steps.register()
    let kept = try await steps.register()
    // What the call does first.
    try await steps.ledger.submit(DeleteWebhook(webhook: webhook.id, by: .requester(.operator)))
    #expect(try hasKey(webhook, steps.ledger))
    await steps.ledger.close()
    let again = try await Ledger.open(at: steps.ledger.path, clock.configuration)
    #expect(try !hasKey(webhook, again))
    #expect(try hasKey(kept, again))
    await again.close()
  }

  @Test("With its connector a webhook is deleted, what waits for it goes, and its key is destroyed")
  func deletedConnector() async throws {
    let steps = try await steps()
    let ledger = steps.ledger
    let webhooks = [try await steps.register(), try await steps.register(by: steps.given.userToken)]
    let connector = webhooks[0].connector
    try await steps.tell("event-1")
    #expect(try ledger.deliveries.waiting().count == 2)
    let head = try ledger.head()
    try await ledger.connectors.delete(connector, by: Requester.operator)
    #expect(try ledger.head() == head + 1)
    #expect(try ledger.deliveries.waiting().count == 0)
    #expect(try ledger.webhooks.states(of: connector).isEmpty)
    for webhook in webhooks {
      #expect(try ledger.webhooks.webhook(webhook.id)?.isDeleted == true)
      #expect(try ledger.webhooks.state(of: webhook.id)?.denialReason == .deleted)
      #expect(try !hasKey(webhook, ledger))
      #expect(try ledger.open(webhook.details) == nil)
      await #expect(throws: LedgerError(.init(rawValue: "gone"), "", field: "webhook")) {
        try await ledger.webhooks.delete(webhook.id, by: Requester.operator)
      }
    }
    #expect(try await ledger.integrity.verify().projectionsMatch)
    await ledger.close()
  }

  @Test("Keys that a crash has left of a deleted connector's webhooks go when the ledger is opened")
  func keysCrash() async throws {
    let steps = try await steps()
    let webhook = try await steps.register()
    // What the call does first.
    _ = try await steps.ledger.submit(DeleteConnector(connector: webhook.connector, requester: Requester.operator))
    #expect(try hasKey(webhook, steps.ledger))
    await steps.ledger.close()
    let again = try await Ledger.open(at: steps.ledger.path, clock.configuration)
    #expect(try !hasKey(webhook, again))
    await again.close()
  }

  @Test("Whatever stops the grant stops the webhook, and what waits for it", arguments: Stop.allCases)
  func stops(_ stop: Stop) async throws {
    let steps = try await steps(stop.rawValue)
    let ledger = steps.ledger
    let group = try await steps.register()
    let user = try await steps.register(by: steps.given.userToken)
    try await steps.tell("before")
    #expect(try ledger.deliveries.waiting().count == 2)
    try await stop.apply(to: steps.given)
    // A refresh token that takes the place of another is no revocation. Who is no admin any more is a member still.
    let goesOn: Set<WebhookID> =
      switch stop {
      case .familySuperseded: [group.id, user.id]
      case .granterDemoted: [user.id]
      default: []
      }
    for webhook in [group, user] {
      #expect(try ledger.webhooks.state(of: webhook.id)?.isInForce == goesOn.contains(webhook.id), "\(webhook.object)")
    }
    #expect(try await steps.tell("after").count == goesOn.count)
    #expect(Set(try await ledger.deliveries.lease().map(\.webhook.id)) == goesOn)
    #expect(try ledger.deliveries.waiting().count == 2 * goesOn.count)
    await ledger.close()
  }
}
