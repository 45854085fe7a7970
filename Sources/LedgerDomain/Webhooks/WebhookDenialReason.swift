public import LedgerEvents

extension Webhook {
  /// Why a webhook delivers nothing.
  public enum DenialReason: Sendable, Equatable {
    case deleted
    /// Somebody disabled it, or deliveries failed for too long.
    case disabled
    case expired(at: Timestamp)
    /// It, or something that it depends on, was stopped.
    case stopped(Verdict.Reason)
    /// What it depends on no longer lets webhooks pass: the connector has no such permission any more.
    case scopeMissing
    /// The person whose own access it depends on is no member of the group any more.
    case notMember
    /// It depends on the token of a group, and its own group does not lie below that one any more.
    case outOfReach
    /// It listens to an action, and nobody said of which group: one that an earlier version registered.
    case unbound
  }
}

extension DomainReader where Self: ~Copyable {
  /// Why a webhook delivers nothing now; nil while it is in force. Looked up along its grant, as a token is judged: ten
  /// look-ups, two more where the grant is for a person's own access, and where its group is one above the webhook's, those of the
  /// groups between.
  ///
  /// To a revocation of all tokens of a connector or an account a webhook counts as a family does: what is older stops.
  package func denialReason(for webhook: Webhook, at now: Timestamp) throws(StateUnreadable) -> Webhook.DenialReason? {
    if webhook.isDeleted { return .deleted }
    if !webhook.isActive { return .disabled }
    guard now < webhook.expiresAt else { return .expired(at: webhook.expiresAt) }
    if webhook.stoppedBy != 0 {
      return .stopped(
        .stopped(Subject(kind: .family, number: webhook.family?.rawValue ?? 0), by: webhook.stoppedBy))
    }
    switch try examine(grant: webhook.grant, family: webhook.id.rawValue) {
    case .denied(let reason): return .stopped(reason)
    case .clear(let path):
      guard path.scopes.contains(.webhookWrite) else { return .scopeMissing }
      let group = webhook.group
      // Of versions that asked no group of an action.
      guard group.rawValue != 0 else { return .unbound }
      if path.group == group { return nil }
      if let reason = try required(group.rawValue, .group).denialReason(at: group.rawValue) { return .stopped(reason) }
      if let own = path.group { return try reaches(group, from: own) ? nil : .outOfReach }
      return try membership(of: path.granter, in: group) == nil ? .notMember : nil
    }
  }
}
