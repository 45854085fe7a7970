import CredentialLedger
import TestSupport
import Testing

@testable import ManagementPortal

/// Pages that show by themselves what happens meanwhile, and the proof that is printed.
@Suite struct PortalLiveTests {
  private func policy(_ page: Answer) -> String { page.header("content-security-policy") ?? "" }

  @Test("The line that waits for a first token asks again until there is one, and has a link without a script")
  func lineWaits()
    async throws
  {
    let scene = try await PortalScene(phone: "+44 7700 900243")
    let browser = scene.owner
    let former = try browser.open("/portal/groups/\(scene.group)/connectors/\(scene.grant)")
    #expect(former.body.contains("<div id=\"first-token\" role=\"status\"><div class=\"notice good\">"))
    #expect(!former.body.contains("data-polls") && !policy(former).contains("connect-src"), "\(former.text)")

    try browser.open("/portal/groups/new")
    try browser.submit("/portal/groups/new", [("name", "Night shift")])
    let base = "/portal/groups/\(try PortalScene.first("action=\"/portal/groups/", "\"", in: browser))/connectors"
    try browser.open("\(base)?connector=\(scene.connector)")
    try browser.submit(base)
    let refresh = try #require(browser.text(of: "refresh"), "\(browser.page.text)")
    let place = try PortalScene.first("id=\"first-token\" role=\"status\" data-polls=\"", "\"", in: browser)
    #expect(place.hasPrefix("\(base)/") && policy(browser.page).hasSuffix("connect-src 'self'"))

    let waiting = try browser.open(place)
    #expect(waiting.body.contains("id=\"first-token\" role=\"status\" data-polls=\"\(place)\""), "\(waiting.text)")
    #expect(waiting.body.contains("href=\"\(place)\">Check again</a>"), "\(waiting.text)")
    #expect(policy(waiting).hasSuffix("connect-src 'self'"))
    let (id, secret) = (scene.program.id, scene.program.secret)
    let keys = ["applicationId: \(id)", "applicationSecret: \(secret)", "refreshToken: \(refresh)"]
    #expect(try scene.served.browser().send("GET", "/v1/accessToken", keys).status == 200)
    let arrived = try browser.open(place)
    #expect(arrived.body.contains("got its first access token.</strong> Recorded as"), "\(arrived.text)")
    #expect(!arrived.body.contains("data-polls"))
  }

  @Test("A list that is followed says how many of its rows are new, and nothing where it was just opened")
  func listFollowed()
    async throws
  {
    let scene = try await PortalScene(phone: "+44 7700 900244")
    let browser = scene.owner
    let path = "/portal/audit?exact=group.created&live=1"
    #expect(try !browser.open(path).body.contains("data-news"))
    var newest = try PortalScene.first("data-newest=\"", "\"", in: browser)
    for name in ["Day shift", "Night shift"] {
      try browser.open("/portal/groups/new")
      try browser.submit("/portal/groups/new", [("name", name)])
    }
    let fresh = try browser.send("GET", path, ["Last-Event-ID: \(newest)"])
    #expect(fresh.body.contains("<p hidden data-news>2 new events</p>"), "\(fresh.text)")
    try browser.open(path)
    newest = try PortalScene.first("data-newest=\"", "\"", in: browser)
    #expect(try !browser.send("GET", path, ["Last-Event-ID: \(newest)"]).body.contains("data-news"))
    // Who does not follow the list hears of nothing.
    let still = try browser.send("GET", "/portal/audit?exact=group.created", ["Last-Event-ID: 1"])
    #expect(!still.body.contains("data-news"))

    let messages = "/portal/groups/\(scene.group)/messages"
    #expect(try !browser.open(messages).body.contains("data-news"))
    newest = try PortalScene.first("data-newest=\"", "\"", in: browser)
    try browser.submit(messages, [("message", "The late shift begins at six.")])
    let told = try browser.send("GET", messages, ["Last-Event-ID: \(newest)"])
    #expect(told.body.contains("<p hidden data-news>1 new message</p>"), "\(told.text)")

    var lacking = PortalLanguageTests.Lacking(try PortalLanguageTests.german())
    for noun in ["new event", "new message"] {
      let whole = ManagementPortal.news(50, noun, isAll: true)
      #expect(whole.text == "<p hidden data-news>at least 50 \(noun)s</p>")
      for news in [ManagementPortal.news(1, noun, isAll: false), whole, ManagementPortal.news(2, noun, isAll: false)] {
        lacking.look(at: news)
      }
    }
    #expect(lacking.texts.isEmpty, "\(lacking.texts)")
  }

  @Test("A printed report has the hashes that lead from its event to the root that the checkpoint signs")
  func printedReport()
    async throws
  {
    let scene = try await PortalScene(phone: "+44 7700 900245")
    let page = try scene.owner.open("/portal/evidence/\(scene.token)/report")
    let text = try #require(scene.owner.text(of: "proof"), "\(page.text)")
    var lines = text.split(separator: "\n").map { String($0.split(separator: " ").last ?? "") }
    let root = try #require(Digest(hex: lines.removeLast()), "\(text)")
    let size = try #require(UInt64(lines.removeLast()), "\(text)")
    #expect(lines.removeFirst() == scene.token)
    let digests = lines.compactMap { Digest(hex: $0) }
    #expect(digests.count == lines.count && digests.count > 1, "\(text)")
    let position = try #require(UInt64(scene.token))
    let proof = InclusionProof(leafIndex: position - 1, treeSize: size, hashes: Array(digests.dropFirst()))
    #expect(proof.verify(leafHash: try #require(digests.first), root: root), "\(text)")
    // The checkpoint stands below, and is of that tree.
    #expect(page.body.contains("ledger.example.org\n\(size)\n\(Base64.encode(root.bytes))\n"), "\(page.body)")
  }
}
