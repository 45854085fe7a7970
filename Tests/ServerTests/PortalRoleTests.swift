import CredentialLedger
import TestSupport
import Testing

@testable import ManagementPortal

/// What each role may do, on every route that the portal has: a route without a rule fails the test.
@Suite struct PortalRoleTests {
  private typealias Role = PortalRoles.Role

  @Test("Each role does on every route what it may, and nothing that only another may") func eachRole() async throws {
    let known = PortalRule.all
    #expect(Set(known.keys) == Set(PortalRoute.all.map(Self.name)))
    let roles = try await PortalRoles(WebhookReceiver())
    let head = try roles.scene.head()
    for role in Role.allCases {
      let browser = try roles.browser(role)
      let hasSession = PortalRule.own.outcome(for: role) == .done
      let token = try hasSession ? roles.scene.formToken(of: browser) : ""
      for route in PortalRoute.all {
        let name = Self.name(route)
        let rule = try #require(known[name], "\(name): say who may")
        #expect((route.get == nil) == (rule.get == nil) && (route.post == nil) == (rule.post == nil), "\(name)")
        if let get = rule.get { try open(route, by: role, as: get, in: roles) }
        if let post = rule.post { try send(route, by: role, as: post, token, in: roles) }
      }
    }
    try expectUnchanged(roles, since: head)
  }

  private static func name(_ route: PortalRoute) -> String { route.pattern.joined(separator: "/") }

  /// Opens a route's page.
  private func open(_ route: PortalRoute, by role: Role, as rule: PortalRule, in roles: PortalRoles) throws {
    let browser = try roles.browser(role)
    let outcome = rule.outcome(for: role)
    let path = roles.path(route.pattern)
    let place = "\(role.rawValue): \(path)"
    // Such an answer goes on for long: its head says enough.
    let isLive = route.pattern.last == "live" && outcome == .done
    let answer = try isLive ? Self.head(of: path, by: browser, in: roles) : browser.open(path, follow: false)
    expect(answer, outcome, rule, place)
    guard outcome == .hidden, route.pattern.contains("*") else { return }
    let missing = try browser.open(roles.path(route.pattern, isMissing: true), follow: false)
    expectAlike(answer, missing, place)
  }

  /// Sends a route's form: for those who may with nothing filled in, so that nothing is done, for others with all.
  private func send(
    _ route: PortalRoute, by role: Role, as rule: PortalRule, _ token: String, in roles: PortalRoles
  ) throws {
    let browser = try roles.browser(role)
    let outcome = rule.outcome(for: role)
    let place = "\(role.rawValue), sent: \(roles.path(route.pattern))"
    guard outcome != .done || !(rule.isAtOnce || rule.isForAnybody) else { return }
    var fields = [("csrf", token), ("group", roles.spare), ("connector", roles.connector)]
    if outcome != .done { fields += Self.filled(route.pattern, roles) }
    let answer = try browser.post(roles.path(route.pattern), fields, follow: false)
    expect(answer, outcome, rule, place)
    guard outcome == .hidden, route.pattern.contains("*") else { return }
    let missing = try browser.post(roles.path(route.pattern, isMissing: true), fields, follow: false)
    expectAlike(answer, missing, place)
  }

  /// What a form has that asks for everything.
  private static func filled(_ pattern: [String], _ roles: PortalRoles) -> [(String, String)] {
    let confirmed = ["connectors": "Roster", "groups": "Shift team", "people": "account:\(roles.person)"]
    let done = ["people": "disable", "proposals": "approve"]
    let kind = pattern.first ?? ""
    return [
      ("once", String(repeating: "0", count: 32)), ("confirm", confirmed[kind] ?? ""), ("do", done[kind] ?? "remove"),
      ("reason", "x"), ("name", "x"), ("message", "x"), ("overlap", "0"), ("membership", "1"),
      ("permission", "text-message"), ("seen", "1"),
    ]
  }

  private func expect(_ answer: Answer, _ outcome: PortalRule.Outcome, _ rule: PortalRule, _ place: String) {
    // To those who may, but signed in too long ago for the page, the address says so.
    let leadsToSignIn = answer.header("location")?.hasPrefix("/portal/sign-in?to=") == true
    switch outcome {
    case .done where rule.isForAnybody: #expect((200..<500).contains(answer.status), "\(place): \(answer.status)")
    case .done:
      // A form that lacks something is told so, and is not refused for who sent it.
      #expect([200, 303, 400, 410, 422].contains(answer.status) && !leadsToSignIn, "\(place): \(answer.status)")
    case .forbidden: #expect(answer.status == 403, "\(place): \(answer.status)")
    case .hidden: #expect(answer.status == 404, "\(place): \(answer.status)")
    case .signIn: #expect(answer.status == 303 && leadsToSignIn, "\(place): \(answer.status)")
    }
  }

  /// That an answer does not tell what there is from what there is not.
  private func expectAlike(_ answer: Answer, _ missing: Answer, _ place: String) {
    func words(_ answer: Answer) -> String {
      let rest = answer.body.split(separator: "<main", maxSplits: 1).last ?? ""
      let main = rest.split(separator: "</main>", maxSplits: 1).first ?? ""
      return String(main).replacing(/<time[^>]*>[^<]*/, with: "").replacing(/[0-9a-f]{32}/, with: "")
    }
    #expect(answer.status == missing.status && words(answer) == words(missing), "\(place): \(missing.body)")
  }

  private static func head(of path: String, by browser: Browser, in roles: PortalRoles) throws -> Answer {
    let port = roles.scene.served.port
    let connection = try Connection(port: port)
    let cookie = try #require(browser.cookies["credledger"])
    connection.send("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nCookie: credledger=\(cookie)\r\n\r\n")
    return Answer(connection.read())
  }

  /// That nothing was recorded but that operators and auditors looked at people, and that somebody was refused.
  private func expectUnchanged(_ roles: PortalRoles, since head: String) throws {
    let lines = try roles.scene.owner.open("/portal/audit.csv").body.split(separator: "\r\n").dropFirst()
    let made = lines.filter { line in
      UInt64(line.prefix { $0 != "," }).map { $0 > UInt64(head) ?? 0 } ?? false
    }
    #expect(made.allSatisfy { $0.contains("personal_data.revealed") || $0.contains("refused") }, "\(made)")
  }

  @Test("No form is performed without the token of its own session, nor for a page of another site")
  func formPerformed()
    async throws
  {
    let roles = try await PortalRoles(WebhookReceiver())
    let head = try roles.scene.head()
    let foreign = try roles.scene.formToken(of: roles.browser(.newcomer))
    for route in PortalRoute.all where !route.isForPrograms {
      guard let rule = PortalRule.all[Self.name(route)]?.post else { continue }
      let path = roles.path(route.pattern)
      for role in Role.allCases where role != .newcomer && rule.outcome(for: role) == .done {
        let browser = try roles.browser(role)
        let rest = [("group", roles.spare), ("connector", roles.connector)] + Self.filled(route.pattern, roles)
        func refused(_ token: String?, from site: String?) throws {
          let fields: [(String, String)] = (token.map { [("csrf", $0)] } ?? []) + rest
          let status = try browser.post(path, fields, site: site, follow: false).status
          #expect(status == 403, "\(role.rawValue), \(path), \(site ?? "no site"): \(status)")
        }
        let hasSession = PortalRule.own.outcome(for: role) == .done
        let own = try hasSession ? roles.scene.formToken(of: browser) : nil
        for site in ["cross-site", "same-site", nil] { try refused(own, from: site) }
        guard !rule.isForAnybody else { continue }
        for token in [nil, "", foreign] { try refused(token, from: "same-origin") }
      }
    }
    try expectUnchanged(roles, since: head)
  }
}
