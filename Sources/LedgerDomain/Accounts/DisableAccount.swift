package import LedgerEvents

/// Disables an account: what it granted and the connectors that it owns stop, by one event, until it is enabled.
package struct DisableAccount: Command {
  package var account: AccountID
  /// Why; shown in the audit trail. No personal data.
  package var reason: String
  /// An operator or a tenant administrator.
  package var requester: Requester

  package init(account: AccountID, reason: String, requester: Requester) {
    self.account = account
    self.reason = reason
    self.requester = requester
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    try state.requireAdministrator(requester)
    let known = try state.requireKnownAccount(account)
    guard !known.isDisabled else { return Decision(by: requester) }
    try state.requireAuthority(requester, to: .disable, known)
    var event = AccountDisabled()
    event.account = account.rawValue
    event.reason = try TextRule(field: "reason", characters: 1...500, isMultiline: true).trimming(reason)
    event.byOperator = try state.isOperator(requester)
    return Decision(by: requester, .accountDisabled(event))
  }

  /// Whether it changed anything.
  package func outcome(of recorded: RecordedEvents) -> Bool { !recorded.events.isEmpty }
}
