package import LedgerEvents

/// Records that sessions of an account were ended.
package struct RecordSignOut: Command {
  /// How many sessions one call records.
  package static let limit = 64

  package var account: AccountID
  /// The positions of the events of their sign-ins, each 0 where it is not known.
  package var signIns: [Position]
  package var end: SignOutCause
  package var requester: Requester

  package init(account: AccountID, signIns: [Position], end: SignOutCause, requester: Requester) {
    self.account = account
    self.signIns = signIns
    self.end = end
    self.requester = requester
  }

  // A provider ends sessions, whether or not somebody asked.
  package var isAutomatic: Bool { requester.account == nil }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    // A disabled account signs out as well, and an erased one has its sessions ended.
    guard try read(state.account(account)) != nil else {
      throw .refused(.notFound, field: "account", expected: "a registered account")
    }
    guard signIns.count <= Self.limit, signIns.allSatisfy({ $0 < context.next }) else {
      throw .refused(
        .invalidValue, field: "signIns", expected: "at most \(Self.limit) positions of events that there are")
    }
    return Decision(
      by: requester,
      events: signIns.map { signIn in
        var event = AccountSignedOut()
        event.account = account.rawValue
        event.signIn = signIn.rawValue
        event.end = end.recorded
        return .accountSignedOut(event)
      })
  }

  package func outcome(of recorded: RecordedEvents) {}
}
