import CredentialLedger
import LedgerTestSupport
import Testing

/// Lists for a review of access.
@Suite struct ReviewTests {
  private func run(_ played: BundleTests.Played, _ arguments: String...) throws -> ProgramResult {
    try played.ledger.run(["review"] + arguments)
  }

  @Test("A quarters grants come into a spreadsheet") func quartersGrants() async throws {
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
    // For people, without the columns that nobody has anything in.
    let table = try run(played, "grants").output
    #expect(table.contains("CONNECTOR NAME") && table.contains("OWNER STATE"), "\(table)")
    #expect(!table.contains("OWNER NAME") && !table.contains("TICKET"), "\(table)")
    #expect(try run(played, "grants", "--until", "2020-01-01", "--format", "ndjson").output.isEmpty)
    #expect(
      try run(played, "grants", "--since", "2020-01-01", "--name", "ROST", "--format", "ndjson").output.contains(
        "Roster"))
    #expect(try run(played, "grants", "--name", "field", "--format", "ndjson").output.contains("Roster"))
    #expect(try run(played, "grants", "--name", "nobody", "--format", "ndjson").output.isEmpty)
    #expect(try run(played, "grants", "--unused", "90d", "--format", "ndjson").output.isEmpty)
    #expect(try run(played, "grants", "--owner-disabled", "--format", "ndjson").output.isEmpty)
    #expect(try run(played, "grants", "--unused", "soon").status == 2)
    let turned = try run(played, "grants", "--since", "2026-02-01", "--until", "2026-01-01")
    #expect(turned.status == 2 && turned.error.contains("--since is later than --until"), "\(turned.error)")
  }

  @Test("Connectors and people are chosen by name, by use and by owner, and nobody by a name that is sealed")
  func chosen() async throws {
    let played = try await BundleTests.Played()
    let created = try played.ledger.run(
      "account", "create", "--issuer", "https://id.example.org", "--subject", "7", "--name", "Ada Lovelace")
    #expect(created.status == 0, "\(created.error)")
    func rows(_ arguments: String...) throws -> [Substring] {
      let listed = try played.ledger.run(["review"] + arguments + ["--format", "ndjson"])
      #expect(listed.status == 0, "\(arguments): \(listed.error)")
      return listed.output.split(separator: "\n")
    }
    #expect(try rows("connectors", "--name", "ROST").count == 1)
    #expect(try rows("connectors", "--name", "nobody").isEmpty)
    #expect(try rows("connectors", "--unused", "90d").isEmpty)
    #expect(try rows("connectors", "--unused", "0s").count == 1)
    #expect(try rows("connectors", "--owner-disabled").isEmpty)
    #expect(try rows("people").count == 2)
    #expect(try rows("people", "--unused", "90d").isEmpty)
    #expect(try rows("people", "--unused", "0s").count == 2)
    let sealed = try run(played, "people", "--name", "ada")
    #expect(sealed.status == 2 && sealed.error.contains("give --reveal"), "\(sealed.output)\(sealed.error)")
    let named = try rows("people", "--name", "LOVE", "--reveal", "--ticket", "AUD-4")
    #expect(named.count == 1 && named.first?.contains("Ada Lovelace") == true, "\(named)")
    let spreadsheet = try run(played, "people", "--format", "csv").output
    #expect(spreadsheet.hasPrefix("account,name,role,state,issuer,registered,") && !spreadsheet.contains("Ada"))
    #expect(try played.ledger.run("account", "disable", "2", "--reason", "left").status == 0)
    #expect(try rows("connectors", "--owner-disabled").first?.contains(#""ownerState":"disabled""#) == true)
  }

  @Test("What is stopped and who is gone shows") func stoppedGone() async throws {
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
