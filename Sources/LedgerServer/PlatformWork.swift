import CredentialLedger
import Logging
import MessageStore
import OutgoingHTTP
import PlatformService
import ServiceLifecycle

/// What the Platform Service of a server depends on, and what runs behind it: webhooks are told, old messages removed.
struct PlatformWork: Service {
  let store: MessageStore
  let outgoing: OutgoingClient
  private let ledger: Ledger
  private let logger: Logger
  private let retention: Duration?
  private let eventWebhooks: [String]
  private let eventSecret: String

  /// Opens the messages of a ledger.
  ///
  /// - Throws: where they cannot be opened.
  init(_ ledger: Ledger, _ settings: ServerSettings, _ logger: Logger) throws(SettingsError) {
    self.ledger = ledger
    self.logger = logger
    retention = settings.messageDays > 0 ? .seconds(Int64(settings.messageDays) * 86_400) : nil
    eventWebhooks = settings.eventWebhooks
    eventSecret = try EventRoutes.secret(settings).map { String(decoding: $0, as: UTF8.self) } ?? ""
    var path = ledger.path
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    do throws(MessagingError) {
      store = try MessageStore(
        at: settings.messages ?? path + ".messages", origin: ledger.origin, master: ledger.masterKeySource,
        // The ledger's time, so that what is newer than a webhook is told to it also after a small step of the clock back.
        clock: { (try? ledger.now.milliseconds) ?? LedgerConfiguration.systemClock() })
    } catch { throw SettingsError("messages.folder: \(error.reason)") }
    var outgoing = OutgoingClient.Settings()
    outgoing.addresses = settings.webhookAddresses
    outgoing.trustFile = settings.webhookTrust
    self.outgoing = OutgoingClient(outgoing)
  }

  func run() async throws {
    let report: @Sendable (String) -> Void = { logger.warning("\($0)") }
    await cancelWhenGracefulShutdown {
      await withDiscardingTaskGroup { group in
        group.addTask { await WebhookFeed(ledger, store, report: report).run() }
        group.addTask { await DeliveryWorker(ledger, outgoing, report: report).run() }
        group.addTask { await GroupFeed(ledger, store, report: report).run() }
        for url in eventWebhooks {
          group.addTask {
            await EventPush(ledger, store, outgoing, to: url, secret: eventSecret, report: report).run()
          }
        }
        if let retention { group.addTask { await removeOld(retention, report) } }
      }
    }
    await outgoing.shutdown()
    await store.close()
  }

  private func removeOld(_ retention: Duration, _ report: @Sendable (String) -> Void) async {
    while !Task.isCancelled {
      do {
        let oldest = try ledger.now.milliseconds - retention.components.seconds * 1_000
        while try await store.prune(before: Timestamp(milliseconds: oldest), limit: 500) == 500 {}
      } catch { report("old messages cannot be removed: \(error)") }
      try? await Task.sleep(for: .seconds(3_600))
    }
  }
}
