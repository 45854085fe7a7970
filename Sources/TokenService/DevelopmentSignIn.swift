import CredentialLedger
import HTTPSupport
import HTTPTypes
import Hummingbird

/// Authorization without a portal: a page on which one chooses, unasked for any proof, who one is. For one's own trials only.
extension TokenService {
  var developmentRoutes: [Route] {
    Self.authorizePaths.flatMap { path in
      [
        Route(.get, path, errors: .both) { (request, _) throws(RequestError) in try await choose(request, path) },
        Route(.post, path, errors: .both) { (request, context) throws(RequestError) in
          try await decide(request, context)
        },
      ]
    }
  }

  /// The page.
  private func choose(_ request: Request, _ path: String) async throws(RequestError) -> Response {
    let parameters = try authorizationParameters(try FormFields(Array((request.uri.query ?? "").utf8)))
    let authorize = try AuthorizeRequest(parameters, self)
    if let error = authorize.error { return redirect(authorize.request, [("error", error)]) }
    let accounts = try await asking { () async throws(LedgerError) -> [(AccountID, String)] in
      var named: [(AccountID, String)] = []
      // Where operators must be named there is none to name here: the page shows no names then.
      let disclosure = try? await ledger.disclose(.everybody, for: "development sign-in", by: Requester.operator)
      for account in try ledger.accounts.list(limit: 100) where !account.isErased && !account.isDisabled {
        var name: String?
        if let disclosure, let person = try await ledger.accounts.reveal(account.id, under: disclosure) {
          name = person.name ?? person.subject
        }
        named.append((account.id, name ?? account.id.description))
      }
      return named
    }
    let kept = [
      "client_id", "redirect_uri", "state", "response_type", "code_challenge", "code_challenge_method", "resource",
      "dpop_jkt", "scope",
    ]
    let hidden = kept.flatMap { name in
      parameters.all(name).map { "<input type=\"hidden\" name=\"\(name)\" value=\"\(HTMLText.escaped($0))\">" }
    }.joined()
    let buttons = accounts.map {
      "<p><button name=\"account\" value=\"\($0.0.rawValue)\">\(HTMLText.escaped($0.1))</button></p>"
    }.joined()
    let asks = HTMLText.escaped(authorize.request.connector.details.name)
    let consent = WaitingAuthorizations.page + authorizations.keep(authorize.request, from: "")
    let page = """
      <h1>Who are you?</h1><p>\(asks) asks for your access. This page is for trials: \
      it asks for no proof.</p><form method="post" action="\(path)">\(hidden)\(buttons)\
      <p><button name="account" value="">Refuse</button></p></form>\
      <p><a href="\(consent)">See the page that people get outside of trials</a></p>
      """
    return .page(title: "Development sign-in", body: page)
  }

  /// Sends the browser back with a code, or with the refusal.
  private func decide(_ request: Request, _ context: HTTPContext) async throws(RequestError) -> Response {
    // Another site's page must not choose, whatever name it goes by for this machine. The page has no referrer, so its form may
    // come with the origin "null": browsers say by Sec-Fetch-Site where it comes from, and older ones by the origin alone.
    let site = request.headers[.named("Sec-Fetch-Site")]
    guard site.map({ $0 == "same-origin" }) ?? request.headers[.origin].map({ $0 == origin }) ?? true,
      origin.hasSuffix("//" + (request.head.authority ?? ""))
    else { throw RequestError(.forbidden, "The request comes from another site.") }
    let form = try await request.form(upTo: bodyLimit)
    let authorize = try AuthorizeRequest(form, self)
    let asked = authorize.request
    if let error = authorize.error { return redirect(asked, [("error", error)]) }
    guard let text = form["account"] else { return redirect(asked, [("error", "access_denied")]) }
    guard let account = AccountID(text) else { throw .field("account", "the number of an account") }
    let issued = try await asking { () throws(LedgerError) in
      try await ledger.authorizationCodes.issue(
        asked.connector.id, consent: .scopes(asked.scopes), redirectURI: asked.redirectURI,
        codeChallenge: asked.codeChallenge, conditions: asked.conditions, by: account,
        context: context.recorded(HTTPFields()))
    }
    return redirect(asked, [("code", issued.code.text)])
  }
}
