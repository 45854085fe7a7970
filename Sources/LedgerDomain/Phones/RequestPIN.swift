package import LedgerCrypto
package import LedgerEvents

/// Asks for a PIN by which the account proves to hold a phone number. A PIN asked for before, for the same number by
/// the same account, is superseded.
///
/// Whether another account holds the number is not said here: who asks has not shown yet to have the phone. It is said to
/// a caller who presents the right PIN (``VerifyPIN``).
package struct RequestPIN: Command {
  /// How long a PIN may be used.
  package static let lifetime = Duration.seconds(10 * 60)

  package var account: AccountID
  /// Keyed hash of the number in E.164 form.
  package var number: Digest
  package var sealedNumber: Sealed
  /// Random salt, 16 bytes.
  package var salt: [UInt8]
  /// HMAC of salt and PIN.
  package var pinDigest: Digest
  package var budgets: PINBudgets

  package init(
    account: AccountID, number: Digest, sealedNumber: Sealed, salt: [UInt8], pinDigest: Digest,
    budgets: PINBudgets = PINBudgets()
  ) {
    self.account = account
    self.number = number
    self.sealedNumber = sealedNumber
    self.salt = salt
    self.pinDigest = pinDigest
    self.budgets = budgets
  }

  /// The PIN that is open now.
  package struct Outcome: Sendable, Equatable {
    package var challenge: ChallengeID
    package var expiresAt: Timestamp
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    _ = try state.requireActiveAccount(account)
    guard salt.count == 16 else { throw .refused(.invalidValue, field: "salt", expected: "16 bytes") }
    guard try state.holder(of: number) != account else { throw .numberIsOwn }
    if let identity = try read(state.identity(of: account)) {
      try state.require(PINLimits.asked, ofAsksIn: .identity(identity), field: "account", at: context.now)
    }
    try state.require(budgets.overall, ofAsksIn: .everybody, field: "pin", at: context.now)
    try state.requireRoomForPIN(number: number, at: context.now)
    var event = V3PhonePINRequested()
    event.account = account.rawValue
    event.number = sealedNumber
    event.salt = .init(salt)
    event.pinDigest = .init(pinDigest)
    event.expiresAt = expiry(context.now).milliseconds
    return Decision(by: Subject(account), .phonePINRequested(event))
  }

  package func outcome(of recorded: RecordedEvents) -> Outcome {
    Outcome(challenge: ChallengeID(madeAt: recorded.first), expiresAt: expiry(recorded.time))
  }

  private func expiry(_ now: Timestamp) -> Timestamp { now + Self.lifetime }
}

extension DomainReader where Self: ~Copyable {
  /// - Throws: ``ErrorCode/conflict`` if a verified phone holds the number, whose ever it is.
  package func requireFree(number: Digest, for account: AccountID) throws(DecisionFailure) {
    guard let holder = try holder(of: number) else { return }
    guard holder != account else { throw .numberIsOwn }
    throw .refused(
      .conflict, field: "number", expected: "a number that no other account holds",
      remedy: "remove it from the other account first")
  }
}

extension DecisionFailure {
  fileprivate static var numberIsOwn: Self {
    .refused(
      .conflict, field: "number", expected: "a number that is not verified yet", remedy: "nothing to do: it is")
  }
}
