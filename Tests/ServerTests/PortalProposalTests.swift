import CredentialLedger
import TestSupport
import Testing

/// Changes that need two operators, as they go through the portal.
@Suite struct PortalProposalTests {
  /// A portal whose rules need two operators, the two, and somebody whose role is to change.
  struct Guarded {
    let scene: PortalScene
    let ada: Browser
    let bo: Browser
    /// The number of Cy's account.
    let cy: String

    init(
      phone: String, named name: String = "Field team",
      options: @escaping (_ folder: String) throws -> [String] = { _ in ["--development"] }
    ) async throws {
      let made = try await PortalScene(phone: phone, named: name, options: options)
      (scene, ada, bo) = (made, made.owner, try made.person("Bo"))
      func number(_ browser: Browser) throws -> String {
        try browser.open("/portal/me")
        return try PortalScene.first("account:", "<", in: browser)
      }
      cy = try number(try made.person("Cy"))
      for arguments in [
        ["account", "role", try number(bo), "operator", "--as", "account:2"],
        ["operator", "require-two", "erasure", "roles", "keys", "--as", "account:2"],
      ] {
        let result = try runProgram(arguments + ["--ledger", made.served.path])
        #expect(result.status == 0, "\(arguments): \(result.error)")
      }
    }

    /// The path of the proposal whose page a browser shows.
    func proposal(_ browser: Browser) throws -> String {
      #expect(browser.page.body.contains("Proposed. Another operator decides on it."), "\(browser.page.text)")
      return "/portal/proposals/" + (try PortalScene.first("action=\"/portal/proposals/", "\"", in: browser))
    }

    /// Sends the answer to a proposal that a page offers, or offers not, from that page.
    func answer(
      _ answer: String, to proposal: String, _ browser: Browser, _ fields: [(String, String)] = []
    ) throws {
      try browser.open(proposal)
      let token = try scene.formToken(of: browser)
      try browser.post(proposal, [("csrf", token), ("do", answer)] + fields)
    }

    func state(of proposal: String) throws -> String {
      try ada.open(proposal)
      return String(
        try PortalScene.first("<dt>State</dt><dd><span class=\"status", "<", in: ada).drop { $0 != ">" }.dropFirst())
    }
  }

  @Test("A role is proposed, approved by another operator, and given by the proposal once") func roleProposed()
    async throws
  {
    let guarded = try await Guarded(phone: "+44 7700 900170")
    let (ada, bo, person) = (guarded.ada, guarded.bo, "/portal/people/\(guarded.cy)")
    let role = String(AccountRole.auditor.rawValue)
    try ada.open(person)
    #expect(ada.page.body.contains("This needs a second operator") && !ada.page.body.contains(">Change role<"))
    #expect(
      ada.page.body.contains("credledger account role account:\(guarded.cy) auditor --propose --reason REASON"),
      "\(ada.page.text)")
    try ada.submit(person, [("to", role), ("do", "propose-role"), ("why", "")])
    #expect(ada.page.status == 422 && ada.page.body.contains("Say why"))
    // Nor is it done at once where a form says so that nobody was shown.
    try ada.open(person)
    try ada.submit(person, [("to", role), ("do", "role")])
    #expect(ada.page.status == 422 && ada.page.body.contains("approval of a second operator"), "\(ada.page.text)")
    try ada.open(person)
    try ada.submit(person, [("to", role), ("do", "propose-role"), ("why", "quarterly audit")])
    let proposal = try guarded.proposal(ada)
    #expect(ada.page.body.contains("<bdi>quarterly audit</bdi>") && ada.page.body.contains("role auditor</bdi>"))
    #expect(!ada.page.body.contains(">Approve<") && ada.page.body.contains(">Withdraw<"))
    let number = String(proposal.split(separator: "/").last ?? "")
    #expect(ada.page.body.contains("credledger proposal withdraw \(number)"))
    #expect(!ada.page.body.contains("credledger proposal approve") && !ada.page.body.contains("--proposal \(number)"))
    // Whoever proposed it approves nothing, and before the approval nobody makes it.
    for (answer, browser) in [("approve", ada), ("reject", ada), ("make", ada), ("make", bo), ("withdraw", bo)] {
      try guarded.answer(answer, to: proposal, browser, [("reason", "x")])
      #expect(browser.page.status == 422, "\(answer): \(browser.page.text)")
    }
    #expect(try guarded.state(of: proposal) == "Waits for another operator")
    #expect(try bo.open("/portal/proposals").body.contains("href=\"\(proposal)\""))
    try bo.open(proposal)
    #expect(bo.page.body.contains(">Approve<") && !bo.page.body.contains(">Withdraw<"))
    for line in ["approve \(number)", "reject \(number) --reason REASON"] {
      #expect(bo.page.body.contains("credledger proposal \(line)"), "\(line): \(bo.page.text)")
    }
    #expect(!bo.page.body.contains("credledger proposal withdraw"))
    try bo.submit(proposal, [("do", "approve"), ("reason", "")])
    #expect(bo.page.body.contains("Done. Recorded as"), "\(bo.page.text)")
    #expect(try guarded.state(of: proposal) == "Approved")
    #expect(
      ada.page.body.contains("credledger account role account:\(guarded.cy) auditor --proposal \(number)"),
      "\(ada.page.text)")
    try ada.submit(proposal, [("do", "make")])
    #expect(try guarded.state(of: proposal) == "Made")
    #expect(try ada.open(person).body.contains("· auditor ·"))
    // Once, whatever is sent again.
    for answer in ["make", "withdraw"] {
      try guarded.answer(answer, to: proposal, ada)
      #expect(ada.page.status == 422 && ada.page.body.contains("of no use any more"), "\(ada.page.text)")
    }
    let trail = try runProgram(
      ["audit", "--subject", "proposal:\(proposal.split(separator: "/").last ?? "")", "--format", "ndjson"]
        + ["--ledger", guarded.scene.served.path]
    ).output
    for part in ["proposal.made", "account.role_changed", "quarterly audit"] {
      #expect(trail.contains(part), "\(trail)")
    }
    #expect(trail.split(separator: "proposal.decided").count == 3, "\(trail)")
  }

  @Test("A person is erased once another operator approved it, and a rejection says why") func personErased()
    async throws
  {
    let guarded = try await Guarded(phone: "+44 7700 900171")
    let (ada, bo, page) = (guarded.ada, guarded.bo, "/portal/people/\(guarded.cy)/erase")
    let fields = [("reason", "asked for it"), ("confirm", "account:\(guarded.cy)")]
    try ada.open(page)
    #expect(ada.page.body.contains(">Propose to erase<") && !ada.page.body.contains("Erase for ever"))
    #expect(ada.page.body.contains("credledger erase account:\(guarded.cy) --propose --reason REASON"))
    try ada.submit(page, fields)
    #expect(ada.page.status == 422 && ada.page.body.contains("approval of a second operator"), "\(ada.page.text)")
    try ada.open(page)
    try ada.submit(page, fields + [("do", "propose")])
    let rejected = try guarded.proposal(ada)
    try guarded.answer("reject", to: rejected, bo)
    #expect(bo.page.status == 422 && bo.page.body.contains("Say why"))
    try guarded.answer("reject", to: rejected, bo, [("reason", "wrong person")])
    #expect(try guarded.state(of: rejected) == "Rejected")
    try ada.open(page)
    try ada.submit(page, fields + [("do", "propose")])
    let proposal = try guarded.proposal(ada)
    try guarded.answer("approve", to: proposal, bo)
    // By the one that was rejected, or by another number, nothing is erased.
    for number in [rejected.split(separator: "/").last ?? "", "1"] {
      try ada.open("\(page)?proposal=\(number)")
      try ada.submit(page, fields)
      #expect(ada.page.status == 422 || ada.page.status == 404, "\(ada.page.text)")
    }
    try ada.open(proposal)
    let link = "\(page)?proposal=\(proposal.split(separator: "/").last ?? "")"
    #expect(ada.page.body.contains("href=\"\(link)\">Erase…"), "\(ada.page.text)")
    try ada.open(link)
    #expect(ada.page.body.contains("Erase for ever"))
    #expect(ada.page.body.contains("credledger erase account:\(guarded.cy) --proposal "))
    try ada.submit(page, fields)
    #expect(ada.page.body.contains("The person is erased."), "\(ada.page.text)")
    #expect(try guarded.state(of: proposal) == "Made")
  }

  @Test("The signing key is replaced by an approved proposal, and a proposal is taken back") func signingKey()
    async throws
  {
    let guarded = try await Guarded(phone: "+44 7700 900172")
    let (ada, bo) = (guarded.ada, guarded.bo)
    func newest() throws -> String? {
      try ada.open("/portal/keys")
      return ada.text(of: "newest-key")
    }
    let before = try newest()
    #expect(ada.page.body.contains(">Propose to rotate<"))
    #expect(ada.page.body.contains("credledger key rotate-signing --propose --reason REASON"))
    try ada.submit("/portal/keys", [("reason", "yearly")])
    #expect(ada.page.status == 422 && ada.page.body.contains("approval of a second operator"), "\(ada.page.text)")
    try ada.open("/portal/keys")
    try ada.submit("/portal/keys", [("reason", "yearly"), ("do", "propose")])
    let withdrawn = try guarded.proposal(ada)
    try guarded.answer("approve", to: withdrawn, bo)
    try guarded.answer("withdraw", to: withdrawn, ada)
    #expect(try guarded.state(of: withdrawn) == "Withdrawn")
    try guarded.answer("make", to: withdrawn, bo)
    #expect(try newest() == before)
    try ada.submit("/portal/keys", [("reason", "yearly"), ("do", "propose")])
    let proposal = try guarded.proposal(ada)
    try guarded.answer("approve", to: proposal, bo)
    try guarded.answer("make", to: proposal, bo)
    #expect(try guarded.state(of: proposal) == "Made")
    let after = try newest()
    #expect(after != before && after != nil)
    // One that the portal does not make names the way.
    let other = try runProgram(
      ["key", "rotate", "token-mask", "--propose", "--as", "account:2", "--format", "json"]
        + ["--ledger", guarded.scene.served.path])
    let number = try #require(other.output.firstMatch(of: /proposal:([0-9]+)/), "\(other)").output.1
    try guarded.answer("approve", to: "/portal/proposals/\(number)", bo)
    try ada.open("/portal/proposals/\(number)")
    #expect(ada.page.body.contains("<code>--proposal \(number)</code>") && !ada.page.body.contains(">Make the change<"))
  }
}
