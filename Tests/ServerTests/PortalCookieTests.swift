import CredentialLedger
import TestSupport
import Testing

/// The cookies of the portal, as a server with TLS and one without send them (RFC 6265bis).
@Suite struct PortalCookieTests {
  /// Sends a request over TLS, with the head of the answer in what comes back.
  private func curl(_ served: ServedPortal, _ path: String, _ arguments: [String] = []) throws -> Answer {
    let url = "https://127.0.0.1:\(served.port)\(path)"
    let result = try runProgram(
      ["-sS", "--http1.1", "-i", "--cacert", "\(served.folder.path)/cert.pem", "--max-time", "\(Patience.seconds)"]
        + arguments + [url], of: "/usr/bin/curl")
    return Answer(result.output.isEmpty ? "HTTP/1.1 000 \(result.error)\r\n\r\n" : result.output)
  }

  @Test("With TLS the session's cookie has the prefix that binds it to this host, and no other name is taken")
  func tlsSessions()
    async throws
  {
    let served = try await ServedPortal { folder in
      let made = try runProgram(
        [
          "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=loopback",
          "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2", "-keyout", "\(folder)/key.pem", "-out",
          "\(folder)/cert.pem",
        ], of: "/usr/bin/openssl")
      guard made.status == 0 else { throw ServerFailure(reason: made.error) }
      return ["--development", "--tls-certificate", "\(folder)/cert.pem", "--tls-key", "\(folder)/key.pem"]
    }
    let signIn = try curl(
      served, "/portal/sign-in/development",
      ["-H", "Sec-Fetch-Site: same-origin", "-H", "Cookie: __Host-credledger=\(Self.planted)", "-d", "name=Ada"])
    #expect(signIn.status == 303, "\(signIn.text)")
    let token = try #require(Self.token(signIn, "__Host-credledger"))
    #expect(
      signIn.header("set-cookie") == "__Host-credledger=\(token); Path=/; HttpOnly; SameSite=Lax; Secure",
      "\(signIn.text)")
    for (name, value, status) in [
      ("__Host-credledger", token, 200), ("credledger", token, 303), ("__Host-credledger", Self.planted, 303),
    ] {
      #expect(try curl(served, "/portal/me", ["-H", "Cookie: \(name)=\(value)"]).status == status, "\(name)")
    }
  }

  @Test("On the loopback without TLS the cookie has no prefix, since browsers would refuse it") func loopbackWithout()
    async throws
  {
    let served = try await ServedPortal()
    let browser = served.browser()
    browser.plant("credledger", Self.planted)
    try browser.open("/portal/sign-in")
    try browser.submit("/portal/sign-in/development", [("name", "Ada")], follow: false)
    let token = try #require(Self.token(browser.page, "credledger"))
    #expect(browser.page.header("set-cookie") == "credledger=\(token); Path=/; HttpOnly; SameSite=Lax")
  }

  private static let planted = String(repeating: "a", count: 64)

  /// The token of a session that an answer begins; nil where it is none, or one that was planted.
  private static func token(_ answer: Answer, _ name: String) -> String? {
    guard let cookie = answer.header("set-cookie"), cookie.hasPrefix("\(name)=") else { return nil }
    let token = String(cookie.dropFirst(name.utf8.count + 1).prefix { $0 != ";" })
    return token.utf8.count == 64 && token != planted ? token : nil
  }
}
