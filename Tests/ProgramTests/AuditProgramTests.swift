import CredentialLedger
import Glibc
import LedgerTestSupport
import Testing

@testable import credledger

/// `credledger audit`, as it is called and read.
@Suite struct AuditProgramTests {
  private static let secrets = ["Ada", "Eve", "a-1\"", "911199999999", "911199999998", "192.0.2.7"]

  @Test("Files for other programs are what they were") func filesOther() async throws {
    let ledger = try await AuditedLedger()
    // Without the first event, which has the key that was made for this ledger.
    func written(_ arguments: [String]) throws -> String {
      ledger.steady(try ledger.output(["audit", "--reverse", "--after", "1"] + arguments))
    }
    expectGolden(try written(["--format", "csv"]), "audit.csv")
    expectGolden(try written(["--format", "cloudevents"]), "audit.cloudevents.ndjson")
    expectGolden(try written([]), "audit.txt")
    // Last, as it is an event itself.
    expectGolden(try written(["--format", "ndjson", "--reveal"]), "audit.revealed.ndjson")
  }

  @Test("Every format keeps to its schema") func everyFormat() async throws {
    let ledger = try await AuditedLedger()
    for reveal in [[], ["--reveal"]] {
      try expectDocuments(try ledger.output(["audit", "--format", "json"] + reveal), match: "audit")
      try expectDocuments(try ledger.output(["audit", "--format", "ndjson"] + reveal), match: "audit-event")
      try expectDocuments(
        try ledger.output(["audit", "--format", "cloudevents"] + reveal), match: "audit-cloudevent")
    }
    try expectDocuments(try ledger.output(["audit", "--limit", "1", "--format", "json"]), match: "audit")
  }

  @Test("Nothing personal is shown unless asked for") func nothingPersonal() async throws {
    let ledger = try await AuditedLedger()
    let fields = ["--fields", "actor,object,subjects,request,details,personal"]
    for format in ["table", "csv", "json", "ndjson"] {
      let masked = try ledger.output(["audit", "--format", format] + fields)
      for secret in Self.secrets where secret != "a-1\"" { #expect(!masked.contains(secret), "\(secret) in \(format)") }
      let revealed = try ledger.output(["audit", "--reveal", "--format", format] + fields)
      for secret in ["Ada Lovelace", "+911199999999", "192.0.2.7"] {
        #expect(revealed.contains(secret), "\(secret) in \(format)")
      }
      for secret in ["Eve", "911199999998"] { #expect(!revealed.contains(secret), "\(secret) in \(format)") }
      #expect(revealed.contains("erased") && masked.contains("erased"))
    }
    #expect(
      try ledger.output(["audit", "--account", "\(ledger.eve.rawValue)"]).contains("erased person (\(ledger.eve))"))
  }

  @Test("Tables keep to the terminal") func tablesKeepToTheTerminal() async throws {
    let ledger = try await AuditedLedger()
    let commands = [["audit"], ["audit", "--fields", "type,details,personal"], ["explain", "\(ledger.token.handle)"]]
    for (arguments, width) in commands.flatMap({ command in [20, 60, 80, 140].map { (command, $0) } }) {
      let output = try ledger.output(arguments, environment: ["COLUMNS=\(width)"])
      let lines = output.split(separator: "\n").map(String.init)
      #expect(lines.count > 5)
      // The first lines of an explanation are sentences.
      for line in lines where arguments[0] == "audit" || line.first == " " || line.first?.isNumber == true {
        #expect(line.columns <= width, "\(line)")
        #expect(!line.unicodeScalars.contains("\u{200F}"), "what turns the direction of writing reaches the terminal")
      }
    }
  }

  @Test("Names do not steer a terminal", arguments: ["csv", "json", "ndjson", "cloudevents"])
  func namesDoNotSteerATerminal(format: String) async throws {
    let ledger = try await AuditedLedger()
    let output = try ledger.output(
      ["audit", "--format", format, "--fields", "details"].dropLast(format == "cloudevents" ? 2 : 0))
    #expect(output.contains("Feld, "))
    #expect(!output.unicodeScalars.contains("\u{200F}"))
  }

  @Test("Each filter finds its own") func eachFilterFindsItsOwn() async throws {
    let ledger = try await AuditedLedger()
    let all = try ledger.positions([])
    let (connector, grant) = ("\(ledger.connector.id)", "\(ledger.granted.grant)")
    let handle = ledger.token.handle.rawValue
    #expect(try ledger.positions(["--reverse"]) == all.reversed())
    #expect(try ledger.positions(["--type", "token.issued"]) == [handle])
    #expect(try ledger.positions(["--type", "token.*", "--type", "permission.*"]) == [handle + 1, handle, handle - 2])
    #expect(try ledger.positions(["--connector", connector]).first == handle + 1)
    #expect(
      try ledger.positions(["--connector", "\(ledger.connector.publicID)"])
        == ledger.positions(["--connector", connector]))
    #expect(
      try ledger.positions(["--group", "\(ledger.group.publicID)"])
        == ledger.positions(["--group", "\(ledger.group.id)"]))
    #expect(try ledger.positions(["--grant", grant]) == [handle + 1, handle, handle - 1, handle - 2])
    #expect(try ledger.positions(["--grant", grant, "--type", "token.issued", "--actor", connector]) == [handle])
    #expect(try ledger.positions(["--grant", grant, "--type", "token.issued", "--actor", "operator"]).isEmpty)
    #expect(try ledger.positions(["--token", "\(handle)"]) == [handle])
    #expect(try ledger.positions(["--token", "-"], input: ledger.token.accessToken.text + "\n") == [handle])
    #expect(try ledger.positions(["--subject", "challenge:3"]) == [4, 3])
    #expect(try ledger.positions(["--request", "r-17"]) == [handle - 1, handle - 2])
    #expect(try ledger.positions(["--request", "r-1"]).isEmpty)
    #expect(try ledger.positions(["--phone", "+91 1199999999", "--type", "phone.*"]) == [4, 3])
    #expect(try ledger.positions(["--phone", "phone:4", "--type", "phone.*"]) == [4])
    #expect(try ledger.positions(["--phone", "-", "--type", "phone.*"], input: "+911199999999\n") == [4, 3])
    #expect(try ledger.positions(["--actor", "operator"]).count == 2)
    // What came from the erased person's address nobody can tell any more.
    #expect(try ledger.positions(["--address", "192.0.2.7"]) == [3, 2])
    #expect(try ledger.positions(["--address", "-"], input: "192.0.2.7\n") == [3, 2])
    #expect(try ledger.run(["audit", "--address", "192.0.2.7"]).error.contains("erased"))
    #expect(try ledger.run(["audit", "--address", "192.0.2.7", "--count"]).error.contains("erased"))
    #expect(try ledger.run(["audit", "--address", "192.0.2.7", "--count", "--quiet"]).error.isEmpty)
    #expect(try ledger.positions(["--until", "2026-01-01T00:00:00Z"]).isEmpty)
    #expect(try ledger.positions(["--since", "2026-01-01T00:00:00Z"]) == all)
    #expect(try ledger.positions(["--since", "0s"]).isEmpty)
  }

  @Test("The answer says how to go on") func theAnswerSaysHowToGoOn() async throws {
    let ledger = try await AuditedLedger()
    let all = try ledger.positions([])
    for order in [[], ["--reverse"]] {
      var found: [UInt64] = []
      var after: [String] = []
      for _ in all {
        let result = try ledger.run(
          ["audit", "--limit", "4", "--fields", "position", "--format", "csv"] + order + after)
        found += result.output.split(separator: "\r\n").dropFirst().compactMap { UInt64($0) }
        let words = result.error.split { $0 == " " || $0 == "." || $0 == "\n" }
        guard let place = words.firstIndex(of: "--after") else { break }
        after = ["--after", String(words[place + 1])]
      }
      #expect(found == (order.isEmpty ? all : all.reversed()))
    }
  }

  @Test("Wrong usage is said so") func wrongUsageIsSaidSo() async throws {
    let ledger = try await AuditedLedger()
    let wrong: [[String]] = [
      ["--type", "nonsense"], ["--type", "*"], ["--limit", "0"], ["--limit", "10001"], ["--since", "soon"],
      ["--follow", "--format", "json"], ["--follow", "--reverse"], ["--actor", "group:1"], ["--phone", "12"],
      ["--fields", "position,position"], ["--fields", "colour"], ["--format", "cloudevents", "--fields", "type"],
      ["--phone", "-"], ["--phone", "-", "--token", "-"], ["--position-file", "x"],
    ]
    for arguments in wrong {
      let result = try ledger.run(["audit"] + arguments)
      #expect(result.status == 2, "\(arguments)")
      #expect(result.output.isEmpty && !result.error.isEmpty)
    }
    let unknown = "00000000-0000-4000-8000-000000000000"
    for arguments in [["--connector", unknown], ["--group", unknown], ["--token", "cla_nonsense"]] {
      #expect(try ledger.run(["audit"] + arguments).status == 1, "\(arguments)")
    }
  }

  @Test("Another process is followed", .timeLimit(.minutes(30))) func anotherProcessIsFollowed() async throws {
    let audited = try await AuditedLedger()
    let ledger = try await Ledger.open(at: audited.path)
    let start = try ledger.head()
    let child = try ChildProcess(
      "credledger",
      [
        "audit", "--follow", "--limit", "2", "--type", "group.*", "--fields", "position", "--format", "ndjson",
        "--ledger",
        audited.path,
      ])
    var lines: [String] = []
    /// Reads until there are so many lines, or the program has ended.
    func read(until count: Int) {
      while lines.count < count, case let more = child.read(), !more.isEmpty { lines += more.map(String.init) }
    }
    // Two that were there; then what comes, and nothing else.
    read(until: 2)
    var expected = lines
    for number in 0..<5 {
      let group = try await ledger.groups.create(name: "Group \(number)", by: audited.ada)
      _ = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "a-1")
      expected += [group.id.rawValue, group.id.rawValue + 1].map { #"{"position":\#($0)}"# }
      read(until: expected.count)
    }
    #expect(lines == expected && lines.count == 12)
    #expect(lines.allSatisfy { $0.hasPrefix(#"{"position":"#) } && start > 0)
    #expect(child.kill().isEmpty)
    await ledger.close()
  }

  @Test("A log shipper that was stopped goes on after the last event that it was given", .timeLimit(.minutes(30)))
  func shipped() async throws {
    let audited = try await AuditedLedger()
    let ledger = try await Ledger.open(at: audited.path)
    let file = audited.folder.path + "/position"
    func line(_ position: Position) -> String { #"{"position":\#(position)}"# }
    /// Reads until a line has come, and kills the program.
    func read(until last: String) throws -> [String] {
      let child = try ChildProcess(
        "credledger",
        [
          "audit", "--follow", "--after", "0", "--position-file", file, "--fields", "position", "--format", "ndjson",
          "--ledger", audited.path,
        ])
      var lines: [String] = []
      while lines.last != last, case let more = child.read(), !more.isEmpty { lines += more.map(String.init) }
      _ = child.kill()
      return lines
    }
    let head = try ledger.head()
    let first = try read(until: line(head))
    #expect(first == (1...head).map(line))
    let made = try await ledger.groups.create(name: "Later", by: audited.ada).id.position
    var second = try read(until: line(made + 1))
    // Killed before it has noted a line, it prints that one again.
    if second.first == first.last { second.removeFirst() }
    #expect(second == [line(made), line(made + 1)])
    // One that is ahead of the ledger was kept of another, or before a backup was restored: nothing would come for long.
    let ahead = audited.folder.path + "/ahead"
    let kept = unsafe fopen(ahead, "w")
    unsafe fputs("00000000000001000000\n", kept)
    unsafe fclose(kept)
    let refused = try audited.run(["audit", "--follow", "--position-file", ahead])
    #expect(refused.status == 1 && refused.error.contains("--position-file: "), "\(refused.error)")
    await ledger.close()
    // What holds something else stays as it is, and nothing is written into the folder of the ledger.
    let other = unsafe fopen(file, "w")
    unsafe fputs("something else\n", other)
    unsafe fclose(other)
    for name in [file, audited.path + "/position"] {
      #expect(try audited.run(["audit", "--follow", "--position-file", name]).status == 1, "\(name)")
    }
    #expect(unsafe access(audited.path + "/position", F_OK) != 0)
  }
}
