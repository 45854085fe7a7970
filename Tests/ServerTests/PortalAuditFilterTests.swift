import CredentialLedger
import HTTPSupport
import TestSupport
import Testing

/// The filters of the audit page that take several values, and who may use them.
@Suite struct PortalAuditFilterTests {
  private static func events(_ query: String, _ browser: Browser) throws -> [JSONValue] {
    let page = try browser.open("/portal/audit.ndjson?\(query)")
    try #require(page.status == 200, "\(query): \(page.text)")
    return try events(in: page.body)
  }

  private static func events(in text: String) throws -> [JSONValue] {
    try text.split(separator: "\n").map { try JSONParser.parse(Array($0.utf8)) }
  }

  private static func positions(_ events: [JSONValue]) -> [String] { events.map { $0["position"]?.text ?? "" } }
  private static func text(_ event: JSONValue, _ member: String) -> String { event[member]?.text ?? "" }

  /// The handles that an event is about, and of who caused it.
  private static func handles(_ event: JSONValue) -> Set<String> {
    let subjects = text(event, "subjects").split(separator: " ").map { String($0) }
    return Set(subjects + [text(event, "actor"), text(event, "object")])
  }

  /// The events that a page lists.
  private static func listed(_ page: String) -> [String] {
    page.split(separator: "<a class=\"proof").dropFirst().compactMap {
      $0.split(separator: "href=\"/portal/events/").dropFirst().first.map { String($0.prefix { $0 != "\"" }) }
    }
  }

  /// The command line that a page shows, as words.
  private static func command(_ page: String) throws -> [String] {
    let shown = try #require(page.split(separator: "command line</summary><pre><code>").dropFirst().first)
    let line = String(shown.prefix { $0 != "<" }).replacing("&#39;", with: "")
    return line.split(separator: " ").dropFirst().map { String($0) }
  }

  private static func account(of browser: Browser) throws -> String {
    try browser.open("/portal/me")
    return "account:\(try PortalScene.first("account:", "<", in: browser))"
  }

  @Test("Each filter gives the same events on the page, in its files and by the command line that it shows")
  func eachFilter()
    async throws
  {
    let scene = try await PortalScene(phone: "+44 7700 900301")
    let browser = scene.owner
    let bob = try Self.account(of: try scene.person("Bob"))
    // Names are read here for the first time, which is an event; what follows reads no others that these filters find.
    let others = "not=token.*%20phone.*"
    try browser.open("/portal/audit?\(others)")
    let all = try Self.events("", browser)
    let (connector, group) = ("connector:\(scene.connector)", "group:\(scene.group)")
    let requests = Set(all.map { Self.text($0, "request") }).subtracting([""]).sorted().prefix(2)
    try #require(requests.count == 2, "\(all)")
    func isOf(_ event: JSONValue, _ families: [String]) -> Bool {
      families.contains { Self.text(event, "type").hasPrefix($0) }
    }
    let cases: [(query: String, lets: (JSONValue) -> Bool)] = [
      (others, { !isOf($0, ["token.", "phone."]) }),
      ("exact=token.issued%20group.created,phone.*", { isOf($0, ["token.issued", "group.created", "phone."]) }),
      ("exact=token.issued&exact=group.created", { isOf($0, ["token.issued", "group.created"]) }),
      (
        "exact=refresh_token.*%20group.*&not=group.created",
        { isOf($0, ["refresh_token.", "group."]) && !isOf($0, ["group.created"]) }
      ),
      ("type=tokens&not=token.issued", { isOf($0, ["token.", "refresh_token."]) && !isOf($0, ["token.issued"]) }),
      ("actor=\(connector)", { Self.text($0, "actor") == connector }),
      ("actor=\(connector)%20\(bob)", { [connector, bob].contains(Self.text($0, "actor")) }),
      ("who=account:2%20\(bob)&exact=account.*", { isOf($0, ["account."]) }),
      ("who=\(connector)%20\(group)", { Self.handles($0).isSuperset(of: [connector, group]) }),
      ("request=\(requests.joined(separator: "%20"))", { requests.contains(Self.text($0, "request")) }),
    ]
    for one in cases {
      let wanted = Self.positions(all.filter(one.lets))
      #expect(!wanted.isEmpty && wanted.count < all.count, "\(one.query)")
      #expect(try Self.positions(Self.events(one.query, browser)) == wanted, "\(one.query)")
      let page = try browser.open("/portal/audit?\(one.query)").body
      #expect(Self.listed(page) == wanted, "\(one.query)")
      #expect(page.contains("<details class=\"whole-row\" open>") || one.query.hasPrefix("who="), "\(one.query)")
      let asked = try Self.command(page) + ["--format", "ndjson", "--ledger", scene.served.path]
      let printed = try runProgram(asked)
      #expect(try Self.positions(Self.events(in: printed.output)) == wanted, "\(asked): \(printed.error)")
      let rows = try browser.open("/portal/audit.csv?\(one.query)").body.split(separator: "\r\n").dropFirst()
      #expect(rows.map { String($0.prefix { $0 != "," }) } == wanted, "\(one.query)")
      let cloud = try Self.events(in: try browser.open("/portal/audit.cloudevents?\(one.query)").body)
      #expect(cloud.map { Self.text($0, "id") } == wanted, "\(one.query)")
    }
    // The chart draws what the list has, and its links keep the filter.
    let page = try browser.open("/portal/audit?not=token.*").body
    #expect(page.contains("aria-label=\"Tokens: 1 in all, at most 1 in one bar\""), "\(page)")
    #expect(
      page.contains("href=\"?not=token.%2A&amp;type=grants\"") || page.contains("href=\"?not=token.*&amp;type=grants\"")
    )
    // Where no type is left there is no line, as one without a type would list all.
    let none = try browser.open("/portal/audit?exact=token.*&not=token.*").body
    #expect(none.contains("No event matches.") && !none.contains("command line</summary>"), "\(none)")
  }

  @Test("A value that no filter takes is refused by the name of its field, on the page, in files and live")
  func badValues()
    async throws
  {
    let scene = try await PortalScene(phone: "+44 7700 900302")
    let many = Array(repeating: "account:2", count: 21).joined(separator: ",")
    for (query, field) in [
      ("exact=token.issued%20nothing", "exact"), ("not=token", "not"), ("not=token.issued,x", "not"),
      ("actor=Bob", "actor"), ("actor=group:5", "actor"), ("actor=account", "actor"), ("actor=\(many)", "actor"),
      ("who=\(many)", "who"), ("address=here", "address"), ("address=10.0.0.0/8", "address"),
      ("address=&address=here", "address"),
    ] {
      let page = try scene.owner.open("/portal/audit?\(query)")
      #expect(page.status == 422 && page.body.contains("<a href=\"#\(field)\">"), "\(query): \(page.text)")
      #expect(PortalMarkup(page.body).faults.isEmpty, "\(query): \(PortalMarkup(page.body).faults)")
      for path in ["audit.csv", "audit.ndjson", "audit.cloudevents", "audit/live"] {
        let refused = try scene.owner.open("/portal/\(path)?\(query)")
        #expect(refused.status == 400, "\(path)?\(query): \(refused.text)")
        #expect(refused.body.contains("<dt>Field</dt><dd><code>\(field)</code></dd>"), "\(path)?\(query)")
      }
    }
  }

  @Test("Operators find events by every address, auditors by those that they may reveal, and others by none")
  func addresses()
    async throws
  {
    let scene = try await PortalScene(phone: "+44 7700 900303")
    let auditor = try scene.person("Carla", role: .auditor)
    let bob = try scene.person("Bob")
    try bob.verify("+44 7700 900304")
    let account = try Self.account(of: bob)
    let here = "address=127.0.0.1"
    let ofOperator = try Self.events("\(here)&exact=group.created", scene.owner)
    let ofBob = try Self.events("\(here)&actor=\(account)", scene.owner)
    #expect(!ofOperator.isEmpty && !ofBob.isEmpty)
    #expect(try Self.events("address=192.0.2.1", scene.owner).isEmpty)
    #expect(try Self.events("address=192.0.2.1,127.0.0.1&exact=group.created", scene.owner) == ofOperator)
    let page = try scene.owner.open("/portal/audit?\(here)").body
    #expect(page.contains("name=\"address\"") && page.contains("value=\"127.0.0.1\""))
    let line = try Self.command(page)
    #expect(line == ["audit", "--address", "-", "--limit", "50"])
    let printed = try runProgram(line + ["--format", "ndjson", "--ledger", scene.served.path], input: "127.0.0.1\n")
    #expect(try Self.positions(Self.events(in: printed.output)) == Self.listed(page), "\(printed.error)")

    #expect(try Self.events("\(here)&actor=\(account)", auditor) == ofBob)
    #expect(try Self.events("\(here)&exact=group.created", auditor).isEmpty)
    let shown = try Self.events(here, auditor)
    let operators = ["account:2", "connector:\(scene.connector)"]
    #expect(!shown.isEmpty && shown.allSatisfy { !operators.contains(Self.text($0, "actor")) }, "\(shown)")
    #expect(try auditor.open("/portal/audit").body.contains("Addresses from which operators acted are not searched."))

    let administrator = try scene.person("Tess", role: .tenantAdmin)
    for browser in [bob, administrator] {
      #expect(try !browser.open("/portal/audit").body.contains("name=\"address\""))
      for query in [here, "address=192.0.2.1", "address=&\(here)"] {
        let refused = try browser.open("/portal/audit?\(query)")
        #expect(refused.status == 422 && Self.listed(refused.body).isEmpty, "\(query): \(refused.text)")
        #expect(refused.body.contains("Only operators and auditors search by client address."), "\(query)")
        #expect(PortalMarkup(refused.body).faults.isEmpty, "\(query): \(PortalMarkup(refused.body).faults)")
        for path in ["audit.csv", "audit.ndjson", "audit.cloudevents", "audit/live"] {
          #expect(try browser.open("/portal/\(path)?\(query)").status == 400, "\(path)?\(query)")
        }
      }
    }
  }

  @Test("No filter shows anybody an event that they do not see without it") func noneWidens() async throws {
    let scene = try await PortalScene(phone: "+44 7700 900305")
    let bob = try scene.person("Bob")
    try bob.verify("+44 7700 900306")
    let account = try Self.account(of: bob)
    let own = Set(Self.positions(try Self.events("", bob)))
    #expect(!own.isEmpty)
    #expect(try own.isSuperset(of: Self.positions(Self.events("actor=\(account)", bob))))
    #expect(try !Self.events("actor=\(account)%20account:2", bob).isEmpty)
    for query in [
      "actor=account:2", "actor=operator:2%20operator", "not=token.*", "exact=group.*,connector.*,ledger.*",
      "who=account:2%20\(account)", "who=connector:\(scene.connector)%20group:\(scene.group)",
    ] {
      let found = try Self.positions(Self.events(query, bob))
      #expect(own.isSuperset(of: found), "\(query): \(found)")
      let page = try bob.open("/portal/audit?\(query)")
      #expect(page.status == 200 && own.isSuperset(of: Self.listed(page.body)), "\(query): \(page.text)")
    }
    #expect(try Self.events("exact=group.created", bob).isEmpty)
  }
}
