package import LedgerCrypto
package import LedgerEvents

/// Asks for a PIN by which the holder of a verified number signs in to a connector. One asked for before is superseded.
///
/// The requester has shown nothing yet of the number. So nothing is refused because of it: where nobody could sign in, or the
/// number has had its PINs, none is made, and the answer to the outside is the same. An event stands for each ask, so that
/// each counts.
package struct RequestSignInPIN: Command {
  /// Who holds the number.
  package struct Holder: Sendable {
    package var account: AccountID
    /// The number, sealed under the key of its holder.
    package var sealedNumber: Sealed

    package init(account: AccountID, sealedNumber: Sealed) {
      self.account = account
      self.sealedNumber = sealedNumber
    }
  }

  package var connector: PublicID
  /// SHA-256 of the connector's Secret as presented; nil where the protocol has none.
  package var secretDigest: Digest?
  /// Keyed hash of the number in E.164 form.
  package var number: Digest
  /// Nil where no account was found.
  package var holder: Holder?
  /// Random salt, 16 bytes.
  package var salt: [UInt8]
  /// HMAC of salt and PIN.
  package var pinDigest: Digest
  package var budgets: PINBudgets

  package init(
    connector: PublicID, secretDigest: Digest?, number: Digest, holder: Holder?, salt: [UInt8], pinDigest: Digest,
    budgets: PINBudgets = PINBudgets()
  ) {
    self.connector = connector
    self.secretDigest = secretDigest
    self.number = number
    self.holder = holder
    self.salt = salt
    self.pinDigest = pinDigest
    self.budgets = budgets
  }

  /// The PIN that is open now.
  package struct Made: Sendable, Equatable {
    package var challenge: ChallengeID
    package var expiresAt: Timestamp
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    guard salt.count == 16 else { throw .refused(.invalidValue, field: "salt", expected: "16 bytes") }
    let now = context.now
    let client = try state.requireClient(connector, secret: secretDigest, at: now)
    // The budgets are of no number, so what they say tells nothing of one.
    if secretDigest == nil {
      try state.require(budgets.strangers, ofAsksIn: .strangers, field: "connector", at: now)
    } else {
      try state.require(budgets.connector, ofAsksIn: .connector(client), field: "connector", at: now)
    }
    try state.require(budgets.overall, ofAsksIn: .everybody, field: "pin", at: now)
    guard let holder, try isOpen(to: holder, in: state, at: now) else {
      var event = PhonePINWithheld()
      event.connector = client.rawValue
      event.unauthenticated = secretDigest == nil
      return Decision(by: Subject(client), .phonePINWithheld(event))
    }
    var event = V3PhonePINRequested()
    event.account = holder.account.rawValue
    event.number = holder.sealedNumber
    event.salt = .init(salt)
    event.pinDigest = .init(pinDigest)
    event.expiresAt = (now + RequestPIN.lifetime).milliseconds
    event.connector = client.rawValue
    event.unauthenticated = secretDigest == nil
    return Decision(by: .connector(client, for: holder.account), .phonePINRequested(event))
  }

  /// Whether a PIN may be made for somebody.
  private func isOpen(
    to holder: Holder, in state: borrowing some DomainReader & ~Copyable, at now: Timestamp
  ) throws(DecisionFailure) -> Bool {
    guard try state.holder(of: number) == holder.account, let account = try read(state.account(holder.account)),
      !account.isDisabled
    else { return false }
    do throws(DecisionFailure) {
      try state.requireRoomForPIN(number: number, isStranger: secretDigest == nil, at: now)
      return true
    } catch {
      guard case .refused = error else { throw error }
      return false
    }
  }

  /// Nil where no PIN was made.
  package func outcome(of recorded: RecordedEvents) -> Made? {
    guard case .phonePINRequested = recorded.events.first else { return nil }
    return Made(challenge: ChallengeID(madeAt: recorded.first), expiresAt: recorded.time + RequestPIN.lifetime)
  }
}
