import CredentialLedger
import Testing

/// What waits for the webhooks of a connector.
enum WaitingDeliveries {
  /// Registers so many webhooks of a new connector, and enqueues one delivery to each.
  static func enqueue(_ count: Int, of name: String, _ number: String, on ledger: Ledger) async throws {
    let owner = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: name).account
    let request = try await ledger.phones.requestPIN(for: PhoneNumber(number), by: owner)
    _ = try await ledger.phones.verify(request.pin?.digits ?? "", challenge: request.challenge, by: owner)
    let (connector, secret) = try await ledger.connectors.create(
      name: name, permissions: [.textMessage, .outgoingWebhooks], by: owner)
    let team = try await ledger.groups.create(name: name, by: owner).id
    let granted = try await ledger.grants.grant(connector.id, consent: .scopes(.all), access: .group(team), by: owner)
    let issued = try await ledger.tokens.issue(
      connector: connector.publicID, secret: secret, refreshToken: granted.refreshToken)
    guard case .valid(let claims) = try ledger.tokens.validate(issued.accessToken) else {
      Issue.record("the token is not valid")
      return
    }
    for index in 0..<count {
      _ = try await ledger.webhooks.register(
        on: .group(team), for: [.textMessageCreated], callbackURL: "https://\(name)\(index).example.org/", with: claims)
    }
    let event = WebhookEvent(
      object: .group(team), type: .textMessageCreated, eventID: "event-\(name)", payload: Array("{}".utf8))
    #expect(try await ledger.deliveries.enqueue(event).count == count)
  }
}
