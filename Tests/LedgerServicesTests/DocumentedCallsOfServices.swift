import CredentialLedger
import LedgerServices
import Logging
import ServiceLifecycle

/// Stands for a client of HTTP.
private struct Client: Sendable {
  func post(_ body: [UInt8], to address: String) async -> Int? { 204 }
}

/// The examples of the product `LedgerServices`. Compiled, and not run: what the calls do is tested elsewhere.
private struct DocumentedCallsOfServices {
  let path: String
  let server: any Service
  let client: Client
  let logger: Logger

  func service() async throws {
    var configuration = LedgerConfiguration()
    configuration.observer = LedgerInstruments()
    let ledger = try await Ledger.open(at: path, configuration)
    let group = ServiceGroup(
      services: [LedgerService(ledger), server], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    try await group.run()
  }

  func page(of ledger: Ledger) async throws {
    let (client, logger) = (client, logger)
    let deliveries = DeliveryService(ledger, report: { logger.warning("\($0)") }) { delivery in
      await client.post(delivery.payload, to: delivery.callback.url)
    }
    let group = ServiceGroup(
      services: [LedgerService(ledger), deliveries, server], gracefulShutdownSignals: [.sigterm, .sigint],
      logger: logger)
    try await group.run()
  }
}
