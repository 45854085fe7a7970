public import CredentialLedger
public import HTTPSupport

/// The routes by which connectors get, check and revoke tokens: in the form of the Kaizala Connector API, and in that of
/// the OAuth standards.
public struct TokenService: Sendable {
  let ledger: Ledger
  let limits: CallLimits
  let pins: (any PINSender)?
  let isDevelopment: Bool
  let leakReporters: LeakReporters
  let proofs: DPoPProofs
  let pushed = PushedRequests()
  let texts = PublicTexts()
  let statusListsMade = StatusListsMade()
  let authorizations: WaitingAuthorizations
  private let place: @Sendable () -> String
  /// The greatest body that is read, in bytes.
  let bodyLimit: Int

  /// - Parameters:
  ///   - origin: where clients reach the server, such as `https://tokens.example.org`; also the issuer of RFC 8414.
  ///   - bodyLimit: the greatest body that is read, in bytes.
  ///   - pins: has PINs sent; nil where they cannot be, and then nobody signs in by one.
  ///   - isDevelopment: whether the server is for one's own trials, and signs people in without any proof.
  ///   - leakReporters: whose reports of leaked tokens are taken.
  ///   - requiresNonce: whether proofs of keys need a nonce of this server (RFC 9449 section 8).
  ///   - authorizations: where requests wait until a person answers them on a page.
  public init(
    _ ledger: Ledger, origin: @escaping @Sendable () -> String, bodyLimit: Int, limits: CallLimits,
    pins: (any PINSender)? = nil, isDevelopment: Bool = false, leakReporters: LeakReporters = LeakReporters(),
    authorizations: WaitingAuthorizations = WaitingAuthorizations(), requiresNonce: Bool = false
  ) {
    proofs = DPoPProofs(requiresNonce: requiresNonce)
    self.authorizations = authorizations
    self.leakReporters = leakReporters
    self.ledger = ledger
    place = origin
    self.bodyLimit = bodyLimit
    self.limits = limits
    self.pins = pins
    self.isDevelopment = isDevelopment
  }

  /// The greatest body of a request by which somebody shows who it is.
  var smallBody: Int { min(bodyLimit, Route.smallBody) }

  /// Where clients reach the server, without a slash at the end: scheme, host and port.
  var origin: String { place() }

  public var routes: [Route] {
    kaizalaRoutes + oauthRoutes + statusListRoutes + leakRoutes + (pins.map(pinRoutes) ?? [])
      + (isDevelopment ? developmentRoutes : authorizeRoutes)
  }

  /// Calls the ledger, and turns what it refuses into what a client is told.
  func asking<Result>(_ body: () async throws(LedgerError) -> Result) async throws(RequestError) -> Result {
    do throws(LedgerError) { return try await body() } catch { throw RequestError(error) }
  }
}
