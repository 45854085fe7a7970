import CredentialLedger
import HTTPSupport
import HTTPTypes
import Hummingbird

/// Signing in and out.
extension ManagementPortal {
  /// The cookie that holds the secret of the first operator's link between its page and the sign-in.
  private var firstCookie: String { isSecure ? "__Host-credledger-first" : "credledger-first" }

  /// The cookie by which a browser that comes back from the provider's sign-out is known.
  private var outCookie: String { isSecure ? "__Host-credledger-out" : "credledger-out" }

  /// Where to go after the sign-in: a page of the portal, or else its home.
  static func target(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") }
    return text.hasPrefix("/portal/") && !text.contains("//") && isPlain && text.utf8.count <= 2_000 ? text : "/portal/"
  }

  func signInPage(_ visit: Visit) async throws(PortalFailure) -> Response {
    let said: HTML? =
      switch visit.query["said"] {
      case "ended": "Your session ended. Sign in to go on. What you sent was not done."
      case "out" where visit.query.has("state") && visit.query["state"] == cookie(outCookie, in: visit.request):
        "You are signed out, here and at your provider."
      case "out": "You are signed out."
      case "fresh": "Sign in again to open this page: it wants a sign-in of the last 5 minutes."
      case "again": "The program that sent you here wants you to sign in again."
      case "disabled": "Your account is disabled. Only an operator can enable it."
      default: nil
      }
    return signIn(
      visit, heading: "Sign in", to: Self.target(visit.query["to"]),
      isFresh: ["fresh", "again"].contains(visit.query["said"]),
      notice: said.map { Part.notice(visit.query["said"] == "disabled" ? "bad" : "none", $0) })
  }

  /// The page of the one-time link.
  func firstPage(_ visit: Visit) async throws(PortalFailure) -> Response {
    guard firstOperator.opens(visit.part(1)) else {
      throw PortalFailure(
        status: .gone, title: "This link was used, or is not valid any more",
        remedy:
          "The first operator is made by it once. At the command line an operator is made by: credledger account role account:2 operator",
        code: "link_used", next: (words: "Sign in", path: "/portal/sign-in"))
    }
    var response = signIn(
      visit, heading: "You will be this ledger’s first operator.", to: "/portal/", notice: nil)
    response.headers[values: .setCookie] = [setCookie(firstCookie, visit.part(1), seconds: 900)]
    return response
  }

  /// The sign-in page.
  ///
  /// - Parameter isFresh: whether the provider is to ask the person to sign in anew.
  func signIn(
    _ visit: Visit, heading: HTML, to target: String, isFresh: Bool = false, notice: HTML?,
    status: HTTPResponse.Status = .ok
  ) -> Response {
    let fresh: HTML = when(isFresh, #"<input type="hidden" name="fresh" value="1">"#)
    let buttons = connections.enumerated().map { index, connection -> HTML in
      #"""
      <form method="post" action="/portal/sign-in/\#(connection.provider.id)"><input type="hidden" name="to" value="\#(target)">\#(fresh)<button class="button\#(when(index == 0, " button-main"))">Continue with \#(Part.name(connection.provider.name))</button></form>
      """#
    }
    let development: HTML = #"""
      <p class="or">Development mode only</p>
      <form class="stack" method="post" action="/portal/sign-in/development"><input type="hidden" name="to" value="\#(target)">
      \#(Part.textField("name", "Name", hint: "Any name will do. This form exists because the server was started with --development, and it answers only on this machine.", more: #"autocomplete="username" maxlength="100""#))
      <button class="button\#(when(connections.isEmpty, " button-main"))">Sign in with this name</button></form>
      """#
    let nobody: HTML =
      "<p>No identity provider is set up, so nobody can sign in. An operator names one in the server’s configuration.</p>"
    let content: HTML = #"""
      <h1>\#(heading)</h1>\#(notice ?? .empty)
      <p class="soft">Use your organisation’s account. Signing in is recorded in the ledger, as is everything you change.</p>
      \#(buttons)\#(settings.isDevelopment ? development : connections.isEmpty ? nobody : .empty)
      """#
    return .html(
      layout().gate(
        "Sign in", content,
        below: " · Trouble signing in? Tell your operator the request ID <code>\(visit.context.requestID)</code>."),
      status: status)
  }

  /// Signs in by a name alone.
  func developmentSignIn(_ visit: Visit) async throws(PortalFailure) -> Response {
    guard settings.isDevelopment, ["127.0.0.1", "::1"].contains(visit.context.peer?.ipAddress ?? "") else {
      throw .notFound("page")
    }
    let name = visit.form["name"]
    guard (1...100).contains(name.count), name.utf8.count <= 255 else {
      throw .invalid("Enter a name of 1 to 100 characters.")
    }
    return try await arrive(
      visit, issuer: "development", subject: name, name: name, email: nil, to: Self.target(visit.form["to"]))
  }

  /// Records a sign-in, and begins a session.
  ///
  /// - Parameter authenticatedAt: when the person proved who they are; nil for now.
  func arrive(
    _ visit: Visit, issuer: String, subject: String, name: String?, email: String?, providerSession: String = "",
    authenticatedAt: Timestamp? = nil, to target: String
  ) async throws(PortalFailure) -> Response {
    let secret = cookie(firstCookie, in: visit.request)
    let isFirst = secret.map { firstOperator.use($0) } ?? false
    let account: AccountID
    do throws(LedgerError) {
      let outcome = try await ledger.accounts.signIn(
        issuer: issuer, subject: subject, name: name, email: email,
        userAgent: visit.request.headers[.userAgent], role: isFirst ? .operator : .user, context: visit.recorded())
      account = outcome.account
      if isFirst, !outcome.isNew {
        try await ledger.accounts.changeRole(
          of: account, to: .operator, by: Requester.operator, context: visit.recorded())
      }
    } catch {
      if isFirst, let secret { firstOperator.restore(secret) }
      if error.code.rawValue == "account_disabled" {
        await recordRefusal(issuer, .disabled, visit)
        return .see("/portal/sign-in?said=disabled")
      }
      throw PortalFailure(error)
    }
    let proved = if let authenticatedAt { authenticatedAt } else { try now }
    var response: Response
    do throws(PortalFailure) {
      response = try await begin(
        account, issuer: issuer, providerSession: providerSession, authenticatedAt: proved, visit, to: target)
    } catch { throw error.afterSignIn }
    if secret != nil { response.headers[values: .setCookie].append(setCookie(firstCookie, "", seconds: 0)) }
    return response
  }

  func signOutPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    .html(
      layout().gate(
        "Sign out",
        #"""
        <h1>Sign out?</h1><p class="soft">Your session in this browser ends. Tokens and grants go on.</p>
        <form class="stack" method="post" action="/portal/sign-out">\#(viewer.token)<button class="button button-main">Sign out</button></form>
        <p><a href="/portal/">Stay signed in</a></p>
        """#))
  }

  func signOut(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    try await end([viewer.session], .signedOut, by: viewer.id, visit)
    let state = RandomText.make(words: 2)
    var response: Response
    if let there = await providerSignOut(viewer, state: state) {
      response = onward(to: there.address, "Continue with \(Part.name(there.provider.name))")
      response.headers[values: .setCookie] = [setCookie(outCookie, state, seconds: 600)]
    } else {
      response = .see("/portal/sign-in?said=out")
    }
    response.headers[values: .setCookie].append(setCookie(cookieName, "", seconds: 0))
    return response
  }
}
