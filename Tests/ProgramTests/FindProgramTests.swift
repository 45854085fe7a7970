import CredentialLedger
import LedgerTestSupport
import Testing

/// Finding people and things from the command line.
@Suite struct FindProgramTests {
  private func find(_ played: BundleTests.Played, _ arguments: String...) throws -> ProgramResult {
    try played.ledger.run(["find"] + arguments)
  }

  @Test("Who leaves is found by name, stopped, and shown to be stopped") func leavesFound() async throws {
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

  @Test("Three commands find an employee, stop everything of theirs, and show that it is stopped")
  func employeeLeaves() async throws {
    let played = try await BundleTests.Played()
    let opened = try await Ledger.open(at: played.ledger.path, ProvenLedger.configuration)
    _ = try await opened.accounts.signIn(issuer: "https://id.example.org", subject: "dev", name: "Bo Leaver")
    await opened.close()
    let before = try played.ledger.run("explain", "token:\(played.token)")
    #expect(before.output.contains(": valid\n"), "\(before.output)\(before.error)")

    let found = try find(played, "leaver", "--field", "object").output
    #expect(found == "account:2\n")
    let stopped = try played.ledger.run("account", "disable", "account:2", "--reason", "left", "--ticket", "HR-77")
    #expect(stopped.status == 0, "\(stopped.error)")
    let shown = try played.ledger.run("review", "grants", "--owner-disabled", "--format", "ndjson").output
    #expect(shown.split(separator: "\n").count == 1 && !shown.contains("in-force"), "\(shown)")
    #expect(shown.contains(#""state":"account:2 stopped by the event at "#), "\(shown)")

    let after = try played.ledger.run("explain", "token:\(played.token)").output
    #expect(
      after.contains("not valid: account:2 stopped by") && after.contains("reason: left, ticket HR-77"), "\(after)")
    let connector = try played.ledger.run("review", "connectors", "--owner-disabled", "--field", "state").output
    #expect(connector.contains("account:2 stopped by"), "\(connector)")
  }
}
