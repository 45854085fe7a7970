import CredentialLedger
import Testing

/// Tokens in the form of the OAuth standards, and what clients stumble over.
@Suite struct OAuthTests {
  @Test("A narrower scope is honoured for the access token, and the refresh token keeps what it has")
  func narrowerScope() async throws {
    let served = try await ServedLedger()
    func refresh(_ scope: String) throws -> Answer {
      try served.post(
        "/oauth2/token", [served.basic],
        form: "grant_type=refresh_token&refresh_token=\(served.refreshToken)&scope=\(scope)")
    }
    let narrow = try refresh("textmessage.read")
    #expect(narrow.status == 200 && narrow["scope"] == "textmessage.read", "\(narrow.text)")
    let bearer = "Authorization: Bearer \(narrow["access_token"] ?? "")"
    #expect(try served.ask("GET", "/check?scope=textmessage.read", [bearer]).status == 200)
    #expect(try served.ask("GET", "/check?scope=textmessage.write", [bearer]).status == 403)
    let found = try served.post("/oauth2/introspect", [served.basic], form: "token=\(narrow["access_token"] ?? "")")
    #expect(found["scope"] == "textmessage.read")
    // What is not known here is dropped, and what was not granted is not given.
    #expect(try refresh("openid+textmessage.read+media.read")["scope"] == "textmessage.read")
    #expect(try #require(try refresh("openid+offline_access")["scope"]).contains("textmessage.write"))
    #expect(try #require(try refresh("")["scope"]).contains("textmessage.write"))
    let refused = try refresh("media.read")
    #expect(refused.status == 400 && refused["error"] == "invalid_scope", "\(refused.text)")
    #expect(refused["error_description"]?.hasPrefix("scope: expected") == true)
  }

  @Test("A refresh token is traded by Basic and by parameters, and each answer is as clients need it")
  func refreshToken()
    async throws
  {
    let served = try await ServedLedger()
    let form = "grant_type=refresh_token&refresh_token=\(served.refreshToken)"
    let parameters = "&client_id=\(served.connector)&client_secret=\(served.secret)"
    let coded = served.connector.replacing("-", with: "%2D")
    for (headers, form) in [
      ([served.basic], form), ([], form + parameters), ([served.basic], form + "&client_id=\(served.connector)"),
      ([ServedLedger.basic(coded, served.secret)], form),
      ([ServedLedger.basic(served.connector, "")], form + parameters),
      ([served.basic], form + "&type=web_server&client_info=1&scope=&audience=x&resource=&client_secret="),
    ] {
      let answer = try served.post("/oauth2/token", headers, form: form)
      #expect(answer.status == 200, "\(answer.body)")
      #expect(answer.header("content-type")?.hasPrefix("application/json") == true)
      #expect(answer.header("cache-control") == "no-store")
      #expect(answer.header("pragma") == "no-cache")
      #expect(answer["token_type"] == "Bearer")
      #expect(answer.body.contains("\"expires_in\":86400,"))
      #expect(answer["scope"]?.contains("groupinfo.read groupinfo.write") == true)
      #expect(answer["refresh_token"] == nil && !answer.body.contains("null"))
    }
    for type in ["application/x-www-form-urlencoded; charset=UTF-8", "APPLICATION/X-WWW-FORM-URLENCODED;x=y"] {
      #expect(
        try served.ask("POST", "/oauth2/token", [served.basic, "Content-Type: \(type)"], body: form).status == 200)
    }
  }

  @Test("The scope is told in the client's words where it is what the client asked for") func scopeTold() async throws {
    let served = try await ServedLedger()
    let form = "grant_type=refresh_token&refresh_token=\(served.refreshToken)&scope="
    let all = "textmessage.write textmessage.read groupinfo.update groupinfo.remove groupinfo.write groupinfo.read"
    #expect(
      try served.post("/oauth2/token", [served.basic], form: form + all.replacing(" ", with: "+"))["scope"] == all)
    let more = try served.post("/oauth2/token", [served.basic], form: form + "openid+offline_access")
    #expect(
      more["scope"]
        == "groupinfo.read groupinfo.write groupinfo.remove groupinfo.update textmessage.read textmessage.write")
  }

  @Test("Each failure is as RFC 6749 writes it, uses nothing up, and a client that repeats by other means succeeds")
  func eachFailure()
    async throws
  {
    let served = try await ServedLedger()
    let code = "grant_type=authorization_code&redirect_uri=\(ServedLedger.redirectURI)&code=\(served.code)"
    let refresh = "grant_type=refresh_token&refresh_token=\(served.refreshToken)"
    let json = try served.ask("POST", "/oauth2/token", [served.basic, "Content-Type: application/json"], body: "{}")
    #expect(json.status == 400 && json["error"] == "invalid_request")
    let cases: [([String], String, String, Int)] = [
      ([], code, "invalid_client", 401), ([ServedLedger.basic(served.connector, "wrong")], code, "invalid_client", 401),
      ([ServedLedger.basic("wrong", served.secret)], refresh, "invalid_client", 401),
      (["Authorization: Basic %%%"], refresh, "invalid_client", 401),
      ([], refresh + "&client_id=\(served.connector)&client_secret=wrong", "invalid_client", 401),
      ([], refresh + "&client_id=\(served.connector)&client_secret=", "invalid_client", 401),
      ([served.basic], refresh + "&client_secret=\(served.secret)", "invalid_request", 400),
      ([served.basic], refresh + "&client_id=\(served.otherConnector)", "invalid_request", 400),
      ([served.basic], refresh + "&refresh_token=x", "invalid_request", 400),
      ([served.basic], "refresh_token=\(served.refreshToken)", "invalid_request", 400),
      ([served.basic], "grant_type=&refresh_token=\(served.refreshToken)", "invalid_request", 400),
      ([served.basic], "grant_type=password&username=a&password=b", "unsupported_grant_type", 400),
      ([served.basic], "grant_type=refresh_token", "invalid_request", 400),
      ([served.basic], "grant_type=refresh_token&refresh_token=wrong", "invalid_grant", 400),
      ([served.basic], "grant_type=authorization_code", "invalid_request", 400),
      ([served.basic], "grant_type=authorization_code&code=wrong", "invalid_grant", 400),
      ([served.basic], code + "&code_verifier=\(String(repeating: "v", count: 43))", "invalid_grant", 400),
      ([served.basic], code.replacing("callback", with: "other"), "invalid_grant", 400),
      ([ServedLedger.basic(served.otherConnector, served.otherSecret)], code, "invalid_grant", 400),
      ([served.basic], "grant_type=%ff%zz", "invalid_request", 400),
    ]
    for (headers, form, error, status) in cases {
      let answer = try served.post("/oauth2/token", headers, form: form)
      #expect(answer.status == status, "\(form.prefix(40)): \(answer.body)")
      #expect(answer["error"] == error, "\(form.prefix(40)): \(answer.body)")
      #expect(answer["error_description"]?.isEmpty == false)
      #expect(answer.header("cache-control") == "no-store" && answer.header("pragma") == "no-cache")
      let challenge = answer.header("www-authenticate")
      #expect(challenge?.hasPrefix(headers.isEmpty ? "Bearer" : "Basic realm=") == (status == 401 ? true : nil))
    }
    let query = try served.post("/oauth2/token?client_id=\(served.connector)", [served.basic], form: refresh)
    #expect(query["error"] == "invalid_request")
    // As Go's client does after any failure: with parameters in the place of Basic.
    let repeated = try served.post(
      "/oauth2/token", form: code + "&client_id=\(served.connector)&client_secret=\(served.secret)")
    #expect(repeated.status == 200, "\(repeated.body)")
    #expect(repeated["refresh_token"]?.hasPrefix("clr_") == true)
  }

  @Test("Introspection tells a connector of its own tokens, and of all others that they are not active")
  func introspectionTells()
    async throws
  {
    let served = try await ServedLedger()
    let token = try #require(try served.ask("GET", "/v1/accessToken", served.kaizalaHeaders)["accessToken"])
    for (text, hint) in [(token, "access_token"), (token, "unknown"), (served.refreshToken, "access_token")] {
      let answer = try served.post("/oauth2/introspect", [served.basic], form: "token=\(text)&token_type_hint=\(hint)")
      #expect(answer.status == 200)
      #expect(answer.header("content-type")?.hasPrefix("application/json") == true)
      #expect(answer.json?["active"] == .bool(true))
      #expect(answer["client_id"] == served.connector)
      #expect(answer["iss"] == served.origin)
      #expect(answer["scope"]?.contains("textmessage.read textmessage.write") == true)
      let (issued, expires) = (Int64(answer["iat"] ?? ""), Int64(answer["exp"] ?? ""))
      #expect(try #require(expires) - #require(issued) == (text == token ? 86_400 : 365 * 86_400))
    }
    let other = ServedLedger.basic(served.otherConnector, served.otherSecret)
    for (headers, text) in [
      ([other], token), ([other], served.refreshToken), ([served.basic], "unknown"), ([served.basic], served.code),
      ([served.basic], served.secret), ([served.basic], String(repeating: "x", count: 10_000)),
    ] {
      let answer = try served.post("/oauth2/introspect", headers, form: "token=\(text)")
      #expect(answer.status == 200)
      #expect(answer.body == #"{"active":false}"#)
    }
    #expect(try served.post("/oauth2/introspect", form: "token=\(token)").status == 401)
    #expect(
      try served.post("/oauth2/introspect", ["Authorization: Bearer \(token)"], form: "token=\(token)").status == 401)
    #expect(try served.post("/oauth2/introspect", [served.basic], form: "")["error"] == "invalid_request")
    #expect(try served.ask("GET", "/oauth2/introspect?token=\(token)", [served.basic]).status == 405)
  }

  @Test("Revocation answers alike whatever the token was, and a second time") func revocationAnswers() async throws {
    let served = try await ServedLedger()
    let token = try #require(try served.ask("GET", "/v1/accessToken", served.kaizalaHeaders)["accessToken"])
    let other = ServedLedger.basic(served.otherConnector, served.otherSecret)
    func isActive() throws -> Bool {
      try served.post("/oauth2/introspect", [served.basic], form: "token=\(token)").json?["active"] == .bool(true)
    }
    for (headers, form) in [
      ([other], "token=\(token)"), ([served.basic], "token=unknown&token_type_hint=x"),
      ([served.basic], "token=eyJhbGciOiJub25lIn0.e30."),
    ] {
      let answer = try served.post("/oauth2/revoke", headers, form: form)
      #expect(answer.status == 200 && answer.body == "")
      #expect(try isActive())
    }
    #expect(
      try served.post("/oauth2/revoke", [served.basic], form: "token_type_hint=access_token")["error"]
        == "invalid_request")
    #expect(try served.post("/oauth2/revoke", form: "token=\(token)").status == 401)
    #expect(try isActive())
    for _ in 0..<2 {
      let answer = try served.post(
        "/oauth2/revoke", [served.basic], form: "token=\(token)&token_type_hint=refresh_token")
      #expect(answer.status == 200 && answer.body == "")
      #expect(answer.header("cache-control") == "no-store")
      #expect(try !isActive())
    }
  }

  @Test("The metadata names the issuer byte for byte, and Basic before all else") func metadataNames() async throws {
    let served = try await ServedLedger(["--public-url", "https://tokens.example.org/"])
    let answer = try served.ask("GET", "/.well-known/oauth-authorization-server")
    #expect(answer.status == 200)
    #expect(answer["issuer"] == "https://tokens.example.org")
    #expect(answer["token_endpoint"] == "https://tokens.example.org/oauth2/token")
    for name in ["token_endpoint", "introspection_endpoint", "revocation_endpoint"] {
      #expect(
        answer.json?["\(name)_auth_methods_supported"]
          == .array([.string("client_secret_basic"), .string("client_secret_post")]))
    }
  }

  @Test("One refresh token that many ask with at once is answered to each") func refreshTokenAsk() async throws {
    let served = try await ServedLedger()
    let (port, basic, token) = (served.port, served.basic, served.refreshToken)
    let statuses = await withTaskGroup(of: Int.self) { group in
      for _ in 0..<32 {
        group.addTask {
          let form = "grant_type=refresh_token&refresh_token=\(token)"
          guard let connection = try? Connection(port: port) else { return 0 }
          connection.send(
            "POST /oauth2/token HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(basic)\r\nContent-Length: \(form.utf8.count)\r\n\r\n\(form)"
          )
          return Answer(connection.readAll()).status
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(statuses == [Int](repeating: 200, count: 32))
  }
}
