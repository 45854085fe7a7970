package import LedgerEvents

/// Removes a webhook for good. Once the event is durable, the key of its secrets is to be destroyed.
package struct DeleteWebhook: Command {
  package var webhook: WebhookID
  /// A token has the scope `webhook.remove`.
  package var caller: WebhookCaller

  package init(webhook: WebhookID, by caller: WebhookCaller) {
    self.webhook = webhook
    self.caller = caller
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    let (known, requester) = try state.requireWebhook(webhook, by: caller, having: .webhookRemove, at: context.now)
    var event = WebhookDeleted()
    event.webhook = webhook.rawValue
    event.connector = known.connector.rawValue
    event.group = known.group.rawValue
    return Decision(by: requester, .webhookDeleted(event))
  }

  package func admit(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) {
    switch caller {
    case .token(let token): _ = try state.requireAccess(token, to: .webhookRemove, at: context.now)
    case .requester(let requester): try state.requireActive(requester)
    }
  }

  package func outcome(of recorded: RecordedEvents) {}
}
