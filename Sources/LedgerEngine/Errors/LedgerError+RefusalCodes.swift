import LedgerDomain

// What the rules refuse commands with, by the same names as in ``Refusal/Code``.
extension LedgerError.Code {
  /// The object existed and is gone.
  public static let gone = Self(rawValue: Refusal.Code.gone.rawValue)
  /// The caller may not do this.
  public static let forbidden = Self(rawValue: Refusal.Code.forbidden.rawValue)
  /// The name, number or identity is taken, or the state is not what the caller saw.
  public static let conflict = Self(rawValue: Refusal.Code.conflict.rawValue)
  /// The account is disabled.
  public static let accountDisabled = Self(rawValue: Refusal.Code.accountDisabled.rawValue)
  /// The caller has no verified phone.
  public static let phoneRequired = Self(rawValue: Refusal.Code.phoneRequired.rawValue)
  /// A wrong PIN: see ``LedgerError/triesLeft``.
  public static let wrongPIN = Self(rawValue: Refusal.Code.wrongPIN.rawValue)
  /// No PIN is open for the number.
  public static let noOpenPIN = Self(rawValue: Refusal.Code.noOpenPIN.rawValue)
  /// Too many tries or requests.
  public static let tooMany = Self(rawValue: Refusal.Code.tooMany.rawValue)
  /// A connector's ID or Secret is wrong.
  public static let invalidClient = Self(rawValue: Refusal.Code.invalidClient.rawValue)
  /// A refresh token or an authorization code is malformed, unknown, expired, replaced or revoked.
  public static let invalidGrant = Self(rawValue: Refusal.Code.invalidGrant.rawValue)
  /// The connector may not get tokens in this way.
  public static let unauthorizedClient = Self(rawValue: Refusal.Code.unauthorizedClient.rawValue)
  /// A token is asked for with no scope that may be given.
  public static let invalidScope = Self(rawValue: Refusal.Code.invalidScope.rawValue)
  /// A token is asked for a resource server that is unknown, or that access was not given for.
  public static let invalidTarget = Self(rawValue: Refusal.Code.invalidTarget.rawValue)
  /// The proof of a key that a token is to be bound to is missing or wrong.
  public static let invalidProof = Self(rawValue: Refusal.Code.invalidProof.rawValue)
  /// The group would be left without an admin.
  public static let lastAdmin = Self(rawValue: Refusal.Code.lastAdmin.rawValue)
  /// The change needs a proposal that another operator approved.
  public static let approvalRequired = Self(rawValue: Refusal.Code.approvalRequired.rawValue)
}
