import CredentialLedger
import LedgerTestSupport
import Testing

@testable import credledger

/// What people at a terminal see: prompts, tables, bars.
@Suite struct TerminalTests {
  /// Runs the program on a pseudo-terminal, and answers its prompt with one line.
  private func ask(_ prompt: String, _ line: String, _ arguments: [String]) throws -> (hidden: Bool, ProgramResult) {
    let result = try runProgram(
      [prompt, line, Program.file("credledger")] + arguments, of: Repository.path + "/Tests/Python/terminal.py")
    return (result.output.hasPrefix("hidden\n"), result)
  }

  @Test("A secret is asked for and not shown") func secretAsked() async throws {
    let played = try await BundleTests.Played()
    let ledger = ["--ledger", played.ledger.path]
    for (prompt, line, arguments, answer) in [
      ("token: ", played.text, ["explain", "-"], "valid"), ("token: ", played.text, ["bundle", "-"], "checkpoint"),
      ("number: ", played.number, ["audit", "--phone", "-"], "phone.verified"),
      ("token: ", played.text, ["audit", "--token", "-"], "token.issued"),
      ("token: ", played.text, ["token", "revoke", "-"], "is revoked"),
    ] {
      let (isHidden, result) = try ask(prompt, line, arguments + ledger)
      #expect(result.status == 0 && isHidden, "\(arguments): \(result.output)")
      #expect(result.output.contains(answer), "\(arguments): \(result.output)")
      #expect(!result.output.contains(line), "\(arguments): \(result.output)")
    }
  }

  @Test(
    "Characters take the columns of a terminal",
    arguments: [
      ("a", 1), ("é", 1), ("e\u{301}", 1), ("東", 2), ("ａ", 2), ("🇩🇪", 2), ("👩‍👩‍👧", 2), ("👍🏽", 2), ("❤️", 2), ("1️⃣", 2),
      ("⌚", 2), ("✅", 2), ("❤", 1), ("©", 1), ("🀄", 2), ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", 2), ("\u{200D}", 0), ("각", 2), ("→", 1),
    ])
  func charactersTake(text: String, columns: Int) {
    #expect(text.columns == columns, "\(text.unicodeScalars.map { $0.value })")
    #expect((text + "x").padded(to: 6).columns == 6)
  }

  @Test("Narrow tables keep every name") func narrowTables() {
    var table = Table(["CONNECTOR", "ID", "STATE", "OWNER", "NAME"])
    table.append(["connector:8", "df91cb37-97bf-4ccd-a8c2-b2a3ba5eac62", "active", "account:2", "Roster 🇩🇪"])
    let lines = table.lines(width: 40)
    #expect(lines.allSatisfy { $0.columns <= 40 }, "\(lines)")
    for cell in ["connector:8", "df91cb37-97bf-4ccd-a8c2-b2a3ba5eac62", "active", "account:2", "Roster 🇩🇪"] {
      #expect(lines.contains { $0.contains(cell) }, "\(cell): \(lines)")
    }
  }
}
