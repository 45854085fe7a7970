import CredentialLedger
import TestSupport
import Testing

@testable import LedgerServices

/// How deliveries to the webhooks of connectors share the places.
@Suite struct ConnectorPlacesTests {
  private let folder = TemporaryFolder()

  /// Deliveries to so many webhooks of a connector.
  private func deliveries(
    _ count: Int, of name: String, _ number: String, on ledger: Ledger
  ) async throws -> [Delivery] {
    try await WaitingDeliveries.enqueue(count, of: name, number, on: ledger)
    return try await ledger.deliveries.lease()
  }

  @Test("One connector leaves places to others, and what waited goes on in order as places are free")
  func connectorLeaves() async throws {
    let ledger = try await Ledger.create(at: folder.path + "/ledger", origin: "ledger.example.org")
    let many = try await deliveries(5, of: "many", "+911199999998", on: ledger)
    let other = try await deliveries(1, of: "other", "+911199999997", on: ledger)
    try #require(many.count == 5 && other.count == 1)
    let places = ConnectorPlaces(limit: 2, waitingLimit: 2)
    #expect(many.map { places.enter($0) } == [.now, .now, .later, .later, .never])
    #expect(places.enter(other[0]) == .now)
    #expect(places.leave(other[0]) == nil)
    #expect(places.leave(many[0])?.number == many[2].number)
    #expect(places.leave(many[1])?.number == many[3].number)
    #expect(places.enter(many[4]) == .later)
    #expect(places.leave(many[2])?.number == many[4].number)
    #expect(places.leave(many[3]) == nil && places.leave(many[4]) == nil)
    #expect(places.enter(many[0]) == .now)
    await ledger.close()
  }

  @Test("What there is no room for is handed out later, and the try does not count") func roomHanded() async throws {
    let ledger = try await Ledger.create(at: folder.path + "/ledger", origin: "ledger.example.org")
    let delivery = try #require(try await deliveries(1, of: "many", "+911199999998", on: ledger).first)
    let before = try ledger.now.milliseconds
    try await ledger.deliveries.giveBack(delivery, after: .seconds(100))
    let queue = try #require(try ledger.deliveries.queue(of: delivery.webhook.id))
    #expect(queue.attempts == 0 && queue.dueAt.milliseconds >= before + 100_000)
    #expect(try await ledger.deliveries.lease().isEmpty)
    await ledger.close()
  }
}
