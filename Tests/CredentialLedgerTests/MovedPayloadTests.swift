import EventLog
import KeyStore
import LedgerTestSupport
import Projections
import Testing

@testable import CredentialLedger

/// What is sealed beside the log belongs to one row.
@Suite struct MovedPayloadTests {
  let folder = TemporaryFolder()
  let clock = TestClock()

  /// Puts a delivery into the queue whose box was sealed for another row, or as earlier versions did, for none.
  private func tell(_ steps: WebhookSteps, box: (PersonID, StoredDelivery, WebhookID) throws -> [UInt8]) async throws {
    let webhook = try await steps.register()
    var delivery = StoredDelivery(
      eventType: WebhookEventType.textMessageCreated.rawValue, eventID: "2", enqueuedAt: clock.now.milliseconds, box: []
    )
    delivery.box = try box(#require(PersonID(bytes: webhook.key)), delivery, webhook.id)
    let (ledger, now, stored) = (steps.ledger, clock.now.milliseconds, delivery)
    _ = try await ledger.maintain { (view, _) throws(LogError) in
      try view.enqueue([(webhook.id, stored)], at: now, ledger.configuration.deliveries)
    }
  }

  private func steps() async throws -> WebhookSteps {
    try await WebhookSteps(
      on: Ledger.create(at: folder.path + "/ledger", origin: "ledger.example.org", clock.configuration))
  }

  @Test("A payload that was moved to another delivery of the webhook is not sent") func payloadMoved() async throws {
    let steps = try await steps()
    let vault = steps.ledger.keyStore.vault
    try await tell(steps) { key, delivery, webhook in
      var other = delivery
      other.eventID = "1"
      return try vault.seal([7], for: key, purpose: .webhookPayload, in: other.place(of: webhook)).box
    }
    let refused = await #expect(throws: LedgerError.self) { try await steps.ledger.deliveries.lease() }
    #expect(refused?.code == .damaged || refused?.code == .keyUnavailable, "\(refused as Any)")
    await steps.ledger.close()
  }

  @Test("A payload of its own row is sent, and so is one that an earlier version sealed") func payloadOwn() async throws
  {
    for isBound in [true, false] {
      let steps = try await WebhookSteps(
        on: Ledger.create(at: folder.path + "/ledger-\(isBound)", origin: "ledger.example.org", clock.configuration))
      let vault = steps.ledger.keyStore.vault
      try await tell(steps) { key, delivery, webhook in
        try vault.seal(
          [7], for: key, purpose: .webhookPayload, in: isBound ? delivery.place(of: webhook) : []
        ).box
      }
      #expect(try await steps.leaseOne().payload == [7])
      await steps.ledger.close()
    }
  }
}
