import CredentialLedger
import JWTKit

/// What a provider says when somebody signs out there (OpenID Connect Back-Channel Logout 1.0 section 2.4).
struct LogoutToken: JWTPayload {
  let iss: String
  let aud: Audience
  let iat: Double
  /// Absent where a provider follows an older draft: then the token is good for as long as its ``iat`` is new.
  let exp: Double?
  let jti: String?
  let sub: String?
  let sid: String?
  let nonce: String?
  let events: [String: EventClaim]?

  private static let event = "http://schemas.openid.net/event/backchannel-logout"
  /// How old a token may be, in seconds.
  private static let life = 300.0

  /// Nothing more than the signature: ``check(_:at:)`` does the rest.
  func verify(using algorithm: some JWTAlgorithm) async throws {}

  /// The session that is meant; nil where all of a person's are.
  var session: String? { sid.flatMap { $0.isEmpty ? nil : $0 } }

  /// Names the token among those of all providers.
  var id: String { "\(iss)\0\(jti ?? "")" }

  /// When the token is too old.
  var end: Timestamp { Timestamp(milliseconds: Int64((iat + Self.life) * 1_000)) }

  /// Checks for whom and when the token was made, and that it is one for signing out (section 2.6).
  func check(_ provider: IdentityProvider, at now: Timestamp) throws(SignInFailure) {
    let seconds = Double(now.milliseconds) / 1_000
    func require(_ isSo: Bool, _ expected: String) throws(SignInFailure) {
      guard isSo else { throw .unverified(expected) }
    }
    try require(iss == provider.issuer, "iss: expected the provider’s issuer")
    try require(aud.value.contains(provider.clientID), "aud: expected this client")
    try require((-IDToken.skew...Self.life).contains(seconds - iat), "iat: expected a new token")
    try require(exp.map { $0 > seconds - IDToken.skew } ?? true, "exp: the logout token has expired")
    try require(events?[Self.event] != nil, "events: expected the one of signing out")
    try require(nonce == nil, "nonce: expected none, so that an ID token is no logout token")
    try require(session != nil || sub?.isEmpty == false, "sub: expected a person or a session")
    try require(1...256 ~= (jti ?? "").utf8.count, "jti: expected 1 to 256 bytes")
  }
}
