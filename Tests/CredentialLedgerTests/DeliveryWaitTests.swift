import LedgerTestSupport
import Synchronization
import Testing

@testable import CredentialLedger

@Suite struct DeliveryWaitTests {
  let folder = TemporaryFolder()

  private func steps() async throws -> WebhookSteps {
    let steps = try await WebhookSteps(
      on: Ledger.create(at: folder.path + "/ledger", origin: "ledger.example.org", TestClock().configuration))
    try await steps.register()
    return steps
  }

  /// Whether somebody who waits without looking again is woken by what a body does.
  private func wakes(_ ledger: Ledger, _ body: () async throws -> Void) async throws -> Bool {
    let isOver = Atomic(false)
    let waiting = Task {
      try await ledger.deliveries.waitUntilDue(lookingEvery: .seconds(86_400))
      isOver.store(true, ordering: .releasing)
    }
    for _ in 0..<100 { await Task.yield() }
    let endsEarly = isOver.load(ordering: .acquiring)
    #expect(!endsEarly)
    try await body()
    defer { waiting.cancel() }
    return try await Patience.wait { isOver.load(ordering: .acquiring) }
  }

  @Test("Waiting for deliveries ends when one is enqueued or has its turn, and at once where one is due")
  func enqueued() async throws {
    let steps = try await steps()
    let ledger = steps.ledger
    #expect(try await wakes(ledger) { try await steps.tell("1") })
    try await ledger.deliveries.waitUntilDue()
    try await steps.tell("2")
    // It waits behind the first, and has its turn once that is acknowledged.
    let first = try await steps.leaseOne()
    #expect(try await wakes(ledger) { try await ledger.deliveries.acknowledge(first) })
    #expect(try await steps.leaseOne().eventID == "2")
    await ledger.close()
  }

  @Test("Waiting for deliveries ends with the task, and with the ledger")
  func ended() async throws {
    let ledger = try await steps().ledger
    let cancelled = Task { try await ledger.deliveries.waitUntilDue() }
    cancelled.cancel()
    await #expect(throws: LedgerError(.cancelled, "")) { try await cancelled.value }
    let closed = Task { try await ledger.deliveries.waitUntilDue() }
    await ledger.close()
    await #expect(throws: LedgerError(.closed, "")) { try await closed.value }
  }
}
