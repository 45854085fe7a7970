import CredentialLedger
import Glibc
import HTTPSupport
import TestSupport
import Testing

@testable import ManagementPortal

/// Pages that do what cannot be undone, or show what is kept back.
@Suite struct PortalPageTests {
  @Test("An error page shows the request ID that its answer has, and the code, with a session and without")
  func errorPage()
    async throws
  {
    let served = try await ServedPortal()
    let (ada, nobody) = (served.browser(), served.browser())
    try ada.signIn("Ada")
    for (browser, path) in [
      (ada, "/portal/connectors/4711"), (ada, "/portal/grants/4711/revoke"), (ada, "/portal/health"),
      (nobody, "/portal/nowhere"),
    ] {
      let page = try browser.open(path, follow: false)
      #expect(page.status == 404, "\(path): \(page.text)")
      let id = try #require(page.header("x-request-id"), "\(path)")
      #expect(id.count == 32 && page.body.contains("<dt>Request ID</dt><dd><code>\(id)</code></dd>"), "\(page.text)")
      #expect(page.body.contains("<dt>Code</dt><dd><code>not_found</code></dd>"), "\(page.text)")
    }
  }

  @Test("A rotated signing key is published and recorded with who and why, once") func rotatedSigning() async throws {
    let scene = try await PortalScene(phone: "+44 7700 900160")
    let browser = scene.owner
    try browser.open("/portal/keys")
    let before = try #require(browser.text(of: "newest-key"))
    try browser.submit("/portal/keys", [("reason", "")])
    #expect(browser.page.status == 422 && browser.text(of: "newest-key") == before)
    let shown = browser.page
    try browser.submit("/portal/keys", [("reason", "yearly")])
    #expect(browser.page.body.contains("A new key signs now."), "\(browser.page.text)")
    let after = try #require(browser.text(of: "newest-key"))
    #expect(after != before && browser.page.body.contains(before.prefix { $0 != "@" }))
    browser.goBack(to: shown)
    try browser.submit("/portal/keys", [("reason", "yearly")])
    try browser.open("/portal/keys")
    #expect(browser.text(of: "newest-key") == after)
    try browser.open("/portal/audit.ndjson?exact=signing_key.rotated")
    let event = try #require(browser.page.json)
    #expect(event["subjects"]?.text?.contains("operator:2") == true, "\(browser.page.body)")
    try browser.open("/portal/events/\(event["position"]?.text ?? "")")
    #expect(browser.page.body.contains("<bdi>yearly</bdi>"))
  }

  @Test("The configuration in force shows where each setting comes from, and no secret") func configurationForce()
    async throws
  {
    let secret = "api-key-that-nobody-sees"
    let scene = try await PortalScene(phone: "+44 7700 900161") { folder in
      guard let file = unsafe fopen("\(folder)/server.json", "w") else { throw ServerFailure(reason: "no file") }
      unsafe fputs("{\"limits\":{\"failures\":61},\"portal\":{\"provider-seconds\":7}}", file)
      unsafe fclose(file)
      return ["--development", "--config", "\(folder)/server.json", "--log-level", "debug"]
    }
    let body = try scene.owner.open("/portal/configuration").body
    for (name, value, source) in [
      ("limits.failures", "61", "file"), ("log.level", "debug", "command line"),
      ("portal.provider-seconds", "7", "file"),
      ("limits.body-bytes", "1048576", "default"),
    ] {
      let row =
        body.split(separator: "<code>\(name)</code></th>").dropFirst().first?.split(separator: "</tr>").first ?? ""
      #expect(row.contains(">\(value)<") && row.contains(">\(source)<"), "\(name): \(row)")
    }
    let setting = PortalSettings.Setting(name: "sms.body", value: secret, isSecret: true, source: "file")
    #expect(!"\(setting)".contains(secret))
  }

  @Test("A person is erased after the page has said what stops and the handle was typed") func personErased()
    async throws
  {
    let scene = try await PortalScene(phone: "+44 7700 900162")
    let bob = try scene.person("Bob")
    try bob.verify("+44 7700 900163")
    try bob.open("/portal/groups/new")
    try bob.submit("/portal/groups/new", [("name", "First group")])
    try bob.open("/portal/me")
    let number = try PortalScene.first("account:", "<", in: bob)
    let path = "/portal/people/\(number)/erase"
    let browser = scene.owner
    try browser.open(path)
    #expect(browser.page.body.contains("They leave 1 group.") && browser.page.body.contains("0 grants that they gave"))
    try browser.submit(path, [("reason", "asked for it"), ("confirm", "account:999")])
    #expect(browser.page.status == 422 && browser.page.body.contains("Type the handle exactly"))
    // Meanwhile more would stop than the page says.
    try bob.open("/portal/groups/new")
    try bob.submit("/portal/groups/new", [("name", "Another")])
    try browser.submit(path, [("reason", "asked for it"), ("confirm", "account:\(number)")])
    #expect(browser.page.status == 422 && browser.page.body.contains("changed since you opened this page"))
    try browser.submit(path, [("reason", "asked for it"), ("confirm", "account:\(number)")])
    #expect(browser.page.body.contains("The person is erased. Recorded as"), "\(browser.page.text)")
    #expect(try bob.open("/portal/me").body.contains("<h1>Sign in</h1>"))
    #expect(try browser.open("/portal/people?q=bob").body.contains("Nobody matches."))
    #expect(try browser.open(path).body.contains("This person was erased"))
  }

  @Test("A connector is deleted after its name was typed, and while its page is right") func connectorDeleted()
    async throws
  {
    let scene = try await PortalScene(phone: "+44 7700 900189")
    let browser = scene.owner
    let path = "/portal/connectors/\(scene.connector)/delete"
    try browser.open(path)
    let shown = browser.page
    for wrong in ["", "field team", "Field"] {
      try browser.submit(path, [("confirm", wrong)])
      #expect(browser.page.status == 422 && browser.page.body.contains("Type the name exactly"), "\(wrong)")
    }
    // Meanwhile less would stop than the page says.
    try browser.open("/portal/tokens/\(scene.token)/revoke")
    try browser.submit("/portal/tokens/\(scene.token)/revoke")
    browser.goBack(to: shown)
    try browser.submit(path, [("confirm", "Field team")])
    #expect(browser.page.status == 422 && browser.page.body.contains("Nothing was done; look again, then confirm."))
    try browser.submit(path, [("confirm", "Field team")])
    #expect(browser.page.body.contains("The connector is deleted. Recorded as"), "\(browser.page.text)")
    #expect(try browser.open("/portal/connectors/\(scene.connector)").status != 200)
  }

  @Test("Personal data of an event is shown once, after a reason that stays") func personalData() async throws {
    let scene = try await PortalScene(phone: "+44 7700 900164")
    let auditor = try scene.person("Carla", role: .auditor)
    let bob = try scene.person("Bob")
    try bob.verify("+44 7700 900165")
    try bob.open("/portal/me")
    let phone = try PortalScene.first("href=\"/portal/me/phones/", "/", in: bob)
    let page = try auditor.open("/portal/events/\(phone)")
    #expect(page.body.contains("/portal/events/\(phone)/reveal\">Reveal…") && !page.body.contains("900165"))
    let path = "/portal/events/\(phone)/reveal"
    try auditor.open(path)
    try auditor.submit(path, [("reason", "")])
    #expect(auditor.page.status == 422 && !auditor.page.body.contains("900165"))
    try auditor.submit(path, [("reason", "case 118")])
    #expect(auditor.page.body.contains("447700900165"), "\(auditor.page.text)")
    #expect(auditor.page.header("cache-control") == "no-store")
    #expect(try auditor.open(path).body.contains("900165") == false)
    let event = try auditor.open("/portal/audit.ndjson?exact=personal_data.revealed").body.split(separator: "\n")
      .compactMap { try? JSONParser.parse(Array($0.utf8)) }.first { $0["actor"]?.text != "account:2" }
    try auditor.open("/portal/events/\(event?["position"]?.text ?? "")")
    #expect(auditor.page.body.contains("<bdi>case 118</bdi>"), "\(auditor.page.text)")
  }

  @Test("A review keeps with a reason, revokes what is not kept, and asks again for what lacks one") func reviewKeeps()
    async throws
  {
    let scene = try await PortalScene(phone: "+44 7700 900166")
    let (browser, grant) = (scene.owner, scene.grant)
    #expect(try browser.open("/portal/review").body.contains("1 grant to decide"))
    try browser.submit("/portal/review", [("decide-\(grant)", "keep"), ("reason-\(grant)", "")])
    #expect(browser.page.status == 422 && browser.page.body.contains("it is what an auditor will read."))
    try browser.submit("/portal/review")
    #expect(browser.page.status == 422)
    try browser.submit("/portal/review", [("decide-\(grant)", "keep"), ("reason-\(grant)", "used daily")])
    #expect(browser.page.body.contains("The decisions are recorded. Recorded as"), "\(browser.page.text)")
    #expect(browser.page.body.contains("Nothing to decide.") && browser.page.body.contains("<bdi>used daily</bdi>"))
    #expect(try browser.open("/portal/review.csv").body.contains(",keep,"))
    try browser.open("/portal/review")
    try browser.submit("/portal/review", [("decide-\(grant)", "revoke"), ("reason-\(grant)", "not needed")])
    #expect(browser.page.body.contains("There is no grant to review."), "\(browser.page.text)")
    #expect(try browser.open("/portal/tokens/\(scene.token)").body.contains("Not valid"))
    let types = try browser.open("/portal/audit.csv?exact=permission.*").body
    #expect(types.split(separator: "permission.reviewed").count == 3 && types.contains("permission.revoked"))
  }

  @Test("The audit page draws its events over time, and tells a browser of new ones") func auditPage() async throws {
    let scene = try await PortalScene(phone: "+44 7700 900167")
    let page = try scene.owner.open("/portal/audit?type=tokens").body
    #expect(
      page.contains("<svg class=\"bars\"") && page.contains("aria-label=\"Tokens: 2 in all, at most 2 in one bar\""))
    #expect(page.contains("a bar for each <span>minute</span>."))
    let live = try scene.owner.open("/portal/audit?exact=group.created&not=token.*&actor=account:2&live=1")
    #expect(live.header("content-security-policy")?.contains("connect-src 'self'") == true)
    let source = try PortalScene.first("data-live=\"", "\"", in: scene.owner).replacing("&amp;", with: "&")
    #expect(source.hasPrefix("/portal/audit/live?exact=group.created"))
    let cookie = try #require(scene.owner.cookies["credledger"])
    let tail = try Connection(port: scene.served.port)
    tail.send(
      "GET \(source) HTTP/1.1\r\nHost: 127.0.0.1:\(scene.served.port)\r\nCookie: credledger=\(cookie)\r\nConnection: close\r\n\r\n"
    )
    try scene.owner.open("/portal/groups/new")
    try scene.owner.submit("/portal/groups/new", [("name", "Another")])
    let position = try PortalScene.first("action=\"/portal/groups/", "\"", in: scene.owner)
    let text = tail.readAll()
    #expect(text.contains("data: \(position)\n"), "\(text)")
    #expect(!text.contains("Another"))
  }

  @Test("Another language is one file, in which every text of every page can be said") func anotherLanguage()
    async throws
  {
    let english = try await PortalScene(phone: "+44 7700 900168")
    let pages = PortalRoute.all.filter { $0.get != nil }.map { english.path($0.pattern) }.filter {
      !$0.hasSuffix("/live") && !$0.contains(".csv") && !$0.contains(".ndjson") && !$0.contains(".cloudevents")
        && !$0.contains("/evidence/")
    }
    var keys: Set<String> = []
    for page in pages {
      _ = Translation.translate(try english.owner.open(page).body) { key, _ in
        keys.insert(key)
        return nil
      }
    }
    // What a page says of the newest checkpoint differs from one moment to the next.
    keys.formUnion(["Needs you", "Nothing needs you."])
    for text in try PortalHealthTests.texts() {
      _ = Translation.translate("<p>\(text.text)</p>") { key, _ in
        keys.insert(key)
        return nil
      }
    }
    #expect(keys.count > 300, "\(keys.count)")
    // Words of another script, in an order of their own.
    let lines = keys.sorted().map { "\($0) = \(Self.hebrew($0))" }
    let file = (["language = he", "direction = rtl"] + lines).joined(separator: "\n")
    let catalogue = try Catalogue(Array(file.utf8))
    var missing: Set<String> = []
    for page in pages {
      let text = try english.owner.open(page).body
      let translated = catalogue.translated(text)
      #expect(translated.contains("<html lang=\"he\" dir=\"rtl\">"), "\(page)")
      // What is left in Latin letters is what people typed, codes and names.
      _ = Translation.translate(translated) { key, _ in
        if key.unicodeScalars.contains(where: { ("a"..."z").contains($0) }) { missing.insert(key) }
        return nil
      }
    }
    #expect(missing.isEmpty, "\(missing.sorted().prefix(20))")

    let served = try await ServedPortal { folder in
      guard let draft = unsafe fopen("\(folder)/he.txt", "w") else { throw ServerFailure(reason: "no file") }
      unsafe fputs(file, draft)
      unsafe fclose(draft)
      return ["--development", "--config", try Self.settings(folder)]
    }
    let browser = served.browser()
    browser.language = "he-IL, en;q=0.5"
    try browser.open("/portal/sign-in")
    #expect(browser.page.body.contains("<h1>\(Self.hebrew("Sign in"))</h1>"), "\(browser.page.body)")
    try browser.submit("/portal/sign-in/development", [("name", "Sign in")])
    #expect(browser.page.body.contains("<bdi>Sign in</bdi>") && browser.page.body.contains("dir=\"rtl\""))
    browser.language = "en-GB"
    #expect(try browser.open("/portal/").body.contains("<html lang=\"en\" dir=\"ltr\">"))
  }

  private static func settings(_ folder: String) throws -> String {
    guard let file = unsafe fopen("\(folder)/server.json", "w") else { throw ServerFailure(reason: "no file") }
    unsafe fputs("{\"portal\":{\"languages\":[\"\(folder)/he.txt\"]}}", file)
    unsafe fclose(file)
    return "\(folder)/server.json"
  }

  /// A text in Hebrew letters, with its parts in another order.
  static func hebrew(_ english: String) -> String {
    var parts = ""
    var letters = ""
    var rest = english[...]
    while let character = rest.popFirst() {
      if character == "{" {
        parts += "{" + rest.prefix { $0 != "}" } + "} "
        rest = rest.drop { $0 != "}" }.dropFirst()
      } else if character.isLetter, let value = character.unicodeScalars.first?.value {
        letters.unicodeScalars.append(Unicode.Scalar(0x05D0 + value % 27) ?? "א")
      } else if character != "|" {
        letters.append(character)
      }
    }
    return parts + letters
  }

  @Test("A catalogue is read strictly, and its texts go by number and place") func catalogueRead() throws {
    let file = """
      # Comment
      language = ar
      direction = rtl
      {1} grants = 0: none | 2: two | 3-10: few {1} | many {1}
      Sent to {1} by {2} = {2} <sent> {1}
      """
    let catalogue = try Catalogue(Array(file.utf8))
    for (number, text) in [("0", "none"), ("2", "two"), ("7", "few 7"), ("11", "many 11"), ("1,002", "many 1,002")] {
      #expect(catalogue.translated("<p>\(number) grants</p>") == "<p>\(text)</p>")
    }
    #expect(
      catalogue.translated("<p title=\"x\">Sent to <bdi>2 grants</bdi> by <a href=\"/\">me</a></p>")
        == "<p title=\"x\"><a href=\"/\">me</a> &lt;sent&gt; <bdi>2 grants</bdi></p>")
    for (line, expected) in [
      ("direction = rtl", "language: expected"), ("language = ar", "direction: expected"),
      ("language = ar\ndirection = up", "direction: expected"), ("language = ar\nx", "line 2: expected"),
      ("language = ar\ndirection = rtl\na = b\na = c", "line 4: the text is there twice"),
      ("language = \"><script>\ndirection = rtl", "language: expected"),
    ] {
      let error = #expect(throws: PortalError.self) { try Catalogue(Array(line.utf8)) }
      #expect(error?.description.contains(expected) == true, "\(line): \(error?.description ?? "")")
    }
    #expect(Catalogue.preferred("de, ar-EG;q=0.8, en;q=0.9", among: [catalogue]) == nil)
    #expect(Catalogue.preferred("ar;q=0, en;q=0.1", among: [catalogue]) == nil)
    #expect(Catalogue.preferred("de, ar-EG;q=0.8", among: [catalogue]) == catalogue)
  }
}
