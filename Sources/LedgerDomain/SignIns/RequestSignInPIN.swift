public import LedgerCrypto
public import LedgerEvents

/// Asks for a PIN by which the holder of a verified number signs in to a connector. One asked for before is superseded.
///
/// Whoever asks has shown nothing yet. So nothing is refused: where there is no such connector, or nobody who could sign
/// in, no PIN is made, and the answer to the outside is the same.
public struct RequestSignInPIN: Command {
  public var connector: PublicID
  /// Keyed hash of the number in E.164 form.
  public var number: Digest
  /// The number, sealed under the key of its holder.
  public var sealedNumber: Sealed
  /// The holder that it is sealed for.
  public var account: AccountID
  /// Random salt, 16 bytes.
  public var salt: [UInt8]
  /// scrypt of the PIN's HMAC.
  public var pinDigest: Digest
  /// Binary logarithm of scrypt's N, 10 to 20.
  public var scryptLog2N: UInt8

  public init(
    connector: PublicID, number: Digest, sealedNumber: Sealed, account: AccountID, salt: [UInt8], pinDigest: Digest,
    scryptLog2N: UInt8
  ) {
    self.connector = connector
    self.number = number
    self.sealedNumber = sealedNumber
    self.account = account
    self.salt = salt
    self.pinDigest = pinDigest
    self.scryptLog2N = scryptLog2N
  }

  /// The PIN that is open now.
  public struct Made: Sendable, Equatable {
    public var challenge: ChallengeID
    public var expiresAt: Timestamp
  }

  public func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    guard salt.count == 16 else { throw .refused(.invalidValue, field: "salt", expected: "16 bytes") }
    guard 10...20 ~= scryptLog2N else { throw .refused(.invalidValue, field: "scryptLog2N", expected: "10 to 20") }
    let nothing = Decision(by: Subject(account))
    guard let id = try read(state.connector(publicID: connector)), let connector = try read(state.connector(id)),
      !connector.isDeleted, let phone = try read(state.phone(number: number)),
      try read(state.phone(phone))?.account == account, let holder = try read(state.account(account)),
      !holder.isDisabled
    else { return nothing }
    do throws(DecisionFailure) {
      try state.requireRoomForPIN(number: number, account: account, at: context.now)
    } catch {
      guard case .refused = error else { throw error }
      return nothing
    }
    var event = V2PhonePINRequested()
    event.account = account.rawValue
    event.number = sealedNumber
    event.salt = .init(salt)
    event.pinDigest = .init(pinDigest)
    event.expiresAt = (context.now + RequestPIN.lifetime).milliseconds
    event.scryptLog2N = UInt32(scryptLog2N)
    event.connector = id.rawValue
    return Decision(by: .connector(id, for: account), .phonePINRequested(event))
  }

  /// Nil where no PIN was made.
  public func outcome(of recorded: RecordedEvents) -> Made? {
    guard !recorded.events.isEmpty else { return nil }
    return Made(challenge: ChallengeID(rawValue: recorded.first), expiresAt: recorded.time + RequestPIN.lifetime)
  }
}
