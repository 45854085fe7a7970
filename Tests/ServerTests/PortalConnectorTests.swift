import CredentialLedger
import TestSupport
import Testing

@testable import ManagementPortal

/// The list of connectors, what a page says of an old Secret, and the command lines of a connector's pages.
@Suite struct PortalConnectorTests {
  private static let now = Timestamp(milliseconds: 1_800_000_000_000)

  private static func days(_ count: Int64) -> Duration { .seconds(count * 86_400) }

  @Test("Each choice of the list shows the connectors that it says") func eachChoice() {
    func shown(_ isInForce: Bool, isInactive: Bool = false, used: Int64?, created: Int64) -> [String] {
      let usage = Usage(last: used.map { Self.now - Self.days($0) }, since: Self.now - Self.days(created))
      var shown: [String] = []
      for choice in ConnectorChoice.allCases
      where choice.shows(isInForce: isInForce, isInactive: isInactive, usage: usage, at: Self.now) {
        shown.append(choice.rawValue)
      }
      return shown
    }
    #expect(shown(true, used: 1, created: 200) == ["", "mine", "active"])
    #expect(shown(false, isInactive: true, used: 89, created: 200) == ["", "mine", "inactive"])
    #expect(shown(false, used: 89, created: 200) == ["", "mine", "stopped"])
    #expect(shown(true, used: 90, created: 200) == ["", "mine", "active", "unused"])
    #expect(shown(false, isInactive: true, used: nil, created: 91) == ["", "mine", "inactive", "unused"])
    #expect(shown(false, used: nil, created: 91) == ["", "mine", "stopped", "unused"])
    #expect(shown(true, used: nil, created: 89) == ["", "mine", "active"])
  }

  @Test("The list's command line asks for the same, with what is looked for as one word of the shell")
  func listsCommand() {
    let owner = AccountID(rawValue: 7)
    #expect(ConnectorChoice.all.commandLine(owner: nil, name: "") == "credledger connector list")
    #expect(ConnectorChoice.mine.commandLine(owner: owner, name: "") == "credledger connector list --owner 7")
    #expect(
      ConnectorChoice.unused.commandLine(owner: nil, name: "a'; b")
        == #"credledger review connectors --unused 90d --name 'a'\''; b'"#)
  }

  @Test("The list is narrowed by what is chosen and by owner, and an owner's name that is shown is recorded")
  func listNarrowed()
    async throws
  {
    let scene = try await PortalScene(phone: "+44 7700 900210")
    let (owner, auditor) = (scene.owner, try scene.person("Carla", role: .auditor))
    let gone = try scene.person("Bruno Gone")
    try gone.verify("+44 7700 900211")
    try gone.open("/portal/connectors/new")
    try gone.submit("/portal/connectors/new", [("name", "Roster")])
    try gone.submit("/portal/connectors/new/permissions", [("permission", "text-message")])
    let number = try PortalScene.first("action=\"/portal/connectors/", "\"", in: gone)
    let roster = "href=\"/portal/connectors/\(number)\""
    let field = "href=\"/portal/connectors/\(scene.connector)\""
    // Nobody but those who read all looks for owners, or is offered others' connectors.
    #expect(try gone.open("/portal/connectors").body.contains("placeholder=\"Name or ID\""))
    #expect(!gone.page.body.contains("value=\"mine\"") && gone.page.body.contains("Unused for 90 days"))
    #expect(try gone.open("/portal/connectors?q=bruno").body.contains("No connector matches “<bdi>bruno</bdi>”."))
    try gone.open("/portal/me")
    let account = try PortalScene.first("account:", "<", in: gone)
    try owner.open("/portal/people/\(account)")
    try owner.submit("/portal/people/\(account)", [("do", "disable"), ("reason", "left")])

    func list(_ query: String, _ browser: Browser) throws -> [String] {
      let body = try browser.open("/portal/connectors?\(query)").body
      return (body.contains(roster) ? ["roster"] : []) + (body.contains(field) ? ["field"] : [])
    }
    #expect(try list("show=active", auditor) == ["field"])
    // The owner is disabled, which the badge calls stopped.
    #expect(try list("show=inactive", auditor).isEmpty)
    #expect(try list("show=stopped", auditor) == ["roster"])
    #expect(auditor.page.body.contains("<option value=\"stopped\" selected>Stopped</option>"))
    #expect(auditor.page.body.contains("<span class=\"status bad\">Stopped</span>"))
    #expect(try list("show=unused", auditor).isEmpty)
    #expect(auditor.page.body.contains("No connector matches.") && auditor.page.body.contains(">Show all</a>"))
    #expect(auditor.page.body.contains("credledger review connectors --unused 90d"))
    #expect(try list("show=mine", owner) == ["field"])
    #expect(try list("show=other", auditor) == ["roster", "field"])

    func revealed() throws -> Int {
      try owner.open("/portal/audit.ndjson?exact=personal_data.revealed").body.split(separator: "\n").count
    }
    let before = try revealed()
    #expect(try list("q=roster&show=stopped", auditor) == ["roster"])
    #expect(try list("q=account:\(account)x", auditor).isEmpty)
    #expect(try list("q=%21%21", auditor).isEmpty)
    #expect(try revealed() == before)
    for query in ["q=bruno", "q=Gone", "q=account:\(account)"] {
      #expect(try list(query, auditor) == ["roster"], "\(query)")
      #expect(auditor.page.body.contains("<small>owned by <bdi>Bruno Gone</bdi></small>"), "\(query)")
    }
    #expect(try list("q=bruno&show=active", auditor).isEmpty)
    #expect(try revealed() == before + 1)
  }

  @Test("While two Secrets work, the page says when the old one last got a token, and what rotating ends")
  func whileTwo()
    async throws
  {
    let scene = try await PortalScene(phone: "+44 7700 900212")
    let (browser, base) = (scene.owner, "/portal/connectors/\(scene.connector)")
    #expect(try browser.open(base).body.contains("One Secret works."))
    #expect(try !browser.open(base + "/rotate").body.contains("Two Secrets work now."))
    func rotate() throws -> String {
      try browser.open(base + "/rotate")
      try browser.submit(base + "/rotate", [("overlap", "604800")])
      return try #require(browser.text(of: "connector-secret"), "\(browser.page.text)")
    }
    let old = try rotate()
    #expect(try browser.open(base + "/rotate").body.contains("Rotating ends the older one at once"))
    let new = try rotate()
    try browser.open("/portal/groups/\(scene.group)/connectors?connector=\(scene.connector)")
    try browser.submit("/portal/groups/\(scene.group)/connectors")
    let refresh = try #require(browser.text(of: "refresh"))
    try browser.open(base)
    let id = try #require(browser.text(of: "cid"))
    func token(_ secret: String) throws -> Int {
      let connection = try Connection(port: scene.served.port)
      connection.send(
        "GET /v1/accessToken HTTP/1.1\r\nHost: x\r\nConnection: close\r\napplicationId: \(id)\r\napplicationSecret: \(secret)\r\nrefreshToken: \(refresh)\r\n\r\n"
      )
      return Answer(connection.readAll()).status
    }
    let quiet = "No program got an access token with the old one since"
    #expect(browser.page.body.contains(quiet), "\(browser.page.text)")
    #expect(try token(new) == 200)
    #expect(try browser.open(base).body.contains(quiet), "\(browser.page.text)")
    #expect(try token(old) == 200)
    try browser.open(base)
    #expect(!browser.page.body.contains(quiet), "\(browser.page.text)")
    #expect(browser.page.body.contains("A program last got an access token with the old one <time"))
    for secret in [old, new, refresh] { #expect(!browser.page.body.contains(secret)) }
    // A third rotation ends the oldest, as its page said.
    _ = try rotate()
    #expect(try token(old) == 401)
    #expect(try token(new) == 200)
  }

  @Test("An old Secret that was quiet for a day asks for no change of the program") func oldSecret() {
    let end = Self.now + Self.days(5)
    func words(_ use: OldSecretUse?) -> String { OldSecretUse.words(use, until: end, at: Self.now).text }
    let change = "before the old one ends."
    #expect(words(.quiet(since: Self.now - Duration.seconds(86_399))).contains(change))
    #expect(!words(.quiet(since: Self.now - Duration.seconds(86_400))).contains(change))
    #expect(!words(.used(Self.now - Duration.seconds(86_400))).contains(change))
    #expect(words(.used(Self.now - Duration.seconds(86_399))).contains(change) && words(nil).contains(change))
    #expect(words(.used(Self.now - Duration.seconds(240))).contains("4 min ago</time>. Change it"))
  }

  @Test("An owner sets a connector inactive with a reason, sees since when and why, and sets it active again")
  func ownerSets()
    async throws
  {
    let scene = try await PortalScene(phone: "+44 7700 900214")
    let (browser, base) = (scene.owner, "/portal/connectors/\(scene.connector)")
    #expect(try browser.open(base).body.contains("href=\"\(base)/deactivate\""))
    #expect(!browser.page.body.contains("href=\"\(base)/activate\""))
    #expect(try browser.open(base + "/deactivate").body.contains("Webhooks that stop; what waits for them is dropped"))
    try browser.submit(base + "/deactivate")
    #expect(browser.page.status == 422 && browser.page.body.contains("Say why, in a few words."))
    // What was typed is not lost.
    let long = String(repeating: "x", count: 501)
    try browser.submit(base + "/deactivate", [("reason", long)])
    #expect(browser.page.status == 422 && browser.page.body.contains("value=\"\(long)\""))
    try browser.submit(base + "/deactivate", [("reason", "under <review>")])
    #expect(browser.page.body.contains("The connector is inactive. Recorded as"), "\(browser.page.text)")
    #expect(browser.page.body.contains("Reason: <bdi>under &lt;review&gt;</bdi>"), "\(browser.page.text)")
    #expect(browser.page.body.contains("<span class=\"status bad\">Inactive</span>"))
    #expect(browser.page.body.contains("href=\"\(base)/activate\""))
    #expect(try browser.open("/portal/tokens/\(scene.token)").body.contains("Not valid"))
    let row = "href=\"\(base)\""
    #expect(try browser.open("/portal/connectors?show=inactive").body.contains(row))
    #expect(try !browser.open("/portal/connectors?show=active").body.contains(row))
    #expect(try !browser.open("/portal/connectors?show=stopped").body.contains(row))
    #expect(try browser.open(base + "/activate").body.contains("Its Secret works again"))
    try browser.submit(base + "/activate")
    #expect(browser.page.body.contains("The connector is active. Recorded as"), "\(browser.page.text)")
    #expect(browser.page.body.contains("<span class=\"status good\">Active</span>"))
    #expect(try browser.open("/portal/connectors?show=active").body.contains(row))
  }

  @Test("What an operator set inactive its owner sees as such, and cannot set active") func operatorSet() async throws {
    let scene = try await PortalScene(phone: "+44 7700 900215")
    let owner = try scene.person("Bruno")
    try owner.verify("+44 7700 900216")
    try owner.open("/portal/connectors/new")
    try owner.submit("/portal/connectors/new", [("name", "Roster")])
    try owner.submit("/portal/connectors/new/permissions", [("permission", "text-message")])
    let number = try PortalScene.first("action=\"/portal/connectors/", "\"", in: owner)
    let base = "/portal/connectors/\(number)"
    #expect(try scene.owner.open(base + "/deactivate").body.contains("Its owner cannot set it active again."))
    try scene.owner.submit(base + "/deactivate", [("reason", "calls too often")])
    #expect(scene.owner.page.body.contains("The connector is inactive."), "\(scene.owner.page.text)")
    #expect(try owner.open(base).body.contains("Only an administrator can set it active again."))
    #expect(owner.page.body.contains("Reason: <bdi>calls too often</bdi>"))
    try owner.open(base + "/activate")
    try owner.submit(base + "/activate")
    #expect(owner.page.status == 403, "\(owner.page.text)")
    try scene.owner.open(base + "/activate")
    try scene.owner.submit(base + "/activate")
    #expect(scene.owner.page.body.contains("The connector is active."), "\(scene.owner.page.text)")
  }

  @Test("An old Secret is ended after its page said when it was last used") func oldSecretEnded() async throws {
    let scene = try await PortalScene(phone: "+44 7700 900217")
    let (browser, base) = (scene.owner, "/portal/connectors/\(scene.connector)")
    #expect(try !browser.open(base).body.contains("\(base)/end-old-secret"))
    // Without an old Secret there is nothing to end.
    try browser.open(base + "/end-old-secret")
    try browser.submit(base + "/end-old-secret")
    #expect(browser.page.status == 409 && browser.page.body.contains("The old Secret has ended already."))
    try browser.open(base + "/rotate")
    try browser.submit(base + "/rotate", [("overlap", "604800")])
    #expect(try browser.open(base).body.contains("href=\"\(base)/end-old-secret\""))
    let page = try browser.open(base + "/end-old-secret").body
    #expect(page.contains("Two Secrets work until") && page.contains("with the old one since"))
    try browser.submit(base + "/end-old-secret")
    #expect(browser.page.body.contains("The old Secret is refused from now on. Recorded as"), "\(browser.page.text)")
    #expect(browser.page.body.contains("One Secret works."))
  }

  private static func commandLines(of page: String) -> [String] {
    var lines: [String] = []
    for part in page.split(separator: "command line</summary><pre><code>").dropFirst() {
      let text = String(part.prefix { $0 != "<" }).replacing("&#39;", with: "'")
      lines += text.split(separator: "\n").map { String($0) }
    }
    return lines
  }

  @Test("Each page that changes a connector shows a command line that the program takes") func eachPage() async throws {
    let scene = try await PortalScene(phone: "+44 7700 900213")
    let (number, group) = (scene.connector, scene.group)
    let base = "/portal/connectors/\(number)"
    let program = try Program.file("credledger")
    for (path, expected) in [
      (
        base + "/edit",
        "credledger connector update \(number) --name NAME --permission group-information --permission text-message"
      ),
      (base + "/user-token", "credledger grant create --connector \(number) --own --granter 2"),
      (base + "/grants", "credledger grant list connector:\(number)"),
      (base + "/rotate", "credledger connector rotate-secret \(number) --overlap 7d"),
      (base + "/deactivate", "credledger connector deactivate \(number) --reason REASON"),
      (base + "/activate", "credledger connector activate \(number)"),
      (base + "/end-old-secret", "credledger connector end-old-secret \(number)"),
      (base + "/delete", "credledger connector delete \(number)"),
      ("/portal/grants/\(scene.grant)/revoke", "credledger grant revoke \(scene.grant)"),
      ("/portal/tokens/\(scene.token)/revoke", "credledger token revoke token:\(scene.token)"),
      ("/portal/me/phones/\(scene.phone)/remove", "credledger account remove-phone \(scene.phone)"),
      ("/portal/connectors?show=unused&q=Field", "credledger review connectors --unused 90d --name 'Field'"),
      ("/portal/connectors?show=mine", "credledger connector list --owner 2"),
      ("/portal/groups/\(group)/connectors", "credledger grant list group:\(group)"),
      ("/portal/groups/\(group)/edit", "credledger group rename \(group) NAME"),
      ("/portal/groups/\(group)/delete", "credledger group delete \(group)"),
      ("/portal/audit", "credledger audit --limit 50"),
      (
        "/portal/audit?who=connector:\(number)&type=tokens&days=7",
        "credledger audit --connector \(number) --type 'token.*' --type 'refresh_token.*' --since 7d --limit 50"
      ),
      (
        "/portal/audit?who=account:2&type=refusals&exact=token.*&from=2026-01-01T00:00&until=2099-01-01T00:00",
        "credledger audit --account 2 --type 'token.revoked' --since 2026-01-01T00:00:00.000Z --until 2099-01-01T00:00:00.000Z --limit 50"
      ),
      (
        "/portal/audit?who=webhook:1&request=a%27b",
        "credledger audit --subject webhook:1 --request 'a'\\''b' --limit 50"
      ),
    ] {
      let shown = Self.commandLines(of: try scene.owner.open(path).body)
      #expect(shown.contains(expected), "\(path): \(shown)")
      let words = expected.replacing("'", with: "").split(separator: " ").dropFirst().map(String.init)
      let result = try runProgram(words + ["--ledger", "\(scene.served.folder.path)/none"], of: program)
      // On a terminal it would ask.
      if result.error.contains("--yes is needed") { continue }
      #expect(!result.error.lowercased().contains("usage:"), "\(expected): \(result.error)")
    }
  }
}
