package import LedgerEvents

/// Enables an account that was disabled: what depends on it works again, unless something else stopped it. Where asked to,
/// all tokens that depend on it stop for good first.
package struct EnableAccount: Command {
  package var account: AccountID
  /// Whether the tokens that were issued so far are to stay stopped.
  package var revokesTokens: Bool
  /// An operator; or a tenant administrator, if it was no operator who disabled it.
  package var requester: Requester

  package init(account: AccountID, revokesTokens: Bool = false, requester: Requester) {
    self.account = account
    self.revokesTokens = revokesTokens
    self.requester = requester
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    try state.requireAdministrator(requester)
    let known = try state.requireKnownAccount(account)
    guard known.isDisabled else { return Decision(by: requester) }
    try state.requireAuthority(requester, to: .enable, known)
    var events: [LedgerEvent] = []
    if revokesTokens {
      var revoked = TokenRevoked()
      revoked.reach = .account
      revoked.target = account.rawValue
      events.append(.tokenRevoked(revoked))
    }
    var event = AccountEnabled()
    event.account = account.rawValue
    return Decision(by: requester, events: events + [.accountEnabled(event)])
  }

  /// Whether it changed anything.
  package func outcome(of recorded: RecordedEvents) -> Bool { !recorded.events.isEmpty }
}
