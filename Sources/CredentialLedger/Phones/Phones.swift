import EventLog
import KeyStore
import LedgerCrypto
public import LedgerDomain
public import LedgerEvents

/// Phone numbers, verified by PIN.
public struct Phones: Sendable {
  let ledger: Ledger

  /// A PIN that was made: to be sent to the number by the program that embeds the library.
  public struct PINRequest: Sendable {
    /// Which PIN it is, to be named when it is verified.
    public let challenge: ChallengeID
    /// Six digits, for the number alone: the ledger keeps a salted digest. Nil where the request is repeated with its
    /// idempotency key: the PIN was made before, and is not given again. Send nothing, or ask without the key.
    public let pin: PIN?
    /// When the PIN expires: ten minutes after it was made.
    public let expiresAt: Timestamp
  }

  /// Makes a PIN for a number. One asked for before by the same account for the same number is closed.
  ///
  /// Whether another account holds the number is not said, and the ask counts all the same: ``verify(_:challenge:by:context:)``
  /// says it to somebody who has the PIN.
  ///
  /// ```swift
  /// let request = try await ledger.phones.requestPIN(for: PhoneNumber("+911199999999"), by: account)
  /// if let pin = request.pin { show(pin.digits) }  // by SMS, to the number
  /// ```
  ///
  /// - Throws: `too_many` after three PINs within an hour or ten within a day, for the number or the person, after ten wrong
  ///   tries for the number within a day, and past ``LedgerConfiguration/pinBudgets``; `conflict` where the account itself
  ///   has verified the number already, `account_disabled`, `not_found`.
  public func requestPIN(
    for number: PhoneNumber, by account: AccountID, context: RequestContext = .none
  ) async throws(LedgerError) -> PINRequest {
    let ledger = ledger
    let (command, digits) = try await ledger.blocking(.short) { () throws(LedgerError) -> (RequestPIN, String) in
      let random = ledger.configuration.random
      let digits = try Self.drawDigits(random)
      let salt = try drawn(random.bytes(count: 16))
      let command = RequestPIN(
        account: account, number: try ledger.hash(of: number),
        sealedNumber: try ledger.seal(number.digits, for: try ledger.person(of: account), .phoneNumber), salt: salt,
        pinDigest: try ledger.digest(ofPIN: digits, salt: salt), budgets: ledger.configuration.pinBudgets)
      return (command, digits)
    }
    let performed = try await ledger.submit(
      asked: .requestPIN(for: number), by: account.caller, context: context, making: { _ in digits }
    ) { _ in command }
    return PINRequest(
      challenge: performed.outcome.challenge, pin: performed.isRepeated ? nil : PIN(digits: performed.made),
      expiresAt: performed.outcome.expiresAt)
  }

  /// Verifies a phone by the PIN that was sent to it.
  ///
  /// ```swift
  /// let phone = try await ledger.phones.verify(typed, challenge: request.challenge, by: account)
  /// ```
  ///
  /// - Parameter digits: as typed. Only six ASCII digits can be right.
  /// - Throws: `wrong_pin`, which counts; `too_many` after five, after ten for the number within a day, and past
  ///   ``LedgerConfiguration/pinBudgets``; `no_open_pin`; `conflict` where another account holds the number.
  public func verify(
    _ digits: String, challenge: ChallengeID, by account: AccountID, context: RequestContext = .none
  ) async throws(LedgerError) -> PhoneID {
    let ledger = ledger
    let command = try await ledger.blocking(.short) { () throws(LedgerError) -> VerifyPIN in
      let open = try ledger.reading { (state) throws(StateUnreadable) in try state.challenge(challenge) }
      guard let open, let number = try ledger.open(open.number, .phoneNumber) else {
        throw LedgerError(
          Refusal(.noOpenPIN, field: "challenge", expected: "a PIN that is open", remedy: "ask for a new PIN"))
      }
      return VerifyPIN(
        account: account, challenge: challenge,
        candidate: try ledger.digest(ofPIN: digits, salt: open.salt),
        number: try ledger.hash(ofDigits: number), budgets: ledger.configuration.pinBudgets)
    }
    let verified = try await ledger.submit(
      command, asked: .verifyPIN(digits, challenge: challenge), by: account.caller, context: context)
    switch verified {
    case .verified(let phone): return phone
    case .rejected(let triesLeft):
      throw LedgerError(
        Refusal(
          .wrongPIN, field: "pin", expected: "the PIN that was sent",
          remedy: triesLeft == 0 ? "ask for a new PIN" : "try again: \(triesLeft) left", triesLeft: triesLeft))
    }
  }

  /// Removes a phone; what depends on it stops, and another account may verify the number.
  ///
  /// ```swift
  /// try await ledger.phones.remove(phone, by: account)
  /// try await ledger.phones.remove(phone, by: Requester.operator)
  /// ```
  ///
  /// - Parameter requester: the account that has it, or the operator.
  /// - Throws: `not_found`, `gone`.
  public func remove(
    _ phone: PhoneID, by requester: some Requesting, context: RequestContext = .none
  ) async throws(LedgerError) {
    _ = try await ledger.submit(RemovePhone(phone: phone, requester: Requester(requester)), context: context)
  }

  /// The phones that an account has verified and not removed.
  ///
  /// ```swift
  /// let hasPhone = try !ledger.phones.verified(by: account).isEmpty
  /// ```
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func verified(by account: AccountID) throws(LedgerError) -> [PhoneID] {
    try ledger.reading { (state) throws(StateUnreadable) in try state.phones(of: account) }
  }

  /// Six digits, each PIN as likely as another. The first is not 0: clients paste the PIN into JSON as a number.
  static func drawDigits(_ random: any RandomSource) throws(LedgerError) -> String {
    while true {
      let bytes = try drawn(random.bytes(count: 4))
      let number = bytes.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      // The last incomplete range would make small numbers likelier.
      guard number < UInt32.max / 900_000 * 900_000 else { continue }
      return String(100_000 + number % 900_000)
    }
  }
}

extension Ledger {
  /// Phones and their PINs.
  public var phones: Phones { Phones(ledger: self) }
}
