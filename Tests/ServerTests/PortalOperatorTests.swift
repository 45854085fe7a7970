import CredentialLedger
import TestSupport
import Testing

@testable import ManagementPortal

/// The pages of operators and auditors.
@Suite struct PortalOperatorTests {
  /// An operator's browser.
  private func `operator`(of served: ServedPortal) throws -> Browser {
    let browser = served.browser()
    let link = try served.line(beginning: "the first operator signs in at ").dropFirst(served.origin.utf8.count)
    try browser.open(String(link))
    try browser.submit("/portal/sign-in/development", [("name", "Ada")])
    return browser
  }

  @Test("An operator changes roles and disables people, whose sessions end at once") func operatorChanges() async throws
  {
    let served = try await ServedPortal()
    let browser = try self.operator(of: served)
    let other = served.browser()
    try other.signIn("Bob")
    #expect(try browser.open("/portal/people?q=bob").body.contains("<bdi>Bob</bdi>"))
    let account = try #require(
      browser.page.body.split(separator: "href=\"/portal/people/").dropFirst().first?.prefix { $0 != "\"" })
    try browser.open("/portal/people/\(account)")
    let role = AccountRole.auditor.rawValue
    try browser.submit("/portal/people/\(account)", [("to", String(role)), ("do", "role")])
    #expect(browser.page.body.contains("· auditor ·"), "\(browser.page.body)")
    #expect(try other.open("/portal/audit?exact=ledger.created").body.contains("This ledger was created"))
    try browser.submit("/portal/people/\(account)", [("do", "disable"), ("reason", "")])
    #expect(browser.page.status == 422)
    try browser.submit("/portal/people/\(account)", [("do", "disable"), ("reason", "left the team")])
    #expect(browser.page.body.contains("Disabled"))
    #expect(try other.open("/portal/").body.contains("<h1>Sign in</h1>"))
    try other.signIn("Bob")
    #expect(other.page.body.contains("Your account is disabled."))
    // Operators are made and changed at the command line alone.
    try browser.open("/portal/people/2")
    #expect(!browser.page.body.contains("Change role") && browser.page.body.contains("at the command line only"))
    #expect(try browser.open("/portal/health").status == 200)
  }

  @Test("A page of people that is opened again leaves one event") func pagePeople() async throws {
    let served = try await ServedPortal()
    let browser = try self.operator(of: served)
    try served.browser().signIn("Bob")
    func revealed() throws -> Int {
      let file = try browser.open("/portal/audit.ndjson?exact=personal_data.revealed").body
      return file.split(separator: "\n").count { $0.contains("personal_data.revealed") }
    }
    let before = try revealed()
    try browser.open("/portal/people")
    let once = try revealed()
    #expect(once > before)
    for path in ["/portal/people", "/portal/people", "/portal/people?q=bob"] {
      #expect(try browser.open(path).body.contains("<bdi>Bob</bdi>"))
    }
    #expect(try revealed() == once)
    // Other people, or another purpose, are another reading; again, the same is one.
    let bob = try #require(
      browser.open("/portal/people?q=bob").body.split(separator: "href=\"/portal/people/").dropFirst().first?
        .prefix { $0 != "\"" })
    try browser.open("/portal/people/\(bob)")
    let other = try revealed()
    #expect(other > once)
    try browser.open("/portal/people/\(bob)")
    #expect(try revealed() == other)
  }

  @Test("Pages of operators are not there for others, and each sees their own part of the audit trail")
  func pagesOperators()
    async throws
  {
    let served = try await ServedPortal()
    let browser = try self.operator(of: served)
    let other = served.browser()
    try other.signIn("Bob")
    for path in ["/portal/health", "/portal/people", "/portal/people/2"] {
      #expect(try other.open(path).status == 404, "\(path)")
      #expect(try browser.open(path).status == 200, "\(path)")
    }
    #expect(try other.open("/portal/").body.contains(">Health<") == false)
    #expect(try other.open("/portal/audit").body.contains("<bdi>Ada</bdi>") == false)
    #expect(try other.open("/portal/audit?who=account:2").body.contains("No event matches."))
    #expect(other.page.body.contains(" events; the newest is from <time"), "\(other.page.text)")
    #expect(try other.open("/portal/events/2").status == 404 && other.open("/portal/evidence/2").status == 404)
    #expect(try other.open("/portal/audit.ndjson").body.contains("account:2\"") == false)
  }

  @Test("That files are cut is said where a ledger has more events than they, with the line that gives all")
  func filesCut()
    throws
  {
    let query = FormValues([(name: "who", value: "connector:5"), (name: "type", value: "tokens")])
    #expect(ManagementPortal.filesCut(query, head: 10_000).text.isEmpty)
    let said = ManagementPortal.filesCut(query, head: 10_001).text
    let line = "credledger audit --connector 5 --type 'token.*' --type 'refresh_token.*' --all --format csv"
    #expect(said.contains("the newest 10,000 events") && said.replacing("&#39;", with: "'").contains(line), "\(said)")
    let words = line.replacing("'", with: "").split(separator: " ").dropFirst().map(String.init)
    let result = try runProgram(words + ["--ledger", "/none"], of: try Program.file("credledger"))
    #expect(!result.error.lowercased().contains("usage:"), "\(result.error)")
  }

  @Test("Files have what the filters let pass, and no cell that a spreadsheet computes") func filesFilters()
    async throws
  {
    let served = try await ServedPortal()
    let browser = try self.operator(of: served)
    try browser.verify("+44 7700 900128")
    try browser.open("/portal/connectors/new")
    try browser.submit("/portal/connectors/new", [("name", "=1+1,\"x\"")])
    try browser.submit("/portal/connectors/new/permissions", [("permission", "text-message")])
    try browser.open("/portal/groups/new")
    try browser.submit("/portal/groups/new", [("name", "Field team;=2")])
    let group = try #require(
      browser.page.body.split(separator: "action=\"/portal/groups/").dropFirst().first?.prefix { $0 != "\"" })
    try browser.open("/portal/groups/\(group)/connectors")
    let number = try #require(
      browser.page.body.split(separator: "<option value=\"").dropFirst().first?.prefix { $0 != "\"" })
    try browser.open("/portal/groups/\(group)/connectors?connector=\(number)")
    try browser.submit("/portal/groups/\(group)/connectors")
    let review = try browser.open("/portal/review.csv")
    #expect(review.header("content-type") == "text/csv; charset=utf-8")
    #expect(review.body.contains(",\"'=1+1,\"\"x\"\"\","), "\(review.body)")
    // A spreadsheet with another separator begins a cell there.
    #expect(review.body.contains(",\"Field team;'=2\","), "\(review.body)")
    #expect(try browser.open("/portal/review").body.contains("not used"))
    let lines = try browser.open("/portal/audit.csv?exact=phone.*").body.split(separator: "\r\n")
    #expect(lines.count == 4 && lines.dropFirst().allSatisfy { $0.contains(",phone.") }, "\(lines)")
    #expect(
      lines[0]
        == "position,time,type,actor,object,account,phone,connector,group,grant,family,token,webhook,membership,challenge,subscription,authorizationCode,resourceServer,proposal,eventNamespace,request"
    )
    let verified = lines.first { $0.contains(",phone.verified,") }?.split(
      separator: ",", omittingEmptySubsequences: false)
    #expect(verified?.count == 21 && verified?[5].hasPrefix("account:") == true, "\(lines)")
    #expect(verified?[14].hasPrefix("challenge:") == true, "\(lines)")
    #expect(try browser.open("/portal/audit.ndjson?exact=ledger.created").json?["position"]?.text == "1")
    #expect(try browser.open("/portal/audit.csv?exact=nothing").status == 400)
  }
}
