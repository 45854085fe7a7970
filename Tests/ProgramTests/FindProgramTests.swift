import LedgerTestSupport
import Testing

/// Finding people and things from the command line.
@Suite struct FindProgramTests {
  private func find(_ played: BundleTests.Played, _ arguments: String...) throws -> ProgramResult {
    try played.ledger.run(["find"] + arguments)
  }

  @Test func `Who leaves is found by name, stopped, and shown to be stopped`() async throws {
    let played = try await BundleTests.Played()
    #expect(
      try played.ledger.run(
        "account", "create", "--issuer", "https://id.example.org", "--subject", "7", "--name", "Ada Lovelace"
      ).status == 0)
    let found = try find(played, "lovelace", "--format", "json")
    #expect(found.status == 0, "\(found.error)")
    try expectDocuments(found.output, match: "find")
    #expect(!found.output.contains("Lovelace"))
    let lines = try find(played, "ADA", "--format", "ndjson")
    try expectDocuments(lines.output, match: "find")
    let account = try #require(lines.output.firstMatch(of: /account:(\d+)/)?.1)

    let count = ["audit", "--type", "personal_data.revealed", "--count"]
    let before = try played.ledger.run(count).output
    let revealed = try find(played, "ada", "--reveal", "--ticket", "HR-77")
    #expect(revealed.status == 0 && revealed.output.contains("Ada Lovelace"), "\(revealed.error)")
    #expect(try played.ledger.run(count).output != before)
    // Nobody's data is shown where only things are found, so nothing is recorded.
    let after = try played.ledger.run(count).output
    #expect(try find(played, "roster", "--reveal").output.contains("Roster"))
    #expect(try played.ledger.run(count).output == after)

    #expect(try played.ledger.run("account", "disable", String(account), "--reason", "left").status == 0)
    #expect(try find(played, "ada").output.contains("ended"))
    let nobody = try find(played, "nobody")
    #expect(nobody.status == 1 && nobody.error.contains("[not_found]"), "\(nobody.error)")
    #expect(try find(played, "ada", "--limit", "0").status == 2)
    let piped = try runProgram(["find", "-", "--ledger", played.ledger.path], input: played.number + "\n")
    #expect(piped.status == 0 && piped.output.contains("account:2"), "\(piped.error)")
  }
}
