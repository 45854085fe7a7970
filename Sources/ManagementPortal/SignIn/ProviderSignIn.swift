import CredentialLedger
import HTTPSupport
import HTTPTypes
import Hummingbird
import Logging

/// Signing in by a provider: the authorization code flow with PKCE.
extension ManagementPortal {
  /// What the names of cookies of sign-ins begin with.
  private var attemptCookies: String { isSecure ? "__Host-credledger-attempt-" : "credledger-attempt-" }

  /// The cookie that ties a sign-in to the browser that began it. Each has its own, so that one may begin in every tab.
  private func attemptCookie(_ state: String) -> String { attemptCookies + state.prefix(Self.attemptDigits) }

  /// How much of a sign-in's `state` is in the name of its cookie.
  private static let attemptDigits = 8

  /// How many cookies of sign-ins a browser keeps.
  private static let attemptLimit = 8

  /// Takes cookies of sign-ins away, the oldest first, so that there is room for another.
  private func makeRoomForAttempt(in request: Request) -> [String] {
    let pairs = request.headers[values: .cookie].flatMap { (field: String) -> [Substring] in field.split(separator: ";")
    }
    let names = pairs.map { (pair: Substring) -> Substring in pair.drop { $0 == " " }.prefix { $0 != "=" } }
    let length = attemptCookies.utf8.count + Self.attemptDigits
    let own = names.filter { $0.hasPrefix(attemptCookies) && $0.utf8.count == length }
    return own.dropLast(Self.attemptLimit - 1).map { setCookie(String($0), "", seconds: 0) }
  }

  private func connection(_ visit: Visit) throws(PortalFailure) -> ProviderConnection {
    guard let connection = connections.first(where: { $0.provider.id == visit.part(1) }) else {
      throw .notFound("page")
    }
    return connection
  }

  private func redirectURI(_ provider: IdentityProvider) -> String {
    "\(origin)/portal/sign-in/\(provider.id)/callback"
  }

  /// Sends the browser to the provider.
  func beginSignIn(_ visit: Visit) async throws(PortalFailure) -> Response {
    let connection = try connection(visit)
    let now = try now
    let endpoints: ProviderConnection.Discovery
    do throws(SignInFailure) { endpoints = try await connection.endpoints(at: now) } catch {
      return await refuse(
        visit, connection.provider, error, to: Self.target(visit.form["to"]), isFresh: visit.form.has("fresh"))
    }
    let (browser, nonce, verifier) = (RandomText.make(), RandomText.make(), RandomText.make())
    let state = attempts.begin(
      SignInAttempts.Attempt(
        provider: connection.provider.id, browser: SHA256.hash(Array(browser.utf8)), nonce: nonce, verifier: verifier,
        target: Self.target(visit.form["to"]), isFresh: visit.form.has("fresh"), begunAt: now,
        client: visit.context.network))
    let challenge = Base64.encode(SHA256.hash(Array(verifier.utf8)).bytes).replacing("+", with: "-")
      .replacing("/", with: "_").replacing("=", with: "")
    var fields = [
      ("response_type", "code"), ("client_id", connection.provider.clientID),
      ("redirect_uri", redirectURI(connection.provider)), ("scope", "openid profile email"), ("state", state),
      ("nonce", nonce), ("code_challenge", challenge), ("code_challenge_method", "S256"),
    ]
    if visit.form.has("fresh") { fields += [("prompt", "login"), ("max_age", "0")] }
    let query = fields.map { "\($0.0)=\(PercentEncoding.encode($0.1))" }.joined(separator: "&")
    let mark = endpoints.authorization.contains("?") ? "&" : "?"
    var response = onward(
      to: endpoints.authorization + mark + query, "Continue with \(Part.name(connection.provider.name))")
    response.headers[values: .setCookie] =
      makeRoomForAttempt(in: visit.request) + [setCookie(attemptCookie(state), browser, seconds: 600)]
    return response
  }

  /// The browser comes back with a code, or with a refusal.
  func finishSignIn(_ visit: Visit) async throws(PortalFailure) -> Response {
    let connection = try connection(visit)
    let provider = connection.provider
    let now = try now
    let state = visit.query["state"]
    let browser = SHA256.hash(Array((cookie(attemptCookie(state), in: visit.request) ?? "").utf8))
    guard let attempt = attempts.finish(state, provider: provider.id, browser: browser, at: now) else {
      return await refuse(visit, provider, .unverified("state: expected that of a sign-in which this browser began"))
    }
    let over = setCookie(attemptCookie(state), "", seconds: 0)
    let token: IDToken
    let authenticatedAt: Timestamp
    do throws(SignInFailure) {
      // RFC 9207: an answer of another provider must not be taken for this one's.
      if visit.query.has("iss"), visit.query["iss"] != provider.issuer {
        throw .unverified("iss: expected the provider’s issuer")
      }
      if !visit.query.has("iss"), try await connection.endpoints(at: now).namesIssuer {
        throw .unverified("iss: expected one, since the provider names its issuer in each answer")
      }
      if visit.query["error"] == "access_denied" { throw .cancelled }
      if visit.query.has("error") { throw .unverified("the provider refused") }
      guard visit.query.has("code") else { throw .unverified("code: expected one") }
      let text = try await connection.trade(
        code: visit.query["code"], verifier: attempt.verifier, redirectURI: redirectURI(provider), at: now)
      token = try await connection.claims(of: text, as: IDToken.self, at: now)
      try token.check(provider, nonce: attempt.nonce, at: now)
      authenticatedAt = try token.authenticated(provider, attempt, at: now)
    } catch {
      var response = await refuse(visit, provider, error, to: attempt.target, isFresh: attempt.isFresh)
      response.headers[values: .setCookie].append(over)
      return response
    }
    var response = try await arrive(
      visit, issuer: provider.issuer, subject: token.sub, name: token.name ?? token.email, email: token.email,
      providerSession: token.sid ?? "", authenticatedAt: authenticatedAt, to: attempt.target)
    response.headers[values: .setCookie].append(over)
    return response
  }

  /// The sign-in page with the reason in words; the log and the event have the exact one.
  ///
  /// - Parameters:
  ///   - target: where another try leads.
  ///   - isFresh: whether another try must be a new sign-in at the provider.
  private func refuse(
    _ visit: Visit, _ provider: IdentityProvider, _ failure: SignInFailure, to target: String = "/portal/",
    isFresh: Bool = false
  ) async -> Response {
    var tone = "bad"
    let words: HTML
    let refusal: RefusedSignIn
    var detail = ""
    switch failure {
    case .unreachable:
      words = "\(Part.name(provider.name)) did not answer. Try again, or choose another."
      refusal = .unreachable
    case .unverified(let text):
      words = "That sign-in could not be verified, so nothing was done. Start again from here."
      refusal = .unverified
      detail = text
    case .cancelled:
      tone = "none"
      words = "The sign-in at \(Part.name(provider.name)) was cancelled, so nothing was done. Try again from here."
      refusal = .unverified
      detail = failure.reason
    case .notFresh(let text):
      words =
        "\(Part.name(provider.name)) did not ask you to sign in anew, so nothing was done. Sign out there, and try again."
      refusal = .notFresh
      detail = text
    case .domain(let domain):
      words = "Accounts of \(Part.name(domain)) may not sign in here. Ask your operator to allow them."
      refusal = .domain
    }
    log("sign-in refused", provider, failure, visit)
    await recordRefusal(provider.issuer, refusal, detail: detail, visit)
    return signIn(
      visit, heading: "Sign in", to: target, isFresh: isFresh, notice: Part.notice(tone, words), status: .forbidden)
  }

  private func log(_ what: Logger.Message, _ provider: IdentityProvider, _ failure: SignInFailure, _ visit: Visit) {
    visit.context.requestLogger.notice(
      what, metadata: ["provider": .string(provider.id), "reason": .string(failure.reason)])
  }

  /// A provider says that somebody signed out there (OpenID Connect Back-Channel Logout 1.0).
  func backchannelLogout(_ visit: Visit) async throws(PortalFailure) -> Response {
    let connection = try connection(visit)
    let provider = connection.provider
    let now = try now
    let token: LogoutToken
    do throws(SignInFailure) {
      token = try await connection.claims(of: visit.form["logout_token"], as: LogoutToken.self, at: now)
      try token.check(provider, at: now)
      guard logouts.take(token.id, until: token.end, at: now) else {
        throw .unverified("jti: expected a token that was not sent before")
      }
    } catch {
      log("logout token refused", provider, error, visit)
      throw .invalid("logout_token: expected one of the provider, for this client.")
    }
    do throws(PortalFailure) {
      try await end(meant(by: token, provider), .byProvider, by: nil, visit)
    } catch {
      logouts.giveBack(token.id)
      throw error
    }
    return Response(status: .ok, headers: [.contentLength: "0"])
  }

  /// The sessions that a logout token means.
  private func meant(by token: LogoutToken, _ provider: IdentityProvider) async throws(PortalFailure) -> [Session] {
    if let session = token.session { return sessions.sessions(issuer: provider.issuer, providerSession: session) }
    var meant: [Session] = []
    for session in sessions.sessions(issuer: provider.issuer) {
      let person = try await asking { () throws(LedgerError) in
        // It is compared, and not shown.
        try await ledger.accounts.reveal(session.account, under: .withoutRecord(for: ledger))
      }
      if person?.subject == token.sub { meant.append(session) }
    }
    return meant
  }

  /// Where the provider signs people out, if it does that (OpenID Connect RP-Initiated Logout 1.0). No ID token is kept for a
  /// hint, so the client is named.
  ///
  /// - Parameter state: comes back with the browser.
  /// - Returns: nil where the browser stays here.
  func providerSignOut(_ viewer: Viewer, state: String) async -> (address: String, provider: IdentityProvider)? {
    guard let connection = connections.first(where: { $0.provider.issuer == viewer.session.issuer }),
      let now = try? now, let end = try? await connection.endpoints(at: now).endSession
    else { return nil }
    let fields = [
      ("client_id", connection.provider.clientID), ("post_logout_redirect_uri", "\(origin)/portal/sign-in?said=out"),
      ("state", state),
    ]
    let query = fields.map { "\($0.0)=\(PercentEncoding.encode($0.1))" }.joined(separator: "&")
    return (end + (end.contains("?") ? "&" : "?") + query, connection.provider)
  }
}
