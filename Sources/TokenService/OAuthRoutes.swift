import CredentialLedger
import HTTPSupport
import Hummingbird

/// The standard form.
extension TokenService {
  var oauthRoutes: [Route] {
    [
      Route(whole: .post, "/oauth2/token", errors: .oauth, isCrossOrigin: true) {
        (request, body, context) throws(RequestError) in
        try await token(request, body, context)
      },
      Route(immediately: .post, "/oauth2/introspect", errors: .oauth, isCrossOrigin: true) {
        (request, body, context) throws(RequestError) in
        try introspect(request, body, context)
      },
      Route(.post, "/oauth2/revoke", errors: .oauth, isCrossOrigin: true) { (request, context) throws(RequestError) in
        try await revoke(request, context)
      },
      Route(.post, "/oauth2/par", errors: .oauth, isCrossOrigin: true) { (request, context) throws(RequestError) in
        try await push(request, context)
      },
      Route(.get, Self.keysPath, errors: .oauth, isCrossOrigin: true) { (_, _) throws(RequestError) in
        try verifyingKeys
      },
      Route(.get, Self.resourceMetadataPath, errors: .oauth, isCrossOrigin: true) { _, _ in resourceMetadata },
      Route(.get, "/.well-known/oauth-authorization-server", errors: .oauth, isCrossOrigin: true) { _, _ in metadata },
    ]
  }

  /// The token endpoint (RFC 6749 section 3.2).
  private func token(
    _ request: Request, _ body: [UInt8], _ context: HTTPContext
  ) async throws(RequestError) -> WholeAnswer {
    let form = try request.form(of: body)
    let client = try ClientCredentials(request.headers, form)
    let grantType = try form.required("grant_type")
    let granted = try await limited(client, context) { () throws(RequestError) in
      let conditions = try await conditions(form, request.headers, path: "/oauth2/token")
      return try await trade(form, grantType: grantType, client, conditions, context.recorded(request.headers))
    }
    let now = try await asking { () throws(LedgerError) in try ledger.now }
    var members = granted.standardMembers(at: now)
    // Some clients take any difference from what they asked for as an error, so what equals it is told in their words.
    let asked = form["scope"]
    let isAsAsked = asked.map {
      Scopes(asked: $0) == granted.scopes && $0.split(separator: " ").count == granted.scopes.count
    }
    members.append(("scope", .string(isAsAsked == true ? asked ?? "" : granted.scopes.oauthText)))
    return .credential(.object(members))
  }

  /// Trades what a client has for tokens.
  func trade(
    _ form: FormFields, grantType: String, _ client: ClientCredentials, _ conditions: TokenConditions,
    _ context: CredentialLedger.RequestContext
  ) async throws(RequestError) -> IssuedTokens {
    switch grantType {
    case "refresh_token":
      let refreshToken = RefreshToken(try form.required("refresh_token"))
      let issued = try await asking { () throws(LedgerError) in
        try await ledger.tokens.issue(
          connector: client.connector, secret: client.secret, refreshToken: refreshToken,
          scopes: form["scope"].flatMap { Scopes(asked: $0).unlessEmpty }, conditions: conditions, context: context)
      }
      return IssuedTokens(
        accessToken: try presentable(issued.accessToken, isSigned: issued.isSigned, for: issued.audiences),
        expiresAt: issued.expiresAt, scopes: issued.scopes, refreshToken: issued.refreshToken,
        isBound: conditions.keyThumbprint != nil)
    case "authorization_code":
      let code = AuthorizationCode(try form.required("code"))
      let redeemed = try await asking { () throws(LedgerError) in
        try await ledger.authorizationCodes.redeem(
          code, connector: client.connector, secret: client.secret, redirectURI: form["redirect_uri"],
          codeVerifier: form["code_verifier"], conditions: conditions, context: context)
      }
      return IssuedTokens(
        accessToken: try presentable(redeemed.accessToken, isSigned: redeemed.isSigned, for: redeemed.audiences),
        expiresAt: redeemed.expiresAt, scopes: redeemed.scopes,
        refreshToken: redeemed.refreshToken, isBound: conditions.keyThumbprint != nil)
    case "client_credentials":
      let issued = try await asking { () throws(LedgerError) in
        try await ledger.tokens.issueOwn(
          connector: client.connector, secret: client.secret, scopes: form["scope"].map { Scopes(asked: $0) },
          conditions: conditions, context: context)
      }
      return IssuedTokens(
        accessToken: try presentable(
          issued.accessToken, isSigned: issued.isSigned, for: conditions.audiences ?? .unrestricted),
        expiresAt: issued.expiresAt, scopes: issued.scopes, refreshToken: nil,
        isBound: conditions.keyThumbprint != nil)
    default:
      throw RequestError(
        .unsupportedGrantType, "grant_type: expected refresh_token, authorization_code or client_credentials")
    }
  }

  /// Token revocation (RFC 7009): 200 and nothing besides, whatever the token was.
  private func revoke(_ request: Request, _ context: HTTPContext) async throws(RequestError) -> Response {
    let form = try await request.form(upTo: smallBody)
    let client = try ClientCredentials(request.headers, form)
    let token = try form.required("token")
    let address = context.network
    try limits.failures.check(address)
    do throws(RequestError) {
      _ = try await asking { () throws(LedgerError) in
        try await ledger.tokens.revoke(
          presented: token, connector: client.connector, secret: client.secret,
          context: context.recorded(request.headers))
      }
    } catch {
      if error.kind == .invalidClient { limits.failures.note(address) }
      throw error
    }
    return Response(status: .ok, headers: [.cacheControl: "no-store", .pragma: "no-cache", .contentLength: "0"])
  }

  /// Authorization server metadata (RFC 8414). Basic comes first: some clients take the first method that they know.
  private var metadata: Response {
    let methods = JSONValue.array([.string("client_secret_basic"), .string("client_secret_post")])
    let members: [(String, JSONValue)] = [
      ("issuer", .string(origin)), ("token_endpoint", .string(origin + "/oauth2/token")),
      ("introspection_endpoint", .string(origin + "/oauth2/introspect")),
      ("revocation_endpoint", .string(origin + "/oauth2/revoke")), ("jwks_uri", .string(origin + Self.keysPath)),
      ("status_list_aggregation_endpoint", .string(origin + Self.statusListsPath)),
      ("response_types_supported", .array([.string("code")])),
      ("response_modes_supported", .array([.string("query")])),
      (
        "grant_types_supported",
        .array([.string("authorization_code"), .string("refresh_token"), .string("client_credentials")])
      ), ("dpop_signing_alg_values_supported", .array(DPoPProofs.algorithms.map { .string($0) })),
      ("code_challenge_methods_supported", .array([.string("S256")])),
      ("token_endpoint_auth_methods_supported", methods),
      ("introspection_endpoint_auth_methods_supported", methods),
      ("revocation_endpoint_auth_methods_supported", methods),
      ("scopes_supported", .array(Scopes.all.description.split(separator: ",").map { .string(String($0)) })),
      ("authorization_endpoint", .string(origin + "/oauth2/authorize")),
      ("pushed_authorization_request_endpoint", .string(origin + "/oauth2/par")),
      ("authorization_response_iss_parameter_supported", .bool(true)),
    ]
    return .json(.object(members), headers: [.cacheControl: "max-age=300"])
  }
}

extension Scopes {
  fileprivate var count: Int { rawValue.nonzeroBitCount }

  /// Nil where there is none: names that are not known here count as nothing asked.
  fileprivate var unlessEmpty: Scopes? { isEmpty ? nil : self }
}
