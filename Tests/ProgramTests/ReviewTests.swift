import CredentialLedger
import LedgerTestSupport
import Testing

/// Lists for a review of access.
@Suite struct ReviewTests {
  private func run(_ played: BundleTests.Played, _ arguments: String...) throws -> ProgramResult {
    try played.ledger.run(["review"] + arguments)
  }

  @Test func aQuartersGrantsComeIntoASpreadsheet() async throws {
    let played = try await BundleTests.Played()
    let csv = try run(played, "grants", "--format", "csv")
    #expect(csv.status == 0, "\(csv.error)")
    let lines = csv.output.split(separator: "\r\n")
    #expect(lines.count == 2 && lines[0].hasPrefix("grant,connector,connectorName,owner,ownerName,ownerState,granter"))
    #expect(lines[1].contains(",Roster,account:2,,enabled,account:2,,group:\(played.group),Field team,"), "\(lines[1])")
    #expect(lines[1].hasSuffix(",in-force"))
    for list in ["grants", "connectors", "people"] {
      let listed = try run(played, list, "--format", "ndjson")
      #expect(listed.status == 0 && !listed.output.isEmpty, "\(list): \(listed.error)")
      try expectDocuments(listed.output, match: "review")
      #expect(try run(played, list).output.contains("account:2"), "\(list)")
    }
    #expect(try run(played, "grants", "--until", "2020-01-01", "--format", "ndjson").output.isEmpty)
    #expect(
      try run(played, "grants", "--since", "2020-01-01", "--name", "ROST", "--format", "ndjson").output.contains(
        "Roster"))
    #expect(try run(played, "grants", "--name", "field", "--format", "ndjson").output.contains("Roster"))
    #expect(try run(played, "grants", "--name", "nobody", "--format", "ndjson").output.isEmpty)
    #expect(try run(played, "grants", "--unused", "90d", "--format", "ndjson").output.isEmpty)
    #expect(try run(played, "grants", "--owner-disabled", "--format", "ndjson").output.isEmpty)
    #expect(try run(played, "grants", "--unused", "soon").status == 2)
  }

  @Test func whatIsStoppedAndWhoIsGoneShows() async throws {
    let played = try await BundleTests.Played()
    #expect(try played.ledger.run("account", "disable", "2", "--reason", "left the company").status == 0)
    let gone = try run(played, "grants", "--owner-disabled", "--format", "ndjson")
    #expect(
      gone.output.contains(#""ownerState":"disabled""#) && !gone.output.contains(#""state":"in-force""#),
      "\(gone.output)")
    #expect(try run(played, "connectors", "--owner-disabled", "--format", "ndjson").output.contains(#""grants":"0""#))
    #expect(try run(played, "people", "--format", "ndjson").output.contains(#""state":"disabled""#))
    let before = try played.ledger.run("audit", "--type", "personal_data.revealed", "--count").output
    #expect(try run(played, "people", "--reveal", "--format", "csv").status == 0)
    #expect(try played.ledger.run("audit", "--type", "personal_data.revealed", "--count").output != before)
    #expect(try played.ledger.run("grant", "revoke", "6").status != 3)
  }
}
