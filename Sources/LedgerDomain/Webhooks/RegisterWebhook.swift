package import LedgerEvents

/// Where a webhook is told, sealed under a key of the webhook's own.
package struct SealedCallback: Sendable, Equatable {
  package var url: Sealed
  package var token: Sealed
  package var context: Sealed

  package init(url: Sealed, token: Sealed, context: Sealed) {
    self.url = url
    self.token = token
    self.context = context
  }
}

/// A connector wants to hear of what happens to an object. Its access token has the scope `webhook.write`, and opens the
/// group: a group's token that one and those below it, a person's own token every group that the person is a member of.
package struct RegisterWebhook: Command {
  /// Handle of the access token.
  package var token: TokenID
  /// 16 random bytes, the ID that clients use.
  package var publicID: PublicID
  package var object: WebhookObject
  package var eventTypes: [WebhookEventType]
  package var callback: SealedCallback
  /// From this moment on nothing is delivered; nil is two years from now.
  package var expiresAt: Timestamp?

  package init(
    token: TokenID, publicID: PublicID, object: WebhookObject, eventTypes: [WebhookEventType],
    callback: SealedCallback, expiresAt: Timestamp? = nil
  ) {
    self.token = token
    self.publicID = publicID
    self.object = object
    self.eventTypes = eventTypes
    self.callback = callback
    self.expiresAt = expiresAt
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    let claims = try state.requireAccess(token, to: .webhookWrite, at: context.now)
    guard let grant = claims.grant, let family = claims.family else { throw .accessByPersonRequired }
    let requester = Requester.connector(claims.connector, for: claims.granter)
    var event = WebhookRegistered()
    let group = object.group
    if let own = claims.group {
      guard try read(state.reaches(group, from: own)) else { throw .unknownObject }
    } else {
      _ = try state.requireMember(of: group, by: requester)
    }
    event.group = group.rawValue
    event.objectType = object.type
    switch object {
    case .group: break
    case .action(let id, in: _), .actionPackage(let id, in: _):
      guard 1...WebhookLimits.maximumObjectIDBytes ~= id.utf8.count else {
        throw .refused(.invalidValue, field: "object", expected: "an ID of 1 to 255 bytes")
      }
      event.objectID = id
    }
    guard try read(state.webhooks(of: grant)).count < WebhookLimits.perGrant else {
      throw .refused(
        .tooMany, field: "webhook", expected: "at most \(WebhookLimits.perGrant) webhooks under one grant",
        remedy: "delete one")
    }
    guard try read(state.webhook(publicID: publicID)) == nil else {
      throw .refused(.conflict, field: "publicID", expected: "an ID that is not in use", remedy: "draw another")
    }
    event.publicID = .init(publicID)
    event.connector = claims.connector.rawValue
    event.grant = grant.rawValue
    event.family = family.rawValue
    event.details.eventTypes = try eventTypes.checked()
    event.details.callbackURL = callback.url
    event.details.callbackToken = callback.token
    event.details.callbackContext = callback.context
    let expiresAt = expiresAt ?? context.now + WebhookLimits.validity
    event.details.expiresAt = try expiresAt.checked(asValidityAt: context.now).milliseconds
    return Decision(by: requester, .webhookRegistered(event))
  }

  package func admit(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) {
    _ = try state.requireAccess(token, to: .webhookWrite, at: context.now)
  }

  /// The webhook as it was registered.
  package func outcome(of recorded: RecordedEvents) -> Webhook {
    guard case .webhookRegistered(let event) = recorded.events.first else {
      preconditionFailure("These are not the events of a RegisterWebhook.")
    }
    let listened = WebhookObject(type: event.objectType, id: event.objectID, group: GroupID(unlessZero: event.group))
    return Webhook(
      id: WebhookID(madeAt: recorded.first), publicID: PublicID(bytes: event.publicID) ?? publicID,
      connector: ConnectorID(rawValue: event.connector), grant: GrantID(rawValue: event.grant),
      family: FamilyID(unlessZero: event.family), object: listened ?? object, details: event.details,
      registeredAt: recorded.time)
  }
}

extension DecisionFailure {
  fileprivate static var unknownObject: Self {
    .refused(.notFound, field: "object", expected: "an object that the token opens")
  }
}
