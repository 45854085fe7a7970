import LedgerTestSupport
import Testing

/// What is listed where an option says how much of it, or from where on; and what is shown without being asked for.
@Suite struct ListOptionTests {
  private let simulated: SimulatedLedger
  private var ledger: [String] { simulated.option }

  init() throws { simulated = try SimulatedLedger.small(events: 400) }

  private func run(_ arguments: [String]) throws -> String {
    let result = try runProgram(arguments + ledger)
    #expect(result.status == 0, "\(arguments): \(result.error)")
    return result.output
  }

  /// What a list prints, an object a line.
  private func lines(_ list: [String], _ options: String...) throws -> [Substring] {
    try run(list + options + ["--format", "ndjson"]).split(separator: "\n")
  }

  /// The number of a line's object, which comes first.
  private func number(_ line: Substring) throws -> String {
    let value = try #require(line.split(separator: ":", maxSplits: 1).last)
    let digits = value.drop { !$0.isNumber }.prefix { $0.isNumber }
    return String(try #require(digits.isEmpty ? nil : digits))
  }

  @Test(
    "A list has as many as the limit says and goes on after an object",
    arguments: [
      ["state", "--select", "connectors"], ["state", "--select", "tokens"],
      ["state", "--select", "grants", "--as-of", "390"], ["connector", "list"], ["group", "list"], ["account", "list"],
    ])
  func aListHas(list: [String]) throws {
    let all = try lines(list)
    try #require(all.count > 1)
    #expect(try lines(list, "--limit", "1") == Array(all.prefix(1)))
    #expect(try lines(list, "--limit", "\(all.count - 1)") == Array(all.dropLast()))
    #expect(try lines(list, "--after", number(all[0])) == Array(all.dropFirst()))
    #expect(try lines(list, "--after", number(all[0]), "--limit", "1") == [all[1]])
    #expect(try lines(list, "--after", number(all[all.count - 1])).isEmpty)
  }

  @Test("Accounts go on after one as the list names it") func accountsByName() throws {
    let all = try lines(["account", "list"])
    #expect(try lines(["account", "list"], "--after", "account:\(number(all[0]))") == Array(all.dropFirst()))
  }

  @Test("A list for a spreadsheet has the same columns whatever is in it") func sameColumns() throws {
    func heading(_ list: String...) throws -> Substring? {
      try run(list + ["--format", "csv"]).split(separator: "\r\n").first
    }
    for list in ["account", "connector", "group"] {
      let all = try #require(try heading(list, "list"))
      #expect(try heading(list, "list", "--after", "\(UInt64.max)") == all, "\(list)")
    }
    let connector = try "connector:\(number(lines(["connector", "list"])[0]))"
    #expect(
      try heading("token", "list", connector) == "handle,kind,issuedAt,expiresAt,valid,reason,lastUsed")
    #expect(try heading("token", "list", connector, "--before", "1") == heading("token", "list", connector))
    #expect(
      try heading("webhook", "list", connector)
        == "webhook,id,state,connector,grant,objectType,objectID,group,eventTypes,waiting,registeredAt,expiresAt,reason"
    )
    #expect(try heading("proposal", "list")?.hasPrefix("proposal,kind,change,") == true)
  }

  @Test("Tokens are listed from the newest and go on before one") func tokens() throws {
    let connector = try number(lines(["connector", "list"])[0])
    let list = ["token", "list", "connector:\(connector)"]
    let all = try lines(list)
    #expect(all.count == 50)
    #expect(try lines(list, "--limit", "3") == Array(all.prefix(3)))
    #expect(try lines(list, "--limit", "7", "--before", number(all[2])) == Array(all[3..<10]))
    #expect(try Array(lines(list, "--before", number(all[2])).prefix(47)) == Array(all.dropFirst(3)))
    // As the list itself names a token.
    #expect(try lines(list, "--limit", "7", "--before", "token:\(number(all[2]))") == Array(all[3..<10]))
  }

  @Test("Changes show personal data only where they are asked for", arguments: ["table", "json", "ndjson"])
  func changesShow(format: String) throws {
    let diff = ["diff", "1", "400", "--format", format]
    let masked = try run(diff)
    let revealed = try run(diff + ["--reveal"])
    #expect(masked.contains("***") && !revealed.contains("***"))
    for personal in ["person-0", "person-1", "Person 0", "Person 1"] {
      #expect(!masked.contains(personal) && revealed.contains(personal), "\(personal)")
    }
  }

  @Test(
    "Errors do not steer a terminal",
    arguments: [["verify"], ["state"], ["state", "--limit"], ["state", "--select"], ["audit", "--type"]])
  func errors(arguments: [String]) throws {
    let text = "\(simulated.folder.path)/a\u{1B}[2J\u{9B}b\u{202E}c"
    let result = try runProgram(arguments + (arguments.count > 1 ? [text] + ledger : ["--ledger", text]))
    #expect(result.status != 0 && result.output.isEmpty)
    #expect(result.error.contains("a\u{FFFD}[2J\u{FFFD}b\u{FFFD}c"), "\(result.error.debugDescription)")
    #expect(!result.error.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{9B}" || $0 == "\u{202E}" })
  }
}
