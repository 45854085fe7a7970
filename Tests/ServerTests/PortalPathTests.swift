import CredentialLedger
import Glibc
import HTTPSupport
import TestSupport
import Testing

@testable import ManagementPortal

/// Pages of the portal in a real browser, of a ledger that was filled before.
@Suite(.browserTurn) struct PortalPathTests {
  /// Markup, the end of an attribute and of a text, and an address that runs: in each place where people write.
  private static let typed =
    #"<script>window.__x=1</script>"><img src=x onerror="window.__x=2">javascript:window.__x=3"#

  /// Has a browser open paths; see `portal_paths.py`.
  ///
  /// - Parameter before: what it opens before it has the session.
  private func look(
    at paths: [String], before: String, of served: ServedPortal, as browser: Browser, picturesIn folder: String = "-"
  ) throws -> String {
    let cookie = "credledger=\(try #require(browser.cookies["credledger"]))"
    let looking = try ChildProcess(
      "/usr/bin/env",
      [
        "python3", PortalClickTests.root + "/Tests/Python/portal_paths.py", served.origin, folder, Self.typed, before,
        cookie,
      ] + paths, environment: ["PYTHONPATH=\(PortalClickTests.packages)"])
    return looking.finish().joined(separator: "\n")
  }

  /// The position of the newest event of a type.
  private func newest(_ type: String, by browser: Browser) throws -> String {
    try browser.open("/portal/audit?exact=\(type)")
    return try PortalScene.first("href=\"/portal/events/", "\"", in: browser)
  }

  @Test(
    "Script in every place where people write is shown as text on every page, and none of it runs",
    .enabled(if: PortalClickTests.isThere, "chromium, chromium-driver, Selenium or axe-core is not installed"))
  func scriptEvery() async throws {
    let typed = Self.typed
    let guarded = try await PortalProposalTests.Guarded(phone: "+44 7700 900246", named: typed) { folder in
      let name = typed.replacing("\"", with: "\\\"")
      try Self.write(
        "{\"providers\":[{\"id\":\"a\",\"name\":\"\(name)\",\"issuer\":\"http://127.0.0.1:9\",\"clientID\":\"portal\"}]}",
        to: "\(folder)/providers.json")
      try Self.write(
        "{\"portal\":{\"providers\":\"\(folder)/providers.json\",\"provider-seconds\":1}}",
        to: "\(folder)/server.json")
      return ["--development", "--config", "\(folder)/server.json"]
    }
    let (scene, owner) = (guarded.scene, guarded.ada)
    let program = scene.served.browser()
    program.agent = typed
    try program.signIn(typed)

    let group = "/portal/groups/\(scene.group)"
    try owner.open("\(group)/subgroups")
    try owner.submit("\(group)/subgroups", [("name", typed)])
    let lower = try PortalScene.first("action=\"/portal/groups/", "\"", in: owner)
    try owner.open("/portal/groups/new")
    try owner.submit("/portal/groups/new", [("name", typed)])
    let deleted = try PortalScene.first("action=\"/portal/groups/", "\"", in: owner)
    try owner.open("/portal/groups/\(deleted)/delete")
    try owner.submit("/portal/groups/\(deleted)/delete", [("confirm", typed), ("reason", typed)])
    try owner.open("/portal/review")
    try owner.submit("/portal/review", [("decide-\(scene.grant)", "keep"), ("reason-\(scene.grant)", typed)])
    #expect(owner.page.body.contains("The decisions are recorded."), "\(owner.page.text)")
    let role = String(AccountRole.auditor.rawValue)
    try owner.open("/portal/people/\(guarded.cy)")
    try owner.submit("/portal/people/\(guarded.cy)", [("to", role), ("do", "propose-role"), ("why", typed)])
    let proposal = try guarded.proposal(owner)
    let connector = "/portal/connectors/\(scene.connector)"
    try owner.open("\(connector)/deactivate")
    try owner.submit("\(connector)/deactivate", [("reason", typed)])
    #expect(try owner.open("\(connector)/activate").status == 200, "\(owner.page.text)")

    let code = PercentEncoding.encode(typed)
    let (reviewed, ended) = (try newest("permission.reviewed", by: owner), try newest("group.deleted", by: owner))
    let proposed = try newest("proposal.made", by: owner)
    let showing: [String] = [
      connector, "\(connector)/edit", "/portal/connectors", group, "/portal/groups", "/portal/groups/\(lower)",
      "\(group)/subgroups", "\(group)/messages", "/portal/groups/\(deleted)", "/portal/me", "/portal/review",
      "/portal/people", "/portal/audit", proposal, "/portal/find?q=\(code)",
      "/portal/connectors?q=\(code)", "/portal/people?q=\(code)", "/portal/audit?who=\(code)",
      "/portal/events/\(reviewed)", "/portal/events/\(ended)", "/portal/events/\(proposed)",
    ]
    var paths = showing.map { "shown:\($0)" }
    for route in PortalRoute.all where route.get != nil {
      let path = scene.path(route.pattern)
      let isFile = path.contains(".csv") || path.contains(".ndjson") || path.contains(".cloudevents")
      let isEvidence = path.contains("/evidence/") && !path.hasSuffix("/report")
      guard !isFile, !isEvidence, !path.hasSuffix("/live") else { continue }
      if try owner.open(path, follow: false).status == 200 { paths.append(path) }
    }
    paths += [
      "/portal/audit?exact=\(code)&request=\(code)", "/portal/sign-in?to=\(code)&said=\(code)",
      "/portal/authorize?request=\(code)", "/portal/\(code)", "/portal/tokens/\(code)",
      "/portal/?said=\(code)&event=\(code)", "\(group)/messages?reply=\(code)",
      "\(group)/connectors?connector=\(scene.connector)", "/portal/erasure?q=\(code)",
    ]
    #expect(paths.count > 60, "\(paths)")
    // The name of the provider is there for who has no session.
    let said = try look(at: paths, before: "shown:/portal/sign-in", of: scene.served, as: owner)
    #expect(said.hasSuffix("passed"), "\(said)\(scene.served.log)")
  }

  @Test(
    "Pages of several people, of what was deleted and of what was found keep the rules for everybody",
    .enabled(if: PortalClickTests.isThere, "chromium, chromium-driver, Selenium or axe-core is not installed"))
  func pagesSeveral() async throws {
    let guarded = try await PortalProposalTests.Guarded(phone: "+44 7700 900247")
    let (scene, owner) = (guarded.scene, guarded.ada)
    let guest = try scene.person("Bob")
    try guest.verify("+44 7700 900248")
    try scene.addMembers("+44 7700 900248")
    try owner.open("/portal/people/\(guarded.cy)")
    let role = String(AccountRole.auditor.rawValue)
    try owner.submit(
      "/portal/people/\(guarded.cy)", [("to", role), ("do", "propose-role"), ("why", "The yearly audit begins")])
    let proposal = try guarded.proposal(owner)
    func found(_ name: String) throws -> String {
      try owner.open("/portal/groups/new")
      try owner.submit("/portal/groups/new", [("name", name)])
      return try PortalScene.first("action=\"/portal/groups/", "\"", in: owner)
    }
    let (below, other, deleted) = (try found("Night shift"), try found("Day shift"), try found("Old shift"))
    let group = "/portal/groups/\(scene.group)/subgroups"
    try owner.open("\(group)/attach?group=\(below)")
    try owner.submit("\(group)/attach")
    try owner.open("/portal/groups/\(deleted)/delete")
    try owner.submit("/portal/groups/\(deleted)/delete", [("confirm", "Old shift")])
    let cookie = "credledger=\(try #require(guest.cookies["credledger"]))"

    let pictures = PortalClickTests.root + "/.build/portal-paths"
    TemporaryFolder.remove(pictures)
    unsafe mkdir(pictures, 0o755)
    let paths = [
      "/portal/find", "/portal/find?q=field", "/portal/find?q=nothing", "/portal/erasure", "/portal/erasure?q=Cy",
      "/portal/people/\(guarded.cy)/erase", "/portal/proposals", proposal, "\(group)/attach?group=\(other)",
      "\(group)/\(below)/detach", group, "/portal/groups/\(deleted)", "/portal/evidence/\(scene.token)/report",
      "/portal/groups/\(scene.group)/connectors/\(scene.grant)", cookie, "/portal/groups",
    ]
    let said = try look(
      at: paths, before: "/portal/sign-in?said=disabled", of: scene.served, as: owner, picturesIn: pictures)
    #expect(said.hasSuffix("passed"), "\(said)\(scene.served.log)")
    let made = TemporaryFolder.names(in: pictures) ?? []
    for picture in ["sign-in", "find", "erasure", "proposals", "groups"] {
      for variant in ["1280", "390", "1280-dark", "390-dark"] {
        #expect(made.contains("\(picture)-\(variant).png"), "\(made)")
      }
    }
  }

  private static func write(_ text: String, to path: String) throws {
    guard let file = unsafe fopen(path, "w") else { throw ServerFailure(reason: "no file \(path)") }
    unsafe fputs(text, file)
    unsafe fclose(file)
  }
}
