import CredentialLedger

/// As ``DocumentedCallsTests``, for webhooks, deliveries and the last use of tokens. Compiled, and not run: what the calls
/// do is tested elsewhere.
private struct DocumentedCallsOfWebhooks {
  let ledger: Ledger
  let group: Group
  let claims: Verdict.Claims
  let token: Tokens.Issued

  private func send(_ delivery: Delivery) async -> Bool { true }

  func webhooks() async throws {
    let webhook = try await ledger.webhooks.register(
      on: .group(group.id), for: [.textMessageCreated], callbackURL: "https://roster.example.org/hook", with: claims)
    try await ledger.webhooks.update(webhook.id, isActive: true, with: claims)  // after it was disabled
    try await ledger.webhooks.disable(webhook.id, reason: "floods the gateway", by: Requester.operator)
    try await ledger.webhooks.enable(webhook.id, by: Requester.operator)
    let used = try ledger.tokens.lastUse(of: token.handle)
    print(used ?? "never")
  }

  func deliveries() async throws {
    while !Task.isCancelled {
      for delivery in try await ledger.deliveries.lease() {
        if await send(delivery) {
          try await ledger.deliveries.acknowledge(delivery)
        } else {
          try await ledger.deliveries.reject(delivery)
        }
      }
      try await ledger.deliveries.waitUntilDue()
    }
  }
}
