import CredentialLedger
import HTTPSupport
import TestSupport
import Testing

/// What the portal sends to OpenID Connect providers, and whose answers it takes.
@Suite struct ProviderRequestTests {
  private static var isThere: Bool { ServedProvider.isThere }

  /// The fields of an address's query, as they are written.
  private func fields(of address: String) -> [String: String] {
    let query = address.split(separator: "?", maxSplits: 1).last ?? ""
    return Dictionary(
      query.split(separator: "&").map { field in
        let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
      }, uniquingKeysWith: { first, _ in first })
  }

  /// Begins a sign-in, and stays on the page that leads to the provider.
  private func begin(_ browser: Browser, id: String = "mock") throws -> String {
    try browser.open("/portal/sign-in")
    try browser.submit("/portal/sign-in/\(id)", follow: false)
    return browser.onward
  }

  @Test(
    "A request has a state, a nonce and a challenge of its own, and its code is good once, for that challenge",
    .enabled(if: isThere, "Tools/test has not installed oidc-provider-mock"))
  func requestState()
    async throws
  {
    let provider = try ServedProvider()
    let served = try await ServedPortal([.init(provider: provider)])
    let browser = served.browser()
    let (first, second) = (fields(of: try begin(browser)), fields(of: try begin(browser)))
    for request in [first, second] {
      #expect(request["response_type"] == "code" && request["client_id"] == "portal")
      #expect(request["scope"] == PercentEncoding.encode("openid profile email"))
      #expect(request["redirect_uri"] == PercentEncoding.encode("\(served.origin)/portal/sign-in/mock/callback"))
      #expect(request["code_challenge_method"] == "S256")
      let challenge = request["code_challenge"] ?? ""
      #expect(challenge.utf8.count == 43 && !challenge.contains { "+/=%".contains($0) })
      #expect(request["state"]?.utf8.count == 32 && request["nonce"]?.utf8.count == 64)
    }
    for name in ["state", "nonce", "code_challenge"] { #expect(first[name] != second[name], "\(name)") }
    // A code for another challenge is worth nothing.
    let own = try #require(second["code_challenge"])
    let other = String(own.reversed())
    let stolen = try provider.approve(browser.onward.replacing(own, with: other), as: "ada")
    #expect(try browser.open(stolen).status == 403)
    #expect(browser.page.body.contains("could not be verified, so nothing was done"), "\(browser.page.text)")
    let good = try provider.approved(browser, as: "ada")
    #expect(try browser.open(good).status == 200, "\(browser.page.text)")
    // A code that was used is not good for another request.
    let thief = served.browser()
    let answer = try provider.approved(thief, as: "eve")
    let (used, fresh) = (try #require(fields(of: good)["code"]), try #require(fields(of: answer)["code"]))
    #expect(try thief.open(answer.replacing(fresh, with: used)).status == 403)
    #expect(thief.page.body.contains("could not be verified, so nothing was done"), "\(thief.page.text)")
    #expect(thief.cookies["credledger"] == nil)
    let events = try served.events("account.sign_in_refused")
    #expect(events.count == 2 && events.allSatisfy { $0.contains("refused the code with 400") }, "\(events)")
  }

  @Test(
    "Two providers have a button each, and neither answers or signs out for the other",
    .enabled(if: isThere, "Tools/test has not installed oidc-provider-mock"))
  func twoProviders() async throws {
    let (one, two) = (try ServedProvider(), try ServedProvider())
    try two.choose("names-issuer")
    let served = try await ServedPortal([
      .init(provider: one, id: "one", name: "First"), .init(provider: two, id: "two", name: "Second"),
    ])
    let browser = served.browser()
    let page = try browser.open("/portal/sign-in").body
    for name in ["First", "Second"] { #expect(page.contains("Continue with <bdi>\(name)</bdi></button>"), "\(name)") }
    #expect(page.split(separator: "button-main").count == 2)

    let answer = try one.approved(browser, as: "ada", id: "one")
    #expect(try browser.open(answer.replacing("/one/", with: "/two/")).status == 403)
    #expect(try browser.open(answer + "&iss=\(PercentEncoding.encode(two.issuer))").status == 403)
    // The second says that it names its issuer each time.
    #expect(try browser.open(try two.approved(browser, as: "ada", id: "two")).status == 403)
    let reasons = try served.events("account.sign_in_refused")
    #expect(reasons.count == 3)
    for reason in ["state: expected", "iss: expected the provider", "iss: expected one"] {
      #expect(reasons.count { $0.contains(reason) } == 1, "\(reasons)")
    }

    // The same subject of two providers is two people.
    let (left, right) = (served.browser(), served.browser())
    try left.open(try one.approved(left, as: "ada", id: "one") + "&iss=\(PercentEncoding.encode(one.issuer))")
    try right.open(try two.approved(right, as: "ada", id: "two") + "&iss=\(PercentEncoding.encode(two.issuer))")
    func account(_ browser: Browser) throws -> String {
      try browser.open("/portal/me")
      return try PortalScene.first("account:", "<", in: browser)
    }
    let (first, second) = (try account(left), try account(right))
    #expect(first != second)
    let token = try one.logoutToken(of: "ada")
    for (id, status) in [("two", 400), ("one", 200)] {
      let path = "/portal/sign-in/\(id)/logout"
      #expect(try served.browser().post(path, [("logout_token", token)], site: nil).status == status, "\(id)")
    }
    #expect(try left.open("/portal/me").body.contains("<h1>Sign in</h1>"))
    #expect(try account(right) == second)
  }

  @Test(
    "Keys of unknown kinds are passed over, and no stranger chooses the algorithm of a key",
    .enabled(if: isThere, "Tools/test has not installed oidc-provider-mock"))
  func keysUnknown() async throws {
    let provider = try ServedProvider()
    try provider.choose("odd-keys")
    let served = try await ServedPortal([.init(provider: provider)])
    try provider.signIn(served.browser(), as: "ada")
    let read = try provider.count("key-sets")
    // {"alg":"PS256"}, as anybody may send it.
    let forged = "eyJhbGciOiJQUzI1NiJ9.e30.e30"
    let path = "/portal/sign-in/mock/logout"
    #expect(try served.browser().post(path, [("logout_token", forged)], site: nil).status == 400)
    try provider.signIn(served.browser(), as: "ada")
    #expect(try provider.count("key-sets") == read + 1)
  }

  @Test(
    "A provider that takes the client's secret in the form alone gets it there, and every other one in the header",
    .enabled(if: isThere, "Tools/test has not installed oidc-provider-mock"))
  func providerTakes()
    async throws
  {
    let provider = try ServedProvider()
    try provider.choose("secret-in-form")
    let served = try await ServedPortal([.init(provider: provider)])
    try provider.signIn(served.browser(), as: "ada")
    // The document is known by now, and the provider wants the header: it sees the difference.
    try provider.choose("none")
    let browser = served.browser()
    #expect(try browser.open(try provider.approved(browser, as: "ada")).status == 403)
    #expect(try served.events("account.sign_in_refused").count { $0.contains("refused the code with 401") } == 1)
    let other = try await ServedPortal([.init(provider: provider)])
    try provider.signIn(other.browser(), as: "ada")
  }

  @Test(
    "A provider that fails is not asked each time that somebody wants to sign in",
    .enabled(if: isThere, "Tools/test has not installed oidc-provider-mock"))
  func providerFails() async throws {
    let provider = try ServedProvider()
    try provider.choose("down")
    let served = try await ServedPortal([.init(provider: provider)])
    let browser = served.browser()
    let began = ContinuousClock.now
    for _ in 0..<60 {
      #expect(try browser.post("/portal/sign-in/mock", []).status == 403)
      #expect(browser.page.body.contains("<bdi>Mock &amp; Sons</bdi> did not answer."), "\(browser.page.text)")
      #expect(browser.page.body.contains("Tell your operator the request ID <code>"))
    }
    // 20 at once, and another each three seconds.
    let refilled = Int((ContinuousClock.now - began).components.seconds) / 3 + 1
    let asked = try provider.count("discoveries")
    #expect(asked > 0 && asked <= 20 + refilled, "\(asked)")
  }

  @Test(
    "Each reason for refusing a sign-in is in its event",
    .enabled(if: isThere, "Tools/test has not installed oidc-provider-mock"))
  func eachReason() async throws {
    let provider = try ServedProvider()
    let served = try await ServedPortal([.init(provider: provider, more: #","domains":["example.org"]"#)])
    let link = try served.line(beginning: "the first operator signs in at ").dropFirst(served.origin.utf8.count)
    let owner = served.browser()
    try provider.choose("down")
    try owner.post("/portal/sign-in/mock", [])
    try provider.choose("none")
    try owner.open(String(link))
    try owner.submit("/portal/sign-in/mock", follow: false)
    try owner.open(try provider.approve(owner.onward, as: "ada@example.org"))
    let other = served.browser()
    try provider.signIn(other, as: "bob@example.org")
    try other.open("/portal/me")
    let account = try PortalScene.first("account:", "<", in: other)
    try owner.open("/portal/people/\(account)")
    try owner.submit("/portal/people/\(account)", [("do", "disable"), ("reason", "left the team")])
    #expect(owner.page.body.contains("Disabled"), "\(owner.page.text)")
    let ends = try served.events("account.signed_out")
    #expect(ends.count == 1 && ends.allSatisfy { $0.contains("ended by an operator") }, "\(ends)")
    try other.open(try provider.approved(other, as: "bob@example.org"))
    #expect(other.page.body.contains("Your account is disabled."), "\(other.page.text)")
    try other.open(try provider.approved(other, as: "eve@evil.example"))
    try provider.choose("nonce")
    try other.open(try provider.approved(other, as: "ada@example.org"))
    try provider.choose("old-sign-in")
    try other.open("/portal/sign-in?said=fresh")
    try other.submit("/portal/sign-in/mock", follow: false)
    try other.open(try provider.approve(other.onward, as: "ada@example.org"))
    let events = try served.events("account.sign_in_refused")
    let words = ["provider unreachable", "account disabled", "domain not allowed", "not verified", "sign-in not new"]
    #expect(events.count == words.count, "\(events)")
    for word in words { #expect(events.count { $0.contains(word) } == 1, "\(word): \(events)") }
    #expect(events.allSatisfy { $0.contains(provider.issuer) && !$0.contains("evil.example") })
  }
}
