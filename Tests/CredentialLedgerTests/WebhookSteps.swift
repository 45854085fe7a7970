import LedgerTestSupport
import Testing

@testable import CredentialLedger

/// A connector that may have webhooks, with access to a group and to a person, and a token for each.
struct WebhookSteps {
  let given: HandedOut
  var ledger: Ledger { given.ledger }
  var group: Group { given.steps.group }

  static let url = "https://hook.example.org/canary-url"
  static let token = "canary-token"
  static let context = "canary-context"

  init(on ledger: Ledger) async throws {
    given = try await HandedOut(on: ledger, permissions: [.outgoingWebhooks, .textMessage])
  }

  func claims(_ token: AccessToken? = nil, on other: Ledger? = nil) throws -> Verdict.Claims {
    guard case .valid(let claims) = try (other ?? ledger).tokens.validate(token ?? given.groupToken) else {
      throw TestFailure("the token is not valid")
    }
    return claims
  }

  @discardableResult
  func register(
    by token: AccessToken? = nil, for types: [WebhookEventType] = [.textMessageCreated, .memberAdded],
    context: RequestContext = .none
  ) async throws -> Webhook {
    try await ledger.webhooks.register(
      on: .group(group.id), for: types, callbackURL: Self.url, callbackToken: Self.token,
      callbackContext: Self.context, with: claims(token), context: context)
  }

  @discardableResult
  func tell(
    _ id: String, type: WebhookEventType = .textMessageCreated, payload: String = "canary-payload"
  ) async throws -> Deliveries.Enqueued {
    try await ledger.deliveries.enqueue(
      WebhookEvent(object: .group(group.id), type: type, eventID: id, payload: Array(payload.utf8)))
  }

  /// Hands out one delivery, which is due.
  func leaseOne() async throws -> Delivery {
    let taken = try await ledger.deliveries.lease()
    return try #require(taken.count == 1 ? taken.first : nil)
  }
}

struct TestFailure: Error {
  let text: String
  init(_ text: String) { self.text = text }
}
