public import LedgerDomain

extension ErrorCode {
  /// What kind of failure a code is, from which for instance the status of an answer over HTTP follows.
  public enum Kind: Sendable, Hashable, CaseIterable {
    /// A field of the request is malformed or out of bounds.
    case invalid
    /// A connector's ID or Secret is wrong.
    case invalidClient
    /// A refresh token, an authorization code or a PIN is not good.
    case invalidCredential
    /// A connector may not get tokens in this way.
    case unauthorizedClient
    /// A token is asked for with no scope that may be given.
    case invalidScope
    /// A token is asked for a resource server that it may not be for.
    case invalidTarget
    /// The proof of a key is missing or wrong.
    case invalidProof
    /// The caller may not do this.
    case forbidden
    /// There is no such object, or the caller may not know of it.
    case notFound
    /// The object existed and is gone.
    case gone
    /// The request contradicts what is so already.
    case conflict
    /// There were too many tries or requests: later it may be done.
    case tooMany
    /// It cannot be done now, whatever is asked; asking again with the same idempotency key is harmless.
    case unavailable
    /// Something else is wrong, for an operator to look at.
    case failed
  }

  /// What kind of failure it is; codes of later versions are `failed`.
  ///
  /// ```swift
  /// if LedgerError.Code.busy.kind == .unavailable { print("try again") }
  /// ```
  public var kind: Kind { Self.kinds[self] ?? .failed }

  private static let kinds: [Self: Kind] = [
    .invalidValue: .invalid, .idempotencyKeyReused: .conflict, .alreadyExists: .conflict,
    .notFound: .notFound, .gone: .gone, .conflict: .conflict, .lastAdmin: .conflict,
    .forbidden: .forbidden, .accountDisabled: .forbidden, .phoneRequired: .forbidden, .approvalRequired: .forbidden,
    .tooMany: .tooMany,
    .invalidClient: .invalidClient, .invalidGrant: .invalidCredential, .wrongPIN: .invalidCredential,
    .noOpenPIN: .invalidCredential, .unauthorizedClient: .unauthorizedClient, .invalidScope: .invalidScope,
    .invalidTarget: .invalidTarget, .invalidProof: .invalidProof,
    .busy: .unavailable, .cancelled: .unavailable, .closed: .unavailable, .alreadyOpen: .unavailable,
    .outcomeUnknown: .unavailable, .writingStopped: .unavailable, .diskFull: .unavailable,
    .systemLimit: .unavailable, .clockStepped: .unavailable, .clockBehind: .unavailable,
    .signingUnavailable: .unavailable,
  ]
}
