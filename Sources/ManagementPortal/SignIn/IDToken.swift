import CredentialLedger
import JWTKit

/// What an ID token says (OpenID Connect Core 1.0 section 2), once its signature is verified.
struct IDToken: JWTPayload {
  let iss: String
  let sub: String
  let aud: Audience
  let azp: String?
  let exp: Double
  let iat: Double?
  let nbf: Double?
  let nonce: String?
  /// When the person proved who they are.
  let authTime: Double?
  let sid: String?
  let tid: String?
  let hd: String?
  let name: String?
  let email: String?
  let emailIsVerified: LenientFlag?

  enum CodingKeys: String, CodingKey {
    case iss, sub, aud, azp, exp, iat, nbf, nonce, sid, tid, hd, name, email
    case emailIsVerified = "email_verified"
    case authTime = "auth_time"
  }

  /// How far clocks may differ, in seconds.
  static let skew = 60.0

  /// Nothing more than the signature: ``check(_:nonce:at:)`` does the rest, by the ledger's clock.
  func verify(using algorithm: some JWTAlgorithm) async throws {}

  /// Checks for whom, when and for which request the token was made (section 3.1.3.7).
  func check(_ provider: IdentityProvider, nonce expected: String, at now: Timestamp) throws(SignInFailure) {
    try checkOrigin(provider, at: now)
    guard nonce == expected else { throw .unverified("nonce: expected the one of the request") }
    guard exp > Double(now.milliseconds) / 1_000 - Self.skew else { throw .unverified("exp: the ID token has expired") }
    guard (1...255).contains(sub.utf8.count), !sub.utf8.contains(0) else {
      throw .unverified("sub: expected 1 to 255 bytes without NUL")
    }
    if !provider.tenants.isEmpty {
      guard let tenant = (tid ?? hd)?.lowercased(), provider.tenants.contains(tenant) else {
        throw .domain(tid ?? hd ?? "another organisation")
      }
    }
    if !provider.domains.isEmpty {
      let domain = email?.split(separator: "@").last.map { $0.lowercased() } ?? ""
      // Where a provider says nothing, people may have typed the address themselves, unless the tenant's administrator has.
      let isVerified = emailIsVerified?.value ?? !provider.tenants.isEmpty
      guard provider.domains.contains(domain), isVerified, email?.contains("@") == true else {
        throw .domain(domain.isEmpty ? "no mail address" : domain)
      }
    }
  }

  /// When the person proved who they are, as far as the provider says so.
  ///
  /// - Parameter attempt: the sign-in. Where it wanted a new one, a provider that says when must say that it was.
  /// - Returns: 0 where it is not known.
  func authenticated(
    _ provider: IdentityProvider, _ attempt: SignInAttempts.Attempt, at now: Timestamp
  ) throws(SignInFailure) -> Timestamp {
    guard let authTime, authTime.isFinite, (0...1e11).contains(authTime) else {
      guard attempt.isFresh else { return Timestamp(milliseconds: 0) }
      guard !provider.saysAuthTime else { throw .notFresh("auth_time: expected one, since max_age was sent") }
      return now
    }
    let moment = Timestamp(milliseconds: Int64(authTime * 1_000))
    guard !attempt.isFresh || moment + .seconds(Int64(Self.skew)) >= attempt.begunAt else {
      throw .notFresh("auth_time: expected a sign-in after it was asked for")
    }
    return moment
  }

  private func checkOrigin(_ provider: IdentityProvider, at now: Timestamp) throws(SignInFailure) {
    guard iss == provider.issuer else { throw .unverified("iss: expected the provider’s issuer") }
    guard aud.value.contains(provider.clientID) else { throw .unverified("aud: expected this client") }
    guard aud.value.count == 1 || azp == provider.clientID, azp.map({ $0 == provider.clientID }) ?? true else {
      throw .unverified("azp: expected this client")
    }
    let seconds = Double(now.milliseconds) / 1_000
    guard max(iat ?? 0, nbf ?? 0) < seconds + Self.skew else {
      throw .unverified("iat: the ID token is from the future")
    }
  }
}
