import CredentialLedger
import HTTPSupport
import TestSupport
import Testing

/// A portal with somebody in each role, and with what its routes are about.
final class PortalRoles {
  /// What somebody is to the connector, to the group and to the ledger that the routes are tried with.
  enum Role: String, CaseIterable {
    case nobody = "without a session"
    /// An account that an operator disabled while it was signed in.
    case disabled
    /// Somebody with neither a number nor anything else.
    case newcomer
    case otherDeveloper = "owner of another connector"
    case developer = "owner of the connector"
    case member
    case otherAdmin = "admin of another group"
    case admin = "admin of the group"
    case lowerAdmin = "admin of a group below"
    case auditor
    case tenantAdmin = "tenant administrator"
    case `operator`
  }

  let scene: PortalScene
  private let receiver: WebhookReceiver
  private(set) var browsers: [Role: Browser] = [:]
  private(set) var connector = ""
  private(set) var group = ""
  /// A group below the group, and one that its admin may put there.
  private(set) var lower = ""
  private(set) var spare = ""
  private(set) var grant = ""
  private(set) var token = ""
  private(set) var webhook = ""
  /// The developer's phone, and the member's account.
  private(set) var phone = ""
  private(set) var person = ""

  /// What a number that nothing has looks like.
  static let missing = "987654321"

  /// - Parameter receiver: where a webhook delivers.
  init(_ receiver: WebhookReceiver) async throws {
    self.receiver = receiver
    scene = try await PortalScene(phone: "+44 7700 900230", environment: receiver.environment)
    browsers = [.nobody: scene.served.browser(), .operator: scene.owner, .newcomer: try scene.person("Nora")]
    let developer = try arrive(.developer, "Dana", "+44 7700 900231")
    let (connector, id, secret) = try make("Roster", by: developer)
    self.connector = connector
    _ = try make("Other roster", by: try arrive(.otherDeveloper, "Otto", "+44 7700 900232"))
    let admin = try arrive(.admin, "Gina", "+44 7700 900233")
    group = try found("Shift team", by: admin)
    spare = try found("Spare", by: admin)
    lower = try found("Night shift", below: group, by: admin)
    _ = try found("Elsewhere", by: try arrive(.otherAdmin, "Elsa", "+44 7700 900234"))
    let (member, lowerAdmin) = (
      try arrive(.member, "Mel", "+44 7700 900235"), try arrive(.lowerAdmin, "Lou", "+44 7700 900236")
    )
    try join(group, member, "+44 7700 900235", as: "member")
    try join(lower, lowerAdmin, "+44 7700 900236", as: "admin")
    let refresh = try letIn()
    try register(id, secret, refresh)
    try dropSome()
    try developer.open("/portal/me")
    phone = try PortalScene.first("href=\"/portal/me/phones/", "/", in: developer)
    try member.open("/portal/me")
    person = try PortalScene.first("account:", "<", in: member)
    browsers[.auditor] = try scene.person("Carla", role: .auditor)
    browsers[.tenantAdmin] = try scene.person("Tess", role: .tenantAdmin)
    try disable("Dirk")
  }

  func browser(_ role: Role) throws -> Browser { try #require(browsers[role], "\(role.rawValue)") }

  private func arrive(_ role: Role, _ name: String, _ number: String) throws -> Browser {
    let browser = try scene.person(name)
    try browser.verify(number)
    browsers[role] = browser
    return browser
  }

  /// Makes a connector, and gives its number, its ID and its Secret.
  private func make(_ name: String, by browser: Browser) throws -> (String, String, String) {
    try browser.open("/portal/connectors/new")
    try browser.submit("/portal/connectors/new", [("name", name)])
    try browser.submit(
      "/portal/connectors/new/permissions",
      ["group-information", "text-message", "outgoing-webhooks"].map { ("permission", $0) })
    return (
      try PortalScene.first("action=\"/portal/connectors/", "\"", in: browser),
      try #require(browser.text(of: "connector-id")), try #require(browser.text(of: "connector-secret"))
    )
  }

  /// Makes a group, and gives its number.
  private func found(_ name: String, below upper: String? = nil, by browser: Browser) throws -> String {
    let path = upper.map { "/portal/groups/\($0)/subgroups" } ?? "/portal/groups/new"
    try browser.open(path)
    try browser.submit(path, [("name", name)])
    return try PortalScene.first("action=\"/portal/groups/", "\"", in: browser)
  }

  private func join(_ group: String, _ person: Browser, _ number: String, as role: String) throws {
    let admin = try browser(.admin)
    let token = try scene.formToken(of: admin)
    try admin.post(
      "/portal/groups/\(group)", [("csrf", token), ("do", "add"), ("numbers", number), ("role", role)])
    try person.open("/portal/groups")
    let invitation = try PortalScene.first("name=\"membership\" value=\"", "\"", in: person)
    try person.submit("/portal/groups/invitations", [("membership", invitation)])
    #expect(person.page.body.contains("You are in the group."), "\(person.page.text)")
  }

  /// Lets the connector into the group, and gives its refresh token.
  private func letIn() throws -> String {
    let admin = try browser(.admin)
    let path = "/portal/groups/\(group)/connectors"
    try admin.open("\(path)?connector=\(connector)")
    try admin.submit(path)
    grant = try PortalScene.first("action=\"\(path)/", "\"", in: admin)
    return try #require(admin.text(of: "refresh"))
  }

  /// Has the connector take an access token, and register a webhook.
  private func register(_ id: String, _ secret: String, _ refresh: String) throws {
    // Without cookies, as a program asks.
    let program = scene.served.browser()
    let asked = ["applicationId: \(id)", "applicationSecret: \(secret)", "refreshToken: \(refresh)"]
    let access = try #require(try program.send("GET", "/v1/accessToken", asked)["accessToken"])
    let bearer = ["accessToken: \(access)"]
    let groups = try program.send("GET", "/v1/groups", bearer).json?["groups"]?.items
    let team = groups?.first { $0["groupName"]?.text == "Shift team" }
    let groupID = try #require(team?["groupId"]?.text)
    let body =
      "{objectId:'\(groupID)', objectType:'Group', eventTypes:['TextMessageCreated'], callBackUrl:'\(receiver.url("ok"))'}"
    var registered = try program.send("POST", "/v1/webhook", bearer, body: body)
    // The server gives a receiver five seconds to answer, in which one on a busy machine may not get its turn.
    for _ in 0..<20 where registered.status == 400 && registered.body.contains("no answer in time") {
      registered = try program.send("POST", "/v1/webhook", bearer, body: body)
    }
    try #require(registered.status == 200, "\(registered.body)")
    let developer = try browser(.developer)
    try developer.open("/portal/connectors/\(connector)/webhooks")
    webhook = try PortalScene.first("href=\"/portal/connectors/\(connector)/webhooks/", "\"", in: developer)
    try developer.open("/portal/connectors/\(connector)/tokens")
    token = try PortalScene.first("href=\"/portal/tokens/", "\"", in: developer)
  }

  /// Makes a connector and a group, and deletes them.
  private func dropSome() throws {
    let (developer, admin) = (try browser(.developer), try browser(.admin))
    let deleted = [
      (developer, "/portal/connectors/\(try make("Gone", by: developer).0)/delete"),
      (admin, "/portal/groups/\(try found("Gone", by: admin))/delete"),
    ]
    for (browser, path) in deleted {
      try browser.open(path)
      try browser.submit(path, [("confirm", "Gone")])
      #expect(browser.page.body.contains("is deleted."), "\(browser.page.text)")
    }
  }

  private func disable(_ name: String) throws {
    let browser = try scene.person(name)
    browsers[.disabled] = browser
    try browser.open("/portal/me")
    let path = "/portal/people/\(try PortalScene.first("account:", "<", in: browser))"
    try scene.owner.open(path)
    try scene.owner.submit(path, [("do", "disable"), ("reason", "x")])
    #expect(scene.owner.page.body.contains("Disabled"), "\(scene.owner.page.text)")
  }

  /// A route's path with what there is in its places.
  ///
  /// - Parameter isMissing: whether its last place names nothing that there is.
  func path(_ pattern: [String], isMissing: Bool = false) -> String {
    let last = pattern.lastIndex(of: "*")
    var parts: [String] = []
    for (index, part) in pattern.enumerated() {
      guard part == "*" else {
        parts.append(part)
        continue
      }
      let value =
        switch parts.last {
        case "connectors" where parts.first == "groups", "grants": grant
        case "connectors": connector
        case "groups": group
        case "subgroups": lower
        case "webhooks": webhook
        case "tokens", "events", "evidence": token
        case "people": person
        case "phones": phone
        default: "1"
        }
      parts.append(isMissing && index == last ? Self.missing : value)
    }
    return "/portal/" + parts.joined(separator: "/") + (pattern.last == "attach" ? "?group=\(spare)" : "")
  }
}
