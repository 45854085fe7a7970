import CredentialLedger
import Testing

/// What a server offers for trials, and nowhere else.
@Suite struct DevelopmentTests {
  private static let verifier = String(repeating: "v", count: 43)
  private static let challenge = Base64.encode(SHA256.hash(Array(verifier.utf8)).bytes).replacing("+", with: "-")
    .replacing("/", with: "_").replacing("=", with: "")

  /// The form that the page would send, and the answer to it.
  private func decide(_ served: ServedLedger, _ path: String, _ fields: String, headers: [String] = []) throws -> Answer
  {
    try served.post(path, headers, form: fields)
  }

  @Test("A browser is sent back with a code, which PKCE and a secret redeem together") func browserSent() async throws {
    let served = try await ServedLedger(["--development"])
    for path in ["/oauth2/authorize", "/api/oauth/authorize"] {
      let state = "%7B%22a%22%3A%22b%3D%26%22%7D"
      let query =
        "client_id=\(served.connector)&response_type=code&state=\(state)&code_challenge=\(Self.challenge)&code_challenge_method=S256&prompt=none&nonce=1&response_mode=query"
      let page = try served.ask("GET", "\(path)?\(query)")
      #expect(page.status == 200)
      #expect(page.header("content-type") == "text/html; charset=utf-8")
      #expect(page.header("content-security-policy")?.contains("frame-ancestors 'none'") == true)
      let account = try #require(
        page.body.split(separator: "name=\"account\" value=\"").dropFirst().first?.prefix { $0 != "\"" })
      let answer = try decide(served, path, query + "&account=\(account)")
      #expect(answer.status == 303)
      let location = try #require(answer.header("location"))
      #expect(location.hasPrefix(ServedLedger.redirectURI + "?code=clc_"))
      #expect(location.contains("&state=\(state)&iss="))
      let code = location.split(separator: "code=")[1].prefix { $0 != "&" }
      let form = "grant_type=authorization_code&code=\(code)"
      #expect(try served.post("/oauth2/token", [served.basic], form: form)["error"] == "invalid_grant")
      let tokens = try served.post("/oauth2/token", [served.basic], form: form + "&code_verifier=\(Self.verifier)")
      #expect(tokens.status == 200, "\(tokens.body)")
    }
    // The form of the original: neither response_type nor state.
    let old = try served.ask(
      "GET",
      "/api/Oauth/Authorize?client_id=\(served.connector)&redirect_uri=https%3A%2F%2Fclient.example.org%2Fcallback")
    #expect(old.status == 200)
  }

  @Test("No browser is sent to an address that is not registered, and a client hears of its mistakes by the redirect")
  func browserSentAddress()
    async throws
  {
    let served = try await ServedLedger(["--development"])
    for query in [
      "", "client_id=x", "client_id=\(served.otherConnector)",
      "client_id=\(served.connector)&redirect_uri=https://client.example.org/other",
      "client_id=\(served.connector)&redirect_uri=\(ServedLedger.redirectURI)/",
      "client_id=\(served.connector)&client_id=\(served.connector)",
    ] {
      let answer = try served.ask("GET", "/oauth2/authorize?\(query)")
      #expect(answer.status == 400, "\(query)")
      #expect(answer.header("location") == nil && answer["error"] == "invalid_request")
    }
    for (query, error) in [
      ("response_type=token", "unsupported_response_type"), ("code_challenge=\(Self.challenge)", "invalid_request"),
      ("code_challenge=\(Self.challenge)&code_challenge_method=plain", "invalid_request"),
      ("code_challenge=x&code_challenge_method=S256", "invalid_request"),
    ] {
      let answer = try served.ask("GET", "/oauth2/authorize?client_id=\(served.connector)&state=s&\(query)")
      #expect(answer.status == 303)
      let location = try #require(answer.header("location"))
      #expect(
        location.hasPrefix("\(ServedLedger.redirectURI)?error=\(error)&state=s&iss=http%3A%2F%2F127.0.0.1%3A"),
        "\(location)")
    }
    let denied = try decide(served, "/oauth2/authorize", "client_id=\(served.connector)&account=")
    #expect(denied.header("location")?.contains("?error=access_denied&iss=") == true)
  }

  @Test("Pages of other sites cannot choose, and their text stays text") func pagesOther() async throws {
    let served = try await ServedLedger(["--development"])
    let head = try served.ask("GET", "/readyz")["head"]
    let form = "client_id=\(served.connector)&account=2"
    #expect(try decide(served, "/oauth2/authorize", form, headers: ["Origin: https://evil.example"]).status == 403)
    for headers in [
      ["Origin: null"], ["Origin: null", "Sec-Fetch-Site: cross-site"], ["Sec-Fetch-Site: same-site"],
      ["Origin: http://127.0.0.1:\(served.port)", "Sec-Fetch-Site: cross-site"], ["Sec-Fetch-Site: none"],
    ] { #expect(try decide(served, "/oauth2/authorize", form, headers: headers).status == 403, "\(headers)") }
    let rebound = try Connection(port: served.port)
    rebound.send(
      "POST /oauth2/authorize HTTP/1.1\r\nHost: evil.example:\(served.port)\r\nConnection: close\r\nContent-Length: \(form.utf8.count)\r\n\r\n\(form)"
    )
    #expect(Answer(rebound.readAll()).status == 403)
    #expect(try served.ask("GET", "/readyz")["head"] == head)
    // What browsers send from the page itself, which has no referrer.
    let own = ["Origin: null", "Sec-Fetch-Site: same-origin"]
    #expect(try decide(served, "/oauth2/authorize", form, headers: own).status == 303)
    let page = try served.ask("GET", "/oauth2/authorize?client_id=\(served.connector)&state=%22%3E%3Cscript%3E")
    #expect(!page.body.contains("<script") && page.body.contains("&quot;&gt;&lt;script&gt;"))
  }

  @Test("Signing in by a PIN works with half-quoted bodies, and the PIN is on the console alone") func signingPIN()
    async throws
  {
    let served = try await ServedLedger(["--development", "--log-level", "trace"])
    let asked = try served.ask(
      "POST", "/v1/generatePin", ["Content-Type: text/plain"],
      body: "{mobileNumber:'+911199999999', applicationId:\"\(served.connector)\",}\r\n")
    #expect(asked.status == 200)
    #expect(asked.body == "{}")
    // The link of the first operator stands before it.
    var lines = served.readLines()
    while !lines.isEmpty, !lines.contains(where: { $0.hasPrefix("SMS") }) { lines = served.readLines() }
    let line = try #require(lines.first { $0.hasPrefix("SMS") })
    #expect(line.hasPrefix("SMS to +911199999999: your PIN is "))
    let pin = String(line.suffix(6))
    #expect(Int(pin) != nil && pin.first != "0")
    func logIn(_ pin: String, secret: String? = nil) throws -> Answer {
      try served.ask(
        "POST", "/V1/loginWithPinAndApplicationId",
        body:
          "{MobileNumber: 911199999999, applicationId: '\(served.connector)', applicationSecret: '\(secret ?? served.secret)', pin: \(pin)}"
      )
    }
    let wrong = try logIn(pin == "123456" ? "654321" : "123456")
    #expect(
      wrong.status == 400 && wrong["errorCode"] == "InvalidParameters"
        && wrong["message"]?.hasPrefix("pin: expected") == true)
    #expect(try logIn(pin, secret: "wrong")["errorCode"] == "Unauthenticated")
    let answer = try logIn(pin)
    #expect(answer.status == 200, "\(answer.body)")
    #expect(answer["grantedScope"]?.contains("textmessage.read,textmessage.write") == true)
    #expect(answer["endpointUrl"] == served.origin + "/")
    let expiry = try #require(answer["refreshTokenExpiry"].flatMap { Int64($0) })
    #expect(expiry - LedgerConfiguration.systemClock() > 364 * 86_400_000)
    let headers = [
      "applicationId: \(served.connector)", "applicationSecret: \(served.secret)",
      "refreshToken: \(answer["refreshToken"] ?? "")",
    ]
    #expect(try served.ask("GET", "/v1/accessToken", headers).status == 200)
    #expect(try logIn(pin).status == 400)
    served.end()
    #expect(!served.log.contains(pin) && !served.log.contains("911199999999"))
  }

  @Test("Known and unknown numbers are answered alike, and bad fields are named") func knownUnknown() async throws {
    let served = try await ServedLedger(["--development"])
    func ask(_ number: String, _ id: String) throws -> Answer {
      try served.ask("POST", "/v1/generatePin", body: "{\"mobileNumber\":\"\(number)\",\"applicationId\":\"\(id)\"}")
    }
    for number in ["+911199999999", "+911199999997"] {
      let answer = try ask(number, served.connector)
      #expect(answer.status == 200 && answer.body == "{}")
    }
    for (number, id, status, code) in [
      ("12", served.connector, 400, "InvalidParameters"), ("+911199999999", "x", 401, "Unauthenticated"),
      ("+911199999999", served.group, 401, "Unauthenticated"),
    ] {
      let answer = try ask(number, id)
      #expect(answer.status == status && answer["errorCode"] == code, "\(number)")
      if status == 400 { #expect(answer["message"]?.hasPrefix("mobileNumber: ") == true) }
    }
    for body in ["", "[]", "{", "{\"mobileNumber\":null}", String(repeating: "[", count: 1_000)] {
      let answer = try served.ask("POST", "/v1/generatePin", body: body)
      #expect(answer.status == 400 && answer["errorCode"] == "InvalidParameters", "\(body.prefix(20))")
    }
  }

  @Test("Without being told so a server offers none of it") func withoutBeing() async throws {
    let served = try await ServedLedger()
    for (method, path) in [("POST", "/v1/generatePin"), ("POST", "/v1/loginWithPinAndApplicationId")] {
      #expect(try served.ask(method, path, body: "").status == 404, "\(path)")
    }
    // Nobody is believed to be who they say: the endpoint leads to the portal's sign-in.
    for path in ["/oauth2/authorize", "/api/Oauth/Authorize"] {
      let form = "client_id=\(served.connector)&account=2"
      #expect(try served.post(path, form: form).status == 405, "\(path)")
    }
  }
}
