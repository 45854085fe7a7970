import CredentialLedger
import TestSupport
import Testing

@testable import ManagementPortal

/// What keeps the portal to those whom it is for, on every route that it has.
@Suite struct PortalSecurityTests {
  /// Pages that everybody who is signed in has for themselves.
  private static let own: Set<String> = [
    "/portal/", "/portal/me", "/portal/me/granted", "/portal/me/phones/new", "/portal/me/phones/pin",
    "/portal/me/sessions/end", "/portal/sign-out", "/portal/connectors", "/portal/connectors/new",
    "/portal/connectors/new/permissions", "/portal/groups", "/portal/groups/invitations", "/portal/groups/new",
    "/portal/review", "/portal/review.csv", "/portal/audit", "/portal/audit.csv", "/portal/audit.ndjson",
    "/portal/audit.cloudevents", "/portal/audit/live",
  ]

  /// The routes for people who are signed in, with their paths.
  private static func routes(_ scene: PortalScene) -> [(path: String, hasGet: Bool, hasPost: Bool)] {
    PortalRoute.all.compactMap { route in
      func isForViewers(_ handler: PortalRoute.Handler?) -> Bool { if case .viewer? = handler { true } else { false } }
      let (get, post) = (isForViewers(route.get), isForViewers(route.post))
      return get || post ? (scene.path(route.pattern), get, post) : nil
    }
  }

  @Test("Without a session no page is shown and no form performed, and every answer keeps to itself")
  func withoutSession() async throws {
    let scene = try await PortalScene(phone: "+44 7700 900150")
    let nobody = scene.served.browser()
    let head = try scene.head()
    let routes = Self.routes(scene)
    #expect(routes.count > 45)
    for route in routes {
      for isPost in [false, true] where isPost ? route.hasPost : route.hasGet {
        let answer =
          isPost
          ? try nobody.post(route.path, [("csrf", String(repeating: "0", count: 32))], follow: false)
          : try nobody.open(route.path, follow: false)
        #expect(answer.status == 303, "\(route.path)")
        #expect(answer.header("location")?.hasPrefix("/portal/sign-in?to=") == true, "\(route.path)")
      }
      if route.hasGet, route.path != "/portal/audit/live", !route.path.hasSuffix("/messages/live") {
        let page = try scene.owner.open(route.path, follow: false)
        let policy = page.header("content-security-policy") ?? ""
        #expect(policy.hasPrefix("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "\(route.path)")
        #expect(!policy.contains("unsafe") && page.header("x-frame-options") == "DENY", "\(route.path)")
        #expect(page.header("cache-control") == "no-store" && page.header("referrer-policy") == "no-referrer")
      }
      if route.hasPost {
        for site in ["cross-site", "same-site", nil] {
          #expect(try scene.owner.post(route.path, [], site: site, follow: false).status == 403, "\(route.path)")
        }
        #expect(try scene.owner.post(route.path, [("csrf", "")], follow: false).status == 403, "\(route.path)")
      }
    }
    // The operator's pages were looked at, which is recorded; nothing else was done.
    try scene.owner.open("/portal/audit?exact=*")
    let made = try scene.owner.open("/portal/audit.csv").body.split(separator: "\r\n").dropFirst().filter {
      UInt64($0.prefix { $0 != "," }).map { $0 > UInt64(head) ?? 0 } ?? false
    }
    #expect(made.allSatisfy { $0.contains("personal_data.revealed") }, "\(made)")
  }

  @Test("A stranger finds none of what others have, and changes nothing of it") func strangerFinds() async throws {
    let scene = try await PortalScene(phone: "+44 7700 900151")
    let stranger = try scene.person("Bob")
    let token = try scene.formToken(of: stranger)
    let head = try scene.head()
    for route in Self.routes(scene) where !Self.own.contains(route.path) {
      if route.hasGet { #expect(try stranger.open(route.path, follow: false).status == 404, "\(route.path)") }
      if route.hasPost {
        let fields = [
          ("csrf", token), ("once", String(repeating: "0", count: 32)), ("do", "disable"), ("reason", "x"),
          ("name", "x"), ("message", "x"), ("connector", scene.connector), ("overlap", "0"), ("confirm", "account:2"),
        ]
        let status = try stranger.post(route.path, fields, follow: false).status
        #expect(status == 404 || (route.path == "/portal/authorize" && status == 400), "\(route.path): \(status)")
      }
    }
    // A decision about a grant that is not theirs is as if there were no such grant.
    try stranger.post(
      "/portal/review", [("csrf", token), ("decide-\(scene.grant)", "revoke"), ("reason-\(scene.grant)", "x")])
    #expect(stranger.page.status == 404 || stranger.page.status == 422, "\(stranger.page.status)")
    #expect(try scene.head() == head)
  }

  @Test("An auditor reads what there is, and changes nothing") func auditorReads() async throws {
    let scene = try await PortalScene(phone: "+44 7700 900152")
    let auditor = try scene.person("Carla", role: .auditor)
    let token = try scene.formToken(of: auditor)
    for path in [
      "/portal/connectors/\(scene.connector)", "/portal/groups/\(scene.group)", "/portal/tokens/\(scene.token)",
      "/portal/events/\(scene.token)", "/portal/review",
    ] {
      #expect(try auditor.open(path, follow: false).status == 200, "\(path)")
    }
    for path in ["/portal/health", "/portal/people", "/portal/keys", "/portal/configuration", "/portal/people/2/erase"]
    {
      #expect(try auditor.open(path, follow: false).status == 404, "\(path)")
    }
    for route in Self.routes(scene) where route.hasPost && !Self.own.contains(route.path) {
      guard !route.path.hasSuffix("/reveal") else { continue }
      let fields = [
        ("csrf", token), ("once", String(repeating: "0", count: 32)), ("do", "disable"), ("reason", "x"),
        ("name", "x"), ("message", "x"), ("connector", scene.connector), ("overlap", "0"), ("confirm", "account:2"),
      ]
      let status = try auditor.post(route.path, fields, follow: false).status
      #expect(
        [403, 404].contains(status) || (route.path == "/portal/authorize" && status == 400), "\(route.path): \(status)")
    }
    // Auditors keep grants, and revoke none.
    try auditor.open("/portal/review")
    #expect(!auditor.page.body.contains("<option value=\"revoke\""))
    try auditor.post(
      "/portal/review", [("csrf", token), ("decide-\(scene.grant)", "revoke"), ("reason-\(scene.grant)", "x")])
    let events = try scene.owner.open("/portal/audit.csv").body
    for type in ["permission.revoked", "account.disabled", "subject.erased", "signing_key", "connector.deleted"] {
      #expect(!events.contains(type), "\(type)")
    }
  }

  @Test("Script in every field that people write stays text on every page") func scriptEvery() async throws {
    let scene = try await PortalScene(phone: "+44 7700 900153", named: PortalScene.script)
    let browser = scene.owner
    let (script, number) = (PortalScene.script, scene.grant)
    try browser.open("/portal/review")
    try browser.submit("/portal/review", [("decide-\(number)", "keep"), ("reason-\(number)", script)])
    #expect(browser.page.body.contains("The decisions are recorded."), "\(browser.page.text)")
    let other = try scene.person(script + "2")
    try other.open("/portal/me")
    let account = try PortalScene.first("account:", "<", in: other)
    try browser.open("/portal/people/\(account)")
    try browser.submit("/portal/people/\(account)", [("do", "disable"), ("reason", script)])
    try browser.open("/portal/events/\(scene.phone)/reveal")
    try browser.submit("/portal/events/\(scene.phone)/reveal", [("reason", script)])
    #expect(browser.page.body.contains("<h1>Revealed</h1>"), "\(browser.page.text)")
    let code = percentEncoded(script)
    var pages = Self.routes(scene).filter(\.hasGet).map(\.path).filter {
      // Files are no pages: browsers are told what they are, and keep them.
      !$0.hasSuffix("/live") && !$0.contains(".csv") && !$0.contains(".ndjson") && !$0.contains(".cloudevents")
        && !$0.contains("/evidence/")
    }
    pages += [
      "/portal/audit?who=\(code)&exact=\(code)&request=\(code)&from=\(code)", "/portal/connectors?q=\(code)",
      "/portal/people?q=\(code)", "/portal/sign-in?to=\(code)", "/portal/authorize?request=\(code)",
      "/portal/\(code)", "/portal/tokens/\(code)", "/portal/?said=\(code)&event=\(code)",
    ]
    for page in pages {
      try browser.open(page)
      #expect(!browser.page.body.contains("<script>alert"), "\(page)")
      #expect(!browser.page.body.contains("\"'&\""), "\(page)")
    }
  }
}

private func percentEncoded(_ text: String) -> String {
  text.utf8.map { "%" + (String($0, radix: 16).count == 1 ? "0" : "") + String($0, radix: 16) }.joined()
}
