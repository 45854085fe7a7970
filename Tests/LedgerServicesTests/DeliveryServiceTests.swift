import CredentialLedger
import LedgerServices
import Logging
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

/// Deliveries by a client of the program that embeds a ledger.
@Suite struct DeliveryServiceTests {
  private let folder = TemporaryFolder()

  /// The addresses that were called.
  private final class Calls: Sendable {
    let addresses = Mutex<[String]>([])
  }

  @Test("What waits is sent once to each webhook, and what was refused waits for its next try, until shutdown")
  func waitingSent() async throws {
    let ledger = try await Ledger.create(at: folder.path + "/ledger", origin: "ledger.example.org")
    try await WaitingDeliveries.enqueue(2, of: "roster", "+911199999998", on: ledger)
    let calls = Calls()
    let deliveries = DeliveryService(ledger, report: { _ in }) { delivery in
      let address = delivery.callback.url
      calls.addresses.withLock { $0.append(address) }
      return address.contains("roster0.") ? 204 : 503
    }
    let services: [any Service] = [LedgerService(ledger), deliveries]
    let group = ServiceGroup(services: services, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let running = Task { try await group.run() }
    #expect(try await Patience.wait { try ledger.deliveries.waiting().count == 1 })
    #expect(try await Patience.wait { calls.addresses.withLock { $0.count } == 2 })
    await group.triggerGracefulShutdown()
    try await running.value
    #expect(calls.addresses.withLock { Set($0).count } == 2)
    #expect(throws: LedgerError.self) { try ledger.head() }
    let again = try await Ledger.open(at: folder.path + "/ledger")
    #expect(try again.deliveries.waiting().count == 1)
    await again.close()
  }
}
