import CredentialLedger
import HTTPSupport

/// The tokens that a client got.
struct IssuedTokens: Sendable {
  let accessToken: AccessToken
  let expiresAt: Timestamp
  let scopes: Scopes
  /// Nil as long as the client's own is to be used on.
  let refreshToken: RefreshToken?
  /// Whether the access token is bound to a key that the client proved.
  var isBound = false

  /// The members that RFC 6749 section 5.1 has, but for the scope.
  func standardMembers(at now: Timestamp) -> [(String, JSONValue)] {
    // Whole seconds, of which clients subtract some by themselves; what came to pass since it was issued is no second.
    let rest = max(0, (expiresAt - now).components.seconds + ((expiresAt - now).components.attoseconds > 0 ? 1 : 0))
    var members: [(String, JSONValue)] = [
      ("access_token", .string(accessToken.text)), ("token_type", .string(isBound ? "DPoP" : "Bearer")),
      ("expires_in", .integer(rest)),
    ]
    if let refreshToken { members.append(("refresh_token", .string(refreshToken.text))) }
    return members
  }
}

extension Scopes {
  /// What a client asks for; names that are not known here, such as `offline_access`, are dropped.
  init(asked text: String) {
    self = text.split(separator: " ").reduce(into: []) { $0.formUnion(Scopes(String($1)) ?? []) }
  }
}
