import CredentialLedger
import HTTPSupport
import Hummingbird

/// The Kaizala form.
extension TokenService {
  var kaizalaRoutes: [Route] {
    [
      Route(whole: .get, "/v1/accessToken", isCrossOrigin: true) { (request, _, context) throws(RequestError) in
        try await accessToken(request, context)
      },
      Route(whole: .post, "/api/oauth/token", errors: .both, isCrossOrigin: true) {
        (request, body, context) throws(RequestError) in
        try await legacyToken(request, body, context)
      },
    ]
  }

  /// Trades the refresh token in the headers for an access token.
  private func accessToken(_ request: Request, _ context: HTTPContext) async throws(RequestError) -> WholeAnswer {
    guard let id = request.headers.value(of: .applicationID), !id.isEmpty,
      let secret = request.headers.value(of: .applicationSecret), !secret.isEmpty
    else { throw RequestError(.invalidClient, "") }
    guard let refreshToken = request.headers.value(of: .kaizalaRefreshToken), !refreshToken.isEmpty else {
      throw .field("refreshToken", "a refresh token in a header of this name")
    }
    let client = ClientCredentials(id: id, secret: secret)
    let issued = try await limited(client, context) { () throws(RequestError) in
      try await asking { () throws(LedgerError) in
        try await ledger.tokens.issue(
          connector: client.connector, secret: client.secret, refreshToken: RefreshToken(refreshToken),
          context: context.recorded(request.headers))
      }
    }
    let token = try presentable(issued.accessToken, isSigned: issued.isSigned, for: issued.audiences)
    var answer = JSONObjectText()
    addKaizalaMembers(to: &answer, token, issued.expiresAt, issued.scopes, issued.refreshToken)
    return .credential(json: answer.finish())
  }

  /// Trades an authorization code, or a refresh token, for an access token; the parameters may be a form or JSON.
  private func legacyToken(
    _ request: Request, _ body: [UInt8], _ context: HTTPContext
  ) async throws(RequestError) -> WholeAnswer {
    let form = try request.formOrJSON(of: body)
    let client = try ClientCredentials(request.headers, form)
    let granted = try await limited(client, context) { () throws(RequestError) in
      // The form of before resource indicators, whose programs send parameters of that name for something else.
      let form = form.without(["resource"])
      let conditions = try await conditions(form, request.headers, path: "/api/oauth/token")
      return try await trade(
        form, grantType: form["grant_type"] ?? "authorization_code", client, conditions,
        context.recorded(request.headers))
    }
    let now = try await asking { () throws(LedgerError) in try ledger.now }
    var answer = JSONObjectText()
    addKaizalaMembers(to: &answer, granted.accessToken, granted.expiresAt, granted.scopes, granted.refreshToken)
    for (name, value) in granted.standardMembers(at: now) { answer.add(name, value) }
    return .credential(json: answer.finish())
  }

  /// The refresh token is empty as long as the one that was presented is to be used on; many clients look at it.
  private func addKaizalaMembers(
    to answer: inout JSONObjectText, _ accessToken: AccessToken, _ expiresAt: Timestamp, _ scopes: Scopes,
    _ refreshToken: RefreshToken?
  ) {
    answer.add("accessToken", accessToken.text)
    answer.add("endpointUrl", origin + "/")
    answer.add("accessTokenExpiry", expiresAt.milliseconds)
    answer.add("scope", scopes.description)
    answer.add("refreshToken", refreshToken?.text ?? "")
  }
}
