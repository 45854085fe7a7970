import CredentialLedger
import TestSupport
import Testing

/// The portal as a browser uses it.
@Suite struct PortalTests {
  private static let script = #"<script>alert(1)</script>"'&"#

  @Test("From an empty ledger to an access token, and a revocation that stops it") func emptyLedger() async throws {
    let served = try await ServedPortal()
    let browser = served.browser()
    let link = try served.line(beginning: "the first operator signs in at ")
    #expect(try browser.open(String(link.dropFirst(served.origin.utf8.count))).status == 200)
    try browser.submit("/portal/sign-in/development", [("name", "Ada")])
    #expect(browser.page.status == 200 && browser.page.body.contains("Welcome, <bdi>Ada</bdi>"))
    #expect(browser.page.body.contains("You are an operator of this ledger."))
    // Before a number is verified, nothing can be created.
    #expect(try browser.open("/portal/connectors/new").status == 403)
    try browser.verify("+44 7700 900123")
    #expect(browser.page.body.contains("Your number is verified. Recorded as"), "\(browser.page.body)")
    #expect(!browser.page.body.contains("900123"))

    try browser.open("/portal/connectors/new")
    try browser.submit("/portal/connectors/new", [("name", "Shift survey"), ("description", "Weekly survey")])
    #expect(browser.page.body.contains("What may <bdi>Shift survey</bdi> do?"))
    try browser.submit(
      "/portal/connectors/new/permissions", [("permission", "group-information"), ("permission", "text-message")])
    #expect(browser.page.status == 200 && browser.page.header("cache-control") == "no-store")
    let id = try #require(browser.text(of: "connector-id"))
    let secret = try #require(browser.text(of: "connector-secret"))
    #expect(secret.hasPrefix("cls_"))

    try browser.open("/portal/groups/new")
    try browser.submit("/portal/groups/new", [("name", "Field team")])
    #expect(browser.page.body.contains("The group is created."))
    let group = try #require(
      browser.page.body.split(separator: "action=\"/portal/groups/").dropFirst().first?.prefix { $0 != "\"" })
    try browser.open("/portal/groups/\(group)/connectors")
    let number = try #require(
      browser.page.body.split(separator: "<option value=\"").dropFirst().first?.prefix { $0 != "\"" })
    try browser.open("/portal/groups/\(group)/connectors?connector=\(number)")
    #expect(browser.page.body.contains("Send messages to the group and read what is written there."))
    try browser.submit("/portal/groups/\(group)/connectors")
    #expect(browser.page.body.contains("Copy the Refresh Token now."), "\(browser.page.body)")
    let refresh = try #require(browser.text(of: "refresh"))

    let connection = try Connection(port: served.port)
    connection.send(
      "GET /v1/accessToken HTTP/1.1\r\nHost: x\r\nConnection: close\r\napplicationId: \(id)\r\napplicationSecret: \(secret)\r\nrefreshToken: \(refresh)\r\n\r\n"
    )
    let token = try #require(Answer(connection.readAll())["accessToken"])
    func isGood() throws -> Bool {
      let connection = try Connection(port: served.port)
      connection.send("GET /check HTTP/1.1\r\nHost: x\r\nConnection: close\r\naccessToken: \(token)\r\n\r\n")
      return Answer(connection.readAll()).status == 200
    }
    #expect(try isGood())

    try browser.open("/portal/me/granted")
    let grant = try #require(
      browser.page.body.split(separator: "href=\"/portal/grants/").dropFirst().first?.prefix { $0 != "/" })
    try browser.open("/portal/groups/\(group)/connectors/\(grant)")
    #expect(browser.page.body.contains("got its first access token."))
    try browser.open("/portal/grants/\(grant)/revoke")
    #expect(browser.page.body.contains("<strong>2 live tokens</strong> stop now."))
    try browser.submit("/portal/grants/\(grant)/revoke")
    #expect(browser.page.body.contains("Revoked. What stood on it stopped at once."))
    #expect(try !isGood())

    // Every page of the auditor's path shows the proof.
    try browser.open("/portal/audit?exact=token.issued")
    let event = try #require(
      browser.page.body.split(separator: "href=\"/portal/events/").dropFirst().first?.prefix { $0 != "\"" })
    try browser.open("/portal/events/\(event)")
    #expect(
      browser.page.status == 200 && browser.page.body.contains("<strong>Proven.</strong>"), "\(browser.page.body)")
    try browser.open("/portal/tokens/\(event)")
    #expect(browser.page.body.contains("link link-broken") && browser.page.body.contains("Not valid"))
    let evidence = try browser.open("/portal/evidence/\(event)")
    #expect(evidence.header("content-disposition") == "attachment; filename=\"evidence-\(event).json\"")
    #expect(evidence.json != nil)
    for page in [
      "/portal/", "/portal/me", "/portal/connectors", "/portal/connectors/\(number)",
      "/portal/connectors/\(number)/webhooks", "/portal/groups", "/portal/audit",
    ] {
      #expect(try browser.open(page).status == 200, "\(page)")
      for hidden in [secret, refresh, token] { #expect(!browser.page.body.contains(hidden)) }
    }
    served.end()
    for hidden in [secret, refresh, token, "900123"] { #expect(!served.log.contains(hidden)) }
  }

  @Test("The command lines that pages show are ones that the program takes") func commandLines() async throws {
    let served = try await ServedPortal()
    let browser = served.browser()
    try browser.signIn("Ada")
    try browser.verify("+44 7700 900130")
    try browser.open("/portal/connectors/new")
    try browser.submit("/portal/connectors/new", [("name", "Roster")])
    var pages = [browser.page.body]
    try browser.submit("/portal/connectors/new/permissions", [("permission", "text-message")])
    let connector = try #require(
      browser.page.body.split(separator: "action=\"/portal/connectors/").dropFirst().first?.prefix { $0 != "\"" })
    try browser.open("/portal/groups/new")
    pages.append(browser.page.body)
    try browser.submit("/portal/groups/new", [("name", "Field team")])
    let group = try #require(
      browser.page.body.split(separator: "action=\"/portal/groups/").dropFirst().first?.prefix { $0 != "\"" })
    let base = "/portal/connectors/\(connector)"
    for path in [
      base, base + "/tokens", base + "/webhooks", base + "/rotate", base + "/delete", "/portal/connectors",
      "/portal/groups/\(group)", "/portal/groups/\(group)/connectors?connector=\(connector)", "/portal/me/granted",
      "/portal/audit?exact=token.*", "/portal/events/\(connector)",
    ] {
      pages.append(try browser.open(path).body)
    }
    let lines = Set(
      pages.flatMap { page in
        page.split(separator: "command line</summary><pre><code>").dropFirst().flatMap {
          $0.prefix { $0 != "<" }.split(separator: "\n").map(String.init)
        }
      })
    #expect(lines.count >= 14, "\(lines)")
    let program = try Program.file("credledger")
    for line in lines {
      // What is in capitals stands for something that the page has many of.
      let words = line.replacing("&#39;", with: "").split(separator: " ").dropFirst().map { word in
        word.allSatisfy(\.isUppercase) ? "7" : String(word)
      }
      let result = try runProgram(words + ["--ledger", "\(served.folder.path)/none"], of: program)
      // On a terminal it would ask.
      if result.error.contains("--yes is needed") { continue }
      #expect(!result.error.lowercased().contains("usage:"), "\(line): \(result.error)")
    }
  }

  @Test("The link of the first operator works once") func linkFirst() async throws {
    let served = try await ServedPortal()
    let link = try served.line(beginning: "the first operator signs in at ").dropFirst(served.origin.utf8.count)
    let (first, second) = (served.browser(), served.browser())
    try first.open(String(link))
    try second.open(String(link))
    try first.submit("/portal/sign-in/development", [("name", "Ada")])
    #expect(first.page.body.contains("You are an operator"))
    try second.submit("/portal/sign-in/development", [("name", "Mallory")])
    #expect(second.page.status == 200 && !second.page.body.contains("You are an operator"))
    #expect(try served.browser().open(String(link)).status == 410)
    #expect(try served.browser().open("/portal/first/\(String(repeating: "0", count: 32))").status == 410)
  }

  @Test("A form from another site, or without the session's token, does nothing") func formAnother() async throws {
    let served = try await ServedPortal()
    let browser = served.browser()
    #expect(try browser.post("/portal/sign-in/development", [("name", "Eve")], site: "cross-site").status == 403)
    #expect(try browser.post("/portal/sign-in/development", [("name", "Eve")], site: "same-site").status == 403)
    #expect(try browser.post("/portal/sign-in/development", [("name", "Eve")], site: nil).status == 403)
    #expect(browser.cookies.isEmpty)
    try browser.signIn("Ada")
    #expect(browser.page.status == 200)
    try browser.verify("+44 7700 900124")
    try browser.open("/portal/groups/new")
    let token = try #require(
      browser.page.body.split(separator: "name=\"csrf\" value=\"").dropFirst().first?.prefix { $0 != "\"" })
    for fields in [
      [("name", "A")], [("csrf", ""), ("name", "A")], [("csrf", String(repeating: "0", count: 32)), ("name", "A")],
    ] {
      #expect(try browser.post("/portal/groups/new", fields).status == 403)
    }
    #expect(
      try browser.post("/portal/groups/new", [("csrf", String(token)), ("name", "A")], site: "cross-site").status == 403
    )
    let other = served.browser()
    try other.signIn("Bob")
    #expect(try other.post("/portal/groups/new", [("csrf", String(token)), ("name", "A")]).status == 403)
    #expect(try browser.open("/portal/groups").body.contains("You are in no group yet."))
    // Under another name a page of any site could reach the server.
    let rebound = try Connection(port: served.port)
    rebound.send("GET /portal/sign-in HTTP/1.1\r\nHost: evil.example:\(served.port)\r\nConnection: close\r\n\r\n")
    #expect(Answer(rebound.readAll()).status == 403)
  }

  @Test("Sessions outlive a restart, end when they are ended, and are new at each sign-in") func sessionsOutlive()
    async throws
  {
    let served = try await ServedPortal()
    let browser = served.browser()
    browser.plant("credledger", String(repeating: "a", count: 64))
    try browser.signIn("Ada")
    let first = try #require(browser.cookies["credledger"])
    #expect(first != String(repeating: "a", count: 64) && first.utf8.count == 64)
    let port = served.port
    served.end()
    #expect(!served.log.contains(first))
    try served.start(port: port)
    #expect(try browser.open("/portal/").body.contains("<bdi>Ada</bdi>"))
    // A second sign-in in the same browser ends the session before.
    try browser.signIn("Ada")
    let thief = served.browser()
    thief.plant("credledger", first)
    #expect(try thief.open("/portal/").body.contains("<h1>Sign in</h1>"))
    let second = try #require(browser.cookies["credledger"])
    #expect(second != first)
    let elsewhere = served.browser()
    try elsewhere.signIn("Ada")
    try browser.open("/portal/me")
    try browser.submit("/portal/me/sessions/end", [("session", "others")])
    #expect(browser.page.body.contains("The sessions are ended."))
    #expect(try elsewhere.open("/portal/").body.contains("<h1>Sign in</h1>"))
    try browser.open("/portal/sign-out")
    try browser.submit("/portal/sign-out")
    #expect(browser.page.body.contains("You are signed out.") && browser.cookies["credledger"] == nil)
    browser.plant("credledger", second)
    #expect(try browser.open("/portal/me").body.contains("<h1>Sign in</h1>"))
    // Each end that somebody caused is an event; the session that the second sign-in replaced among them.
    let audit = try runProgram(
      ["audit", "--ledger", served.path, "--type", "account.signed_out", "--format", "ndjson"],
      of: try Program.file("credledger"))
    for end in ["signed in anew", "ended from another session", "\"signed out\""] {
      #expect(audit.output.contains(end), "\(audit.output)\(audit.error)")
    }
    // The store has neither tokens nor names.
    for name in TemporaryFolder.names(in: "\(served.path)/sessions") ?? [] {
      let content = ServedLedger.content(of: "\(served.path)/sessions/\(name)")
      #expect(!content.contains(second) && !content.contains("Ada") && name != second)
    }
  }

  @Test("What people type stays text on every page") func peopleType() async throws {
    let served = try await ServedPortal()
    let browser = served.browser()
    try browser.signIn(Self.script)
    try browser.verify("+44 7700 900125")
    try browser.open("/portal/connectors/new")
    try browser.submit(
      "/portal/connectors/new",
      [("name", Self.script), ("description", Self.script), ("publisher", Self.script), ("redirects", Self.script)])
    #expect(browser.page.status == 422)
    #expect(!browser.page.body.contains("<script>alert") && browser.page.body.contains("&lt;script&gt;alert"))
    try browser.submit(
      "/portal/connectors/new", [("name", Self.script), ("description", Self.script), ("publisher", Self.script)])
    #expect(!browser.page.body.contains("<script>alert"))
    try browser.submit("/portal/connectors/new/permissions", [("permission", "text-message")])
    try browser.open("/portal/groups/new")
    try browser.submit("/portal/groups/new", [("name", Self.script)])
    #expect(browser.page.status == 200)
    for page in [
      "/portal/", "/portal/me", "/portal/connectors", "/portal/groups", "/portal/audit", "/portal/me/granted",
      "/portal/audit?who=%3Cscript%3Ealert", "/portal/connectors?q=%3Cscript%3Ealert(1)%3C/script%3E",
      "/portal/sign-in?to=%3Cscript%3Ealert", "/portal/nothing/%3Cscript%3Ealert",
    ] {
      try browser.open(page)
      #expect(!browser.page.body.contains("<script>alert") && !browser.page.body.contains("\"'&\""), "\(page)")
    }
  }

  @Test("Every answer has the headers that keep a page to itself") func everyAnswer() async throws {
    let served = try await ServedPortal()
    let browser = served.browser()
    for path in ["/portal/sign-in", "/portal/nothing", "/portal/first/x", "/portal/assets/none.css"] {
      try browser.open(path)
      let policy = browser.page.header("content-security-policy") ?? ""
      #expect(
        policy.hasPrefix("default-src 'none'") && policy.contains("frame-ancestors 'none'")
          && !policy.contains("unsafe"))
      #expect(browser.page.header("x-content-type-options") == "nosniff")
      #expect(browser.page.header("referrer-policy") == "no-referrer")
      #expect(browser.page.header("x-frame-options") == "DENY")
      #expect(browser.page.header("cache-control") == "no-store", "\(path)")
    }
    try browser.open("/portal/sign-in")
    for attribute in ["href=\"", "src=\""] {
      let path = try #require(
        browser.page.body.split(separator: attribute + "/portal/assets/").dropFirst().first?.prefix { $0 != "\"" })
      let asset = try browser.open("/portal/assets/\(path)")
      #expect(asset.status == 200 && asset.header("cache-control")?.contains("immutable") == true)
      try browser.open("/portal/sign-in")
    }
    try browser.submit("/portal/sign-in/development", [("name", "Ada")], follow: false)
    let cookie = try #require(browser.page.header("set-cookie"))
    #expect(cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Lax") && cookie.contains("; Path=/"))
    // Only pages of the portal are gone to after the sign-in.
    for target in [
      "https://evil.example/", "//evil.example", "/portal//evil.example", "/portal/\\evil", "/v1/accessToken",
    ] {
      try browser.post("/portal/sign-in/development", [("name", "Ada"), ("to", target)], follow: false)
      #expect(browser.page.header("location") == "/portal/", "\(target)")
    }
  }

  @Test("Without TLS nobody signs in from elsewhere") func withoutTLS() async throws {
    let served = try await ServedPortal { _ in ["--public-url", "http://ledger.example.org"] }
    for path in ["/portal/", "/portal/sign-in"] {
      #expect(try served.browser().open(path).body.contains("The portal needs TLS"), "\(path)")
    }
    let safe = try await ServedPortal { _ in ["--public-url", "https://ledger.example.org"] }
    let page = try safe.browser().open("/portal/sign-in")
    #expect(page.status == 200 && page.header("strict-transport-security") == "max-age=31536000")
    #expect(page.body.contains("No identity provider is set up"))
    // The name is of no use without --development.
    #expect(try safe.browser().post("/portal/sign-in/development", [("name", "Eve")]).status == 404)
  }

  @Test("A secret is shown once, however often its form comes") func secretShown() async throws {
    let served = try await ServedPortal()
    let browser = served.browser()
    try browser.signIn("Ada")
    try browser.verify("+44 7700 900126")
    try browser.open("/portal/connectors/new")
    try browser.submit("/portal/connectors/new", [("name", "Roster")])
    let form = browser.page
    try browser.submit("/portal/connectors/new/permissions", [("permission", "text-message")])
    #expect(browser.text(of: "connector-secret")?.hasPrefix("cls_") == true)
    // Back, and the same form again; also after a restart.
    for isRestarted in [false, true] {
      if isRestarted {
        let port = served.port
        served.end()
        try served.start(port: port)
      }
      browser.goBack(to: form)
      try browser.submit("/portal/connectors/new/permissions", [("permission", "text-message")])
      #expect(browser.page.status == 410 && browser.page.body.contains("The Secret was shown before"))
      #expect(!browser.page.body.contains("cls_"))
    }
    #expect(try browser.open("/portal/connectors").body.contains("1 connector<"))
  }

  @Test("What others own is as if it were not there") func othersOwn() async throws {
    let served = try await ServedPortal()
    let (owner, other) = (served.browser(), served.browser())
    try owner.signIn("Ada")
    try owner.verify("+44 7700 900127")
    try owner.open("/portal/connectors/new")
    try owner.submit("/portal/connectors/new", [("name", "Roster")])
    try owner.submit("/portal/connectors/new/permissions", [("permission", "text-message")])
    let connector = try #require(
      owner.page.body.split(separator: "action=\"/portal/connectors/").dropFirst().first?.prefix { $0 != "\"" })
    try owner.open("/portal/groups/new")
    try owner.submit("/portal/groups/new", [("name", "Field team")])
    let group = try #require(
      owner.page.body.split(separator: "action=\"/portal/groups/").dropFirst().first?.prefix { $0 != "\"" })
    try other.signIn("Bob")
    for path in [
      "/portal/connectors/\(connector)", "/portal/connectors/\(connector)/edit",
      "/portal/connectors/\(connector)/grants",
      "/portal/connectors/\(connector)/tokens", "/portal/connectors/\(connector)/webhooks",
      "/portal/connectors/\(connector)/rotate",
      "/portal/connectors/\(connector)/user-token", "/portal/connectors/\(connector)/delete", "/portal/groups/\(group)",
      "/portal/groups/\(group)/connectors", "/portal/events/\(connector)", "/portal/evidence/\(connector)",
      "/portal/tokens/\(connector)",
    ] {
      let theirs = try other.open(path)
      #expect(theirs.status == 404, "\(path)")
      let none = try other.open(
        path.replacing(connector, with: "999999").replacing("groups/\(group)", with: "groups/999999"))
      #expect(none.status == 404 && none.title == theirs.title, "\(path)")
    }
  }
}

extension Answer {
  /// The heading of a page.
  fileprivate var title: String {
    String((body.split(separator: "<h1>").dropFirst().first ?? "").prefix { $0 != "<" })
  }
}
