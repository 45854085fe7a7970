package import LedgerEvents

/// Takes back access: every token under the grant stops, by one event.
package struct RevokeGrant: Command {
  package var grant: GrantID
  /// The granter, an admin of the grant's group, or the connector's owner.
  package var requester: Requester

  /// The revocation that somebody asks for.
  package init(grant: GrantID, requester: some Requesting) {
    self.grant = grant
    self.requester = Requester(requester)
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    try state.requireActive(requester)
    guard let known = try read(state.grant(grant)), try state.may(requester, stop: known) else {
      throw .refused(.notFound, field: "grant", expected: "a grant that you may revoke")
    }
    guard !known.isRevoked else { return Decision(by: requester) }
    return Decision(by: requester, .permissionRevoked(PermissionRevoked(of: known)))
  }

  /// Whether it was in force until now; false if it had been revoked before.
  package func outcome(of recorded: RecordedEvents) -> Bool { !recorded.events.isEmpty }
}
