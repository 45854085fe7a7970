package import LedgerEvents

/// A connector changes a webhook of its own, or lets it deliver again after it was disabled. Its access token has the
/// scope `webhook.update`.
package struct UpdateWebhook: Command {
  /// What changes; nil leaves a detail as it is. What is sealed is so under the webhook's own key.
  package struct Changes: Sendable, Equatable {
    package var eventTypes: [WebhookEventType]?
    package var callback: SealedCallback?
    package var expiresAt: Timestamp?
    /// Whether it is to deliver.
    package var isActive: Bool?

    package init(
      eventTypes: [WebhookEventType]? = nil, callback: SealedCallback? = nil, expiresAt: Timestamp? = nil,
      isActive: Bool? = nil
    ) {
      self.eventTypes = eventTypes
      self.callback = callback
      self.expiresAt = expiresAt
      self.isActive = isActive
    }
  }

  package var webhook: WebhookID
  package var changes: Changes
  /// Handle of the access token.
  package var token: TokenID

  package init(webhook: WebhookID, _ changes: Changes, token: TokenID) {
    self.webhook = webhook
    self.changes = changes
    self.token = token
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    let (known, requester) = try state.requireWebhook(
      webhook, by: .token(token), having: .webhookUpdate, at: context.now)
    guard known.stoppedBy == 0 else {
      throw .refused(
        .gone, field: "webhook", expected: "a webhook whose tokens were not revoked", remedy: "register another")
    }
    var details = known.details
    if let types = changes.eventTypes { details.eventTypes = try types.checked() }
    if let callback = changes.callback {
      guard [callback.url, callback.token, callback.context].allSatisfy({ $0.personBytes == known.key }) else {
        throw .refused(.conflict, field: "callbackURL", expected: "values sealed for this webhook", remedy: "ask again")
      }
      details.callbackURL = callback.url
      details.callbackToken = callback.token
      details.callbackContext = callback.context
    }
    if let expiresAt = changes.expiresAt {
      details.expiresAt = try expiresAt.checked(asValidityAt: context.now).milliseconds
    }
    let isActive = changes.isActive ?? known.isActive
    guard details != known.details || isActive != known.isActive else { return Decision(by: requester) }
    var event = WebhookUpdated()
    event.webhook = webhook.rawValue
    event.connector = known.connector.rawValue
    event.group = known.group.rawValue
    event.before = known.details
    event.after = details
    event.active = isActive
    return Decision(by: requester, .webhookUpdated(event))
  }

  package func admit(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) {
    _ = try state.requireAccess(token, to: .webhookUpdate, at: context.now)
  }

  /// Whether anything changed.
  package func outcome(of recorded: RecordedEvents) -> Bool { !recorded.events.isEmpty }
}
