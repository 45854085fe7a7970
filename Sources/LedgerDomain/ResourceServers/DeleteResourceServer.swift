package import LedgerEvents

/// Deletes a resource server: it no longer authenticates, and no token is restricted to it any more. Tokens that were
/// restricted to it stay restricted, to nothing that is left.
package struct DeleteResourceServer: Command {
  package var server: ResourceServerID
  /// An operator or a tenant administrator.
  package var requester: Requester

  /// The deletion that somebody asks for.
  package init(server: ResourceServerID, requester: some Requesting) {
    self.server = server
    self.requester = Requester(requester)
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    try state.requireAdministrator(requester)
    var event = ResourceServerDeleted()
    event.resourceServer = try state.requireResourceServer(server).id.rawValue
    return Decision(by: requester, .resourceServerDeleted(event))
  }

  package func outcome(of recorded: RecordedEvents) {}
}
