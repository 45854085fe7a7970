import CredentialLedger
import Glibc
import HTTPSupport
import TestSupport
import Testing

/// Files that people take away from the audit trail, and which part of it they see.
@Suite struct PortalFileTests {
  /// The lines of a file, each as JSON.
  private static func lines(_ path: String, _ browser: Browser) throws -> [JSONValue] {
    try browser.open(path).body.split(separator: "\n").map { try JSONParser.parse(Array($0.utf8)) }
  }

  private static func texts(_ lines: [JSONValue], _ member: String) -> [String] { lines.map { $0[member]?.text ?? "" } }

  /// The handles that an event of a file is about, and of who caused it.
  private static func handles(_ line: JSONValue) -> Set<String> {
    let words = (line["subjects"]?.text ?? "").split(separator: " ").map(String.init)
    return Set(words + [line["actor"]?.text, line["object"]?.text].compactMap { $0 })
  }

  private static func create(_ what: String, _ name: String, _ browser: Browser) throws -> String {
    try browser.open("/portal/\(what)/new")
    try browser.submit("/portal/\(what)/new", [("name", name)])
    if what == "connectors" {
      try browser.submit("/portal/connectors/new/permissions", [("permission", "text-message")])
    }
    return try PortalScene.first("action=\"/portal/\(what)/", "\"", in: browser)
  }

  /// Lets a connector into a group, and gives its Refresh Token.
  @discardableResult
  private static func letIn(_ connector: String, _ group: String, _ browser: Browser) throws -> String {
    try browser.open("/portal/groups/\(group)/connectors?connector=\(connector)")
    try browser.submit("/portal/groups/\(group)/connectors")
    return try #require(browser.text(of: "refresh"), "\(browser.page.text)")
  }

  @Test("Each kind of file has the events that the filters let pass, all of them and no other") func eachKind()
    async throws
  {
    let scene = try await PortalScene(phone: "+44 7700 900225")
    let browser = scene.owner
    // Tokens of another group, and other events of the same one, are no part of it.
    let other = try Self.create("groups", "Another", browser)
    try Self.letIn(scene.connector, other, browser)
    let all = try Self.lines("/portal/audit.ndjson", browser)
    let group = "group:\(scene.group)"
    let wanted = all.filter {
      let type = $0["type"]?.text ?? ""
      return ["token.", "refresh_token."].contains { type.hasPrefix($0) } && Self.handles($0).contains(group)
    }
    #expect(Set(Self.texts(wanted, "type")) == ["token.issued", "refresh_token.issued"] && wanted.count < all.count)
    let query = "who=\(group)&type=tokens"
    let page = try browser.open("/portal/audit?\(query)").body
    let shown = page.split(separator: "<a class=\"proof").dropFirst().compactMap {
      $0.split(separator: "href=\"/portal/events/").dropFirst().first.map { String($0.prefix { $0 != "\"" }) }
    }
    #expect(shown == Self.texts(wanted, "position"))

    #expect(try Self.lines("/portal/audit.ndjson?\(query)", browser) == wanted)
    let rows = try browser.open("/portal/audit.csv?\(query)").body.split(separator: "\r\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    let heading = try #require(rows.first)
    #expect(rows.dropFirst().allSatisfy { $0.count == heading.count })
    for member in ["position", "time", "type", "actor", "object", "request"] {
      let column = try #require(heading.firstIndex(of: member))
      #expect(rows.dropFirst().map { $0[column] } == Self.texts(wanted, member), "\(member)")
    }
    let column = try #require(heading.firstIndex(of: "group"))
    #expect(rows.dropFirst().allSatisfy { $0[column] == group }, "\(rows)")

    // CloudEvents 1.0, in JSON.
    let events = try Self.lines("/portal/audit.cloudevents?\(query)", browser)
    #expect(browser.page.header("content-type") == "application/x-ndjson")
    #expect(Self.texts(events, "id") == Self.texts(wanted, "position"))
    #expect(Self.texts(events, "time") == Self.texts(wanted, "time"))
    #expect(Self.texts(events, "type") == Self.texts(wanted, "type").map { "credledger." + $0 })
    #expect(Set(Self.texts(events, "specversion")) == ["1.0"])
    #expect(Set(Self.texts(events, "source")) == ["credledger://ledger.example.org"])
    let subjects = wanted.map { line in
      let object = line["object"]?.text ?? ""
      return object.isEmpty ? String((line["subjects"]?.text ?? "").prefix { $0 != " " }) : object
    }
    #expect(Self.texts(events, "subject") == subjects)
    for event in events {
      #expect(Timestamp(rfc3339: event["time"]?.text ?? "") != nil, "\(event)")
      #expect(event["data"]?["position"]?.text == event["id"]?.text, "\(event)")
    }
    // Nothing of no event.
    for file in ["ndjson", "cloudevents"] {
      let empty = try browser.open("/portal/audit.\(file)?exact=subject.erased")
      #expect(empty.status == 200 && empty.body.isEmpty, "\(file)")
    }
  }

  @Test("Evidence from the page of an event holds for both verifiers, and a changed byte does not") func evidencePage()
    async throws
  {
    let scene = try await PortalScene(phone: "+44 7700 900226")
    let evidence = try scene.owner.open("/portal/evidence/\(scene.token)")
    #expect(evidence.status == 200 && evidence.header("content-type") == "application/json")
    let file = "\(scene.served.folder.path)/evidence.json"
    try Self.write(Array(evidence.body.utf8), to: file)
    #expect(try scene.served.verdicts(on: file) == [0, 0])
    let bytes = Array(evidence.body.utf8)
    for (index, part) in ["checkpoint", "record\"", "inclusion"].enumerated() {
      var changed = bytes
      let place = try #require(evidence.body.firstRange(of: "\"\(part)"), "\(part)")
      // Some letters on, within the value.
      let at = evidence.body.utf8.distance(from: evidence.body.startIndex, to: place.lowerBound) + 45
      changed[at] = changed[at] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
      let other = "\(scene.served.folder.path)/changed-\(index).json"
      try Self.write(changed, to: other)
      #expect(try scene.served.verdicts(on: other) == [1, 1], "\(part)")
    }
  }

  @Test("An admin sees what concerns their group, a developer their connector, and nobody what concerns others")
  func adminSees()
    async throws
  {
    let scene = try await PortalScene(phone: "+44 7700 900227")
    let (bob, cleo, dan) = (try scene.person("Bob"), try scene.person("Cleo"), try scene.person("Dan"))
    try bob.verify("+44 7700 900228")
    try cleo.verify("+44 7700 900229")
    let north = try Self.create("groups", "North", bob)
    try scene.join(dan, "+44 7700 900230", group: north, by: bob)
    let south = try Self.create("groups", "South", dan)
    let roster = try Self.create("connectors", "Roster", cleo)
    let payroll = try Self.create("connectors", "Payroll", dan)
    let larder = try Self.create("connectors", "Larder", dan)
    // Bob lets in connectors of others; Dan lets Cleo's in, and one of his own.
    for connector in [roster, payroll] { try Self.letIn(connector, north, bob) }
    for connector in [roster, larder] { try Self.letIn(connector, south, dan) }
    let all = try Self.lines("/portal/audit.ndjson", scene.owner)
    for (browser, own, others) in [
      (bob, ["group:\(north)"], ["group:\(south)", "connector:\(larder)"]),
      (cleo, ["connector:\(roster)"], ["connector:\(payroll)", "connector:\(larder)"]),
    ] {
      try browser.open("/portal/me")
      let number = try PortalScene.first("account:", "<", in: browser)
      let account = "account:\(number)"
      let seen = try Self.lines("/portal/audit.ndjson", browser)
      let mine = Set(own + [account])
      #expect(seen.allSatisfy { !Self.handles($0).isDisjoint(with: mine) }, "\(account)")
      let positions = Set(Self.texts(seen, "position"))
      let concerning = all.filter { !Self.handles($0).isDisjoint(with: own) }
      #expect(concerning.count >= 3 && positions.isSuperset(of: Self.texts(concerning, "position")), "\(account)")
      // Some of them somebody else caused.
      #expect(seen.contains { $0["actor"]?.text != account && !Self.handles($0).isDisjoint(with: own) })
      #expect(seen.allSatisfy { Self.handles($0).isDisjoint(with: others) }, "\(account)")
      let one = try #require(concerning.first?["position"]?.text)
      #expect(try browser.open("/portal/events/\(one)").status == 200)
      for other in others {
        let number = try #require(other.split(separator: ":").last)
        #expect(try browser.open("/portal/events/\(number)").status == 404, "\(other)")
        #expect(try browser.open("/portal/audit?who=\(other)").body.contains("No event matches."), "\(other)")
      }
    }
    // A member who does not administer a group reads nothing of what others do there.
    #expect(try dan.open("/portal/groups/\(north)").body.contains("You are a member."), "\(dan.page.text)")
    #expect(try dan.open("/portal/events/\(north)").status == 404)
    #expect(try bob.open("/portal/audit").body.contains("<bdi>North</bdi>") && !bob.page.body.contains("South"))
    #expect(try cleo.open("/portal/audit").body.contains("<bdi>Roster</bdi>") && !cleo.page.body.contains("Larder"))
  }

  @Test("What was deleted stays readable to whom it belonged, and its end to admins where it had access")
  func deletedStays()
    async throws
  {
    let scene = try await PortalScene(phone: "+44 7700 900276")
    let (bob, cleo) = (try scene.person("Bob"), try scene.person("Cleo"))
    try bob.verify("+44 7700 900277")
    try cleo.verify("+44 7700 900278")
    let north = try Self.create("groups", "North", bob)
    let (roster, larder) = (
      try Self.create("connectors", "Roster", cleo), try Self.create("connectors", "Larder", cleo)
    )
    try Self.letIn(roster, north, bob)
    try cleo.open("/portal/connectors/\(roster)/rotate")
    try cleo.submit("/portal/connectors/\(roster)/rotate", [("overlap", "0")])
    func delete(_ path: String, _ name: String, _ browser: Browser) throws {
      try browser.open("\(path)/delete")
      try browser.submit("\(path)/delete", [("confirm", name)])
      #expect(browser.page.body.contains("is deleted."), "\(browser.page.text)")
    }
    try delete("/portal/connectors/\(roster)", "Roster", cleo)
    try delete("/portal/connectors/\(larder)", "Larder", cleo)

    func events(of handle: String, to browser: Browser) throws -> [JSONValue] {
      try Self.lines("/portal/audit.ndjson", browser).filter { Self.handles($0).contains(handle) }
    }
    let ofRoster = Self.texts(try events(of: "connector:\(roster)", to: scene.owner), "type")
    #expect(ofRoster.contains("permission.granted") && ofRoster.contains("connector.secret_rotated"), "\(ofRoster)")
    #expect(Self.texts(try events(of: "connector:\(roster)", to: cleo), "type") == ofRoster)
    #expect(try cleo.open("/portal/audit?who=Roster").body.contains("connector.deleted"), "\(cleo.page.text)")
    // An admin reads that it was deleted, and still nothing of what it did elsewhere, or of another one.
    let seen = try events(of: "connector:\(roster)", to: bob)
    let types = Set(Self.texts(seen, "type"))
    #expect(types.isSuperset(of: ["connector.deleted", "permission.granted"]), "\(types)")
    #expect(!types.contains("connector.secret_rotated"), "\(types)")
    #expect(try events(of: "connector:\(larder)", to: bob).isEmpty)
    let end = try #require(seen.first { $0["type"]?.text == "connector.deleted" }?["position"]?.text)
    #expect(try bob.open("/portal/events/\(end)").status == 200)

    try delete("/portal/groups/\(north)", "North", bob)
    let ofNorth = Self.texts(try events(of: "group:\(north)", to: scene.owner), "type")
    #expect(ofNorth.contains("group.deleted"), "\(ofNorth)")
    #expect(Self.texts(try events(of: "group:\(north)", to: bob), "type") == ofNorth)
    #expect(try bob.open("/portal/groups/\(north)").body.contains("/portal/events/"), "\(bob.page.text)")
  }

  private static func write(_ bytes: [UInt8], to path: String) throws {
    guard let file = unsafe fopen(path, "w") else { throw ServerFailure(reason: "no file \(path)") }
    unsafe fwrite(bytes, 1, bytes.count, file)
    unsafe fclose(file)
  }
}

extension ServedPortal {
  /// The exit statuses of the program and of the second verifier for a file of evidence.
  func verdicts(on file: String) throws -> [Int32] {
    let second = PortalClickTests.root + "/Tools/checks/verify-proofs"
    return [
      try runProgram(["verify-bundle", file, "--key", key]).status,
      try runProgram(["bundle", file, "--key", key], of: second).status,
    ]
  }
}
