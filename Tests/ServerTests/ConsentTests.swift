import CredentialLedger
import HTTPSupport
import TestSupport
import Testing

/// The page on which people let programs act for them.
@Suite struct ConsentTests {
  private static let verifier = String(repeating: "v", count: 43)
  private static let challenge = Base64.encode(SHA256.hash(Array(verifier.utf8)).bytes).replacing("+", with: "-")
    .replacing("/", with: "_").replacing("=", with: "")

  /// A person with a connector, in a browser.
  struct Scene {
    let served: ServedPortal
    let browser: Browser
    let id: String
    let secret: String
    let number: String

    /// Creates the connector with two permissions.
    init(redirect: String = "https://client.example.org/callback", phone: String) async throws {
      served = try await ServedPortal()
      browser = served.browser()
      try browser.signIn("Ada")
      try browser.verify(phone)
      try browser.open("/portal/connectors/new")
      try browser.submit(
        "/portal/connectors/new",
        [
          ("name", "Shift <b>survey"), ("description", "Asks each week"), ("publisher", "Acme"),
          ("redirects", redirect),
        ])
      try browser.submit(
        "/portal/connectors/new/permissions", [("permission", "group-information"), ("permission", "text-message")])
      id = try #require(browser.text(of: "connector-id"))
      secret = try #require(browser.text(of: "connector-secret"))
      number = String(
        try #require(
          browser.page.body.split(separator: "action=\"/portal/connectors/").dropFirst().first?.prefix { $0 != "\"" }))
    }

    /// Has the program send a browser, and gives the address of the page that it is sent to.
    func ask(_ more: String = "", by browser: Browser? = nil) throws -> String {
      let browser = browser ?? self.browser
      try browser.open(
        "/oauth2/authorize?client_id=\(id)&response_type=code&state=s%26t&code_challenge=\(ConsentTests.challenge)&code_challenge_method=S256\(more)"
      )
      let path = browser.page.body.split(separator: "<a href=\"").dropFirst().first?.prefix { $0 != "\"" }
      return String(try #require(path, "\(browser.page.body)"))
    }

    func redeem(_ location: String) throws -> Answer {
      let code = location.split(separator: "code=").dropFirst().first?.prefix { $0 != "&" } ?? ""
      let form = "grant_type=authorization_code&code=\(code)&code_verifier=\(ConsentTests.verifier)"
      let connection = try Connection(port: served.port)
      connection.send(
        "POST /oauth2/token HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\(ServedLedger.basic(id, secret))\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: \(form.utf8.count)\r\n\r\n\(form)"
      )
      return Answer(connection.readAll())
    }
  }

  @Test("Who refuses leaves an event, and the program hears of it") func refusesLeaves() async throws {
    let scene = try await Scene(phone: "+44 7700 900195")
    let page = try scene.ask("&scope=textmessage.read")
    try scene.browser.open(page)
    let shown = scene.browser.page
    try scene.browser.submit("/portal/authorize", [("answer", "refuse")], follow: false)
    #expect(scene.browser.onward.hasPrefix("https://client.example.org/callback?error=access_denied"))
    let events = try scene.browser.open("/portal/audit.ndjson?exact=authorization.refused").body
    #expect(events.split(separator: "\n").count == 1 && events.contains("connector:\(scene.number)"), "\(events)")
    #expect(
      try scene.browser.open("/portal/audit?exact=authorization.refused").body.contains(
        "<bdi>Ada</bdi> did not let <a href=\"/portal/connectors/\(scene.number)\"><bdi>Shift &lt;b&gt;survey</bdi></a> act for them"
      ))
    // The page that was answered leaves nothing more.
    scene.browser.goBack(to: shown)
    #expect(try scene.browser.submit("/portal/authorize", [("answer", "refuse")], follow: false).status == 410)
    #expect(try scene.browser.open("/portal/audit.ndjson?exact=authorization.refused").body == events)
  }

  @Test("A person allows once, is asked again only for more, and can take it back") func personAllows() async throws {
    let scene = try await Scene(phone: "+44 7700 900140")
    let browser = scene.browser
    let page = try scene.ask("&scope=textmessage.read")
    try browser.open(page)
    #expect(browser.page.status == 200, "\(browser.page.text)")
    let body = browser.page.body
    #expect(body.contains("<h1><bdi>Shift &lt;b&gt;survey</bdi> wants to act for you</h1>") && !body.contains("<b>"))
    #expect(body.contains("<strong>Text Message</strong>") && !body.contains("<strong>Group Information</strong>"))
    #expect(body.contains("By <bdi>Acme</bdi>, registered by <bdi>Ada</bdi>, run at"))
    #expect(body.contains("client.example.org") && body.contains("You are in none now."))
    let policy = browser.page.header("content-security-policy") ?? ""
    #expect(policy.contains("form-action 'self';"))
    #expect(policy.contains("frame-ancestors 'none'") && browser.page.header("x-frame-options") == "DENY")
    let shown = browser.page
    // Without the session's token, or from another site, nothing is allowed.
    let fields = [("request", String(page.suffix(32))), ("answer", "allow")]
    #expect(try browser.post("/portal/authorize", fields).status == 403)
    browser.goBack(to: shown)
    try browser.submit("/portal/authorize", [("answer", "allow")], follow: false)
    // The program may send the browser on to any site, so no redirect answers the form.
    #expect(browser.page.status == 200 && browser.page.header("location") == nil)
    #expect(browser.page.body.contains("<h1>Back to <bdi>Shift &lt;b&gt;survey</bdi></h1>"), "\(browser.page.text)")
    var lacking = PortalLanguageTests.Lacking(try PortalLanguageTests.german())
    lacking.look(at: browser.page.body)
    #expect(lacking.count > 0 && lacking.texts.isEmpty, "\(lacking.texts)")
    #expect(browser.page.header("cache-control") == "no-store")
    #expect(browser.page.header("referrer-policy") == "no-referrer")
    let location = browser.onward
    #expect(location.hasPrefix("https://client.example.org/callback?code=clc_"), "\(location)")
    #expect(location.contains("&state=s%26t&iss=http%3A%2F%2F127.0.0.1%3A"))
    #expect(browser.page.body.contains("href=\"\(location.replacing("&", with: "&amp;"))\""))
    let tokens = try scene.redeem(location)
    #expect(tokens.status == 200 && tokens["scope"] == "textmessage.read", "\(tokens.text)")
    // The answered page does nothing a second time.
    browser.goBack(to: shown)
    #expect(try browser.submit("/portal/authorize", [("answer", "allow")], follow: false).status == 410)
    #expect(try browser.open(page).status == 410)

    // The same is not asked again, unless the program wants it so.
    try browser.open(try scene.ask("&scope=textmessage.read"), follow: false)
    let answer = browser.page
    #expect(answer.status == 303 && answer.header("location")?.contains("?code=clc_") == true, "\(answer.text)")
    try browser.open(try scene.ask("&scope=textmessage.read&prompt=consent"), follow: false)
    #expect(browser.page.status == 200)
    // More is asked for.
    try browser.open(try scene.ask(), follow: false)
    #expect(browser.page.status == 200 && browser.page.body.contains("<strong>Group Information</strong>"))
    try browser.submit("/portal/authorize", [("answer", "refuse")], follow: false)
    #expect(browser.onward.hasPrefix("https://client.example.org/callback?error=access_denied&state=s%26t"))

    try browser.open("/portal/me/granted")
    #expect(browser.page.body.contains("All groups of its granter"))
    let grant = try #require(
      browser.page.body.split(separator: "href=\"/portal/grants/").dropFirst().first?.prefix { $0 != "/" })
    try browser.open("/portal/grants/\(grant)/revoke")
    try browser.submit("/portal/grants/\(grant)/revoke")
    try browser.open(try scene.ask("&scope=textmessage.read"), follow: false)
    #expect(browser.page.status == 200)
    try browser.open("/portal/audit?exact=authorization_code.issued")
    #expect(
      browser.page.body.contains(
        "allowed <a href=\"/portal/connectors/\(scene.number)\"><bdi>Shift &lt;b&gt;survey</bdi></a> to sign in by OAuth"
      ))
  }

  @Test("Who is not signed in signs in first, and a silent request hears what is missing") func signedSigns()
    async throws
  {
    let scene = try await Scene(phone: "+44 7700 900141")
    let other = scene.served.browser()
    let page = try scene.ask("", by: other)
    try other.open(page)
    #expect(other.page.body.contains("<h1>Sign in</h1>"))
    try other.submit("/portal/sign-in/development", [("name", "Bob")], follow: false)
    // The page of consent may lead on to the program, so no redirect answers this form either.
    #expect(other.page.header("location") == nil && other.onward == page, "\(other.page.text)")
    try other.open(other.onward)
    #expect(other.page.body.contains("wants to act for you") && other.page.body.contains("Add a phone number first."))
    #expect(!other.page.body.contains("value=\"allow\""))
    #expect(other.page.body.contains(#"href="/portal/me/phones/new?to=%2Fportal%2Fauthorize%3Frequest%3D"#))
    // The button that is not there does nothing either.
    #expect(try other.submit("/portal/authorize", [("answer", "allow")], follow: false).status == 403)

    let nobody = scene.served.browser()
    // A program that lacks the challenge hears so before anybody is asked.
    try nobody.open("/oauth2/authorize?client_id=\(scene.id)&state=s", follow: false)
    #expect(
      nobody.page.header("location")?.hasPrefix("https://client.example.org/callback?error=invalid_request&state=s")
        == true, "\(nobody.page.text)")
    try nobody.open(try scene.ask("&prompt=none", by: nobody), follow: false)
    #expect(nobody.page.header("location")?.contains("?error=login_required&state=s%26t") == true)
    try scene.browser.open(try scene.ask("&prompt=none"), follow: false)
    #expect(scene.browser.page.header("location")?.contains("?error=consent_required&") == true)
    #expect(try scene.browser.open("/portal/authorize?request=\(String(repeating: "0", count: 32))").status == 410)
  }

  @Test("The page names the groups that the program reaches, five at most, and says that later ones are reached")
  func pageNames()
    async throws
  {
    let scene = try await Scene(phone: "+44 7700 900143")
    for index in 1...7 {
      try scene.browser.open("/portal/groups/new")
      try scene.browser.submit("/portal/groups/new", [("name", "Team \(index)")])
    }
    let body = try scene.browser.open(try scene.ask()).body
    let names = (1...5).map { "<bdi>Team \($0)</bdi>" }.joined(separator: ", ")
    let later = "and every group that you join later, with your role there."
    #expect(body.contains("<h2>In these groups</h2><p>\(names) and 2 more groups, \(later)</p>"), "\(body)")
    #expect(!body.contains("Team 6"))
  }

  @Test("A program on the person's own machine is asked about each time") func programPersons() async throws {
    let scene = try await Scene(redirect: "http://127.0.0.1/done", phone: "+44 7700 900142")
    for _ in 0..<2 {
      try scene.browser.open(try scene.ask("&redirect_uri=http%3A%2F%2F127.0.0.1%3A49152%2Fdone"), follow: false)
      #expect(scene.browser.page.status == 200, "\(scene.browser.page.text)")
      try scene.browser.submit("/portal/authorize", [("answer", "allow")], follow: false)
      #expect(scene.browser.onward.hasPrefix("http://127.0.0.1:49152/done?code="), "\(scene.browser.page.text)")
      #expect(try scene.redeem(scene.browser.onward).status == 200)
    }
  }

  @Test("Outside of trials the endpoint sends the browser to the portal, and asks for no proof of its own")
  func outsideTrials()
    async throws
  {
    let served = try await ServedLedger()
    let query = "client_id=\(served.connector)&state=s"
    for path in ["/oauth2/authorize", "/api/oauth/authorize"] {
      let answer = try served.ask("GET", "\(path)?\(query)")
      let location = try #require(answer.header("location"))
      #expect(answer.status == 303 && location.hasPrefix("/portal/authorize?request="))
      let page = try served.ask("GET", location)
      #expect(page.status == 303 && page.header("location")?.hasPrefix("/portal/sign-in?to=") == true)
      #expect(try served.post(path, form: query + "&account=2").status == 405)
    }
    for (more, error) in [
      ("scope=media.write%20nothing", "invalid_scope"), ("prompt=none%20login", "invalid_request"),
      ("max_age=-1", "invalid_request"), ("response_type=token", "unsupported_response_type"),
    ] {
      let location = try served.ask("GET", "/oauth2/authorize?\(query)&\(more)").header("location") ?? ""
      #expect(location.hasPrefix("\(ServedLedger.redirectURI)?error=\(error)&state=s"), "\(more): \(location)")
    }
    let metadata = try served.ask("GET", "/.well-known/oauth-authorization-server")
    #expect(metadata["authorization_endpoint"] == served.origin + "/oauth2/authorize")
  }
}
