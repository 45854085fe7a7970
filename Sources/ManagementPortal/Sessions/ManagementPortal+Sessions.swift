import CredentialLedger
import HTTPSupport
import HTTPTypes
import Hummingbird

/// Sessions and their cookie.
extension ManagementPortal {
  /// The name of the session's cookie. With the prefix browsers take it over TLS only, from this host only.
  var cookieName: String { isSecure ? "__Host-credledger" : "credledger" }

  /// The value of a cookie.
  func cookie(_ name: String, in request: Request) -> String? {
    for pair in (request.headers[values: .cookie]).flatMap({ $0.split(separator: ";") }) {
      let pair = pair.drop { $0 == " " }
      if pair.hasPrefix("\(name)=") { return String(pair.dropFirst(name.utf8.count + 1)) }
    }
    return nil
  }

  /// A cookie of the portal.
  ///
  /// - Parameter seconds: how long it lives; nil for as long as the browser runs, 0 to take it away.
  func setCookie(_ name: String, _ value: String, seconds: Int? = nil) -> String {
    var text = "\(name)=\(value); Path=/; HttpOnly; SameSite=Lax"
    if isSecure { text += "; Secure" }
    if let seconds { text += "; Max-Age=\(seconds)" }
    return text
  }

  func session(of request: Request) async throws(PortalFailure) -> Session? {
    guard let token = cookie(cookieName, in: request), token.utf8.count == 64 else { return nil }
    let now = try now
    return try await storing { () throws(SessionStoreError) in try await sessions.session(of: token, at: now) }
  }

  /// Who a session belongs to; nil where there is none, and where the account may not sign in any more.
  func viewer(of session: Session?) async throws(PortalFailure) -> Viewer? {
    guard let session else { return nil }
    return try await asking { () throws(LedgerError) in
      guard let account = try ledger.accounts.account(session.account), !account.isDisabled, !account.isErased,
        let person = try await ledger.accounts.reveal(
          session.account, for: "portal", by: session.account)
      else { return nil }
      return Viewer(account: account, name: person.name ?? person.subject, session: session)
    }
  }

  /// Begins a session for somebody who has just signed in, and ends the one that the browser had.
  ///
  /// - Parameter authenticatedAt: when the person proved to the provider who they are.
  func begin(
    _ account: AccountID, issuer: String, providerSession: String = "", authenticatedAt: Timestamp, _ visit: Visit,
    to path: String
  ) async throws(PortalFailure) -> Response {
    let event = try await asking { () throws(LedgerError) in
      try await ledger.audit.latest(
        1, of: .actor(Subject(account)).and(.anyType(of: [.accountRegistered, .accountSignedIn]))
      ).first?.position
    }
    let now = try now
    if let old = visit.session { try await end([old], .replaced, by: nil, visit) }
    try await end(sessions.surplus(of: account, at: now), .madeRoom, by: nil, visit)
    let token = try await storing { () throws(SessionStoreError) in
      try await sessions.begin(
        for: account, issuer: issuer, providerSession: providerSession, signIn: event ?? 0,
        authenticatedAt: min(authenticatedAt, now), at: now)
    }
    // The page of consent sends a browser on to the program without a word where it was allowed before.
    var response = path.hasPrefix(WaitingAuthorizations.page) ? onward(to: path, "Go on") : Response.see(path)
    response.headers[values: .setCookie] = [setCookie(cookieName, token)]
    return response
  }

  /// Whether the sign-in is young enough for a page that is worth one.
  func isFresh(_ viewer: Viewer) throws(PortalFailure) -> Bool {
    try now - viewer.session.authenticatedAt < settings.freshFor
  }

  /// Sends somebody to sign in again, and back.
  func signInAgain(_ path: String) -> Response {
    .see("/portal/sign-in?said=fresh&to=\(PercentEncoding.encode(path))")
  }
}
