import CredentialLedger
import HTTPSupport
import TestSupport
import Testing

/// A portal with something in each place: an operator with a number, a connector, a group, a grant, a token and a message.
final class PortalScene {
  static let script = #"<script>alert(1)</script>"'&"#
  let served: ServedPortal
  let owner: Browser
  let connector: String
  let group: String
  let grant: String
  /// The handle of an access token.
  let token: String
  let phone: String
  /// What the connector's program has: its ID and Secret, the Refresh Token of the grant, and the access token.
  let program: (id: String, secret: String, refresh: String, access: String)

  /// - Parameters:
  ///   - name: of the person, the connector and the group.
  ///   - environment: settings of the server.
  init(
    phone number: String, named name: String = "Field team",
    environment: [String] = [],
    options: @escaping (_ folder: String) throws -> [String] = { _ in ["--development"] }
  ) async throws {
    served = try await ServedPortal(options, environment: environment)
    owner = served.browser()
    let link = try served.line(beginning: "the first operator signs in at ").dropFirst(served.origin.utf8.count)
    try owner.open(String(link))
    try owner.submit("/portal/sign-in/development", [("name", name)])
    try owner.verify(number)
    try owner.open("/portal/connectors/new")
    try owner.submit(
      "/portal/connectors/new", [("name", name), ("description", name), ("publisher", name)])
    try owner.submit(
      "/portal/connectors/new/permissions", [("permission", "group-information"), ("permission", "text-message")])
    let id = try #require(owner.text(of: "connector-id"))
    let secret = try #require(owner.text(of: "connector-secret"))
    connector = try Self.first("action=\"/portal/connectors/", "\"", in: owner)
    try owner.open("/portal/groups/new")
    try owner.submit("/portal/groups/new", [("name", name)])
    group = try Self.first("action=\"/portal/groups/", "\"", in: owner)
    try owner.open("/portal/groups/\(group)/connectors?connector=\(connector)")
    try owner.submit("/portal/groups/\(group)/connectors")
    let refresh = try #require(owner.text(of: "refresh"))
    let connection = try Connection(port: served.port)
    connection.send(
      "GET /v1/accessToken HTTP/1.1\r\nHost: x\r\nConnection: close\r\napplicationId: \(id)\r\napplicationSecret: \(secret)\r\nrefreshToken: \(refresh)\r\n\r\n"
    )
    let access = try #require(Answer(connection.readAll())["accessToken"])
    program = (id, secret, refresh, access)
    try owner.open("/portal/groups/\(group)/messages")
    try owner.submit("/portal/groups/\(group)/messages", [("message", name)])
    try owner.open("/portal/me/granted")
    grant = try Self.first("href=\"/portal/grants/", "/", in: owner)
    try owner.open("/portal/audit?exact=token.issued")
    token = try Self.first("href=\"/portal/events/", "\"", in: owner)
    try owner.open("/portal/me")
    phone = try Self.first("href=\"/portal/me/phones/", "/", in: owner)
  }

  /// The text between two others, the first that the page has.
  static func first(_ start: String, _ end: Character, in browser: Browser) throws -> String {
    String(
      try #require(
        browser.page.body.split(separator: start).dropFirst().first?.prefix { $0 != end },
        "\(start): \(browser.page.text)"))
  }

  /// Another person in a browser of their own, with a role that the operator gives.
  func person(_ name: String, role: AccountRole = .user) throws -> Browser {
    let browser = served.browser()
    try browser.signIn(name)
    guard role != .user else { return browser }
    try browser.open("/portal/me")
    let number = try Self.first("account:", "<", in: browser)
    try owner.open("/portal/people/\(number)")
    try owner.submit("/portal/people/\(number)", [("to", String(role.rawValue)), ("do", "role")])
    return browser
  }

  /// Makes somebody with a number a member of a group; unless one is named, of the scene's, by its owner.
  func join(_ person: Browser, _ number: String, group other: String? = nil, by admin: Browser? = nil) throws {
    try person.verify(number)
    let admin = admin ?? owner
    let token = try formToken(of: admin)
    try admin.post("/portal/groups/\(other ?? group)", [("csrf", token), ("do", "add"), ("numbers", number)])
    try person.open("/portal/groups")
    let invitation = try Self.first("name=\"membership\" value=\"", "\"", in: person)
    try person.submit("/portal/groups/invitations", [("membership", invitation)])
    #expect(person.page.body.contains("You are in the group."), "\(person.page.text)")
  }

  /// Adds members to the group, by their numbers, one a line.
  func addMembers(_ numbers: String) throws {
    let token = try formToken(of: owner)
    try owner.post("/portal/groups/\(group)", [("csrf", token), ("do", "add"), ("numbers", numbers)])
    #expect(owner.page.body.contains("Done."), "\(owner.page.text)")
  }

  /// A route's path with objects of the scene in it.
  func path(_ pattern: [String]) -> String {
    var parts: [String] = []
    for part in pattern {
      guard part == "*" else {
        parts.append(part)
        continue
      }
      let value =
        switch parts.last {
        case "connectors" where parts.first == "groups": grant
        case "connectors": connector
        case "groups": group
        case "grants": grant
        case "tokens", "events", "evidence": token
        case "people": "2"
        case "phones": phone
        default: "1"
        }
      parts.append(value)
    }
    return "/portal/" + parts.joined(separator: "/")
  }

  /// The token of forms that a browser's session has.
  func formToken(of browser: Browser) throws -> String {
    try browser.open("/portal/groups/new")
    return try Self.first("name=\"csrf\" value=\"", "\"", in: browser)
  }

  /// How many events there are.
  func head() throws -> String {
    let connection = try Connection(port: served.port)
    connection.send("GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    return Answer(connection.readAll())["head"] ?? ""
  }
}
