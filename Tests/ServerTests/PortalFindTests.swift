import CredentialLedger
import TestSupport
import Testing

/// Finding people and things in the portal, invitations to groups, and who stays.
@Suite struct PortalFindTests {
  /// How many events record that personal data was read.
  private func revealed(to browser: Browser) throws -> Int {
    let file = try browser.open("/portal/audit.ndjson?exact=personal_data.revealed").body
    return file.split(separator: "\n").count { $0.contains("personal_data.revealed") }
  }

  @Test("Operators and auditors find people and things, and what they see of people is recorded")
  func operatorsAuditors() async throws {
    let scene = try await PortalScene(phone: "+44 7700 900195")
    let (owner, auditor) = (scene.owner, try scene.person("Carla Bruni", role: .auditor))
    try auditor.open("/portal/me")
    let carla = try PortalScene.first("account:", "<", in: auditor)
    let before = try revealed(to: owner)
    let page = try owner.open("/portal/find?q=bruni").body
    #expect(page.contains("<bdi>Carla Bruni</bdi>") && page.contains("href=\"/portal/people/\(carla)\""), "\(page)")
    #expect(page.contains("href=\"/portal/audit?who=account:\(carla)\""))
    let once = try revealed(to: owner)
    #expect(once == before + 1)
    try owner.open("/portal/find?q=bruni")
    #expect(try revealed(to: owner) == once)
    // Things are found without a record, and an operator is not shown to an auditor by name.
    let things = try auditor.open("/portal/find?q=field+te").body
    #expect(things.contains("href=\"/portal/connectors/\(scene.connector)\"><bdi>Field team</bdi>"), "\(things)")
    #expect(things.contains("href=\"/portal/groups/\(scene.group)\"><bdi>Field team</bdi>"))
    #expect(things.contains("<bdi>account:2</bdi>") && !things.contains("/portal/people/"))
    #expect(try revealed(to: owner) == once)
    let number = try owner.open("/portal/find?q=%2B447700900195").body
    #expect(
      number.contains("<code>phone:\(scene.phone)</code>") && number.contains("<code>account:2</code>"), "\(number)")
    #expect(!scene.served.log.contains("7700900195"))
    #expect(try owner.open("/portal/find?q=nowhere").body.contains("Nobody and nothing goes by that."))
    for bad in ["%21%21", "%2B44", String(repeating: "x", count: 600)] {
      let refused = try owner.open("/portal/find?q=\(bad)")
      #expect(refused.status == 422 && refused.body.contains("Write words with a letter or a digit"), "\(bad)")
    }
    let member = try scene.person("Mel")
    #expect(try member.open("/portal/find?q=bruni").status == 404)
    #expect(
      try !member.open("/portal/").body.contains("/portal/find") && owner.open("/portal/").body.contains("/portal/find")
    )
  }

  @Test("What lies beyond a thousand connectors or fifty groups is found by name, or said to be left out")
  func liesBeyond()
    async throws
  {
    let scene = try await PortalScene(phone: "+44 7700 900199")
    let auditor = try scene.person("Carla Bruni", role: .auditor)
    let port = scene.served.port
    scene.served.end()
    let ledger = try await Ledger.open(at: scene.served.path)
    let owner = AccountID(rawValue: 2)
    for start in stride(from: 0, to: 1_000, by: 50) {
      try await withThrowingTaskGroup(of: Void.self) { tasks in
        for number in start..<start + 50 {
          tasks.addTask {
            _ = try await ledger.connectors.create(name: "Robot \(number)", permissions: [.textMessage], by: owner)
          }
        }
        try await tasks.waitForAll()
      }
    }
    let late = try await ledger.connectors.create(name: "Late shift", permissions: [.textMessage], by: owner).connector
    _ = try await ledger.groups.create(name: "+Late shift", by: owner)
    for number in 1...51 {
      let group = try await ledger.groups.create(name: "Team \(number)", by: owner)
      _ = try await ledger.grants.grant(late.id, consent: .scopes(.all), access: .group(group.id), by: owner)
    }
    await ledger.close()
    try scene.served.start(port: port)
    let before = try revealed(to: scene.owner)
    for (name, type) in [
      ("late%20SHIFT", "connector.created"), ("%2BLate%20shift", "group.created"),
      ("carla%20bruni", "account.role_changed"),
    ] {
      let file = try auditor.open("/portal/audit.csv?exact=\(type)&who=\(name)")
      #expect(file.status == 200, "\(name): \(file.text)")
      #expect(file.body.split(separator: "\r\n").dropFirst().count == 1, "\(name): \(file.body)")
    }
    for name in ["late", "Late", "%21%21"] {
      let page = try auditor.open("/portal/audit?who=\(name)")
      #expect(page.status == 422 && page.body.contains("Nobody and nothing that you may see has this name."), "\(name)")
    }
    let way = "<a href=\"/portal/find?q=late\">Find by a part of the name</a>"
    #expect(try auditor.open("/portal/audit?who=late").body.contains(way), "\(auditor.page.text)")
    #expect(try !auditor.open("/portal/audit?who=%21%21").body.contains("Find by a part"), "\(auditor.page.text)")
    #expect(try revealed(to: scene.owner) == before)
    let base = "/portal/groups/\(scene.group)/connectors"
    let choice = try scene.owner.open(base).body
    #expect(choice.contains("only the oldest 1,000 connectors") && choice.contains("\(base)?connector=NUMBER"))
    #expect(!choice.contains("<option value=\"\(late.id.rawValue)\""))
    let offered = try scene.owner.open("\(base)?connector=\(late.id.rawValue)").body
    #expect(offered.contains("Let <bdi>Late shift</bdi> into <bdi>Field team</bdi>?"), "\(scene.owner.page.text)")
    #expect(try scene.owner.open("/portal/review").body.contains("The first 50 of 52 groups."))
  }

  @Test("Whoever verifies an invited number accepts on the page of groups, once") func verifiesInvited() async throws {
    let scene = try await PortalScene(phone: "+44 7700 900196")
    try scene.addMembers("+44 7700 900197")
    let (bob, eve) = (try scene.person("Bob"), try scene.person("Eve"))
    #expect(try !bob.open("/portal/groups").body.contains("Invitations"))
    try bob.verify("+44 7700 900197")
    let page = try bob.open("/portal/groups").body
    #expect(
      page.contains("<h2 id=\"invitations\">Invitations</h2>") && page.contains("<bdi>Field team</bdi>"), "\(page)")
    let invitation = try PortalScene.first("name=\"membership\" value=\"", "\"", in: bob)
    // Nobody else accepts it, whatever they send.
    let token = try scene.formToken(of: eve)
    try eve.post("/portal/groups/invitations", [("csrf", token), ("membership", invitation)])
    #expect(eve.page.status == 422 && eve.page.body.contains("This invitation is over, or is not yours."))
    try bob.open("/portal/groups")
    try bob.submit("/portal/groups/invitations", [("membership", invitation)])
    #expect(bob.page.body.contains("You are in the group. Recorded as"), "\(bob.page.text)")
    #expect(bob.page.body.contains("You are a member."))
    #expect(try !bob.open("/portal/groups").body.contains("Invitations"))
    #expect(
      try scene.owner.open("/portal/audit.csv?exact=group.invitation_accepted").body.contains("invitation_accepted"))
  }

  @Test("The only operator in force does not disable or erase itself, and is told the way out") func onlyOperator()
    async throws
  {
    let scene = try await PortalScene(phone: "+44 7700 900198")
    try scene.owner.open("/portal/people/2")
    try scene.owner.submit("/portal/people/2", [("do", "disable"), ("reason", "leaves")])
    #expect(scene.owner.page.status == 422, "\(scene.owner.page.text)")
    #expect(scene.owner.page.body.contains("at the command line: credledger operator create."))
    #expect(try scene.owner.open("/portal/health").status == 200)
    let program = try Program.file("credledger")
    let made = try runProgram(
      [
        "operator", "create", "--issuer", "https://id.example.org", "--subject", "second", "--name", "Second",
        "--ledger",
        scene.served.path,
      ], of: program)
    #expect(made.status == 0, "\(made.error)")
    try scene.owner.open("/portal/people/2")
    try scene.owner.submit("/portal/people/2", [("do", "disable"), ("reason", "leaves")])
    #expect(scene.owner.page.body.contains("Sign in"), "\(scene.owner.page.text)")
  }

  @Test("A session that makes room for a newer one ends with an event") func sessionMakes() async throws {
    let served = try await ServedPortal()
    let link = try served.line(beginning: "the first operator signs in at ").dropFirst(served.origin.utf8.count)
    let first = served.browser()
    try first.open(String(link))
    try first.submit("/portal/sign-in/development", [("name", "Ada")])
    for _ in 0..<49 { try served.browser().signIn("Ada") }
    #expect(try first.open("/portal/audit.ndjson?exact=account.signed_out").body.isEmpty)
    let newest = served.browser()
    for browser in [served.browser(), newest] { try browser.signIn("Ada") }
    let ended = try newest.open("/portal/audit.ndjson?exact=account.signed_out").body.split(separator: "\n")
    #expect(ended.count == 2, "\(ended)")
    for event in ended.compactMap({ $0.firstMatch(of: /"position":([0-9]+)/)?.output.1 }) {
      #expect(try newest.open("/portal/events/\(event)").body.contains("made room for a newer session"))
    }
  }
}
