import Glibc
import Testing

/// What is sent, byte for byte but for what differs each time: clients depend on more of it than any document says.
@Suite struct GoldenAnswerTests {
  @Test("Answers are what they were") func answersAre() async throws {
    let served = try await ServedLedger(["--public-url", "https://tokens.example.org", "--development"])
    let token = try #require(try served.ask("GET", "/v1/accessToken", served.kaizalaHeaders)["accessToken"])
    let refresh = "grant_type=refresh_token&refresh_token=\(served.refreshToken)"
    let answers: [(String, Answer)] = [
      ("GET /v1/accessToken", try served.ask("GET", "/v1/accessToken", served.kaizalaHeaders)),
      (
        "GET /v1/accessToken, no refreshToken",
        try served.ask("GET", "/v1/accessToken", Array(served.kaizalaHeaders.dropLast()))
      ),
      ("GET /v1/accessToken, no credentials", try served.ask("GET", "/v1/accessToken")),
      (
        "GET /v1/accessToken, wrong refreshToken",
        try served.ask("GET", "/v1/accessToken", served.kaizalaHeaders.dropLast() + ["refreshToken: x"])
      ),
      ("PUT /v1/accessToken", try served.ask("PUT", "/v1/accessToken")),
      ("OPTIONS /v1/accessToken", try served.ask("OPTIONS", "/v1/accessToken")),
      ("GET /v1/unknown", try served.ask("GET", "/v1/unknown")),
      (
        "POST /v1/generatePin",
        try served.ask(
          "POST", "/v1/generatePin", body: "{mobileNumber:'+911199999999',applicationId:'\(served.connector)'}")
      ),
      (
        "POST /v1/loginWithPinAndApplicationId, wrong",
        try served.ask(
          "POST", "/v1/loginWithPinAndApplicationId",
          body:
            "{mobileNumber:'+911199999997',applicationId:'\(served.connector)',applicationSecret:'\(served.secret)',pin:1}"
        )
      ),
      ("POST /api/oauth/token", try served.post("/api/oauth/token", [served.basic], form: "code=\(served.code)")),
      (
        "POST /api/oauth/token, again", try served.post("/api/oauth/token", [served.basic], form: "code=\(served.code)")
      ),
      ("POST /oauth2/token", try served.post("/oauth2/token", [served.basic], form: refresh)),
      (
        "POST /oauth2/token, wrong Secret",
        try served.post("/oauth2/token", [ServedLedger.basic(served.connector, "x")], form: refresh)
      ),
      ("POST /oauth2/token, no grant_type", try served.post("/oauth2/token", [served.basic], form: "")),
      ("POST /oauth2/introspect", try served.post("/oauth2/introspect", [served.basic], form: "token=\(token)")),
      ("POST /oauth2/introspect, unknown", try served.post("/oauth2/introspect", [served.basic], form: "token=x")),
      ("GET /check", try served.ask("GET", "/check", ["accessToken: \(token)"])),
      ("GET /check, missing scope", try served.ask("GET", "/check?scope=media.read", ["accessToken: \(token)"])),
      ("POST /oauth2/revoke", try served.post("/oauth2/revoke", [served.basic], form: "token=\(token)")),
      ("GET /check, revoked", try served.ask("GET", "/check", ["accessToken: \(token)"])),
      ("GET /.well-known/oauth-authorization-server", try served.ask("GET", "/.well-known/oauth-authorization-server")),
      ("GET /healthz", try served.ask("GET", "/healthz")),
    ]
    let text = answers.map { "### \($0.0)\n\(masked($0.1.text, served))\n" }.joined(separator: "\n").replacing(
      "\r\n", with: "\n")
    let path =
      #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
      + "/Golden/answers.http"
    if unsafe getenv("CREDLEDGER_WRITE_GOLDEN") != nil, let file = unsafe fopen(path, "wx") {
      unsafe fputs(text, file)
      unsafe fclose(file)
    }
    #expect(text == ServedLedger.content(of: path))
  }

  /// Without what is random, and without times.
  private func masked(_ text: String, _ served: ServedLedger) -> String {
    var text = text.replacing(served.connector, with: "CONNECTOR").replacing(served.group, with: "GROUP")
    text = text.replacing(/cl[ar]_[a-z0-9]+/, with: { "\($0.output.prefix(4))…" })
    text = text.replacing(/"(accessTokenExpiry|exp|iat)":[0-9]+/, with: { "\"\($0.output.1)\":0" })
    // Where the machine was slow and the code had to be drawn again, positions are greater.
    text = text.replacing(/"jti":"token:[0-9]+"/, with: { _ in "\"jti\":\"token:N\"" })
    text = text.replacing(/X-Request-ID: [0-9a-f]{32}/, with: { _ in "X-Request-ID: ID" })
    return text.replacing(/Date: [^\r\n]+/, with: { _ in "Date: DATE" })
  }
}
