package import LedgerEvents

/// Gives an account another role. The operator role is given and taken by operators at the command line only.
package struct ChangeAccountRole: Command {
  package var account: AccountID
  package var role: AccountRole
  /// An operator or a tenant administrator.
  package var requester: Requester

  package init(account: AccountID, role: AccountRole, requester: Requester) {
    self.account = account
    self.role = role
    self.requester = requester
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    try state.requireAdministrator(requester)
    let known = try state.requireKnownAccount(account)
    switch role {
    case .user, .tenantAdmin, .auditor, .operator: break
    case .unspecified, .UNRECOGNIZED:
      throw .refused(.invalidValue, field: "role", expected: "user, tenant admin, auditor or operator")
    }
    guard role != known.role else { return Decision(by: requester) }
    try state.requireAuthority(requester, to: .changeRole(to: role), known)
    var event = AccountRoleChanged()
    event.account = account.rawValue
    event.before = known.role
    event.after = role
    return Decision(by: requester, .accountRoleChanged(event))
  }

  /// Whether it changed anything.
  package func outcome(of recorded: RecordedEvents) -> Bool { !recorded.events.isEmpty }
}
