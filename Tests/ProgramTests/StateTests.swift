import CredentialLedger
import LedgerTestSupport
import Testing

/// States of the past at the command line.
@Suite struct StateTests {
  private let simulated: SimulatedLedger
  private var ledger: [String] { simulated.option }

  init() throws { simulated = try SimulatedLedger.small(events: 400) }

  private func run(_ arguments: String...) throws -> ProgramResult { try runProgram(arguments + ledger) }

  @Test("What is printed is as the schemas say") func printedAs() throws {
    for (schema, arguments) in [
      ("state-summary", ["state"]), ("state", ["state", "--select", "tokens", "--as-of", "200"]),
      ("state", ["state", "--select", "accounts", "--as-of", "9", "--limit", "1"]),
      ("state", ["state", "--select", "connectors"]), ("state", ["state", "--id", "account:2", "--reveal"]),
      ("state", ["state", "--select", "grants", "--after", "100000"]), ("diff", ["diff", "2", "100"]),
      ("diff", ["diff", "400", "400"]), ("snapshot", ["snapshot", "make"]), ("snapshot-list", ["snapshot", "list"]),
      ("snapshot-drop", ["snapshot", "drop"]),
    ] {
      let result = try runProgram(arguments + ["--format", "json"] + ledger)
      #expect(result.status == 0, "\(arguments): \(result.error)")
      try expectDocuments(result.output, match: schema)
    }
    var objects = ""
    for selection in ["connectors", "groups", "grants", "tokens", "accounts"] {
      objects += try run("state", "--select", selection, "--format", "ndjson").output
    }
    try expectDocuments(objects, match: "state-object")
  }

  @Test("A list has every token that was issued, and what each was issued for") func tokensAsIssued() throws {
    let lines = try run("state", "--select", "tokens", "--format", "ndjson").output.split(separator: "\n")
    for (kind, types, origin) in [
      ("access", ["token.issued"], "family"), ("refresh", ["refresh_token.issued", "refresh_token.rotated"], "grant"),
    ] {
      let tokens = lines.filter { $0.contains("\"token\":\"\(kind)\"") }
      let counted = try runProgram(["audit", "--count"] + types.flatMap { ["--type", $0] } + ledger)
      #expect(counted.output == "\(tokens.count)\n", "\(kind): \(counted.error)")
      #expect(tokens.contains { $0.contains("\"issuedFor\":\"\(origin):") }, "\(kind)")
    }
  }

  @Test("A snapshot changes nothing but the time it takes") func snapshotChanges() throws {
    let arguments = ["state", "--as-of", "390", "--select", "tokens", "--format", "ndjson"]
    let before = try runProgram(arguments + ledger)
    #expect(before.status == 0 && !before.output.isEmpty)
    #expect(try run("snapshot", "make").status == 0)
    #expect(try run("state", "--format", "ndjson").output.contains(#""snapshot":400"#))
    #expect(try runProgram(arguments + ledger).output == before.output)
  }

  @Test("While one makes snapshots another is refused") func whileMakes() async throws {
    let server = try await Ledger.open(at: "\(simulated.folder.path)/ledger")
    #expect(try await server.history.snapshots.make()?.position == 400)
    for action in ["make", "drop"] {
      let refused = try run("snapshot", action)
      #expect(refused.status == 3 && refused.error.contains("[already_open]"), "\(refused.error)")
    }
    #expect(try await server.history.snapshots.list().snapshots.map(\.position) == [400])
    await server.close()
    #expect(try run("snapshot", "drop").output.hasPrefix("1 snapshot dropped"))
  }

  @Test("Moments outside the history are refused") func momentsOutside() throws {
    for (arguments, expected) in [
      (["state", "--as-of", "0"], "1 to 400"), (["state", "--as-of", "401"], "1 to 400"),
      (["state", "--as-of", "1999-12-31T23:59:59Z"], "before the ledger began"),
      (["state", "--as-of", "2999-12-31T23:59:59Z"], "still to come"),
      (["diff", "300", "200"], "earlier moment first"), (["diff", "0"], "1 to 400"),
      (["state", "--id", "grant:2"], "no grant:2"), (["state", "--id", "connector:9999"], "no connector:9999"),
    ] {
      let result = try runProgram(arguments + ledger)
      #expect(result.status == 1 && result.output.isEmpty, "\(arguments)")
      #expect(result.error.contains(expected), "\(arguments): \(result.error)")
    }
    for arguments in [
      ["state", "--as-of", "soon"], ["state", "--id", "nothing"], ["state", "--id", "grant"],
      ["state", "--select", "all"],
      ["state", "--id", "grant:2", "--select", "grants"],
    ] { #expect(try runProgram(arguments + ledger).status == 2, "\(arguments)") }
  }

  @Test("Personal data are masked unless revealed") func personalData() throws {
    let masked = try run("state", "--select", "accounts", "--format", "ndjson")
    #expect(masked.output.contains(#""subject":"***""#))
    let revealed = try run("state", "--select", "accounts", "--format", "ndjson", "--reveal")
    #expect(!revealed.output.contains("***"))
    #expect(revealed.output != masked.output)
  }

  @Test("Changes are shown by object and field") func changesShown() throws {
    let made = try run("diff", "2", "100")
    #expect(made.output.contains("+ connector:"))
    #expect(made.output.contains("+ grant:"))
    #expect(made.output.contains("  account.registered"))
    #expect(try run("diff", "400").output.contains("no object changed"))
  }
}
