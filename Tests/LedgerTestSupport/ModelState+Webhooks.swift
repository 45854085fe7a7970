package import LedgerDomain
package import LedgerEvents

extension ModelState {
  mutating func applyToWebhooks(
    _ event: LedgerEvent, _ position: UInt64, _ time: Timestamp
  ) throws(EventCodingError) {
    switch event {
    case .webhookRegistered(let event):
      let id = WebhookID(rawValue: position)
      let group = GroupID(rawValue: event.group)
      let object: WebhookObject =
        switch event.objectType {
        case "Group": .group(group)
        case "Action": .action(event.objectID, in: group)
        default: .actionPackage(event.objectID, in: group)
        }
      webhooks[id] = Webhook(
        id: id, publicID: try PublicID(field: event.publicID), connector: ConnectorID(rawValue: event.connector),
        grant: GrantID(rawValue: event.grant), family: FamilyID(unlessZero: event.family),
        object: object, details: event.details, registeredAt: time)
    case .webhookUpdated(let event):
      webhooks[WebhookID(rawValue: event.webhook)]?.details = event.after
      webhooks[WebhookID(rawValue: event.webhook)]?.setBy = Position(position)
      webhooks[WebhookID(rawValue: event.webhook)]?.isActive = event.active
    case .webhookDisabled(let event):
      webhooks[WebhookID(rawValue: event.webhook)]?.isActive = false
    case .webhookDeleted(let event):
      webhooks[WebhookID(rawValue: event.webhook)]?.isActive = false
      webhooks[WebhookID(rawValue: event.webhook)]?.isDeleted = true
    default: break
    }
  }

  /// What was registered by tokens of a family stops when that is revoked, or a token of it presented twice.
  mutating func stopWebhooks(by event: LedgerEvent, at position: UInt64) {
    let family: UInt64
    switch event {
    case .refreshTokenReuseDetected(let event): family = event.family
    case .tokenRevoked(let event) where event.reach == .family: family = event.target
    default: return
    }
    for (id, webhook) in webhooks
    where webhook.family?.rawValue == family && !webhook.isDeleted && webhook.stoppedBy == 0 {
      webhooks[id]?.stoppedBy = Position(position)
    }
  }

  package func webhook(_ id: WebhookID) throws(StateUnreadable) -> Webhook? {
    if let failure { throw failure }
    return webhooks[id]
  }

  package func webhook(publicID: PublicID) throws(StateUnreadable) -> WebhookID? {
    if let failure { throw failure }
    return webhooks.values.first { $0.publicID == publicID }?.id
  }

  package func webhooks(of grant: GrantID) throws(StateUnreadable) -> [WebhookID] {
    if let failure { throw failure }
    return webhooks.values.filter { $0.grant == grant && !$0.isDeleted }.map(\.id).sorted()
  }

  /// The webhooks that listen to an object and are not deleted, oldest first.
  package func webhooks(on object: WebhookObject) -> [WebhookID] {
    webhooks.values.filter { $0.object == object && !$0.isDeleted }.map(\.id).sorted()
  }
}
