import CredentialLedger
import TestSupport
import Testing

@testable import ManagementPortal

/// The ways from one page to the next, for people who know no address.
@Suite struct PortalWayTests {
  /// Creates a connector, and gives its number.
  private func create(_ name: String, by browser: Browser) throws -> String {
    try browser.open("/portal/connectors/new")
    try browser.submit("/portal/connectors/new", [("name", name), ("description", "Plans shifts")])
    let scopes = "<dt>Text Message</dt><dd><code>textmessage.read, textmessage.write</code></dd>"
    #expect(browser.page.body.contains(scopes), "\(browser.page.text)")
    try browser.submit("/portal/connectors/new/permissions", [("permission", "group-information")])
    return try PortalScene.first("action=\"/portal/connectors/", "\"", in: browser)
  }

  /// Creates a group, and gives its number.
  private func found(_ name: String, by browser: Browser) throws -> String {
    try browser.open("/portal/groups/new")
    try browser.submit("/portal/groups/new", [("name", name)])
    return try PortalScene.first("action=\"/portal/groups/", "\"", in: browser)
  }

  @Test("The connectors of a group lead to each grant, and its admins alone to a new token") func connectorsGroup()
    async throws
  {
    let scene = try await PortalScene(phone: "+44 7700 900281")
    let base = "/portal/groups/\(scene.group)/connectors"
    let way = "<th scope=\"row\"><a href=\"\(base)/\(scene.grant)\"><bdi>Field team</bdi></a></th>"
    let list = try scene.owner.open(base).body
    #expect(list.contains(way), "\(list)")
    #expect(list.contains("href=\"\(base)?connector=\(scene.connector)\">Regenerate…"), "\(list)")
    #expect(try scene.owner.open("/portal/me/granted").body.contains(way), "\(scene.owner.page.text)")
    let grant = try scene.owner.open("\(base)/\(scene.grant)").body
    #expect(grant.contains("<dt>Let in by</dt><dd><bdi>Field team</bdi></dd><dt>Last used</dt><dd><time"), "\(grant)")
    let mel = try scene.person("Mel")
    try scene.join(mel, "+44 7700 900282")
    let seen = try mel.open(base).body
    #expect(seen.contains(way) && !seen.contains("Regenerate…"), "\(seen)")
  }

  @Test("What is still empty says the next step, up to the line by which a program gets a token") func stillEmpty()
    async throws
  {
    let served = try await ServedPortal()
    let browser = served.browser()
    try browser.signIn("Ada")
    try browser.verify("+44 7700 900283")
    let connector = "/portal/connectors/\(try create("Roster", by: browser))"
    #expect(try browser.open(connector).body.contains("<bdi>Roster</bdi> can do nothing yet."), "\(browser.page.text)")
    #expect(try browser.open("/portal/").body.contains("href=\"/portal/groups/new\">Create group</a>"))
    let group = "/portal/groups/\(try found("Field team", by: browser))"
    let next = "No connector may work here yet. <a href=\"\(group)/connectors\">Let a connector in</a>"
    #expect(browser.page.body.contains(next), "\(browser.page.text)")
    #expect(try browser.open("/portal/").body.contains("href=\"\(group)/connectors\">Open a group</a>"))
    let empty = try browser.open("\(group)/connectors").body
    #expect(empty.contains("<h2 id=\"add-title\">Let a connector in</h2>"), "\(empty)")
    let number = connector.split(separator: "/").last ?? ""
    let asked = try browser.open("\(group)/connectors?connector=\(number)").body
    #expect(asked.contains("<p><bdi>Plans shifts</bdi></p><p class=\"soft\">Owned by <bdi>Ada</bdi>.</p>"), "\(asked)")
    try browser.submit("\(group)/connectors")
    let refresh = try #require(browser.text(of: "refresh"), "\(browser.page.text)")
    #expect(browser.page.body.contains("-H &#39;refreshToken: \(refresh)&#39;</code>"), "\(browser.page.text)")
    #expect(browser.page.body.contains("<p class=\"small soft\">Recorded as <a "), "\(browser.page.text)")
    #expect(try !browser.open(connector).body.contains("can do nothing yet."), "\(browser.page.text)")
    #expect(try !browser.open(group).body.contains("No connector may work here yet."), "\(browser.page.text)")
  }

  @Test("A name in the audit trail leads to the page that the reader may open") func nameAudit() async throws {
    let scene = try await PortalScene(phone: "+44 7700 900284")
    let (connector, group) = ("/portal/connectors/\(scene.connector)", "/portal/groups/\(scene.group)")
    func link(_ path: String) -> String { "<a href=\"\(path)\"><bdi>Field team</bdi></a>" }
    let rest = " let \(link(connector)) into \(link(group))<small>"
    let audit = "/portal/audit?exact=permission.granted"
    let list = try scene.owner.open(audit).body
    #expect(list.contains("<th scope=\"row\">\(link("/portal/people/2"))\(rest)"), "\(list)")
    let event = try scene.owner.open("/portal/events/\(scene.grant)").body
    #expect(event.contains("<h1><bdi>Field team</bdi> let <bdi>Field team</bdi> into <bdi>Field team</bdi></h1>"))
    #expect(event.contains("<td data-label=\"After\">\(link(connector)) <code>connector:"), "\(event)")
    #expect(event.contains("<dd><a href=\"\(group)/connectors/\(scene.grant)\"><code>grant:"), "\(event)")
    let token = try scene.owner.open("/portal/events/\(scene.token)").body
    #expect(token.contains("<dd><a href=\"/portal/tokens/\(scene.token)\"><code>token:"), "\(token)")
    #expect(try !scene.owner.open("/portal/evidence/\(scene.grant)/report").body.contains("href=\"\(connector)\""))
    try scene.owner.open("/portal/audit?exact=phone.pin_dispatched")
    #expect(scene.owner.page.body.contains("The message with a PIN was sent<small>"), "\(scene.owner.page.text)")
    // An auditor reads of people, and has no page of theirs.
    let auditor = try scene.person("Zoe", role: .auditor)
    let read = try auditor.open(audit).body
    #expect(read.contains("<th scope=\"row\"><code>account:2</code>\(rest)"), "\(read)")
    // An admin who does not own the connector has no page of it.
    let mel = try scene.person("Mel")
    try scene.join(mel, "+44 7700 900285")
    let form = try scene.owner.open(group).body.split(separator: "<th scope=\"row\"><bdi>Mel</bdi>").last ?? ""
    let membership = try #require(form.firstMatch(of: /name="membership" value="(\d+)"/)).output.1
    let fields = [("csrf", try scene.formToken(of: scene.owner)), ("membership", String(membership)), ("do", "admin")]
    try scene.owner.post(group, fields)
    let told = try mel.open(audit).body
    #expect(told.contains(" let <bdi>Field team</bdi> into \(link(group))<small>"), "\(told)")
    // A part of the name of what is theirs is enough.
    #expect(try mel.open("/portal/audit?who=ield&exact=group.created").body.contains("group.created</code>"))
    #expect(try mel.open("/portal/audit?who=shift").status == 422, "\(mel.page.text)")
    try mel.open("/portal/events/\(scene.grant)")
    #expect(mel.page.status == 200 && !mel.page.body.contains("href=\"\(connector)\""), "\(mel.page.text)")
  }

  @Test("The first operator reads what is to be done before others sign in, and they do not") func firstOperator()
    async throws
  {
    let served = try await ServedPortal()
    let link = try served.line(beginning: "the first operator signs in at ").dropFirst(served.origin.utf8.count)
    let (ada, bob) = (served.browser(), served.browser())
    try ada.open(String(link))
    try ada.submit("/portal/sign-in/development", [("name", "Ada")])
    #expect(ada.page.body.contains("<h2 id=\"before\">Before others sign in</h2>"), "\(ada.page.text)")
    try bob.signIn("Bob")
    #expect(bob.page.body.contains("Welcome, <bdi>Bob</bdi>") && !bob.page.body.contains("Before others sign in"))
  }

  @Test("The first page names the newest connectors of somebody, when they were used, and the way to all")
  func firstPage()
    async throws
  {
    let scene = try await PortalScene(phone: "+44 7700 900288")
    let browser = scene.owner
    let used = "\(scene.connector)\"><bdi>Field team</bdi></a><p class=\"small soft\">Last used: <span><time"
    let home = try browser.open("/portal/").body
    #expect(home.contains(used) && !home.contains("show=mine"), "\(home)")
    #expect(home.contains("\(scene.group)\"><bdi>Field team</bdi></a><p class=\"small soft\">Admin</p>"), "\(home)")
    var last = ""
    for number in 1...10 { last = try create("Roster \(number)", by: browser) }
    let full = try browser.open("/portal/").body
    let named = full.matches(of: /<li><a href="\/portal\/connectors\/(\d+)"/).map { String($0.output.1) }
    #expect(named.count == 10 && named.first == last && !named.contains(scene.connector), "\(named)")
    #expect(full.contains("<a href=\"/portal/connectors?show=mine\">All 11 connectors</a>"), "\(full)")
    #expect(full.contains("Last used: <span><span class=\"soft\">Nothing yet</span></span>"), "\(full)")
  }

  @Test("The choice of connectors begins with one's own") func choiceConnectors() async throws {
    let scene = try await PortalScene(phone: "+44 7700 900286")
    let bob = try scene.person("Bob")
    try bob.verify("+44 7700 900287")
    let own = try create("Roster", by: bob)
    let group = try found("Night shift", by: bob)
    let page = try bob.open("/portal/groups/\(group)/connectors").body
    let choices = page.matches(of: /<option value="(\d+)"/).map { String($0.output.1) }
    #expect(choices == [own, scene.connector], "\(page)")
  }

  @Test("Each country of the list is one, and is there once") func eachCountry() {
    let regions = Country.all.map(\.region)
    #expect(Set(regions).count == regions.count)
    #expect(regions.allSatisfy { $0.utf8.count == 2 })
  }
}
