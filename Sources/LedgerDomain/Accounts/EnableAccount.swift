public import LedgerEvents

/// Enables an account that was disabled: what stands on it works again, unless something else stopped it.
public struct EnableAccount: Command {
  public var account: AccountID
  /// An operator or a tenant administrator.
  public var requester: Requester

  public init(account: AccountID, requester: Requester) {
    self.account = account
    self.requester = requester
  }

  public func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    try state.requireAdministrator(requester)
    guard try state.requireKnownAccount(account).isDisabled else { return Decision(by: requester) }
    var event = AccountEnabled()
    event.account = account.rawValue
    return Decision(by: requester, .accountEnabled(event))
  }

  /// Whether it changed anything.
  public func outcome(of recorded: RecordedEvents) -> Bool { !recorded.events.isEmpty }
}
