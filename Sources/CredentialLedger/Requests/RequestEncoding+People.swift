import KeyStore
import LedgerDomain
import LedgerEvents

// What is asked about people, and in what order it is encoded: fixed for good, as ``RequestEncoding`` says.

extension RequestEncoding {
  static func signIn(
    issuer: String, subject: String, name: String?, email: String?, userAgent: String?, role: AccountRole
  ) -> Self {
    Self(
      .signIn, .text(issuer), .text(subject), .text(name), .text(email), .text(userAgent), .integer(role.rawValue))
  }

  static func requestPIN(for number: PhoneNumber) -> Self { Self(.requestPIN, .text(number.digits)) }

  static func verifyPIN(_ digits: String, challenge: ChallengeID) -> Self {
    Self(.verifyPIN, .text(digits), .id(challenge))
  }

  static func requestSignInPIN(for number: PhoneNumber) -> Self { Self(.requestSignInPIN, .text(number.digits)) }

  static func signIn(_ number: PhoneNumber, pin: String, _ consent: Consent?) -> Self {
    Self(.signInWithPIN, version: 2, .text(number.digits), .text(pin), consent?.field ?? .none)
  }

  // MARK: What may need the approval of a second operator

  static func erase(_ account: AccountID) -> Self { Self(.eraseAccount, .id(account)) }

  /// The person and not the number: a proposal keeps a digest of the request for good, and numbers can be guessed.
  static func erase(person: [UInt8]) -> Self { Self(.erasePerson, .bytes(person)) }

  static func configure(_ rules: Oversight) -> Self {
    Self(
      .configureOversight, .number(rules.namesOperators ? 1 : 0),
      .list(rules.guarded.map(\.rawValue).sorted().map { .number(UInt64($0)) }))
  }

  /// - Parameter overlap: in milliseconds.
  static func rotate(_ kinds: [KeyKind], overlap: Int64?) -> Self {
    Self(.rotateKeys, .list(kinds.map { .text($0.rawValue) }), .integer(overlap))
  }

  static func drop(_ kind: KeyKind, below number: UInt32) -> Self {
    Self(.dropKeys, .text(kind.rawValue), .number(UInt64(number)))
  }

  /// - Parameter key: the public key of one that is kept elsewhere; nil for one that is made.
  static func rotateSigningKey(to key: [UInt8]?) -> Self {
    Self(.rotateSigningKey, key.map { .bytes($0) } ?? .none)
  }

  /// - Parameter fingerprint: of the new key; nil for one that is drawn.
  static func rotateMasterKey(to fingerprint: String?) -> Self {
    Self(.rotateMasterKey, version: 2, .text(fingerprint))
  }
}
