package import LedgerCrypto
package import LedgerEvents

/// The holder of a verified number signs in to a connector by a PIN: the connector gets the holder's own access, and a
/// refresh token.
///
/// An unknown number, a wrong PIN, one that is over, and one for another connector are refused alike. A wrong PIN is an
/// event, so that tries stay counted.
package struct SignInWithPIN: Command {
  /// The connector's ID, and SHA-256 of the Secret as presented.
  package var connector: PublicID
  package var secretDigest: Digest
  /// Keyed hash of the number.
  package var number: Digest
  /// The challenge whose salt ``candidate`` was made with; nil where none was found.
  package var challenge: ChallengeID?
  /// HMAC of the challenge's salt and the presented PIN.
  package var candidate: Digest
  /// SHA-256 of the refresh token's secret part.
  package var refreshDigest: Digest
  /// What the holder agreed to; nil is all that the connector had when the PIN was asked for.
  package var consent: Consent?
  package var budgets: PINBudgets

  package init(
    connector: PublicID, secretDigest: Digest, number: Digest, challenge: ChallengeID?, candidate: Digest,
    refreshDigest: Digest, consent: Consent? = nil, budgets: PINBudgets = PINBudgets()
  ) {
    self.consent = consent
    self.connector = connector
    self.secretDigest = secretDigest
    self.number = number
    self.challenge = challenge
    self.candidate = candidate
    self.refreshDigest = refreshDigest
    self.budgets = budgets
  }

  /// What the PIN led to.
  package enum Outcome: Sendable, Equatable {
    case signedIn(SignedIn)
    /// A wrong PIN: to the caller this is ``ErrorCode/invalidGrant``.
    case rejected(triesLeft: Int)
  }

  /// The access that the connector has now.
  package struct SignedIn: Sendable, Equatable {
    package var account: AccountID
    package var grant: GrantID
    /// The new family, which is the handle of the refresh token too.
    package var family: FamilyID
    package var expiresAt: Timestamp
    /// Nil where the grant was there already: its scopes do not change.
    package var scopes: Scopes?
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    let client = try state.requireClient(connector, secret: secretDigest, at: context.now)
    // The budgets are of no number, so what they say tells nothing of one.
    try state.require(
      budgets.connectorFailures, ofFailuresIn: .connector(client), field: "connector", at: context.now)
    try state.require(budgets.overallFailures, ofFailuresIn: .everybody, field: "pin", at: context.now)
    guard let challenge, let open = try read(state.challenge(challenge)), open.connector == client, !open.isClosed,
      context.now < open.expiresAt, open.failures < VerifyPIN.tries,
      let phone = try read(state.phone(number: number)), try read(state.phone(phone))?.account == open.account,
      try read(state.challenge(for: number, by: open.account)) == challenge,
      try read(state.account(open.account))?.isDisabled == false,
      try read(state.denialReason(forCodeMadeAt: challenge.rawValue, for: open.account, to: client)) == nil
    else { throw .invalidPIN }
    do throws(DecisionFailure) { try state.requireTriesLeft(number: number, at: context.now) } catch {
      guard case .refused = error else { throw error }
      throw .invalidPIN
    }
    let requester = Requester.connector(client, for: open.account)
    guard candidate == open.digest else {
      var event = PhonePINRejected()
      event.account = open.account.rawValue
      event.challenge = challenge.rawValue
      event.triesLeft = UInt32(VerifyPIN.tries - Int(open.failures) - 1)
      return Decision(by: requester, .phonePINRejected(event))
    }
    var accepted = PhonePINAccepted()
    accepted.account = open.account.rawValue
    accepted.challenge = challenge.rawValue
    accepted.connector = client.rawValue
    let granting: Granting
    do throws(DecisionFailure) {
      granting = try state.granting(
        .user, to: client, by: open.account, agreeingTo: consent ?? .details(asOf: challenge.position),
        refreshDigest: refreshDigest, first: context.next + 1, at: context.now)
    } catch {
      guard case .refused(let refusal) = error, refusal.code != .conflict else { throw error }
      throw .invalidPIN
    }
    return Decision(by: requester, events: [.phonePINAccepted(accepted)] + granting.events)
  }

  package func admit(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) {
    guard try read(state.authenticate(connector, secret: secretDigest, at: context.now)) != nil else {
      throw .invalidClient
    }
  }

  package func outcome(of recorded: RecordedEvents) -> Outcome {
    if case .phonePINRejected(let event) = recorded.events.first {
      return .rejected(triesLeft: Int(event.triesLeft))
    }
    guard case .phonePINAccepted(let accepted) = recorded.events.first,
      case .refreshTokenIssued(let token) = recorded.events.last
    else { preconditionFailure("These are not the events of a SignInWithPIN.") }
    var scopes: Scopes?
    for case .permissionGranted(let event) in recorded.events { scopes = Scopes(rawValue: event.scopes) }
    return .signedIn(
      SignedIn(
        account: AccountID(rawValue: accepted.account), grant: GrantID(rawValue: token.grant),
        family: FamilyID(madeAt: recorded.first + UInt64(recorded.events.count - 1)),
        expiresAt: Timestamp(milliseconds: token.expiresAt), scopes: scopes))
  }
}

extension DecisionFailure {
  fileprivate static var invalidPIN: Self {
    .refused(
      .invalidGrant, field: "pin", expected: "the PIN that was sent to this number for this connector",
      remedy: "ask for a new PIN")
  }
}
