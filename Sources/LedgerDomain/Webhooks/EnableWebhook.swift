package import LedgerEvents

/// Somebody who may stop a webhook lets it deliver again after it was disabled. What waited for it then was dropped.
package struct EnableWebhook: Command {
  package var webhook: WebhookID
  /// The granter, an admin of the group, the connector's owner, or an operator.
  package var requester: Requester

  package init(webhook: WebhookID, requester: Requester) {
    self.webhook = webhook
    self.requester = requester
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    let (known, _) = try state.requireWebhook(webhook, by: .requester(requester), having: [], at: context.now)
    guard known.stoppedBy == 0 else {
      throw .refused(
        .gone, field: "webhook", expected: "a webhook whose tokens were not revoked", remedy: "register another")
    }
    guard context.now < known.expiresAt else {
      throw .refused(
        .gone, field: "webhook", expected: "a webhook that has not expired", remedy: "have the connector renew it")
    }
    guard !known.isActive else { return Decision(by: requester) }
    var event = WebhookUpdated()
    event.webhook = webhook.rawValue
    event.connector = known.connector.rawValue
    event.group = known.group.rawValue
    event.before = known.details
    event.after = known.details
    event.active = true
    return Decision(by: requester, .webhookUpdated(event))
  }

  /// Whether it was disabled until now.
  package func outcome(of recorded: RecordedEvents) -> Bool { !recorded.events.isEmpty }
}
