import EventLog
import LedgerDomain
package import LedgerEvents
import Projections

extension Ledger {
  /// Destroys the key of a webhook that was deleted, and drops what waits for it.
  package func forgetWebhook(_ webhook: WebhookID) async throws(LedgerError) {
    let key = try reading { (state) throws(StateUnreadable) in try state.webhook(webhook)?.key }
    guard let key else { throw LedgerError(.damaged, "\(webhook) cannot be found") }
    try await destroyKeys(of: [key])
    try await dropDeliveries(to: webhook)
  }

  /// Drops what waits for a webhook that does not deliver.
  package func dropDeliveries(to webhook: WebhookID) async throws(LedgerError) {
    let isEmpty = try logged { () throws(LogError) in
      let view = try log.snapshot()
      let (waiting, tries) = (try view.waitingDeliveries(for: webhook).count, try view.deliveryTries(of: webhook))
      return waiting == 0 && tries.isEmpty
    }
    guard !isEmpty else { return }
    let now = try now.milliseconds
    try await maintain { (view, _) throws(LogError) in try view.dropDeliveries(to: webhook, at: now) }
  }
}
