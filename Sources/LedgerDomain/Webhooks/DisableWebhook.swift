package import LedgerEvents

/// Lets a webhook deliver nothing until its connector asks for it again. Somebody who wants it gone deletes it, or revokes
/// the grant.
package struct DisableWebhook: Command {
  /// Who disables.
  package enum Cause: Sendable, Hashable {
    /// Somebody who may stop the grant, or an operator, for a reason that is shown in the audit trail. No personal data.
    case requester(Requester, reason: String)
    /// The ledger itself, after so many deliveries in a row failed. The webhook is recorded as the actor.
    case failures(Int)
  }

  package var webhook: WebhookID
  package var cause: Cause

  package init(webhook: WebhookID, _ cause: Cause) {
    self.webhook = webhook
    self.cause = cause
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    var event = WebhookDisabled()
    event.webhook = webhook.rawValue
    switch cause {
    case .requester(let requester, let reason):
      let (known, _) = try state.requireWebhook(webhook, by: .requester(requester), having: [], at: context.now)
      guard known.isActive else { return Decision(by: requester) }
      event.fill(known)
      event.reason = try TextRule(field: "reason", characters: 1...500, isMultiline: true).trimming(reason)
      return Decision(by: requester, .webhookDisabled(event))
    case .failures(let count):
      let actor = Subject(webhook)
      // What was meanwhile disabled or deleted is nothing to hear of.
      guard let known = try read(state.webhook(webhook)), known.isActive else { return Decision(by: actor) }
      event.fill(known)
      event.reason = count == 1 ? "a try to deliver failed" : "\(count) tries in a row to deliver failed"
      return Decision(by: actor, .webhookDisabled(event))
    }
  }

  /// Whether it was to deliver until now.
  package func outcome(of recorded: RecordedEvents) -> Bool { !recorded.events.isEmpty }
}

extension WebhookDisabled {
  fileprivate mutating func fill(_ webhook: Webhook) {
    connector = webhook.connector.rawValue
    group = webhook.group.rawValue
  }
}
