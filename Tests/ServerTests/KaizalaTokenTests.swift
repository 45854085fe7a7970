import CredentialLedger
import Testing

/// Access tokens in the Kaizala form, as published clients ask for them.
@Suite struct KaizalaTokenTests {
  @Test("A refresh token is traded for an access token, by any spelling of the path") func refreshToken() async throws {
    let served = try await ServedLedger(["--public-url", "https://tokens.example.org"])
    for path in ["/v1/accessToken", "//v1//accessToken/", "/V1/ACCESSTOKEN", "/v1/accessToken?unknown=1"] {
      let answer = try served.ask("GET", path, served.kaizalaHeaders)
      #expect(answer.status == 200, "\(path)")
      #expect(answer.header("content-type") == "application/json; charset=utf-8")
      #expect(answer.header("cache-control") == "no-store")
      #expect(answer["accessToken"]?.hasPrefix("cla_") == true)
      #expect(answer["endpointUrl"] == "https://tokens.example.org/")
      #expect(answer["refreshToken"] == "")
      #expect(
        answer["scope"]
          == "groupinfo.read,groupinfo.write,groupinfo.remove,groupinfo.update,textmessage.read,textmessage.write")
      let expiry = try #require(answer["accessTokenExpiry"].flatMap { Int64($0) })
      #expect(abs(expiry - LedgerConfiguration.systemClock() - 86_400_000) < 600_000)
      // A number, and no member that clients take for a failure.
      #expect(answer.body.contains("\"accessTokenExpiry\":\(expiry)"))
      #expect(answer["errorCode"] == nil && !answer.body.contains("null"))
    }
  }

  @Test("Header fields may be written in any case, with a form's Content-Type and no agent") func headerFields()
    async throws
  {
    let served = try await ServedLedger()
    let headers = [
      "APPLICATIONID:\(served.connector.uppercased())@1", "applicationsecret:\(served.secret)",
      "RefreshToken: \(served.refreshToken)", "Content-Type: application/x-www-form-urlencoded", "Content-Length: 0",
      "Postman-Token: x", "cache-control: no-cache",
    ]
    #expect(try served.ask("GET", "/v1/accessToken", headers).status == 200)
  }

  @Test("Each failure has the three members, and nothing is appended") func eachFailure() async throws {
    let served = try await ServedLedger()
    let (id, secret, token) = (
      "applicationId: \(served.connector)", "applicationSecret: \(served.secret)",
      "refreshToken: \(served.refreshToken)"
    )
    let head = try served.ask("GET", "/readyz")["head"]
    let unauthenticated = ("Unauthenticated", 401, "Dont have correct applicationId and secret in header!")
    let invalid = ("InvalidToken", 401, "Invalid token. Failure reason:Token validation failed due to unknown reason!")
    let cases: [([String], (String, Int, String))] = [
      ([], unauthenticated), ([id, token], unauthenticated), ([secret, token], unauthenticated),
      ([id, "applicationSecret: wrong", token], unauthenticated),
      (["applicationId: wrong", secret, token], unauthenticated),
      (["applicationId: \(served.otherConnector)", secret, token], unauthenticated),
      ([id, secret, "refreshToken: wrong"], invalid),
      ([id, secret, "refreshToken: \(served.refreshToken)x"], invalid),
      (["applicationId: \(served.otherConnector)", "applicationSecret: \(served.otherSecret)", token], invalid),
      ([id, secret], ("InvalidParameters", 400, "refreshToken: expected a refresh token in a header of this name")),
      (
        [id, secret, "refreshToken:"],
        ("InvalidParameters", 400, "refreshToken: expected a refresh token in a header of this name")
      ),
    ]
    for (headers, (code, status, message)) in cases {
      let answer = try served.ask("GET", "/v1/accessToken", headers)
      #expect(answer.status == status, "\(headers)")
      #expect(answer["errorCode"] == code, "\(headers)")
      #expect(answer["message"] == message)
      #expect(answer["errorCategoryKey"] == (status == 401 ? "AuthException" : "RequestException"))
      #expect(answer.header("content-type") == "application/json; charset=utf-8")
      #expect(answer.header("access-control-allow-origin") == "*")
      // Old clients fail without a challenge, browsers ask their user for a password where it is Basic.
      #expect(answer.header("www-authenticate").map { $0.hasPrefix("Bearer") } == (status == 401 ? true : nil))
    }
    #expect(try served.ask("GET", "/readyz")["head"] == head)
    for (method, path, status, code) in [
      ("POST", "/v1/accessToken", 405, "MethodNotAllowed"), ("GET", "/v1/nothing", 404, "NotFound"),
      ("PATCH", "/api/Oauth/Token", 405, "MethodNotAllowed"), ("GET", "/v2", 404, "NotFound"),
    ] {
      let answer = try served.ask(method, path)
      #expect(answer.status == status, "\(method) \(path)")
      #expect(answer["errorCode"] == code)
      #expect(answer["message"]?.isEmpty == false && answer["errorCategoryKey"]?.isEmpty == false)
    }
  }

  @Test("When a tenth of its life is left each call brings a new refresh token, and the old one goes on")
  func whenTenth()
    async throws
  {
    let served = try await ServedLedger(grantedAgo: 33_000)
    let first = try served.ask("GET", "/v1/accessToken", served.kaizalaHeaders)
    let successor = try #require(first["refreshToken"])
    #expect(successor.hasPrefix("clr_"))
    let second = try served.ask("GET", "/v1/accessToken", served.kaizalaHeaders)
    #expect(second.status == 200)
    #expect(second["refreshToken"] == successor)
    let headers = [
      "applicationId: \(served.connector)", "applicationSecret: \(served.secret)", "refreshToken: \(successor)",
    ]
    let third = try served.ask("GET", "/v1/accessToken", headers)
    #expect(third.status == 200)
    #expect(third["refreshToken"] == "")
  }

  @Test(
    "A code is traded on the route of the Kaizala form, with neither grant_type nor redirect_uri",
    arguments: [
      "client_id=ID&client_secret=SECRET&code=CODE",
      "{client_id:'ID',\"client_secret\":\"SECRET\", Code: 'CODE', // as published clients write\n}",
    ]) func codeTraded(body: String)
    async throws
  {
    let served = try await ServedLedger()
    let filled = body.replacing("ID", with: served.connector).replacing("SECRET", with: served.secret)
      .replacing("CODE", with: served.code)
    let answer = try served.ask("POST", "/api/Oauth/token", ["Content-Type: text/plain"], body: filled)
    #expect(answer.status == 200, "\(answer.body)")
    #expect(answer["accessToken"] != nil && answer["accessToken"] == answer["access_token"])
    #expect(answer["refreshToken"]?.hasPrefix("clr_") == true && answer["refreshToken"] == answer["refresh_token"])
    #expect(answer["token_type"] == "Bearer")
    #expect(answer["expires_in"] == "86400")
    let again = try served.ask("POST", "/api/oauth/token", body: filled)
    #expect(again.status == 400)
    #expect(again["error"] == "invalid_grant")
    #expect(again["errorCode"] == "InvalidToken")
  }

  @Test("Browsers may call, and hear so without credentials") func browsersMay() async throws {
    let served = try await ServedLedger()
    let answer = try served.ask(
      "OPTIONS", "/v1/accessToken", ["Origin: https://app.example.org", "Access-Control-Request-Method: GET"])
    #expect(answer.status == 204)
    #expect(answer.header("access-control-allow-origin") == "*")
    #expect(answer.header("access-control-allow-methods") == "GET, POST, PUT, DELETE")
    #expect(
      answer.header("access-control-allow-headers")
        == "accessToken, applicationId, applicationSecret, refreshToken, content-type, authorization, DPoP, Idempotency-Key"
    )
  }
}
