public import LedgerCrypto
public import LedgerEvents

/// Asks for a PIN by which the account proves to hold a phone number. A PIN asked for before, for the same number by
/// the same account, is superseded.
public struct RequestPIN: Command {
  /// How long a PIN may be used.
  public static let lifetime = Duration.seconds(10 * 60)

  public var account: AccountID
  /// Keyed hash of the number in E.164 form.
  public var number: Digest
  public var sealedNumber: Sealed
  /// Random salt, 16 bytes.
  public var salt: [UInt8]
  /// scrypt of the PIN's HMAC.
  public var pinDigest: Digest
  /// Binary logarithm of scrypt's N, 10 to 20.
  public var scryptLog2N: UInt8

  public init(
    account: AccountID, number: Digest, sealedNumber: Sealed, salt: [UInt8], pinDigest: Digest, scryptLog2N: UInt8
  ) {
    self.account = account
    self.number = number
    self.sealedNumber = sealedNumber
    self.salt = salt
    self.pinDigest = pinDigest
    self.scryptLog2N = scryptLog2N
  }

  /// The PIN that is open now.
  public struct Outcome: Sendable, Equatable {
    public var challenge: ChallengeID
    public var expiresAt: Timestamp
  }

  public func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    _ = try state.requireActiveAccount(account)
    guard salt.count == 16 else { throw .refused(.invalidValue, field: "salt", expected: "16 bytes") }
    guard 10...20 ~= scryptLog2N else { throw .refused(.invalidValue, field: "scryptLog2N", expected: "10 to 20") }
    try state.requireFree(number: number, for: account)
    try state.requireRoomForPIN(number: number, account: account, at: context.now)
    var event = V2PhonePINRequested()
    event.account = account.rawValue
    event.number = sealedNumber
    event.salt = .init(salt)
    event.pinDigest = .init(pinDigest)
    event.expiresAt = expiry(context.now).milliseconds
    event.scryptLog2N = UInt32(scryptLog2N)
    return Decision(by: Subject(account), .phonePINRequested(event))
  }

  public func outcome(of recorded: RecordedEvents) -> Outcome {
    Outcome(challenge: ChallengeID(rawValue: recorded.first), expiresAt: expiry(recorded.time))
  }

  private func expiry(_ now: Timestamp) -> Timestamp { now + Self.lifetime }
}

extension DomainReader where Self: ~Copyable {
  /// - Throws: ``Refusal/Code/conflict`` if a verified phone holds the number, whose ever it is.
  func requireFree(number: Digest, for account: AccountID) throws(DecisionFailure) {
    guard let id = try read(phone(number: number)) else { return }
    let isOwn = try read(phone(id))?.account == account
    throw isOwn
      ? .refused(
        .conflict, field: "number", expected: "a number that is not verified yet", remedy: "nothing to do: it is")
      : .refused(
        .conflict, field: "number", expected: "a number that no other account holds",
        remedy: "remove it from the other account first")
  }
}
