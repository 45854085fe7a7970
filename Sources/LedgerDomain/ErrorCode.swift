/// Why something was not done: a stable name for programs to decide by. More may come in later versions.
///
/// It is one vocabulary for refusals of the rules and for failures of whatever is above them: each layer adds the codes of
/// its own, and no code is declared twice.
public struct ErrorCode: RawRepresentable, Sendable, Hashable, Codable, CustomStringConvertible {
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }
  public var description: String { rawValue }
}

// What the rules refuse commands with.
extension ErrorCode {
  /// A value is malformed, too long, too short or out of bounds.
  public static let invalidValue = Self(rawValue: "invalid_value")
  /// The object does not exist, or the caller may not know of it.
  public static let notFound = Self(rawValue: "not_found")
  /// The object existed and is gone.
  public static let gone = Self(rawValue: "gone")
  /// The caller may not do this.
  public static let forbidden = Self(rawValue: "forbidden")
  /// The name, number or identity is taken, or the state is not what the caller saw.
  public static let conflict = Self(rawValue: "conflict")
  /// The account is disabled.
  public static let accountDisabled = Self(rawValue: "account_disabled")
  /// The caller has no verified phone.
  public static let phoneRequired = Self(rawValue: "phone_required")
  /// A wrong PIN; the error says how many tries are left (`LedgerError.triesLeft`).
  public static let wrongPIN = Self(rawValue: "wrong_pin")
  /// No PIN is open for the number: never asked for, used, superseded or expired.
  public static let noOpenPIN = Self(rawValue: "no_open_pin")
  /// Too many tries or requests.
  public static let tooMany = Self(rawValue: "too_many")
  /// A connector's ID or Secret is wrong.
  public static let invalidClient = Self(rawValue: "invalid_client")
  /// A refresh token or an authorization code is malformed, unknown, expired, replaced or revoked.
  public static let invalidGrant = Self(rawValue: "invalid_grant")
  /// The connector may not get tokens in this way.
  public static let unauthorizedClient = Self(rawValue: "unauthorized_client")
  /// A token is asked for with no scope that may be given.
  public static let invalidScope = Self(rawValue: "invalid_scope")
  /// A token is asked for a resource server that is unknown, or that access was not given for.
  public static let invalidTarget = Self(rawValue: "invalid_target")
  /// The proof of a key that a token is to be bound to is missing or wrong.
  public static let invalidProof = Self(rawValue: "invalid_dpop_proof")
  /// The group would be left without an admin.
  public static let lastAdmin = Self(rawValue: "last_admin")
  /// The change needs a proposal that another operator approved.
  public static let approvalRequired = Self(rawValue: "approval_required")
  /// An access token is not valid (RFC 6750 section 3.1).
  public static let invalidToken = Self(rawValue: "invalid_token")
}
