import CredentialLedger
import HTTPSupport
import LedgerOperations
import TestSupport
import Testing

/// Signing in by an OpenID Connect provider that is not ours, in a process of its own.
@Suite struct ProviderSignInTests {
  private static var isThere: Bool { ServedProvider.isThere }

  /// A portal that knows the provider.
  ///
  /// - Parameters:
  ///   - more: further members of its entry.
  ///   - options: further options of the server.
  ///   - seconds: how long it waits for an answer of the provider.
  private func portal(
    of provider: ServedProvider, more: String = "", options: [String] = [], seconds: Int = 60
  ) async throws -> ServedPortal {
    try await ServedPortal([.init(provider: provider, more: more)], seconds: seconds) { _ in options }
  }

  /// Begins a sign-in, and lets the provider approve it.
  private func approved(_ browser: Browser, _ provider: ServedProvider, as subject: String) throws -> String {
    let answer = try provider.approved(browser, as: subject)
    #expect(browser.page.body.contains("<h1>Continue with <bdi>Mock &amp; Sons</bdi></h1>"))
    // The policy for forms names no provider, so none is blocked that leads the browser on.
    #expect(browser.page.header("content-security-policy")?.contains("form-action 'self';") == true)
    return answer
  }

  @Test(
    "People sign in, keys may be rotated, and the account is the same each time",
    .enabled(if: isThere, "Tools/test has not installed oidc-provider-mock"))
  func peopleSign() async throws {
    let provider = try ServedProvider()
    let served = try await portal(of: provider)
    let browser = served.browser()
    try browser.open(try approved(browser, provider, as: "ada@example.org"))
    #expect(
      browser.page.status == 200 && browser.page.body.contains("<bdi>ada@example.org</bdi>"), "\(browser.page.text)")
    try browser.open("/portal/me")
    #expect(browser.page.body.contains("account:2"))
    try provider.choose("rotated")
    let other = served.browser()
    try other.open(try approved(other, provider, as: "ada@example.org"))
    try other.open("/portal/me")
    #expect(other.page.body.contains("account:2"), "\(served.log)")
    // Signing out there ends the sessions here.
    let token = try provider.logoutToken(of: "ada@example.org")
    #expect(
      try browser.post("/portal/sign-in/mock/logout", [("logout_token", token)], site: nil, follow: false).status == 200
    )
    #expect(try browser.open("/portal/me").body.contains("<h1>Sign in</h1>"))
    let events = try served.events("account.signed_out")
    #expect(events.count == 2 && events.allSatisfy { $0.contains("signed out at the provider") }, "\(events)")
    #expect(try other.open("/portal/me").body.contains("<h1>Sign in</h1>"))
    served.end()
    for secret in ["not known to anybody", "ada@example.org"] { #expect(!served.log.contains(secret)) }
  }

  @Test(
    "Tokens that the provider did not sign do not have it asked for its keys each time",
    .enabled(if: isThere, "Tools/test has not installed oidc-provider-mock"))
  func tokensProvider() async throws {
    let provider = try ServedProvider()
    let served = try await portal(of: provider)
    let browser = served.browser()
    try browser.open(try approved(browser, provider, as: "ada"))
    #expect(browser.page.status == 200)
    let read = try provider.count("key-sets")
    let began = ContinuousClock.now
    for _ in 0..<60 {
      let answer = try browser.post(
        "/portal/sign-in/mock/logout", [("logout_token", "e30.e30.e30")], site: nil, follow: false)
      #expect(answer.status == 400)
    }
    // 20 at once, and another each three seconds.
    let refilled = Int((ContinuousClock.now - began).components.seconds) / 3 + 1
    let more = try provider.count("key-sets") - read
    #expect(more > 0 && more <= 20 + refilled, "\(more)")
  }

  @Test(
    "An ID token with a fault signs nobody in",
    .enabled(if: isThere, "Tools/test has not installed oidc-provider-mock"),
    arguments: [
      "nonce", "audience", "no-audience", "authorized-party", "issuer", "expired", "future", "key", "none-algorithm",
      "slow",
    ])
  func idToken(fault: String) async throws {
    let provider = try ServedProvider()
    // The slow one takes a minute; the same server signs somebody in afterwards, also where that is not done in a moment.
    let served = try await portal(of: provider, seconds: fault == "slow" ? 10 : 60)
    let browser = served.browser()
    try provider.choose(fault)
    try browser.open(try approved(browser, provider, as: "ada"))
    #expect(browser.page.status == 403, "\(fault): \(browser.page.text)")
    #expect(browser.cookies["credledger"] == nil)
    let words = fault == "slow" ? "did not answer" : "could not be verified, so nothing was done"
    #expect(browser.page.body.contains(words), "\(fault)")
    #expect(served.log.contains("sign-in refused"))
    let events = try served.events("account.sign_in_refused")
    #expect(events.count == 1 && events.first?.contains(provider.issuer) == true, "\(fault): \(events)")
    try provider.choose("none")
    try browser.open(try approved(browser, provider, as: "ada"))
    #expect(browser.page.status == 200 && browser.cookies["credledger"] != nil, "\(fault): \(browser.page.text)")
  }

  @Test(
    "An answer comes back once, to the browser that asked, and from the provider that was asked",
    .enabled(if: isThere, "Tools/test has not installed oidc-provider-mock"))
  func answerComes() async throws {
    let provider = try ServedProvider()
    let served = try await portal(of: provider)
    let (browser, thief) = (served.browser(), served.browser())
    let answer = try approved(browser, provider, as: "ada")
    #expect(try thief.open(answer).status == 403)
    #expect(try browser.open(answer + "&iss=https%3A%2F%2Fanother.example").status == 403)
    // That used it up.
    #expect(try browser.open(answer).status == 403)
    let second = try approved(browser, provider, as: "ada")
    #expect(try browser.open(second.replacing("state=", with: "state=0")).status == 403)
    #expect(try browser.open(second).status == 200)
    #expect(try browser.open(second).status == 403)
    for path in ["/portal/sign-in/mock/callback", "/portal/sign-in/mock/callback?error=access_denied&state=x"] {
      #expect(try browser.open(path).status == 403)
    }
    #expect(try browser.open("/portal/sign-in/none/callback").status == 404)
    for token in ["", "x", "a.b.c"] {
      #expect(try browser.post("/portal/sign-in/mock/logout", [("logout_token", token)], site: nil).status == 400)
    }
  }

  @Test(
    "Sign-ins of two tabs are finished in any order, and a browser keeps the cookies of eight at most",
    .enabled(if: isThere, "Tools/test has not installed oidc-provider-mock"))
  func signIns()
    async throws
  {
    let provider = try ServedProvider()
    let served = try await portal(of: provider)
    let browser = served.browser()
    func begun() -> Int { browser.cookies.keys.count { $0.hasPrefix("credledger-attempt-") } }
    let (first, second) = (try approved(browser, provider, as: "ada"), try approved(browser, provider, as: "ada"))
    #expect(begun() == 2)
    for answer in [second, first] { #expect(try browser.open(answer).status == 200, "\(browser.page.text)") }
    #expect(begun() == 0 && browser.cookies["credledger"] != nil)
    for _ in 0..<9 { _ = try approved(browser, provider, as: "ada") }
    let last = try approved(browser, provider, as: "ada")
    #expect(begun() == 8)
    #expect(try browser.open(last).status == 200 && begun() == 7, "\(browser.page.text)")
  }

  @Test(
    "Who cancels at the provider is told so, and another try leads to where the first one did",
    .enabled(if: isThere, "Tools/test has not installed oidc-provider-mock"))
  func cancelsProvider() async throws {
    let provider = try ServedProvider()
    let served = try await portal(of: provider)
    let browser = served.browser()
    var lacking = PortalLanguageTests.Lacking(try PortalLanguageTests.german())
    func cancelled() throws -> String {
      try browser.submit("/portal/sign-in/mock", follow: false)
      let state = try #require(browser.onward.split(separator: "&state=").dropFirst().first?.prefix { $0 != "&" })
      return "/portal/sign-in/mock/callback?error=access_denied&state=\(state)"
    }
    let words = "The sign-in at <bdi>Mock &amp; Sons</bdi> was cancelled, so nothing was done. Try again from here."
    for (path, isFresh) in [("/portal/me", false), ("/portal/sign-in?said=fresh&to=%2Fportal%2Fme", true)] {
      try browser.open(path)
      let page = try browser.open(try cancelled())
      #expect(page.status == 403 && page.body.contains(words), "\(page.text)")
      #expect(page.body.contains("name=\"to\" value=\"/portal/me\""))
      #expect(page.body.contains("name=\"fresh\" value=\"1\"") == isFresh)
      #expect(!browser.cookies.keys.contains { $0.hasPrefix("credledger-attempt") })
      lacking.look(at: page.body)
    }
    #expect(lacking.count > 0 && lacking.texts.isEmpty, "\(lacking.texts)")
    let again = try cancelled()
    let events = try served.events("account.sign_in_refused")
    #expect(events.count == 2 && events.allSatisfy { $0.contains("access_denied") }, "\(events)")
    // Another browser, which began none, is not believed.
    #expect(try !served.browser().open(again).body.contains("was cancelled"))
    try browser.open(again)
    try provider.choose("now")
    try browser.submit("/portal/sign-in/mock", follow: false)
    try browser.open(try provider.approve(browser.onward, as: "ada"))
    #expect(browser.page.status == 200 && browser.page.body.contains("<h1><bdi>ada</bdi></h1>"), "\(browser.page.text)")
  }

  @Test(
    "A page that wants a new sign-in believes the provider's auth_time alone",
    .enabled(if: isThere, "Tools/test has not installed oidc-provider-mock"),
    arguments: [(true, "now", 200), (true, "old-sign-in", 403), (true, "silent", 403), (false, "silent", 200)])
  func pageWants(
    says: Bool, fault: String, status: Int
  ) async throws {
    let provider = try ServedProvider()
    let served = try await portal(of: provider, more: ",\"authTime\":\(says)")
    let link = try served.line(beginning: "the first operator signs in at ").dropFirst(served.origin.utf8.count)
    let browser = served.browser()
    try provider.choose("silent")
    try browser.open(String(link))
    try browser.submit("/portal/sign-in/mock", follow: false)
    try browser.open(try provider.approve(browser.onward, as: "ada"))
    // The provider did not say how long ago it was, so it is no new one.
    for path in ["/portal/people/2/erase", "/portal/events/2/reveal", "/portal/keys"] {
      try browser.open(path)
      #expect(browser.page.body.contains("it wants a sign-in of the last 5 minutes"), "\(path): \(browser.page.text)")
    }
    try browser.submit("/portal/sign-in/mock", follow: false)
    let location = browser.onward
    #expect(location.contains("&prompt=login&max_age=0"))
    try provider.choose(fault)
    try browser.open(try provider.approve(location, as: "ada"))
    #expect(browser.page.status == status, "\(browser.page.text)")
    #expect(browser.page.body.contains(status == 200 ? "<h1>Keys</h1>" : "did not ask you to sign in anew"))
    let events = try served.events("account.sign_in_refused")
    #expect(events.count == (status == 200 ? 0 : 1) && events.allSatisfy { $0.contains("sign-in not new") })
  }

  @Test(
    "No page or form for Secrets, user tokens, keys, erasures or personal data goes on without a new sign-in",
    .enabled(if: isThere, "Tools/test has not installed oidc-provider-mock"))
  func pageForm()
    async throws
  {
    let provider = try ServedProvider()
    // In development the console shows the PIN.
    let served = try await portal(of: provider, options: ["--development"])
    let link = try served.line(beginning: "the first operator signs in at ").dropFirst(served.origin.utf8.count)
    let browser = served.browser()
    try provider.choose("silent")
    try browser.open(String(link))
    try browser.submit("/portal/sign-in/mock", follow: false)
    try browser.open(try provider.approve(browser.onward, as: "ada"))
    try browser.verify("+44 7700 900214")
    try browser.open("/portal/connectors/new")
    try browser.submit("/portal/connectors/new", [("name", "Roster")])
    try browser.submit("/portal/connectors/new/permissions", [("permission", "text-message")])
    let connector = try PortalScene.first("action=\"/portal/connectors/", "\"", in: browser)
    try browser.open("/portal/groups/new")
    let token = try PortalScene.first("name=\"csrf\" value=\"", "\"", in: browser)
    let fields = [
      ("csrf", token), ("once", String(repeating: "0", count: 32)), ("overlap", "0"), ("as-of", connector),
      ("reason", "x"), ("confirm", "account:2"),
    ]
    let rotate = "/portal/connectors/\(connector)/rotate"
    for path in [
      rotate, "/portal/connectors/\(connector)/user-token", "/portal/keys", "/portal/people/2/erase",
      "/portal/events/2/reveal",
    ] {
      let wanted = "/portal/sign-in?said=fresh&to=\(PercentEncoding.encode(path))"
      #expect(try browser.open(path, follow: false).header("location") == wanted, "\(path)")
      #expect(try browser.post(path, fields, follow: false).header("location") == wanted, "\(path)")
    }
    for type in ["connector.secret_rotated", "permission.granted", "signing_key.rotated", "subject.erased"] {
      #expect(try served.events(type).isEmpty, "\(type)")
    }
    // After one the same form does what it says.
    try browser.open(rotate)
    try provider.choose("now")
    try browser.submit("/portal/sign-in/mock", follow: false)
    try browser.open(try provider.approve(browser.onward, as: "ada"))
    try browser.submit(rotate, [("overlap", "0")])
    #expect(browser.text(of: "connector-secret")?.hasPrefix("cls_") == true, "\(browser.page.text)")
    #expect(try served.events("connector.secret_rotated").count == 1)
  }

  @Test(
    "A program that wants a new sign-in gets one, however long that takes to come back",
    .enabled(if: isThere, "Tools/test has not installed oidc-provider-mock"))
  func programWants() async throws {
    let provider = try ServedProvider()
    let served = try await portal(of: provider, options: ["--development"])
    let browser = served.browser()
    try provider.choose("old-sign-in")
    try provider.signIn(browser, as: "ada")
    try browser.verify("+44 7700 900215")
    try browser.open("/portal/connectors/new")
    try browser.submit(
      "/portal/connectors/new", [("name", "Roster"), ("redirects", "https://client.example.org/callback")])
    try browser.submit("/portal/connectors/new/permissions", [("permission", "text-message")])
    let id = try #require(browser.text(of: "connector-id"))
    let challenge = String(repeating: "A", count: 43)
    try browser.open(
      "/oauth2/authorize?client_id=\(id)&max_age=0&code_challenge=\(challenge)&code_challenge_method=S256")
    try browser.open(try PortalScene.first("<a href=\"", "\"", in: browser))
    #expect(browser.page.body.contains("wants you to sign in again"), "\(browser.page.text)")
    try provider.choose("half-a-minute-ago")
    try browser.submit("/portal/sign-in/mock", follow: false)
    try browser.open(try provider.approve(browser.onward, as: "ada"))
    try browser.open(browser.onward)
    #expect(browser.page.body.contains("wants to act for you"), "\(browser.page.text)")
  }

  @Test(
    "Refused sign-ins are recorded up to a limit, and then counted",
    .enabled(if: isThere, "Tools/test has not installed oidc-provider-mock"))
  func refusedSign() async throws {
    let provider = try ServedProvider()
    let served = try await portal(of: provider)
    let browser = served.browser()
    for _ in 0..<35 { #expect(try browser.open("/portal/sign-in/mock/callback?state=x").status == 403) }
    #expect(try served.events("account.sign_in_refused").count == 30)
  }

  @Test(
    "Only the domains that are named may sign in, and a provider that is down harms nothing else",
    .enabled(if: isThere, "Tools/test has not installed oidc-provider-mock"))
  func onlyDomains() async throws {
    let running = try ServedProvider()
    let served = try await portal(of: running, more: ",\"domains\":[\"example.org\"]")
    let browser = served.browser()
    try browser.open(try approved(browser, running, as: "eve@evil.example"))
    #expect(
      browser.page.status == 403
        && browser.page.body.contains("Accounts of <bdi>evil.example</bdi> may not sign in here."))
    // An address that nobody verified is one that anybody may have typed.
    for fault in ["unsaid-mail", "unverified-mail"] {
      try running.choose(fault)
      try browser.open(try approved(browser, running, as: "ada@example.org"))
      #expect(browser.page.status == 403, "\(fault): \(browser.page.text)")
    }
    try running.choose("none")
    try browser.open(try approved(browser, running, as: "ada@example.org"))
    #expect(browser.page.status == 200, "\(browser.page.text)")
    let late = served.browser()
    let answer = try approved(late, running, as: "ada@example.org")
    running.stop()
    #expect(try late.open(answer).status == 403)
    #expect(late.page.body.contains("did not answer. Try again, or choose another."))
    #expect(try browser.open("/portal/me").status == 200)
  }

  @Test(
    "Only the tenants that are named may sign in, whatever the mail address",
    .enabled(if: isThere, "Tools/test has not installed oidc-provider-mock"))
  func onlyTenants() async throws {
    let provider = try ServedProvider()
    let served = try await portal(of: provider, more: ",\"tenants\":[\"acme\"]")
    let browser = served.browser()
    for (fault, name) in [
      ("none", "another organisation"), ("tenant-globex", "globex"), ("hosted-globex", "globex"),
    ] {
      try provider.choose(fault)
      try browser.open(try approved(browser, provider, as: "ada@acme.example"))
      #expect(browser.page.status == 403 && browser.cookies["credledger"] == nil, "\(fault): \(browser.page.text)")
      #expect(browser.page.body.contains("Accounts of <bdi>\(name)</bdi> may not sign in here."), "\(fault)")
    }
    #expect(try served.events("account.sign_in_refused").count == 3)
    for fault in ["tenant-Acme", "hosted-acme"] {
      try provider.choose(fault)
      let member = served.browser()
      try member.open(try approved(member, provider, as: "ada@acme.example"))
      #expect(member.page.status == 200 && member.cookies["credledger"] != nil, "\(fault): \(member.page.text)")
    }
  }

  @Test("A list of providers that is not right is refused at the start, with the member named") func listProviders()
    async throws
  {
    let folder = TemporaryFolder()
    let program = try Program.file("credledger")
    let ledger = try await Ledger.create(at: "\(folder.path)/ledger", origin: "ledger.example.org")
    await ledger.close()
    for (entry, expected) in [
      ("{}", "id: expected a text"),
      ("{\"id\":\"Mock\",\"name\":\"m\",\"issuer\":\"https://a\",\"clientID\":\"c\"}", "id: expected small letters"),
      ("{\"id\":\"m\",\"name\":\"m\",\"issuer\":\"http://a.example\",\"clientID\":\"c\"}", "issuer: expected https"),
      (
        "{\"id\":\"m\",\"name\":\"m\",\"issuer\":\"https://a\",\"clientID\":\"c\",\"domains\":\"x\"}",
        "domains: expected a list"
      ),
      (
        "{\"id\":\"m\",\"name\":\"m\",\"issuer\":\"https://a\",\"clientID\":\"c\",\"clientSecretFile\":\"/nowhere\"}",
        "clientSecretFile: there is no file"
      ),
    ] {
      try ServedPortal.write("{\"providers\":[\(entry)]}", to: "\(folder.path)/providers.json")
      try ServedPortal.write(
        "{\"portal\":{\"providers\":\"\(folder.path)/providers.json\"}}", to: "\(folder.path)/server.json")
      let result = try runProgram(
        [
          "serve", "--ledger", "\(folder.path)/ledger", "--listen", "127.0.0.1:0", "--config",
          "\(folder.path)/server.json",
        ], of: program)
      #expect(result.status != 0 && result.error.contains(expected), "\(entry): \(result.error)")
    }
  }
}
