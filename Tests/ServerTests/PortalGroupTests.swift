import TestSupport
import Testing

/// Groups below groups, and people who are added by their numbers.
@Suite struct PortalGroupTests {
  /// Adds a group below another, and gives its number.
  private func add(_ name: String, below group: String, by browser: Browser) throws -> String {
    try browser.open("/portal/groups/\(group)/subgroups")
    try browser.submit("/portal/groups/\(group)/subgroups", [("name", name)])
    #expect(browser.page.body.contains("The group is created. You are its admin."), "\(browser.page.text)")
    return try PortalScene.first("action=\"/portal/groups/", "\"", in: browser)
  }

  @Test("An admin adds groups below a group, and each page shows the way to it") func adminAdds() async throws {
    let scene = try await PortalScene(phone: "+44 7700 900174")
    let browser = scene.owner
    let base = "/portal/groups/\(scene.group)"
    try browser.open("\(base)/subgroups")
    #expect(browser.page.body.contains("No sub-group yet.") && browser.page.body.contains(">Sub-groups (0)</a>"))
    try browser.submit("\(base)/subgroups", [("name", "")])
    #expect(browser.page.status == 422 && browser.page.body.contains("Enter a name."))
    let second = try add("Night <b>shift", below: scene.group, by: browser)
    let upper = "<li><a href=\"\(base)\"><bdi>Field team</bdi></a></li>"
    #expect(browser.page.body.contains("\(upper)<li><bdi>Night &lt;b&gt;shift</bdi></li>"), "\(browser.page.text)")
    let third = try add("Rota", below: second, by: browser)
    let list = try browser.open("\(base)/subgroups").body
    #expect(list.contains("<a href=\"/portal/groups/\(second)\"><bdi>Night &lt;b&gt;shift</bdi></a>"), "\(list)")
    #expect(list.contains("class=\"number\">1</td><td data-label=\"Sub-groups\" class=\"number\">1</td>"))
    #expect(list.contains(">Sub-groups (1)</a>") && !list.contains("<bdi>Rota</bdi>"))
    #expect(try browser.open("/portal/groups").body.contains("<td data-label=\"Sub-groups\" class=\"number\">1</td>"))
    let way = "<bdi>Night &lt;b&gt;shift</bdi></a></li><li><bdi>Rota</bdi></li>"
    for page in ["", "/subgroups", "/connectors", "/messages"] {
      let body = try browser.open("/portal/groups/\(third)\(page)").body
      #expect(body.contains(upper) && body.contains(way), "\(page)")
    }
    // Groups lie in five levels.
    let fifth = try add("Five", below: try add("Four", below: third, by: browser), by: browser)
    let head = try scene.head()
    try browser.open("/portal/groups/\(fifth)/subgroups")
    try browser.submit("/portal/groups/\(fifth)/subgroups", [("name", "Six")])
    #expect(browser.page.status == 422 && browser.page.body.contains("No sub-group fits here"), "\(browser.page.text)")
    #expect(browser.page.body.contains("value=\"Six\"") && browser.page.body.contains("<bdi>Four</bdi></a>"))
    #expect(try scene.head() == head)
  }

  @Test("Members see which groups are around theirs, and open and add none that is not theirs") func membersSee()
    async throws
  {
    let scene = try await PortalScene(phone: "+44 7700 900177")
    let base = "/portal/groups/\(scene.group)"
    let lower = try add("Night shift", below: scene.group, by: scene.owner)
    let (mel, zoe) = (try scene.person("Mel"), try scene.person("Zoe"))
    try scene.join(mel, "+44 7700 900178")
    try scene.join(zoe, "+44 7700 900179", group: lower)
    let list = try mel.open("\(base)/subgroups").body
    #expect(list.contains("<th scope=\"row\"><bdi>Night shift</bdi></th>"), "\(list)")
    #expect(
      list.contains("Only admins of <bdi>Field team</bdi> can add sub-groups.") && !list.contains("name=\"name\""))
    // The admin has the name of the group.
    let ask = "Ask one of them: <span><bdi>Field team</bdi></span>."
    #expect(list.contains(ask), "\(list)")
    #expect(try mel.open("\(base)/connectors").body.contains("can let connectors in. \(ask)"), "\(mel.page.text)")
    #expect(try mel.open("/portal/groups/\(lower)").status == 404)
    let token = try scene.formToken(of: mel)
    let head = try scene.head()
    #expect(try mel.post("\(base)/subgroups", [("csrf", token), ("name", "Mine")]).status == 403)
    #expect(try scene.head() == head)
    // From below the upper group is known by its name alone.
    let page = try zoe.open("/portal/groups/\(lower)").body
    #expect(page.contains("<li><bdi>Field team</bdi></li><li><bdi>Night shift</bdi></li>"), "\(page)")
    #expect(try zoe.open("\(base)/subgroups").status == 404)
  }

  @Test("The members of a group of many are on pages, each on one") func membersGroup() async throws {
    let scene = try await PortalScene(phone: "+44 7700 900176")
    try scene.addMembers((10..<70).map { "+336999999\($0)" }.joined(separator: "\n"))
    func members(_ page: String) -> [String] {
      page.matches(of: /name="membership" value="(\d+)"/).map { String($0.output.1) }
    }
    let base = "/portal/groups/\(scene.group)"
    let first = try scene.owner.open(base).body
    #expect(members(first).count == 50, "\(members(first))")
    let last = try #require(members(first).last)
    #expect(first.contains("<a href=\"?after=\(last)\">Next</a>"))
    let second = try scene.owner.open("\(base)?after=\(last)").body
    #expect(Set(members(first)).union(members(second)).count == 61 && members(second).count == 11)
    #expect(!second.contains("?after="))
    // A page that is full and the last has none behind it.
    let behind = try scene.owner.open("\(base)?after=\(members(first)[10])").body
    #expect(members(behind).count == 50 && !behind.contains("?after="), "\(members(behind).count)")
  }

  /// Makes a group that is below none, and gives its number.
  private func make(_ name: String, by browser: Browser) throws -> String {
    try browser.open("/portal/groups/new")
    try browser.submit("/portal/groups/new", [("name", name)])
    return try PortalScene.first("action=\"/portal/groups/", "\"", in: browser)
  }

  @Test("An admin puts a group of theirs below another, and takes it away, told who reaches it") func adminPuts()
    async throws
  {
    let scene = try await PortalScene(phone: "+44 7700 900183")
    let browser = scene.owner
    let base = "/portal/groups/\(scene.group)/subgroups"
    #expect(try !browser.open(base).body.contains("Attach a group of yours"))
    let other = try make("Night shift", by: browser)
    #expect(try browser.open(base).body.contains("<option value=\"\(other)\" translate=\"no\">Night shift</option>"))
    let asked = try browser.open("\(base)/attach?group=\(other)").body
    #expect(asked.contains("<h1>Attach <bdi>Night shift</bdi> to <bdi>Field team</bdi>?</h1>"), "\(asked)")
    #expect(
      asked.contains("<span>1 connector</span> let into <bdi>Field team</bdi> reach <bdi>Night shift</bdi> as well"))
    #expect(asked.contains("credledger group attach \(other) --to \(scene.group)"))
    try browser.submit("\(base)/attach")
    #expect(browser.page.body.contains("The group is a sub-group now. Recorded as"), "\(browser.page.text)")
    #expect(browser.page.body.contains("href=\"/portal/groups/\(other)\"><bdi>Night shift</bdi></a>"))
    // What is there already is offered no more, and neither is what lies above.
    #expect(!browser.page.body.contains("Attach a group of yours"))
    #expect(try !browser.open("/portal/groups/\(other)/subgroups").body.contains("Attach a group of yours"))
    let events = try browser.open("/portal/audit.csv").body
    #expect(events.contains("group.subgroup_attached"))

    let down = "\(base)/\(other)/detach"
    #expect(try browser.open(base).body.contains("href=\"\(down)\">Detach…"))
    let taken = try browser.open(down).body
    #expect(taken.contains("<h1>Detach <bdi>Night shift</bdi> from <bdi>Field team</bdi>?</h1>"), "\(taken)")
    #expect(taken.contains("let into <bdi>Field team</bdi> no longer reach <bdi>Night shift</bdi> through it"))
    #expect(taken.contains("credledger group detach \(other) --from \(scene.group)"))
    try browser.submit(down)
    #expect(browser.page.body.contains("The group is no sub-group of this one any more. Recorded as"))
    #expect(browser.page.body.contains("No sub-group yet."), "\(browser.page.text)")
    #expect(try browser.open(down).status == 404)
  }

  @Test("An admin renames a group, and deletes it after typing its name, by which what was let in stops")
  func adminRenames()
    async throws
  {
    let scene = try await PortalScene(phone: "+44 7700 900187")
    let browser = scene.owner
    let base = "/portal/groups/\(scene.group)"
    #expect(
      try browser.open(base).body.contains("href=\"\(base)/edit\"") && browser.page.body.contains("\(base)/delete"))
    try browser.open("\(base)/edit")
    #expect(browser.page.body.contains("value=\"Field team\""), "\(browser.page.text)")
    #expect(try browser.submit("\(base)/edit", [("name", "")]).status == 422)
    let long = String(repeating: "x", count: 101)
    #expect(try browser.submit("\(base)/edit", [("name", long)]).status == 422)
    #expect(browser.page.body.contains("Enter a name of at most 100 characters") && browser.page.body.contains(long))
    try browser.submit("\(base)/edit", [("name", "Day shift")])
    #expect(browser.page.body.contains("The group is renamed. Recorded as"), "\(browser.page.text)")
    #expect(browser.page.body.contains("<h1><bdi>Day shift</bdi></h1>"))

    try browser.open("\(base)/delete")
    #expect(browser.page.body.contains("<dt>Grants that end, with all their tokens</dt><dd><strong>1</strong></dd>"))
    let head = try scene.head()
    // The name that it had is not its name, and the numbers must be those of now.
    #expect(try browser.submit("\(base)/delete", [("confirm", "Field team")]).status == 422)
    let token = try scene.formToken(of: browser)
    let stale = [("csrf", token), ("confirm", "Day shift"), ("seen", "7,7")]
    #expect(try browser.post("\(base)/delete", stale).status == 422)
    #expect(browser.page.body.contains("Its grants or members changed"), "\(browser.page.text)")
    #expect(try scene.head() == head)
    try browser.submit("\(base)/delete", [("confirm", "Day shift"), ("reason", "The survey is over.")])
    #expect(browser.page.body.contains("The group is deleted. What was let into it stopped at once. Recorded as"))
    #expect(try browser.open(base).status == 410)
    #expect(try browser.open("/portal/tokens/\(scene.token)").body.contains("not valid"), "\(browser.page.text)")
  }

  @Test("Who stops something may say why, which its event carries, and need not") func stopsSomething() async throws {
    let scene = try await PortalScene(phone: "+44 7700 900188")
    let browser = scene.owner
    let stops: [(path: String, more: [(String, String)], type: String, reason: String)] = [
      ("/portal/tokens/\(scene.token)/revoke", [], "token.revoked", ""),
      ("/portal/grants/\(scene.grant)/revoke", [], "permission.revoked", "The contract ended."),
      ("/portal/connectors/\(scene.connector)/delete", [("confirm", "Field team")], "connector.deleted", "Not used."),
      ("/portal/groups/\(scene.group)/delete", [("confirm", "Field team")], "group.deleted", "The survey is over."),
    ]
    for stop in stops {
      try browser.open(stop.path)
      #expect(browser.page.body.contains("name=\"reason\""), "\(stop.path)")
      try browser.submit(stop.path, stop.more + [("reason", stop.reason)])
      try browser.open("/portal/audit?exact=\(stop.type)")
      let event = try PortalScene.first("href=\"/portal/events/", "\"", in: browser)
      let told = try browser.open("/portal/events/\(event)").body
      #expect(stop.reason.isEmpty || told.contains("<bdi>\(stop.reason)</bdi>"), "\(stop.path): \(browser.page.text)")
      #expect(told.contains("<th scope=\"row\">reason</th>") == !stop.reason.isEmpty, "\(stop.path)")
    }
  }

  @Test("A circle, one level too many and a group of others are refused in words, and nothing is done")
  func circleLevel()
    async throws
  {
    let scene = try await PortalScene(phone: "+44 7700 900184")
    let browser = scene.owner
    let base = "/portal/groups/\(scene.group)/subgroups"
    let second = try add("Two", below: scene.group, by: browser)
    let third = try add("Three", below: second, by: browser)
    let fourth = try add("Four", below: third, by: browser)
    let upper = try make("Upper", by: browser)
    let lower = try add("Lower", below: upper, by: browser)
    let head = try scene.head()
    /// Confirms an attachment, and gives what is said.
    func attach(_ group: String, to other: String) throws -> Answer {
      try browser.open("/portal/groups/\(other)/subgroups/attach?group=\(group)")
      return try browser.submit("/portal/groups/\(other)/subgroups/attach")
    }
    for (group, other) in [(scene.group, fourth), (scene.group, scene.group)] {
      let answer = try attach(group, to: other)
      #expect(answer.status == 422 && answer.body.contains("A group is never below itself"), "\(answer.text)")
    }
    // Four levels above, and two that would come below.
    let deep = try attach(upper, to: fourth)
    #expect(deep.status == 422 && deep.body.contains("groups lie in at most 5 levels"), "\(deep.text)")
    #expect(try scene.head() == head)

    // Somebody else's group is not there, and one that another administers is for its admins.
    let mel = try scene.person("Mel")
    try mel.verify("+44 7700 900185")
    let foreign = try make("Hers", by: mel)
    #expect(try browser.open("\(base)/attach?group=\(foreign)").status == 403)
    #expect(browser.page.body.contains("You attach a group only where you administer both."), "\(browser.page.text)")
    #expect(try mel.open("/portal/groups/\(foreign)/subgroups/attach?group=\(scene.group)").status == 404)
    let token = try scene.formToken(of: mel)
    let fields = [("csrf", token), ("group", scene.group), ("seen", "0")]
    #expect(try mel.post("/portal/groups/\(foreign)/subgroups/attach", fields).status == 404)
    try scene.join(mel, "+44 7700 900186")
    #expect(try mel.post("/portal/groups/\(foreign)/subgroups/attach", fields).status == 403)
    #expect(mel.page.body.contains("You attach a group only where you administer both."), "\(mel.page.text)")
    #expect(try mel.post("\(base)/\(second)/detach", [("csrf", token), ("seen", "1")]).status == 403)
    #expect(try !mel.open(base).body.contains("Detach…"))

    // A page that showed another number of connectors confirms nothing.
    let own = try scene.formToken(of: browser)
    let before = try scene.head()
    for path in ["\(base)/attach", "\(base)/\(second)/detach"] {
      let answer = try browser.post(path, [("csrf", own), ("group", lower), ("seen", "7")])
      #expect(answer.status == 422 && answer.body.contains("1 connector may work in the group now."), "\(answer.text)")
    }
    #expect(try scene.head() == before)
  }

  @Test("Each number that is added has its own answer, most digits hidden, and none stops another") func eachNumber()
    async throws
  {
    let scene = try await PortalScene(phone: "+44 7700 900175")
    let browser = scene.owner
    let base = "/portal/groups/\(scene.group)"
    let token = try scene.formToken(of: browser)
    func add(_ numbers: String, follow: Bool = true) throws {
      try browser.post(base, [("csrf", token), ("do", "add"), ("numbers", numbers)], follow: follow)
    }
    try add("12\n+44 7700 900176\n+44 7700 900176\n+44 7700 900175\n\nnobody", follow: false)
    let location = try #require(browser.page.header("location"))
    #expect(browser.page.status == 303 && !location.contains("900176"), "\(location)")
    let body = try browser.open(location).body
    #expect(body.contains("Done. Recorded as"))
    let answers =
      body.split(separator: "id=\"added-title\"").dropFirst().first?.split(separator: "</section>").first ?? ""
    let words = answers.split(separator: "<span class=\"status ").dropFirst().map { part in
      String(part.drop { $0 != ">" }.dropFirst().prefix { $0 != "<" })
    }
    let present = "A member or invited already"
    #expect(words == ["No phone number", "Invited", present, present, "No phone number"], "\(answers)")
    #expect(answers.contains("<bdi dir=\"ltr\">+44 •••• •••176</bdi>"))
    #expect(!body.contains("900176") && !body.contains("900175"))
    // What is to be typed again is still there.
    #expect(body.contains(">12\nnobody</textarea>"), "\(body)")
    #expect(try !browser.open(base).body.contains("added-title"))
    // Another session of the same person is told nothing, nor is the page of another group.
    let other = scene.served.browser()
    try other.signIn("Field team")
    #expect(try other.open(location).body.contains("Add members"))
    #expect(!other.page.body.contains("added-title"))
    let lower = try self.add("Night shift", below: scene.group, by: browser)
    let elsewhere = location.replacing("groups/\(scene.group)?", with: "groups/\(lower)?")
    #expect(try !browser.open(elsewhere).body.contains("added-title"))
    // Where no line is a number, and where there are too many, nothing is done.
    let rows = try browser.open(base).body.split(separator: "<tr>").count
    try add("12\nnobody")
    #expect(browser.page.status == 422 && browser.page.body.contains("Enter each number with its country, such as"))
    #expect(browser.page.body.contains(">12\nnobody</textarea>"))
    try add((0...200).map { "+44 7700 900\(100 + $0)" }.joined(separator: "\n"))
    #expect(browser.page.status == 422 && browser.page.body.contains("Enter at most 200 numbers at a time."))
    #expect(try browser.open(base).body.split(separator: "<tr>").count == rows)
    scene.served.end()
    #expect(!scene.served.log.contains("900176"))
  }

  @Test("Numbers are added as members unless the form says admins") func numbersAdded() async throws {
    let scene = try await PortalScene(phone: "+44 7700 900214")
    let base = "/portal/groups/\(scene.group)"
    let token = try scene.formToken(of: scene.owner)
    #expect(try scene.owner.open(base).body.contains("<select id=\"role\" name=\"role\"><option value=\"member\">"))
    for (name, number, role) in [("Mel", "+44 7700 900215", "admin"), ("Zoe", "+44 7700 900216", "member")] {
      let person = try scene.person(name)
      try person.verify(number)
      try scene.owner.post(base, [("csrf", token), ("do", "add"), ("numbers", number), ("role", role)])
      try person.open("/portal/groups")
      let invitation = try PortalScene.first("name=\"membership\" value=\"", "\"", in: person)
      try person.submit("/portal/groups/invitations", [("membership", invitation)])
      let page = try person.open(base).body
      #expect(page.contains("You are an admin.") == (role == "admin"), "\(name): \(person.page.text)")
    }
    // What was wrong is typed again with the role that was chosen.
    try scene.owner.post(base, [("csrf", token), ("do", "add"), ("numbers", "12"), ("role", "admin")])
    #expect(scene.owner.page.status == 422, "\(scene.owner.page.text)")
    #expect(scene.owner.page.body.contains("<option value=\"admin\" selected>Admin</option>"))
  }

  @Test("An invitation is for whoever has verified its number, and for nobody with another one")
  func invitationVerified() async throws {
    let scene = try await PortalScene(phone: "+44 7700 900180")
    try scene.addMembers("+44 7700 900181")
    let (bob, eve) = (try scene.person("Bob"), try scene.person("Eve"))
    try bob.verify("+44 7700 900181")
    try eve.verify("+44 7700 900182")
    try bob.open("/portal/groups")
    let invitation = try PortalScene.first("name=\"membership\" value=\"", "\"", in: bob)
    #expect(try !eve.open("/portal/groups").body.contains("Invitations"))
    let token = try scene.formToken(of: eve)
    let head = try scene.head()
    try eve.post("/portal/groups/invitations", [("csrf", token), ("membership", invitation)])
    #expect(eve.page.status == 422 && eve.page.body.contains("This invitation is over, or is not yours."))
    #expect(try scene.head() == head)
    #expect(try eve.open("/portal/groups/\(scene.group)").status == 404)
    try bob.open("/portal/groups")
    try bob.submit("/portal/groups/invitations", [("membership", invitation)])
    #expect(bob.page.body.contains("You are in the group."), "\(bob.page.text)")
  }
}
