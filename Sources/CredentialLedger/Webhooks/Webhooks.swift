import KeyStore
import LedgerCrypto
public import LedgerDomain
public import LedgerEvents
import Projections

/// Webhooks: addresses of connectors that get deliveries of events. The deliveries go through ``Ledger/deliveries``.
///
/// A webhook depends on the grant of the token that registered it: whatever stops that grant stops the webhook, and so
/// does the revocation of the token's family, since somebody who stole a token may have registered it. A new refresh token
/// for the same access stops nothing. On a group below that of the grant it delivers while the group lies there.
public struct Webhooks: Sendable {
  let ledger: Ledger

  /// Registers a webhook, as the platform service does for a connector.
  ///
  /// Address, token and context are sealed under a key of the webhook's own, which is destroyed when it is deleted.
  /// Before this, call ``check(on:for:callbackURL:callbackToken:callbackContext:validity:with:)`` and ask the address
  /// whether it wants to be called.
  ///
  /// ```swift
  /// let webhook = try await ledger.webhooks.register(
  ///   on: .group(group.id), for: [.textMessageCreated], callbackURL: "https://roster.example.org/hook", with: claims)
  /// ```
  ///
  /// - Parameters:
  ///   - object: a group that the token opens, which for a group's token are that one and those below it, or an action of such a group, by its ID of at most 255 bytes.
  ///   - eventTypes: at least one.
  ///   - callbackURL: HTTPS with a host name, at most 2,000 bytes, without user information or fragment.
  ///   - callbackToken: sent as a header field with each delivery; at most 1,024 printable ASCII characters.
  ///   - callbackContext: sent in the body of each delivery; at most 4,096 bytes.
  ///   - validity: from when on nothing is delivered; nil is two years from now, and ten the longest.
  ///   - claims: of an access token that was validated; it is judged again. Its scopes have `webhook.write`.
  /// - Throws: `invalid_token`, `forbidden` without the scope, `not_found` for an object that the token does not open,
  ///   `invalid_value`, `too_many` past 100 webhooks under one grant.
  public func register(
    on object: WebhookObject, for eventTypes: [WebhookEventType], callbackURL: String, callbackToken: String = "",
    callbackContext: String = "", validity: Timestamp? = nil, with claims: Verdict.Claims,
    context: RequestContext = .none
  ) async throws(LedgerError) -> Webhook {
    let callback = try Self.callback(callbackURL, callbackToken, callbackContext)
    // So that what is refused makes no key. A repeated request would be refused as done already.
    if context.idempotencyKey == nil { try dryRun(on: object, for: eventTypes, validity: validity, with: claims) }
    let ledger = ledger
    let (key, sealed) = try await ledger.blocking(.short) { () throws(LedgerError) in
      let key = try ledger.newPerson()
      return (key, try ledger.seal(callback, under: key))
    }
    let webhook: Webhook
    do throws(LedgerError) {
      webhook = try await ledger.submit(
        asked: .registerWebhook(
          on: object, for: eventTypes, callbackURL: callbackURL, callbackToken: callbackToken,
          callbackContext: callbackContext, validity: validity),
        by: claims.caller, context: context
      ) { (secrets) throws(LedgerError) in
        try secrets.publicID()
      } _: {
        RegisterWebhook(
          token: claims.handle, publicID: $0, object: object, eventTypes: eventTypes, callback: sealed,
          expiresAt: validity)
      }.outcome
    } catch {
      if error.code != .outcomeUnknown { await ledger.discard(key) }
      throw error
    }
    // A repeated request is answered from the log, where the webhook has the key that was made first.
    if webhook.key != key.bytes { await ledger.discard(key) }
    return webhook
  }

  /// Whether a webhook could be registered now; the parameters are those of `register`. To be called before the address
  /// is asked, so that nobody without the right to can have the server call somewhere.
  ///
  /// - Throws: what `register` would refuse it for.
  public func check(
    on object: WebhookObject, for eventTypes: [WebhookEventType], callbackURL: String, callbackToken: String = "",
    callbackContext: String = "", validity: Timestamp? = nil, with claims: Verdict.Claims
  ) throws(LedgerError) {
    _ = try Self.callback(callbackURL, callbackToken, callbackContext)
    try dryRun(on: object, for: eventTypes, validity: validity, with: claims)
  }

  private func dryRun(
    on object: WebhookObject, for eventTypes: [WebhookEventType], validity: Timestamp?, with claims: Verdict.Claims
  ) throws(LedgerError) {
    let unused = try drawn(PublicID(random: ledger.configuration.random))
    try ledger.dryRun(
      RegisterWebhook(
        token: claims.handle, publicID: unused, object: object, eventTypes: eventTypes,
        callback: SealedCallback(url: Sealed(), token: Sealed(), context: Sealed()), expiresAt: validity))
  }

  /// Changes a webhook; what is nil stays as it is. The bounds are those of `register`.
  ///
  /// ```swift
  /// try await ledger.webhooks.update(webhook.id, isActive: true, with: claims)  // after it was disabled
  /// ```
  ///
  /// - Parameters:
  ///   - isActive: whether it is to deliver. What waited for one that was disabled is dropped.
  ///   - claims: of an access token under the webhook's own grant, with the scope `webhook.update`.
  /// - Returns: false if nothing was different; nothing is appended then.
  /// - Throws: `invalid_token`, `forbidden`, `not_found`, `gone`, `invalid_value`.
  @discardableResult
  public func update(
    _ webhook: WebhookID, eventTypes: [WebhookEventType]? = nil, callbackURL: String? = nil,
    callbackToken: String? = nil, callbackContext: String? = nil, validity: Timestamp? = nil, isActive: Bool? = nil,
    with claims: Verdict.Claims, context: RequestContext = .none
  ) async throws(LedgerError) -> Bool {
    var changes = UpdateWebhook.Changes(eventTypes: eventTypes, expiresAt: validity, isActive: isActive)
    if callbackURL != nil || callbackToken != nil || callbackContext != nil {
      // Before anything of it is opened: may the caller have it changed at all?
      try ledger.dryRun(UpdateWebhook(webhook: webhook, changes, token: claims.handle))
      let known = try required(webhook)
      guard let before = try await callback(of: webhook), let key = PersonID(bytes: known.key) else {
        throw LedgerError(Refusal(.gone, field: "webhook", expected: "a webhook that is not deleted"))
      }
      let after = try Self.callback(
        callbackURL ?? before.url, callbackToken ?? before.token, callbackContext ?? before.context)
      if after != before {
        let ledger = ledger
        changes.callback = try await ledger.blocking(.short) { () throws(LedgerError) in
          try ledger.seal(after, under: key)
        }
      }
    }
    // What waited for it is not to be taken up where it was left, with its tries used up.
    if isActive == true { try await ledger.dropDeliveries(to: webhook) }
    return try await ledger.submit(
      UpdateWebhook(webhook: webhook, changes, token: claims.handle),
      asked: .update(
        webhook, eventTypes: eventTypes, callbackURL: callbackURL, callbackToken: callbackToken,
        callbackContext: callbackContext, validity: validity, isActive: isActive),
      by: claims.caller, context: context)
  }

  /// Lets a webhook deliver nothing, until its connector asks for it again.
  ///
  /// ```swift
  /// try await ledger.webhooks.disable(webhook.id, reason: "floods the gateway", by: Requester.operator)
  /// ```
  ///
  /// - Parameters:
  ///   - reason: shown in the audit trail; 1 to 500 characters, no personal data.
  ///   - requester: the granter, an admin of the group, the connector's owner, or an operator.
  /// - Returns: false if it was disabled before; nothing is appended then.
  /// - Throws: `not_found`, `gone`, `invalid_value`.
  @discardableResult
  public func disable(
    _ webhook: WebhookID, reason: String, by requester: some Requesting, context: RequestContext = .none
  ) async throws(LedgerError) -> Bool {
    let isNew = try await ledger.submit(
      DisableWebhook(webhook: webhook, .requester(Requester(requester), reason: reason)),
      asked: .disable(webhook, reason: reason), by: requester.caller, context: context)
    try await ledger.dropDeliveries(to: webhook)
    return isNew
  }

  /// Lets a webhook deliver again after it was disabled. It gets no delivery of what happened meanwhile.
  ///
  /// ```swift
  /// try await ledger.webhooks.enable(webhook.id, by: Requester.operator)
  /// ```
  ///
  /// - Parameter requester: the granter, an admin of the group, the connector's owner, or an operator.
  /// - Returns: false if it was not disabled; nothing is appended then.
  /// - Throws: `not_found`; `gone` where it was deleted, has expired, or its tokens were revoked.
  @discardableResult
  public func enable(
    _ webhook: WebhookID, by requester: some Requesting, context: RequestContext = .none
  ) async throws(LedgerError) -> Bool {
    // What waited for it is not to be taken up where it was left, with its tries used up.
    try await ledger.dropDeliveries(to: webhook)
    return try await ledger.submit(EnableWebhook(webhook: webhook, requester: Requester(requester)), context: context)
  }

  /// Deletes a webhook: what waits for it is dropped, and the key of its address, token and context destroyed.
  ///
  /// - Parameter requester: the granter, an admin of the group, the connector's owner, or an operator.
  /// - Throws: `not_found`, `gone`; `storage` where the key could not be destroyed: opening the ledger again does it.
  public func delete(
    _ webhook: WebhookID, by requester: some Requesting, context: RequestContext = .none
  ) async throws(LedgerError) {
    try await delete(webhook, .requester(Requester(requester)), by: requester.caller, context)
  }

  /// Deletes a webhook, as the platform service does for its connector.
  ///
  /// - Parameter claims: of an access token under the webhook's own grant, with the scope `webhook.remove`.
  /// - Throws: `invalid_token`, `forbidden`, and as ``delete(_:by:context:)``.
  public func delete(
    _ webhook: WebhookID, with claims: Verdict.Claims, context: RequestContext = .none
  ) async throws(LedgerError) {
    try await delete(webhook, .token(claims.handle), by: claims.caller, context)
  }

  private func delete(
    _ webhook: WebhookID, _ asking: WebhookCaller, by caller: Caller, _ context: RequestContext
  ) async throws(LedgerError) {
    try await ledger.submit(
      DeleteWebhook(webhook: webhook, by: asking), asked: .delete(webhook), by: caller, context: context)
    try await ledger.forgetWebhook(webhook)
  }

  private func required(_ id: WebhookID) throws(LedgerError) -> Webhook {
    guard let webhook = try webhook(id) else { throw LedgerError(.damaged, "\(id) cannot be found") }
    return webhook
  }

  private static func callback(
    _ url: String, _ token: String, _ context: String
  ) throws(LedgerError) -> WebhookCallback {
    do { return try WebhookCallback(url: url, token: token, context: context) } catch { throw LedgerError(error) }
  }
}

extension Ledger {
  /// Webhooks: addresses of connectors that get deliveries of events.
  public var webhooks: Webhooks { Webhooks(ledger: self) }

  func seal(_ callback: WebhookCallback, under key: PersonID) throws(LedgerError) -> SealedCallback {
    SealedCallback(
      url: try seal(callback.url, for: key, .webhookURL), token: try seal(callback.token, for: key, .webhookToken),
      context: try seal(callback.context, for: key, .webhookContext))
  }

  /// Opens where a webhook is told; nil once its key is destroyed.
  func open(_ details: WebhookDetails) throws(LedgerError) -> WebhookCallback? {
    guard let url = try open(details.callbackURL, .webhookURL),
      let token = try open(details.callbackToken, .webhookToken),
      let context = try open(details.callbackContext, .webhookContext)
    else { return nil }
    do {
      return try WebhookCallback(
        url: String(decoding: url, as: UTF8.self), token: String(decoding: token, as: UTF8.self),
        context: String(decoding: context, as: UTF8.self))
    } catch { throw LedgerError(.damaged, "what a webhook's key seals is no callback") }
  }

  /// Destroys a key that nothing was sealed under that is kept. If that fails, a key is left that opens nothing.
  fileprivate func discard(_ key: PersonID) async { try? await destroyKeys(of: [key.bytes]) }
}
