import CredentialLedger
import HTTPTypes
import Hummingbird
import TestSupport
import Testing

@testable import ManagementPortal

/// The pages that say why there is no other.
@Suite struct PortalFailureTests {
  @Test("What was deleted says what it was and when, to those who could see it, and leads to its events")
  func deletedSays()
    async throws
  {
    let scene = try await PortalScene(phone: "+44 7700 900240")
    let (owner, stranger) = (scene.owner, try scene.person("Bob"))
    let auditor = try scene.person("Carla", role: .auditor)
    let member = try scene.person("Mel")
    try scene.join(member, "+44 7700 900241")
    var lacking = PortalLanguageTests.Lacking(try PortalLanguageTests.german())
    for (kind, number) in [("group", scene.group), ("connector", scene.connector)] {
      let path = "/portal/\(kind)s/\(number)"
      try owner.open("\(path)/delete")
      try owner.submit("\(path)/delete", [("confirm", "Field team")])
      #expect(owner.page.body.contains("The \(kind) is deleted."), "\(owner.page.text)")
      for browser in [owner, auditor] {
        let page = try browser.open(path)
        #expect(page.status == 410 && page.body.contains("<h1>This \(kind) was deleted</h1>"), "\(page.text)")
        #expect(page.body.contains("<dt>Name</dt><dd><bdi>Field team</bdi></dd><dt>Deleted</dt><dd><time"))
        #expect(page.body.contains("<dt>Request ID</dt><dd><code>\(page.header("x-request-id") ?? "")</code></dd>"))
        lacking.look(at: page.body, of: path)
        let event = try PortalScene.first("href=\"/portal/events/", "\"", in: browser)
        #expect(page.body.contains("href=\"/portal/audit?who=\(kind):\(number)\">Audit trail</a>"))
        #expect(try browser.open("/portal/audit?who=\(kind):\(number)").body.contains("\(kind).deleted"))
        #expect(try browser.open("/portal/events/\(event)").body.contains("<code>\(kind).deleted</code>"))
      }
      #expect(try stranger.open(path).status == 404)
    }
    // A member could see the group, and not the event of an admin.
    let page = try member.open("/portal/groups/\(scene.group)")
    #expect(page.status == 410 && page.body.contains("<bdi>Field team</bdi>"), "\(page.text)")
    #expect(!page.body.contains("/portal/events/"), "\(page.text)")
    #expect(page.body.contains("<a class=\"button button-main\" href=\"/portal/groups\">Groups</a>"), "\(page.text)")
    #expect(try member.open("/portal/connectors/\(scene.connector)").status == 404)
    #expect(lacking.texts.isEmpty, "\(lacking.texts)")
  }

  @Test("Who lets in a connector that was changed meanwhile is told so, and reloads what they chose")
  func letsConnector() async throws {
    let scene = try await PortalScene(phone: "+44 7700 900242")
    let browser = scene.owner
    try browser.open("/portal/groups/new")
    try browser.submit("/portal/groups/new", [("name", "Night shift")])
    let base = "/portal/groups/\(try PortalScene.first("action=\"/portal/groups/", "\"", in: browser))/connectors"
    let choice = "\(base)?connector=\(scene.connector)"
    try browser.open(choice)
    let shown = browser.page
    let edit = "/portal/connectors/\(scene.connector)/edit"
    try browser.open(edit)
    try browser.submit(
      edit, [("name", "Field team"), ("description", "Asks for more"), ("permission", "text-message")])
    #expect(browser.page.body.contains("Asks for more"), "\(browser.page.text)")
    browser.goBack(to: shown)
    let page = try browser.submit(base)
    #expect(page.status == 409 && page.body.contains("<h1>Somebody changed this meanwhile</h1>"), "\(page.text)")
    #expect(page.body.contains("<p>Nothing was changed.</p>") && page.body.contains(RefusalWords.changedMeanwhile))
    #expect(page.body.contains("href=\"\(choice)\">Reload</a>"), "\(page.text)")
    #expect(page.body.contains("<dt>Request ID</dt><dd><code>\(page.header("x-request-id") ?? "")</code></dd>"))
    #expect(try browser.open(choice).body.contains("Let <bdi>Field team</bdi> into <bdi>Night shift</bdi>?"))
    #expect(browser.page.body.contains("Asks for more"))
  }

  @Test("A form leads back to its own page, or to the nearest one above") func formLeads() {
    for (path, query, expected) in [
      ("connectors/5/webhooks/7/enable", nil, "connectors/5/webhooks/7"),
      ("connectors/new/permissions", "name=x", "connectors/new"), ("groups/invitations", nil, "groups"),
      ("me/sessions/end", nil, "me"), ("groups/5/connectors", "connector=7", "groups/5/connectors?connector=7"),
      ("review", "all=1", "review?all=1"), ("nothing/at/all", "x=y", ""),
    ] as [(String, String?, String)] {
      let parts = path.split(separator: "/").map { String($0) }
      #expect(ManagementPortal.sender(of: parts, query: query) == "/portal/\(expected)", "\(path)")
    }
    let typed = ManagementPortal.sender(of: ["groups", "\"><b>"], query: nil)
    #expect(typed.hasPrefix("/portal/groups/%") && !typed.contains("\""), "\(typed)")
  }

  @Test("A form that is too large has a page with the request ID") func formToo() async throws {
    let served = try await ServedPortal()
    let page = try served.browser().post(
      "/portal/sign-in/development", [("name", String(repeating: "x", count: 70_000))])
    #expect(page.status == 413 && page.body.contains("<h1>The form is too large</h1>"), "\(page.text)")
    #expect(page.body.contains("<p>Nothing was changed.</p>"))
    #expect(page.body.contains("<dt>Request ID</dt><dd><code>\(page.header("x-request-id") ?? "")</code></dd>"))
  }

  @Test("A person whose request the server itself refuses gets a page with the request ID, and a program JSON")
  func personWhose()
    async throws
  {
    let served = try await ServedPortal()
    let host = "Host: 127.0.0.1:\(served.port)\r\n"
    let browser = "\(host)Sec-Fetch-Site: same-origin\r\nAccept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8\r\n"
    let program = "\(host)Accept: application/json\r\n"
    let path = "/portal/sign-in/development"
    func announced(_ path: String, _ head: String) throws -> Answer {
      let connection = try Connection(port: served.port)
      connection.send("POST \(path) HTTP/1.1\r\n\(head)Content-Length: 2000000\r\n\r\n")
      return Answer(connection.readAll())
    }
    // Of somebody who is signed in, the portal itself reads as much as the guard of the connection lets pass.
    let member = served.browser()
    try member.signIn("Ada")
    let cookies = member.cookies.map { "\($0)=\($1)" }.joined(separator: "; ")
    func sent() throws -> Answer {
      let connection = try Connection(port: served.port)
      let form = "Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n"
      connection.send("POST /portal/groups/new HTTP/1.1\r\n\(browser)Cookie: \(cookies)\r\n\(form)\r\n")
      let piece = "10000\r\n" + String(repeating: "x", count: 65_536) + "\r\n"
      for _ in 0..<17 { connection.send(piece) }
      return Answer(connection.readAll())
    }
    // Of a header that is too large, the request before it on the connection tells that a person sent it.
    func withLargeHeader(after head: String) throws -> Answer {
      let connection = try Connection(port: served.port)
      connection.send("GET /portal/ HTTP/1.1\r\n\(head)\r\n")
      #expect(Answer(connection.read()).status == 303)
      connection.send("GET /portal/ HTTP/1.1\r\n\(head)Cookie: x=\(String(repeating: "y", count: 70_000))\r\n\r\n")
      return Answer(connection.readAll())
    }
    var lacking = PortalLanguageTests.Lacking(try PortalLanguageTests.german())
    for (page, status, title) in [
      (try announced(path, browser), 413, "The form is too large"), (try sent(), 413, "The form is too large"),
      (try withLargeHeader(after: browser), 431, "The browser sent too much with its request"),
    ] {
      #expect(page.status == status && page.body.contains("<h1>\(title)</h1>"), "\(page.text)")
      #expect(page.header("content-type") == "text/html; charset=utf-8" && page.header("connection") == "close")
      #expect(page.header("x-content-type-options") == "nosniff")
      #expect(page.body.contains("<link rel=\"stylesheet\" href=\"\(Asset.styleSheet.path)\">"), "\(page.text)")
      let id = try #require(page.header("x-request-id"), "\(page.text)")
      #expect(page.body.contains("<dt>Request ID</dt><dd><code>\(id)</code></dd>"), "\(page.text)")
      #expect(served.log.contains(id), "\(served.log)")
      lacking.look(at: page.body)
    }
    #expect(lacking.texts.isEmpty, "\(lacking.texts)")
    for (answer, status) in [
      (try announced(path, program), 413), (try announced("/oauth2/token", browser), 413),
      (try withLargeHeader(after: program), 431),
    ] {
      #expect(answer.status == status && answer["errorCode"] == "RequestTooLarge", "\(answer.text)")
      #expect(answer.header("x-request-id")?.utf8.count == 32, "\(answer.text)")
    }
  }

  @Test("Where sessions cannot be kept, who signs in is told so, and when to try again") func sessionsCannot()
    async throws
  {
    let served = try await ServedPortal()
    let browser = served.browser()
    try browser.open("/portal/sign-in")
    TemporaryFolder.remove("\(served.path)/sessions")
    let page = try browser.submit("/portal/sign-in/development", [("name", "Ada")])
    #expect(page.status == 503 && page.header("retry-after") == "10", "\(page.text)")
    #expect(page.body.contains("<h1>Sessions cannot be read or written now</h1>"), "\(page.text)")
    #expect(page.body.contains("<dt>Try again</dt><dd>in 10 s</dd>"))
    #expect(page.body.contains("<dt>Request ID</dt><dd><code>\(page.header("x-request-id") ?? "")</code></dd>"))
    // The ledger has its event of the sign-in.
    #expect(page.body.contains("You are not signed in, though the ledger has recorded a sign-in."), "\(page.text)")
    #expect(!page.body.contains("Nothing was changed.") && !page.body.contains("Nothing was done."), "\(page.text)")
    var lacking = PortalLanguageTests.Lacking(try PortalLanguageTests.german())
    lacking.look(at: page.body)
    #expect(lacking.texts.isEmpty, "\(lacking.texts)")
  }

  @Test("What sessions that cannot be kept leave undone, and what was done before, is said as it is")
  func sessionsCannotKept()
    async throws
  {
    func failed(_ done: String = "") async -> PortalFailure? {
      do throws(PortalFailure) {
        try await storing(done: done) { () throws(SessionStoreError) -> Void in
          throw SessionStoreError(reason: "full")
        }
        return nil
      } catch { return error }
    }
    let read = try #require(await failed())
    #expect(read.isUnchanged && read.remedy == "Nothing was done. Tell your operator the request ID.")
    let ended = try #require(await failed("Sessions ended."))
    #expect(!ended.isUnchanged && ended.remedy == "Sessions ended. Tell your operator the request ID.")
    for before in [read, ended] {
      let signIn = before.afterSignIn
      #expect(!signIn.isUnchanged && signIn.remedy.hasPrefix("You are not signed in,"), "\(signIn.remedy)")
      #expect(signIn.status == before.status && signIn.retryAfter == before.retryAfter)
    }
    let busy = PortalFailure(LedgerError(.busy, "full")).afterSignIn
    #expect(!busy.isUnchanged && busy.code == "busy", "\(busy.remedy)")
  }

  @Test("What is too much, is not possible now or failed says when to try again, its code and the request ID")
  func tooMuch()
    async throws
  {
    let folder = TemporaryFolder()
    let ledger = try await Ledger.create(at: "\(folder.path)/ledger", origin: "ledger.example.org")
    let portal = try ManagementPortal(ledger, PortalSettings(), origin: { "http://127.0.0.1:1" }, sendPIN: nil)
    func failed(_ code: LedgerError.Code) -> PortalFailure { PortalFailure(LedgerError(code, "told to the log alone")) }
    func limited(_ expected: String) -> PortalFailure {
      PortalFailure(LedgerError(Refusal(.tooMany, field: "number", expected: expected)))
    }
    let id = String(repeating: "0a", count: 16)
    var lacking = PortalLanguageTests.Lacking(try PortalLanguageTests.german())
    for (failure, status, retry, words) in [
      (limited("at most 100 webhooks"), 429, "60", "<h1>Too many tries</h1>"),
      (limited("at most 100 webhooks"), 429, "60", "<dt>Try again</dt><dd>in 60 s</dd>"),
      (limited("at most 3 PINs within one hour"), 429, "3600", ">in 1 h</time></dd>"),
      (limited("at most 10 PINs within one day"), 429, "86400", ">in 24 h</time></dd>"),
      (failed(.busy), 503, "2", "<dt>Try again</dt><dd>in 2 s</dd>"),
      (failed(.diskFull), 503, nil, "The ledger is read-only now."),
      (failed(.writingStopped), 503, nil, "<h1>This cannot be done now</h1>"),
      (failed(.damaged), 500, nil, "<h1>The server could not do this</h1>"),
      (failed(.outcomeUnknown), 503, nil, "Do not repeat it"),
      (failed(.conflict), 409, nil, "<h1>Somebody changed this meanwhile</h1>"),
      (failed(.lastAdmin), 409, nil, "<h1>Nothing was done</h1>"),
    ] as [(PortalFailure, Int, String?, String)] {
      let response = portal.page(for: failure, requestID: id, to: nil)
      #expect(response.status.code == status && response.headers[.retryAfter] == retry, "\(failure.code)")
      let next = ManagementPortal.next(after: failure, reload: "/portal/me")
      #expect(next.path == (status == 409 ? "/portal/me" : "/portal/"), "\(failure.code)")
      let content = portal.content(of: failure, requestID: id, next: next)
      #expect(content.text.contains(words), "\(failure.code): \(content.text)")
      #expect(content.text.contains("<dt>Request ID</dt><dd><code>\(id)</code></dd>"), "\(failure.code)")
      #expect(content.text.contains("<dt>Code</dt><dd><code>\(failure.code)</code></dd>"), "\(failure.code)")
      #expect(content.text.contains("Nothing was changed.") == (failure.code != "outcome_unknown"), "\(failure.code)")
      #expect(!content.text.contains("told to the log alone"), "\(failure.code)")
      lacking.look(at: content)
    }
    #expect(lacking.texts.isEmpty, "\(lacking.texts)")
    await portal.close()
    await ledger.close()
    withExtendedLifetime(folder) {}
  }
}
