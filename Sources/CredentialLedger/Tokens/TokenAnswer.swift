public import LedgerEvents

/// The body of a successful answer of a token endpoint (RFC 6749 section 5.1), for a program that answers itself. Holds secrets in
/// clear: send it to the client, and log it nowhere.
public struct TokenAnswer: Sendable, Codable {
  public let accessToken: String
  /// `Bearer`; `DPoP` for a token that is bound to a key.
  public let tokenType: String
  /// Whole seconds until the access token expires, from the moment that was asked about.
  public let expiresIn: Int64
  /// The refresh token that takes the place of the one presented; nil while that one is to be used on.
  public let refreshToken: String?
  /// The scopes, separated by blanks.
  public let scope: String

  private enum CodingKeys: String, CodingKey {
    case accessToken = "access_token"
    case tokenType = "token_type"
    case expiresIn = "expires_in"
    case refreshToken = "refresh_token"
    case scope
  }

  init(_ issued: Tokens.Issued, at now: Timestamp, isBound: Bool) {
    accessToken = issued.accessToken.text
    tokenType = isBound ? "DPoP" : "Bearer"
    expiresIn = max(0, (issued.expiresAt - now).components.seconds)
    refreshToken = issued.refreshToken?.text
    scope = issued.scopes.oauthText
  }
}

extension TokenAnswer: CustomStringConvertible, CustomReflectable {
  /// Without the tokens.
  public var description: String { "\(tokenType) token, expires in \(expiresIn) s, scope \(scope)" }
  public var customMirror: Mirror { Mirror(self, children: ["expiresIn": expiresIn, "scope": scope]) }
}

extension Tokens.Issued {
  /// The token as a token endpoint answers it.
  ///
  /// ```swift
  /// let answer = token.answer(at: try ledger.now)
  /// ```
  ///
  /// - Parameters:
  ///   - now: from when on the seconds count until it expires.
  ///   - isBound: whether it was issued for a key that was proved (RFC 9449).
  public func answer(at now: Timestamp, isBound: Bool = false) -> TokenAnswer {
    TokenAnswer(self, at: now, isBound: isBound)
  }
}
