package import LedgerCrypto
package import LedgerEvents

/// Presents a PIN. The right one verifies the phone; a wrong one is an event too, so that tries stay counted whatever
/// happens to the program.
package struct VerifyPIN: Command {
  /// How many PINs may be tried against one challenge.
  package static let tries = 5

  package var account: AccountID
  package var challenge: ChallengeID
  /// HMAC of the challenge's salt and the presented PIN.
  package var candidate: Digest
  /// Keyed hash of the challenge's number.
  package var number: Digest
  package var budgets: PINBudgets

  package init(
    account: AccountID, challenge: ChallengeID, candidate: Digest, number: Digest, budgets: PINBudgets = PINBudgets()
  ) {
    self.account = account
    self.challenge = challenge
    self.candidate = candidate
    self.number = number
    self.budgets = budgets
  }

  /// Whether the PIN was the right one.
  package enum Outcome: Sendable, Equatable {
    case verified(PhoneID)
    /// A wrong PIN: to the caller this is ``ErrorCode/wrongPIN``.
    case rejected(triesLeft: Int)
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    _ = try state.requireActiveAccount(account)
    guard let open = try read(state.challenge(challenge)), open.account == account, open.connector == nil,
      !open.isClosed, context.now < open.expiresAt,
      // What was sent before the account was disabled is over, though it was enabled since.
      try read(state.lastDisablement(of: account)) < challenge.rawValue
    else {
      throw .refused(
        .noOpenPIN, field: "challenge", expected: "a PIN that is open", remedy: "ask for a new PIN")
    }
    let failures = Int(open.failures)
    guard failures < Self.tries else {
      throw .refused(
        .tooMany, field: "challenge", expected: "at most \(Self.tries) tries a PIN", remedy: "ask for a new PIN")
    }
    try state.require(budgets.overallFailures, ofFailuresIn: .everybody, field: "pin", at: context.now)
    try state.requireTriesLeft(number: number, at: context.now)
    guard candidate == open.digest else {
      var event = PhonePINRejected()
      event.account = account.rawValue
      event.challenge = challenge.rawValue
      event.triesLeft = UInt32(Self.tries - failures - 1)
      return Decision(by: Subject(account), .phonePINRejected(event))
    }
    try state.requireFree(number: number, for: account)
    var event = PhoneVerified()
    event.account = account.rawValue
    event.challenge = challenge.rawValue
    event.number = open.number
    event.subscriptions = try state.subscriptions(waitingFor: account, number: number)
    return Decision(by: Subject(account), .phoneVerified(event))
  }

  package func outcome(of recorded: RecordedEvents) -> Outcome {
    if case .phonePINRejected(let event) = recorded.events.first {
      .rejected(triesLeft: Int(event.triesLeft))
    } else {
      .verified(PhoneID(madeAt: recorded.first))
    }
  }
}

extension DomainReader where Self: ~Copyable {
  /// The subscriptions that were added by a number which nobody held, and that the account now takes over; not those to
  /// groups that it subscribes to already.
  func subscriptions(waitingFor account: AccountID, number: Digest) throws(DecisionFailure) -> [UInt64] {
    var waiting: [UInt64] = []
    for id in try read(subscriptions(number: number)) {
      guard let subscription = try read(subscription(id)), subscription.account == nil,
        try read(self.subscription(of: account, in: subscription.group)) == nil
      else { continue }
      waiting.append(id.rawValue)
    }
    return waiting
  }
}
