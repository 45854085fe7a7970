import CredentialLedger
import HTTPSupport
import TestSupport
import Testing

/// Signing out at an OpenID Connect provider: what it says of it, and how the portal goes on to it.
@Suite struct ProviderLogoutTests {
  private static var isThere: Bool { ServedProvider.isThere }
  private static let event = "http://schemas.openid.net/event/backchannel-logout"

  /// Whether each browser has a session.
  private func areIn(_ browsers: Browser...) throws -> [Bool] {
    try browsers.map { try !$0.open("/portal/me").body.contains("<h1>Sign in</h1>") }
  }

  /// Sends a logout token, as a provider does.
  private func send(_ token: String, to served: ServedPortal) throws -> Answer {
    try served.browser().post("/portal/sign-in/mock/logout", [("logout_token", token)], site: nil, follow: false)
  }

  @Test(
    "A logout token ends the session that it names, or all of its person, and no other",
    .enabled(if: isThere, "Tools/test has not installed oidc-provider-mock"))
  func logoutToken() async throws {
    let provider = try ServedProvider()
    let served = try await ServedPortal([.init(provider: provider)])
    let (first, second, third, other) = (served.browser(), served.browser(), served.browser(), served.browser())
    for (browser, session, subject) in [
      (first, "one", "ada"), (second, "two", "ada"), (third, "three", "ada"), (other, "four", "bob"),
    ] {
      try provider.choose("session-\(session)")
      try provider.signIn(browser, as: subject)
    }
    let unknown = try provider.logoutToken(of: "ada", claims: #""sub":null,"sid":"none""#)
    #expect(try send(unknown, to: served).status == 200)
    #expect(try areIn(first, second, third, other) == [true, true, true, true])
    let answer = try send(try provider.logoutToken(of: "ada", claims: #""sid":"one""#), to: served)
    #expect(answer.status == 200 && answer.header("cache-control") == "no-store" && answer.body.isEmpty)
    #expect(try areIn(first, second, third, other) == [false, true, true, true])
    #expect(try send(try provider.logoutToken(of: "ada"), to: served).status == 200)
    #expect(try areIn(first, second, third, other) == [false, false, false, true])
    let events = try served.events("account.signed_out")
    #expect(events.count == 3 && events.allSatisfy { $0.contains("signed out at the provider") }, "\(events)")
  }

  @Test(
    "A logout token with a fault is refused, and ends nothing",
    .enabled(if: isThere, "Tools/test has not installed oidc-provider-mock"))
  func logoutTokenFault() async throws {
    let provider = try ServedProvider()
    let served = try await ServedPortal([.init(provider: provider)])
    let browser = served.browser()
    try provider.signIn(browser, as: "ada")
    for claims in [
      #""aud":"another""#, #""aud":[]"#, #""iss":"https://another.example""#, #""exp":1"#, #""iat":1,"exp":null"#,
      #""iat":4000000000,"exp":4000000100"#, #""nonce":"n""#, #""events":null"#,
      #""events":{"https://another.example/event":{}}"#, "\"events\":{\"\(Self.event)\":true}", #""sub":null"#,
      #""sub":null,"sid":"""#, #""sub":"""#, #""jti":null"#,
    ] {
      let answer = try send(try provider.logoutToken(of: "ada", claims: claims), to: served)
      #expect(answer.status == 400 && answer.header("cache-control") == "no-store", "\(claims): \(answer.text)")
    }
    for key in ["foreign", "none"] {
      #expect(try send(try provider.logoutToken(of: "ada", by: key), to: served).status == 400, "\(key)")
    }
    #expect(try areIn(browser) == [true])
    #expect(try served.events("account.signed_out").isEmpty)
    let lines = served.log.split(separator: "\n").filter { $0.contains("logout token refused") }
    #expect(lines.count == 16)
    for reason in ["aud: expected", "iss: expected", "exp: the logout", "nonce: expected", "jti: expected"] {
      #expect(lines.contains { $0.contains(reason) }, "\(reason): \(served.log)")
    }
    // A provider of an older draft says nothing of the end.
    #expect(try send(try provider.logoutToken(of: "ada", claims: #""exp":null"#), to: served).status == 200)
    #expect(try areIn(browser) == [false])
  }

  @Test("A logout token is obeyed once", .enabled(if: isThere, "Tools/test has not installed oidc-provider-mock"))
  func logoutTokenObeyed() async throws {
    let provider = try ServedProvider()
    let served = try await ServedPortal([.init(provider: provider)])
    let browser = served.browser()
    try provider.signIn(browser, as: "ada")
    let token = try provider.logoutToken(of: "ada")
    #expect(try send(token, to: served).status == 200)
    #expect(try areIn(browser) == [false])
    try provider.signIn(browser, as: "ada")
    #expect(try send(token, to: served).status == 400)
    #expect(try areIn(browser) == [true])
    #expect(try send(try provider.logoutToken(of: "ada"), to: served).status == 200)
    #expect(try areIn(browser) == [false])
  }

  @Test(
    "Signing out goes on to the provider's own page where there is one, and comes back",
    .enabled(if: isThere, "Tools/test has not installed oidc-provider-mock"))
  func signingOut() async throws {
    let provider = try ServedProvider()
    let served = try await ServedPortal([.init(provider: provider)])
    let browser = served.browser()
    try provider.signIn(browser, as: "ada")
    try browser.open("/portal/sign-out")
    try browser.submit("/portal/sign-out", follow: false)
    #expect(browser.page.status == 200 && browser.cookies["credledger"] == nil)
    let back = PercentEncoding.encode("\(served.origin)/portal/sign-in?said=out")
    let start = "\(provider.issuer)/oauth2/end_session?client_id=portal&post_logout_redirect_uri=\(back)&state="
    #expect(browser.onward.hasPrefix(start), "\(browser.page.text)")
    let state = String(browser.onward.dropFirst(start.count))
    #expect(state.utf8.count == 32)
    let page = try provider.ask("GET", String(browser.onward.dropFirst(provider.issuer.utf8.count)))
    #expect(page.status == 200 && page.body.contains("state=\(state)"), "\(page.text)")
    for (visitor, path, says) in [
      (browser, "/portal/sign-in?said=out&state=\(state)", true), (browser, "/portal/sign-in?said=out&state=x", false),
      (served.browser(), "/portal/sign-in?said=out&state=\(state)", false),
    ] {
      try visitor.open(path)
      #expect(visitor.page.body.contains("You are signed out, here and at your provider.") == says, "\(path)")
      #expect(says || visitor.page.body.contains("You are signed out."), "\(path)")
    }
    let events = try served.events("account.signed_out")
    #expect(events.count == 1 && events[0].contains("\"signed out\""), "\(events)")

    // A provider without such a page is left alone.
    try provider.choose("no-sign-out")
    let plain = try await ServedPortal([.init(provider: provider)])
    let other = plain.browser()
    try provider.signIn(other, as: "ada")
    try other.open("/portal/sign-out")
    try other.submit("/portal/sign-out", follow: false)
    #expect(other.page.header("location") == "/portal/sign-in?said=out" && other.cookies["credledger"] == nil)
  }
}
