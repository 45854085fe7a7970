import CredentialLedger
import LedgerTestSupport
import Testing

/// What the page of evidence tells a reader who has neither the ledger nor the program.
@Suite struct EvidencePageTests {
  private func page(_ ledger: ProvenLedger, _ arguments: String...) throws -> String {
    let file = ledger.file("page.html")
    let made = try ledger.run(["bundle"] + arguments + ["--html", file])
    #expect(made.status == 0, "\(made.error)")
    return String(decoding: try TestFile.read(file), as: UTF8.self)
  }

  @Test("The table of a page has time, event, object and actor of each event, also where positions are named")
  func tableOfPositions() async throws {
    let played = try await BundleTests.Played()
    let text = try page(
      played.ledger, "1", "2", "connector:\(played.connector)", "token:\(played.token)", "group:\(played.group)")
    #expect(!text.contains("<td></td>") && !text.contains("<h2>The question</h2>"), "\(text)")
    #expect(text.contains(/<tr><td>1<\/td><td>20[^<]+Z<\/td><td>ledger.created<\/td><td>/))
    for cells in [
      "<td>account.registered</td><td>account:2</td>",
      "<td>connector.created</td><td>Roster (connector:\(played.connector))</td><td>account:2</td>",
      "<td>token.issued</td><td>token:\(played.token)</td>",
    ] { #expect(text.contains(cells), "\(cells)") }
  }

  @Test("A page of positions names people where that is recorded, and whoever caused an event with their reason")
  func namesOfPositions() async throws {
    let ledger = try await ProvenLedger(events: 2)
    let opened = try await Ledger.open(at: ledger.path, ProvenLedger.configuration)
    let ada = try await opened.accounts.signIn(
      issuer: "https://id.example.org", subject: "a-1", name: "Ada Lovelace"
    ).account
    await opened.close()
    #expect(
      try ledger.run("account", "disable", "\(ada.rawValue)", "--reason", "left", "--ticket", "HR-77").status == 0)
    let disabled = try #require(
      UInt64(
        try ledger.run("audit", "--type", "account.disabled", "--fields", "position", "--format", "ndjson").output
          .filter(\.isNumber)))
    let text = try page(ledger, "\(disabled)")
    #expect(text.contains("<td>account.disabled</td><td>\(ada)</td>") && text.contains(": left, ticket HR-77</td>"))
    #expect(!text.contains("Ada Lovelace"))
    TemporaryFolder.remove(ledger.file("page.html"))
    let named = try page(ledger, "\(disabled)", "--reveal", "--ticket", "AUD-4")
    #expect(named.contains("<td>Ada Lovelace (\(ada))</td>"), "\(named)")
  }

  @Test("The verdict says what happened, when, by whom and why")
  func verdictInWords() async throws {
    let ledger = try await ProvenLedger(events: 3)
    #expect(try ledger.run("account", "disable", "3", "--reason", "left", "--ticket", "HR-77").status == 0)
    let text = try page(ledger, "account:3")
    #expect(
      text.contains(
        /No\. account:3 was not valid at that time: account:3 was disabled on 20[^ ]+Z by [^,<]+, reason: left, ticket HR-77\./
      ), "\(text)")
    #expect(!text.contains("stopped by the event at"))
  }

  @Test("The verdict of a token names the event that stopped its grant, also once the token has expired")
  func verdictOfAToken() async throws {
    let ledger = try await AuditedLedger()
    let file = "\(ledger.folder.path)/page.html"
    _ = try ledger.output(["bundle", "\(ledger.token.handle)", "--html", file])
    let text = try TestFile.text(file)
    let stop = "\(ledger.granted.grant) was revoked on 2026-01-01T"
    #expect(text.contains("No. \(ledger.token.handle) was not valid at that time: "), "\(text)")
    #expect(text.contains(stop) && text.contains("Z by \(ledger.ada).</p>"), "\(text)")
  }

  @Test("The evidence taken out of a page as the page describes it satisfies the independent verifier")
  func evidenceTaken() async throws {
    let played = try await BundleTests.Played()
    let (ledger, evidence) = (played.ledger, played.file)
    let text = try page(ledger, "token:\(played.token)")
    #expect(
      text.contains("the text between the <code>script</code> tags at the end of this file is the evidence in base64"))
    let script = """
      import base64, re, sys
      page = open(sys.argv[1], encoding="utf-8").read()
      start = page.rindex("<script")
      text = page[page.index(">", start) + 1 : page.index("</script>", start)]
      open(sys.argv[2], "wb").write(base64.b64decode("".join(text.split()), validate=True))
      """
    let taken = try runProgram(["python3", "-c", script, ledger.file("page.html"), evidence], of: "/usr/bin/env")
    #expect(taken.status == 0, "\(taken.error)")
    let checked = try ledger.check("bundle", evidence)
    #expect(checked.status == 0 && checked.output.contains("\(played.token)"), "\(checked.output)\(checked.error)")
    let stranger = try await ProvenLedger()
    #expect(try stranger.check("bundle", evidence).status == 1)
  }
}
