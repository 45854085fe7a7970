import LedgerTestSupport
import Testing

/// Bare fields, spreadsheets, quiet, times of the place, colours and pagers.
@Suite struct PresentationTests {
  private let played: BundleTests.Played

  init() async throws { played = try await BundleTests.Played() }

  private func run(_ arguments: String..., environment: [String] = []) throws -> ProgramResult {
    try runProgram(arguments + ["--ledger", played.ledger.path], environment: environment)
  }

  @Test("A field is printed bare") func aFieldIsPrintedBare() throws {
    #expect(try run("connector", "list", "--field", "name").output == "Roster\n")
    #expect(try run("account", "show", "2", "--field", "state").output == "enabled\n")
    #expect(try run("stats", "--field", "eventsByType.token.issued").output == "1\n")
    #expect(try run("review", "grants", "--field", "connectorName").output == "Roster\n")
    #expect(try run("find", "roster", "--field", "object").output == "connector:\(played.connector)\n")
    #expect(try run("audit", "--type", "token.issued", "--field", "subjects.0.id").output.hasPrefix("connector:"))
    #expect(try run("state", "--select", "connectors", "--field", "id").output == "connector:\(played.connector)\n")
    let missing = try run("connector", "list", "--field", "nothing")
    #expect(missing.status == 1 && missing.error.contains("there is no nothing; there are"), "\(missing.error)")
    #expect(try run("connector", "list", "--field", "name", "--format", "json").status == 2)
    #expect(try run("audit", "--field", "type", "--count").status == 2)
  }

  @Test("Lists come into a spreadsheet") func listsComeInto() throws {
    let listed = try run("connector", "list", "--format", "csv").output.split(separator: "\r\n")
    #expect(listed.count == 2 && listed[0].contains("name") && listed[1].contains("Roster"), "\(listed)")
    #expect(try run("connector", "list", "--name", "ROST", "--field", "name").output == "Roster\n")
    #expect(try run("connector", "list", "--name", "nobody", "--field", "name").output.isEmpty)
    #expect(try run("group", "list", "--name", "field", "--limit", "1", "--field", "name").output == "Field team\n")
    let shown = try run("account", "show", "2", "--format", "csv").output
    #expect(shown.hasPrefix("account,role,state") && shown.hasSuffix("\r\n"), "\(shown)")
    let lines = Array(try run("state", "--format", "csv").output.utf8).split(separator: UInt8(ascii: "\n"))
    #expect(lines.count == 2 && lines.allSatisfy { $0.last == UInt8(ascii: "\r") })
    let tokens = try run("state", "--select", "tokens", "--format", "csv").output.split(separator: "\r\n")
    #expect(tokens.count == 3 && Set(tokens.map { $0.count { $0 == "," } }).count == 1, "\(tokens)")
    let audited = try run("audit", "--type", "permission.granted", "--format", "csv").output.split(separator: "\r\n")
    let columns = audited[0].split(separator: ",", omittingEmptySubsequences: false)
    #expect(columns.contains("connectorName") && columns.contains("group") && !columns.contains("subjects"))
    #expect(audited[1].contains("connector:\(played.connector),Roster"), "\(audited[1])")
  }

  @Test("What was done need not be said") func whatWasDoneNeedNotBeSaid() throws {
    let loud = try run("account", "disable", "2", "--reason", "left")
    #expect(loud.status == 0 && loud.output.contains("is disabled"))
    let quiet = try run("account", "enable", "2", "--quiet")
    #expect(quiet.status == 0 && quiet.output.isEmpty && quiet.error.isEmpty, "\(quiet.error)")
    #expect(try run("account", "show", "2", "--quiet", "--field", "state").output == "enabled\n")
  }

  @Test("Times for people may be those of the place") func timesPeople() throws {
    let zone = ["TZ=IST-5:30"]
    let local = try run("explain", "token:\(played.token)", "--local", environment: zone).output
    #expect(local.contains("+05:30") && !local.contains("Z "), "\(local)")
    #expect(try run("audit", "--local", environment: zone).output.contains("+05:30"))
    #expect(try !run("audit", environment: zone).output.contains("+05:30"))
    #expect(try !run("audit", "--local", "--format", "json", environment: zone).output.contains("+05:30"))
  }

  @Test("A terminal has headings and a pager") func terminalHeadings() throws {
    func onTerminal(_ environment: [String]) throws -> String {
      try runProgram(
        ["", "", "/usr/bin/env", "-u", "NO_COLOR"] + environment
          + [Program.file("credledger"), "connector", "list", "--ledger", played.ledger.path],
        of: Repository.path + "/Tests/Python/terminal.py"
      ).output
    }
    let bold = "\u{1B}[1mCONNECTOR"
    let shown = try onTerminal(["TERM=xterm", "PAGER=cat"])
    #expect(shown.contains(bold), "\(shown)")
    #expect(try !onTerminal(["TERM=xterm", "PAGER=cat", "NO_COLOR=1"]).contains("\u{1B}"))
    #expect(try !onTerminal(["TERM=dumb"]).contains("\u{1B}"))
    let paged = try onTerminal(["TERM=xterm", "NO_COLOR=1", "PAGER=sed s/^/paged:/"])
    #expect(paged.contains("paged:CONNECTOR") && paged.contains("Roster"), "\(paged)")
    #expect(try !onTerminal(["TERM=xterm", "PAGER=false"]).contains("error"))
    // Elsewhere there is neither.
    let piped = try run("connector", "list", environment: ["TERM=xterm", "PAGER=sed s/^/paged:/"]).output
    #expect(piped.hasPrefix("CONNECTOR"))
  }
}
