import CredentialLedger
import LedgerTestSupport
import Testing

/// Tokens that were pasted somewhere.
@Suite struct IncidentTests {
  private func run(_ played: BundleTests.Played, _ arguments: String..., input: String = "") throws -> ProgramResult {
    try runProgram(["incident"] + arguments + ["--ledger", played.ledger.path], input: input)
  }

  @Test("What is known of each token in a text is told") func whatIsKnown() async throws {
    let played = try await BundleTests.Played()
    let foreign = try await BundleTests.Played()
    let mail =
      "Dear all,\n> Authorization: Bearer \(played.text),\nand \"\(played.text)\" again; not \(foreign.text).\n"
    let told = try run(played, "-", input: mail)
    #expect(told.status == 0, "\(told.error)")
    #expect(told.output.contains("access: VALID") && told.output.contains("given by account:"), "\(told.output)")
    #expect(!told.output.contains(played.text) && told.output.split(separator: "access:").count == 2)
    let named = try run(played, "\"\(played.text)\"")
    #expect(named.status == 0 && named.output == told.output && !named.output.contains(played.text), "\(named.error)")
    let unknown = try run(played, foreign.text)
    #expect(unknown.status == 1 && !unknown.error.contains(foreign.text), "\(unknown.error)")
    let listed = try run(played, "-", "--format", "json", input: mail)
    try expectDocuments(listed.output.replacing(#/^\[|\]\s*$/#, with: ""), match: "incident")
    for none in ["", "nothing", foreign.text] {
      let missed = try run(played, "-", input: none)
      #expect(missed.status == 1 && missed.error.contains("[not_found]"), "\(missed.error)")
    }
    let handle = try run(played, "token:999999")
    #expect(handle.status == 1 && handle.error == "error: there is no token:999999 [not_found]\n", "\(handle.error)")
    let head = try played.ledger.run("audit", "--count").output
    let revealed = try run(played, "-", "--reveal", "--format", "ndjson", input: mail)
    #expect(revealed.status == 0, "\(revealed.error)")
    try expectDocuments(revealed.output, match: "incident")
    #expect(try played.ledger.run("audit", "--count").output != head, "what is revealed is recorded")
  }

  @Test("A token is stopped as far as was asked", arguments: ["token", "family", "grant"]) func aTokenIsStopped(
    reach: String
  ) async throws {
    let played = try await BundleTests.Played()
    let told = try run(played, "-", "--format", "ndjson", input: played.text).output
    let handle = try #require(told.firstMatch(of: #/"token":"(token:[0-9]+)"/#)).output.1
    let family = try #require(told.firstMatch(of: #/"family":\{"id":"(family:[0-9]+)"/#)).output.1
    let stopped = try run(
      played, "-", "--revoke", reach, "--reason", "pasted into a ticket", "--ticket", "SEC-12", "--format", "ndjson",
      input: played.text)
    #expect(stopped.status == 0, "\(stopped.error)")
    try expectDocuments(stopped.output, match: "incident")
    #expect(
      stopped.output.contains(#""valid":false"#) && stopped.output.contains("\"revoked\":\"\(reach)\",\"changed\":true")
    )
    let events = try played.ledger.run("audit", "--limit", "1", "--format", "ndjson").output
    let type = reach == "grant" ? "permission.revoked" : "token.revoked"
    #expect(events.contains(type) && events.contains("SEC-12"), "\(events)")
    // What the access token came of goes on only where it was stopped alone.
    let isFamilyValid = try played.ledger.run("explain", String(family), "--field", "valid").output
    #expect(isFamilyValid == (reach == "token" ? "true\n" : "false\n"))
    let again = try run(played, String(handle), "--revoke", reach)
    #expect(again.status == 0 && again.output.contains("there was nothing to revoke"), "\(again.output)\(again.error)")
    #expect(try run(played, "token:99999").status == 1)
    #expect(try run(played, "nonsense").status == 2)
  }
}
