public import LedgerEvents

/// Records that a sign-in was refused.
public struct RecordSignInRefusal: Command {
  /// The provider's issuer URL.
  public var issuer: String
  public var refusal: SignInRefusal
  /// What was wrong, in words of the program; nothing personal.
  public var detail: String
  /// The account, where it is known.
  public var account: AccountID?
  /// Refusals since the one recorded before that were too many to be recorded.
  public var unrecorded: UInt64

  public init(issuer: String, refusal: SignInRefusal, detail: String, account: AccountID?, unrecorded: UInt64) {
    self.issuer = issuer
    self.refusal = refusal
    self.detail = detail
    self.account = account
    self.unrecorded = unrecorded
  }

  public func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    switch refusal {
    case .unreachable, .unverified, .domain, .disabled, .notFresh: break
    case .unspecified, .UNRECOGNIZED:
      throw .refused(.invalidValue, field: "refusal", expected: "a refusal that this program knows")
    }
    if let account {
      guard try read(state.account(account)) != nil else {
        throw .refused(.notFound, field: "account", expected: "a registered account")
      }
    }
    var event = AccountSignInRefused()
    event.issuer = try issuer.recordedLine("issuer", bytes: 2_000)
    event.refusal = refusal
    if !detail.isEmpty { event.detail = try detail.recordedLine("detail", bytes: 200) }
    event.account = account?.rawValue ?? 0
    event.unrecorded = unrecorded
    return Decision(by: Requester.operator, .accountSignInRefused(event))
  }

  public func outcome(of recorded: RecordedEvents) {}
}
