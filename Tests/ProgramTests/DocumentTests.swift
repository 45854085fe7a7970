import LedgerTestSupport
import Testing

/// What the program writes as JSON is what the schemas say.
@Suite struct DocumentTests {
  let folder = TemporaryFolder()
  var ledger: [String] { ["--ledger", "\(folder.path)/ledger"] }

  /// Runs a command in both formats for programs.
  private func expect(_ arguments: [String], match schema: String) throws {
    for format in ["json", "ndjson"] {
      let result = try runProgram(arguments + ledger + ["--format", format])
      #expect(result.status == 0, "\(arguments): \(result.error)")
      try expectDocuments(result.output, match: schema)
    }
  }

  @Test("Each command keeps to its schema") func eachCommand() throws {
    let made = try runProgram(["init", "--origin", "ledger.example.org", "--format", "json"] + ledger)
    try expectDocuments(made.output, match: "init")
    #expect(try runProgram(["walkthrough", "--leave-open"] + ledger).status == 0)
    for format in ["json", "ndjson"] {
      for arguments in [[], ["--leave-open", "--ledger", "\(folder.path)/\(format)"]] {
        let played = try runProgram(["walkthrough", "--format", format] + arguments)
        try expectDocuments(played.output, match: "walkthrough")
      }
    }
    try expect(["stats"], match: "stats")
    try expect(["verify"], match: "verify")
    try expect(["key", "list"], match: "key")
    try expect(["account", "show", "2"], match: "account")
    try expect(["account", "show", "2", "--reveal"], match: "account")
    try expect(["token", "revoke", "connector:8"], match: "token-revoke")
    // Lists are arrays as json.
    let accounts = try runProgram(["account", "list", "--format", "ndjson"] + ledger)
    try expectDocuments(accounts.output, match: "account")
    let tokens = try runProgram(["token", "list", "connector:8", "--format", "ndjson"] + ledger)
    try expectDocuments(tokens.output, match: "token")
    let trial = try runProgram(
      [
        "simulate", "--events", "200", "--seed", "7", "--connectors", "2", "--groups", "2", "--format", "json",
        "--ledger", "\(folder.path)/trial",
      ])
    try expectDocuments(trial.output, match: "simulate")
  }

  @Test("The check sees what is wrong") func theCheckSeesWhatIsWrong() throws {
    let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
    let check = "\(root)/Tools/checks/documents"
    for text in [#"{"events": 1}"#, "", "{", #"{"target": "token:1", "revoked": true, "more": 1}"#] {
      #expect(try runProgram(["token-revoke"], of: check, input: text).status == 1)
    }
    #expect(try runProgram(["nonsense"], of: check).status == 2)
  }
}
