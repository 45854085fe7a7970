package import LedgerEvents

/// Records that a sign-in was refused.
package struct RecordSignInRefusal: Command {
  /// The provider's issuer URL.
  package var issuer: String
  package var refusal: RefusedSignIn
  /// What was wrong, in words of the program; nothing personal.
  package var detail: String
  /// The account, where it is known.
  package var account: AccountID?
  /// Refusals since the one recorded before that were too many to be recorded.
  package var unrecorded: UInt64

  package init(issuer: String, refusal: RefusedSignIn, detail: String, account: AccountID?, unrecorded: UInt64) {
    self.issuer = issuer
    self.refusal = refusal
    self.detail = detail
    self.account = account
    self.unrecorded = unrecorded
  }

  // Nobody has signed in who could be named.
  package var isAutomatic: Bool { true }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    if let account {
      guard try read(state.account(account)) != nil else {
        throw .refused(.notFound, field: "account", expected: "a registered account")
      }
    }
    var event = AccountSignInRefused()
    event.issuer = try issuer.recordedLine("issuer", bytes: 2_000)
    event.refusal = refusal.recorded
    if !detail.isEmpty { event.detail = try detail.recordedLine("detail", bytes: 200) }
    event.account = account?.rawValue ?? 0
    event.unrecorded = unrecorded
    return Decision(by: Requester.operator, .accountSignInRefused(event))
  }

  package func outcome(of recorded: RecordedEvents) {}
}
