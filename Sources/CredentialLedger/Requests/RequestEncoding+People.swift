import LedgerEvents

// What is asked about people, and in what order it is encoded: fixed for good, as ``RequestEncoding`` says.

extension RequestEncoding {
  static func signIn(
    issuer: String, subject: String, name: String?, email: String?, userAgent: String?, role: AccountRole
  ) -> Self {
    Self(
      .signIn, .text(issuer), .text(subject), .text(name), .text(email), .text(userAgent), .integer(role.rawValue))
  }

  static func disable(_ account: AccountID, reason: String) -> Self {
    Self(.disableAccount, .id(account), .text(reason))
  }

  static func enable(_ account: AccountID, revokingTokens: Bool) -> Self {
    Self(.enableAccount, version: 2, .id(account), .integer(revokingTokens ? 1 : 0))
  }

  static func changeRole(of account: AccountID, to role: AccountRole) -> Self {
    Self(.changeAccountRole, .id(account), .integer(role.rawValue))
  }

  static func requestPIN(for number: PhoneNumber) -> Self { Self(.requestPIN, .text(number.digits)) }

  static func verifyPIN(_ digits: String, challenge: ChallengeID) -> Self {
    Self(.verifyPIN, .text(digits), .id(challenge))
  }

  static func remove(_ phone: PhoneID) -> Self { Self(.removePhone, .id(phone)) }

  static func requestSignInPIN(for number: PhoneNumber) -> Self { Self(.requestSignInPIN, .text(number.digits)) }

  static func signIn(_ number: PhoneNumber, pin: String, _ consent: Consent?) -> Self {
    Self(.signInWithPIN, version: 2, .text(number.digits), .text(pin), consent?.field ?? .none)
  }
}
