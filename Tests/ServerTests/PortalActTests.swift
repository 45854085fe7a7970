import TestSupport
import Testing

/// Where the portal leads somebody after an act, and which event it names for it.
@Suite struct PortalActTests {
  /// The type of the event that a page names as the receipt of what was done.
  private func receipt(_ browser: Browser) throws -> String {
    let after = try #require(
      browser.page.body.split(separator: "Recorded as").dropFirst().first, "\(browser.page.text)")
    let number = try #require(after.split(separator: "href=\"/portal/events/").dropFirst().first?.prefix { $0 != "\"" })
    try browser.open("/portal/events/\(number)")
    return try PortalScene.first("<p class=\"soft\"><code>", "<", in: browser)
  }

  @Test("An admin who leaves a group is led to the list of groups, and told that it is done") func adminLeaves()
    async throws
  {
    let scene = try await PortalScene(phone: "+44 7700 900222")
    let bob = try scene.person("Bob")
    try scene.join(bob, "+44 7700 900223")
    let path = "/portal/groups/\(scene.group)"
    let members = try scene.owner.open(path).body.split(separator: "name=\"membership\" value=\"").dropFirst()
      .map { String($0.prefix { $0 != "\"" }) }
    let own = try #require(members.last)
    #expect(members.count == 2)
    let token = try scene.formToken(of: scene.owner)
    try scene.owner.post(path, [("csrf", token), ("do", "admin"), ("membership", own)])
    #expect(try receipt(scene.owner) == "group.member_role_changed")
    let form = try scene.formToken(of: bob)
    try bob.post(path, [("csrf", form), ("do", "remove"), ("membership", own)])
    #expect(bob.page.status == 200 && bob.page.body.contains("<h1>Groups</h1>"), "\(bob.page.text)")
    #expect(bob.page.body.contains("Done. Recorded as") && bob.page.body.contains("You are in no group yet."))
    #expect(try receipt(bob) == "group.member_removed")
    #expect(try bob.open(path).status == 404)
    // One who is left is the last.
    let last = try #require(members.first)
    for act in ["member", "remove"] {
      try scene.owner.post(path, [("csrf", token), ("do", act), ("membership", last)])
      #expect(scene.owner.page.status == 422, "\(act): \(scene.owner.page.text)")
      let body = scene.owner.page.body
      let words = try #require(
        body.firstRange(of: "A group keeps at least one admin. Make somebody else admin first."), "\(body)")
      // Where the button was, and not below, in the form that adds members.
      let table = try #require(body.firstRange(of: "<table"))
      #expect(words.lowerBound < table.lowerBound, "\(act)")
    }
    #expect(try scene.owner.open(path).body.contains("You are an admin."))
  }

  @Test("The receipt of a disabling is its own event, and that of ended sessions is theirs") func receiptDisabling()
    async throws
  {
    let scene = try await PortalScene(phone: "+44 7700 900224")
    let (owner, bob) = (scene.owner, try scene.person("Bob"))
    try bob.open("/portal/me")
    let path = "/portal/people/\(try PortalScene.first("account:", "<", in: bob))"
    try owner.open(path)
    try owner.submit(path, [("do", "sessions")])
    #expect(try bob.open("/portal/me").body.contains("<h1>Sign in</h1>"))
    #expect(try receipt(owner) == "account.signed_out")
    // Without a session there is nothing to record.
    try owner.open(path)
    try owner.submit(path, [("do", "sessions")])
    #expect(owner.page.body.contains("Done.") && !owner.page.body.contains("Recorded as"), "\(owner.page.text)")
    try bob.signIn("Bob")
    try owner.open(path)
    try owner.submit(path, [("do", "disable"), ("reason", "left the team")])
    #expect(try receipt(owner) == "account.disabled")
    #expect(owner.page.body.contains("left the team"), "\(owner.page.text)")
    #expect(try bob.open("/portal/me").body.contains("<h1>Sign in</h1>"))
    try owner.open(path)
    try owner.submit(path, [("do", "enable")])
    #expect(try receipt(owner) == "account.enabled")
    try bob.signIn("Bob")
    #expect(bob.page.body.contains("Welcome, <bdi>Bob</bdi>"), "\(bob.page.text)")
  }
}
