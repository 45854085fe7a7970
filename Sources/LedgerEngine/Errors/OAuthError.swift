import LedgerDomain

/// An error in the form that OAuth 2.0 has for answers of a token endpoint (RFC 6749 section 5.2). Coded as JSON it is the body
/// of the answer.
public struct OAuthError: Sendable, Hashable, Codable {
  /// The code of the RFC, or of an extension that is registered with IANA.
  public let error: String
  /// What is wrong, in the characters that the RFC allows: ASCII without quotation mark and backslash. Never a secret, and
  /// nothing of what went wrong inside.
  public let errorDescription: String
  /// The status of the answer (RFC 9110). Not part of the body.
  public let status: Int
  /// After how many seconds to ask again, for the field `Retry-After`; nil where asking again does not help. Not part of the
  /// body.
  public let retryAfter: Int?

  private enum CodingKeys: String, CodingKey {
    case error
    case errorDescription = "error_description"
  }

  /// Reads the body of an answer, whose status is not known.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      try container.decode(String.self, forKey: .error), 400,
      try container.decodeIfPresent(String.self, forKey: .errorDescription) ?? "")
  }

  fileprivate init(_ error: String, _ status: Int, _ description: String, retryAfter: Int? = nil) {
    self.error = error
    self.status = status
    self.retryAfter = retryAfter
    errorDescription = String(
      String.UnicodeScalarView(
        description.unicodeScalars.map { (0x20...0x7E).contains($0.value) && $0 != "\"" && $0 != "\\" ? $0 : "'" }))
  }
}

extension LedgerError {
  /// The error as a token endpoint answers it. What went wrong inside is for the log: the answer has only that it did.
  ///
  /// ```swift
  /// let answer = error.oauth
  /// ```
  public var oauth: OAuthError {
    switch code.kind {
    case .invalid, .notFound, .gone, .conflict: OAuthError("invalid_request", 400, reason)
    case .invalidClient: OAuthError("invalid_client", 401, "The connector's ID or Secret is wrong.")
    case .invalidCredential: OAuthError("invalid_grant", 400, reason)
    case .unauthorizedClient: OAuthError("unauthorized_client", 400, reason)
    case .invalidScope: OAuthError("invalid_scope", 400, reason)
    case .invalidTarget: OAuthError("invalid_target", 400, reason)
    case .invalidProof: OAuthError("invalid_dpop_proof", 400, reason)
    case .forbidden: OAuthError("access_denied", 403, reason)
    case .tooMany: OAuthError("temporarily_unavailable", 429, reason, retryAfter: 60)
    case .unavailable:
      OAuthError("temporarily_unavailable", 503, "The service cannot do this now; try again.", retryAfter: 1)
    case .failed: OAuthError("server_error", 500, "The request failed.")
    }
  }
}
