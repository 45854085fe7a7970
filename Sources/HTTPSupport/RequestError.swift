public import CredentialLedger
public import HTTPTypes

/// Why a request is not answered with what it asked for. Never carries a secret or personal data.
public struct RequestError: Error, Sendable, Equatable {
  /// What kind of failure it is; each form of error derives its own codes from it.
  public enum Kind: Sendable, Equatable, CaseIterable {
    /// A parameter is missing or malformed.
    case invalid
    /// A connector's ID or Secret is missing or wrong.
    case invalidClient
    /// A code, a PIN or a refresh token is not good.
    case invalidGrant
    case unsupportedGrantType
    /// A connector may not get tokens in this way.
    case unauthorizedClient
    /// A scope that cannot be given is asked for.
    case invalidScope
    /// A resource server that a token may not be for.
    case invalidTarget
    /// The proof of a key is missing or wrong (RFC 9449).
    case invalidProof
    /// The proof of a key needs a nonce of this server, which the answer has (RFC 9449 section 8).
    case useNonce
    /// An access token is not good.
    case invalidToken
    case forbidden
    case notFound
    case methodNotAllowed
    case gone
    case conflict
    case tooLarge
    /// The header is too large.
    case headerTooLarge
    case unsupportedMediaType
    case tooMany
    case unavailable
    case failed
    /// The route is known, and this server does not have it.
    case notImplemented
  }

  public let kind: Kind
  /// What is wrong and what was expected: names the field where one is at fault.
  public let message: String
  /// Further header fields of the answer.
  public var headers: HTTPFields

  public init(_ kind: Kind, _ message: String, headers: HTTPFields = HTTPFields()) {
    self.kind = kind
    self.message = message
    self.headers = headers
  }

  /// A body that is larger than it may be.
  ///
  /// - Parameter limit: in bytes.
  package static func tooLarge(_ limit: Int) -> RequestError {
    RequestError(.tooLarge, "The body has more than \(limit) bytes.")
  }

  /// A field that is missing or malformed.
  public static func field(_ name: String, _ expected: String) -> RequestError {
    RequestError(.invalid, "\(name): expected \(expected)")
  }
}

extension RequestError {
  /// What a refusal or a failure of the ledger means to a client. What went wrong inside is told to the log only.
  public init(_ error: LedgerError) {
    switch error.code.kind {
    case .invalid: self.init(.invalid, error.reason)
    case .invalidClient: self.init(.invalidClient, "The connector's ID or Secret is wrong.")
    case .invalidCredential: self.init(.invalidGrant, error.reason)
    case .unauthorizedClient: self.init(.unauthorizedClient, error.reason)
    case .invalidScope: self.init(.invalidScope, error.reason)
    case .invalidTarget: self.init(.invalidTarget, error.reason)
    case .invalidProof: self.init(.invalidProof, error.reason)
    case .forbidden: self.init(.forbidden, error.reason)
    case .notFound: self.init(.notFound, error.reason)
    case .gone: self.init(.gone, error.reason)
    case .conflict: self.init(.conflict, error.reason)
    case .tooMany: self.init(.tooMany, error.reason, headers: [.retryAfter: "60"])
    case .unavailable:
      self.init(.unavailable, "The service cannot do this now; try again.", headers: [.retryAfter: "1"])
    case .failed: self.init(.failed, "The request failed; its ID names it in the log.")
    }
  }

  /// The status of the answer (RFC 9110).
  public var status: HTTPResponse.Status {
    switch kind {
    case .invalid, .invalidGrant, .unsupportedGrantType, .unauthorizedClient, .invalidScope, .invalidTarget,
      .invalidProof, .useNonce:
      .badRequest
    case .invalidClient, .invalidToken: .unauthorized
    case .forbidden: .forbidden
    case .notFound: .notFound
    case .methodNotAllowed: .methodNotAllowed
    case .gone: .gone
    case .conflict: .conflict
    case .tooLarge: .contentTooLarge
    case .headerTooLarge: .requestHeaderFieldsTooLarge
    case .unsupportedMediaType: .unsupportedMediaType
    case .tooMany: .tooManyRequests
    case .unavailable: .serviceUnavailable
    case .failed: .internalServerError
    case .notImplemented: .notImplemented
    }
  }
}
