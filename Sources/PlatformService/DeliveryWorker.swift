public import CredentialLedger
import LedgerServices
public import OutgoingHTTP

/// Sends what waits for webhooks, in the form that the REST API documents.
public struct DeliveryWorker: Sendable {
  private let service: DeliveryService

  /// - Parameter report: hears of what went wrong, without anything personal.
  public init(_ ledger: Ledger, _ outgoing: OutgoingClient, report: @escaping @Sendable (String) -> Void) {
    service = DeliveryService(ledger, report: report) { delivery in await Self.send(delivery, ledger, outgoing) }
  }

  /// Runs until the task is cancelled. What is on its way then is sent again later.
  public func run() async { await service.deliver() }

  /// What the receiver answered; nil where it did not.
  private static func send(_ delivery: Delivery, _ ledger: Ledger, _ outgoing: OutgoingClient) async -> Int? {
    let body = WebhookPayload.body(delivery.payload, context: delivery.callback.context)
    var headers = [("content-type", "application/json"), ("user-agent", "credledger")]
    if !delivery.callback.token.isEmpty { headers.append(("kz-callback-token", delivery.callback.token)) }
    do {
      headers += WebhookSignature.headers(
        delivery.eventID, at: try ledger.now.milliseconds / 1_000, body: body, token: delivery.callback.token)
      return Int(try await outgoing.call("POST", delivery.callback.url, headers: headers, body: body).status)
    } catch { return nil }
  }
}
