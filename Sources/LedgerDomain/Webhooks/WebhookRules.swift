package import LedgerEvents

/// Who wants to change or remove a webhook.
package enum WebhookCaller: Sendable, Hashable {
  /// A connector, by an access token under the webhook's own grant.
  case token(TokenID)
  /// Somebody who may stop the grant: the granter, an admin of its group, the connector's owner; or an operator.
  case requester(Requester)
}

/// Bounds of webhooks.
package enum WebhookLimits {
  /// How many a grant may have that are not deleted.
  package static let perGrant = 100
  /// How long one may be registered for at most.
  package static let longestValidity = Duration.seconds(10 * 366 * 86_400)
  /// How long one is registered for unless the connector says otherwise: two years.
  package static let validity = Duration.seconds(730 * 86_400)
  /// In bytes of UTF-8.
  package static let maximumObjectIDBytes = 255
}

extension DomainReader where Self: ~Copyable {
  /// What an access token may do, if it is valid now and has a scope.
  /// - Throws: ``ErrorCode/invalidToken`` or ``ErrorCode/forbidden``.
  func requireAccess(_ token: TokenID, to scope: Scopes, at now: Timestamp) throws(DecisionFailure) -> Verdict.Claims {
    guard try read(standing(of: token.rawValue))?.kind == .token else { throw .invalidToken(.unknown) }
    switch try read(judge(handle: token, at: now, in: self)) {
    case .invalid(let reason): throw .invalidToken(reason)
    case .valid(let claims):
      guard claims.scopes.isSuperset(of: scope) else {
        throw .refused(.forbidden, field: "accessToken", expected: "the scope \(scope)")
      }
      return claims
    }
  }

  /// The webhook that somebody wants to change, and who that is. To others it does not exist.
  /// - Throws: ``ErrorCode/notFound``, ``ErrorCode/gone``, and as ``requireAccess(_:to:at:)``.
  func requireWebhook(
    _ id: WebhookID, by caller: WebhookCaller, having scope: Scopes, at now: Timestamp
  ) throws(DecisionFailure) -> (webhook: Webhook, requester: Requester) {
    let known = try read(webhook(id))
    let requester: Requester
    var isAllowed = false
    switch caller {
    case .token(let token):
      let claims = try requireAccess(token, to: scope, at: now)
      requester = .connector(claims.connector, for: claims.granter)
      isAllowed = claims.grant.map { known?.grant == $0 } ?? false
    case .requester(let asking):
      requester = asking
      try requireActive(asking)
      if let known, let grant = try read(grant(known.grant)) { isAllowed = try may(asking, stop: grant) }
    }
    guard let known, isAllowed else {
      throw .refused(.notFound, field: "webhook", expected: "a webhook that you may use")
    }
    guard !known.isDeleted else {
      throw .refused(.gone, field: "webhook", expected: "a webhook that is not deleted")
    }
    return (known, requester)
  }
}

extension Sequence<WebhookEventType> {
  /// The names, each once, in the order in which they are declared.
  /// - Throws: ``ErrorCode/invalidValue`` where there are none.
  func checked() throws(DecisionFailure) -> [String] {
    let wanted = Set(self)
    guard !wanted.isEmpty else {
      throw .refused(.invalidValue, field: "eventTypes", expected: "at least one type of event")
    }
    return WebhookEventType.allCases.filter(wanted.contains).map(\.rawValue)
  }
}

extension Timestamp {
  /// The moment from which on a webhook is to deliver nothing.
  /// - Throws: ``ErrorCode/invalidValue``.
  func checked(asValidityAt now: Timestamp) throws(DecisionFailure) -> Timestamp {
    guard self > now, self <= now + WebhookLimits.longestValidity else {
      throw .refused(.invalidValue, field: "validity", expected: "a moment within the next ten years")
    }
    return self
  }
}

extension DecisionFailure {
  static func invalidToken(_ reason: Verdict.Reason) -> Self {
    .refused(
      .invalidToken, field: "accessToken", expected: "an access token that is valid", remedy: "get another",
      reason: reason)
  }
}

extension DecisionFailure {
  /// What belongs to a grant is not done by a connector's own token.
  package static var accessByPersonRequired: Self {
    .refused(.forbidden, field: "accessToken", expected: "an access token that a person's grant stands behind")
  }
}
