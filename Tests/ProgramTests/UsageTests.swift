import LedgerTestSupport
import Testing

/// How the program speaks to whoever calls it wrongly, or has nothing to show.
@Suite struct UsageTests {
  @Test("Unknown subcommands are wrong usage") func unknownSubcommands() throws {
    let result = try runProgram(["nonsense"])
    #expect(result.status == 2)
    #expect(result.output.isEmpty)
    #expect(result.error.contains("nonsense"))
  }

  @Test(
    "A subcommand that was mistyped is guessed",
    arguments: [
      (["aduit"], "credledger audit"), (["verfy", "--ledger", "x"], "credledger verify"),
      (["token", "lst"], "credledger token list"),
      (["group", "add-memebr", "5"], "credledger group add-member"), (["verify-bundel"], "credledger verify-bundle"),
    ])
  func subcommandMistyped(arguments: [String], meant: String) throws {
    let result = try runProgram(arguments)
    #expect(result.status == 2 && result.output.isEmpty)
    #expect(result.error.contains("Did you mean '\(meant)'?"), "\(result.error)")
    #expect(try !runProgram(["nonsense"]).error.contains("Did you mean"))
  }

  @Test("Options before the subcommand are refused with where they go") func order() throws {
    let result = try runProgram(["--ledger", "x", "stats"])
    #expect(result.status == 2 && result.output.isEmpty)
    #expect(
      result.error.contains("Give options after the subcommand: credledger stats --ledger ..."), "\(result.error)")
    #expect(try !runProgram(["stats", "--nonsense"]).error.contains("Give options after"))
  }

  @Test("The version is told", arguments: ["--version", "version"]) func theVersionIsTold(argument: String) throws {
    let result = try runProgram([argument])
    #expect(result.status == 0 && result.output == "credledger, unreleased\n" && result.error.isEmpty)
  }

  @Test("Help is no failure") func helpIsNoFailure() throws {
    let result = try runProgram(["--help"])
    #expect(result.status == 0)
    #expect(result.output.contains("EXIT STATUS"))
  }

  @Test("A ledger that is not there cannot be opened") func ledgerCannot() throws {
    let folder = TemporaryFolder()
    let result = try runProgram(["stats", "--ledger", "\(folder.path)/none"])
    #expect(result.status == 3)
    #expect(result.error.hasPrefix("error: "))
  }

  @Test("A new ledger is empty but for its beginning") func newLedger() throws {
    let folder = TemporaryFolder()
    let ledger = ["--ledger", "\(folder.path)/ledger"]
    #expect(try runProgram(["init", "--origin", "ledger.example.org"] + ledger).status == 0)
    let stats = try runProgram(["stats", "--format", "ndjson"] + ledger)
    #expect(stats.status == 0)
    #expect(stats.output.contains(#""events":1,"#))
    #expect(try runProgram(["init", "--origin", "ledger.example.org"] + ledger).status == 1)
  }
}
