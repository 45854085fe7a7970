import LedgerTestSupport
import Testing

/// Operators by name at the command line, from a fresh ledger on.
@Suite struct OperatorProgramTests {
  let folder = TemporaryFolder()

  private func run(_ arguments: String..., environment: [String] = []) throws -> ProgramResult {
    try runProgram(arguments, environment: ["CREDLEDGER_DIR=\(folder.path)/ledger"] + environment)
  }

  private func create(_ subject: String, _ name: String, _ more: String...) throws -> ProgramResult {
    try runProgram(
      ["operator", "create", "--issuer", "https://id.example.org", "--subject", subject, "--name", name] + more,
      environment: ["CREDLEDGER_DIR=\(folder.path)/ledger"])
  }

  @Test("A fresh ledger gets operators, and then every change names one") func freshLedger() throws {
    #expect(try run("init").status == 0)
    let first = try create("1", "Ada", "--format", "json")
    #expect(first.status == 0, "\(first.error)")
    try expectDocuments(first.output, match: "change")
    #expect(first.output.contains("account:2"))
    #expect(try run("operator", "require-names").status == 1)
    let required = try run("operator", "require-names", "--as", "Ada", "--ticket", "SEC-3", "--format", "json")
    #expect(required.status == 0, "\(required.error)")
    try expectDocuments(required.output, match: "change")
    let refused = try create("2", "Bo")
    #expect(refused.status == 1 && refused.error.contains("operator: expected the name of an operator"))
    #expect(try create("2", "Bo", "--as", "Ada").status == 0)
    for name in ["Cy", "account:99"] {
      let unknown = try create("3", "Cy", "--as", name)
      #expect(unknown.status == 1 && unknown.error.contains("[forbidden]"), "\(unknown.error)")
    }
    let listed = try run("operator", "list")
    #expect(listed.output.contains("account:2") && !listed.output.contains("Ada"))
    let last = try run("account", "role", "2", "user", environment: ["CREDLEDGER_OPERATOR=Bo"])
    #expect(last.output == "account:2 has the role user\n", "\(last.error)")
    #expect(try run("account", "role", "4", "user", "--as", "Bo").error.contains("[last_admin]"))
  }

  @Test("The audit says who and why, in words and for programs") func auditSays() throws {
    #expect(try run("init").status == 0)
    #expect(try create("1", "Ada").status == 0)
    #expect(try create("2", "Bo").status == 0)
    let change = try run(
      "account", "role", "3", "auditor", "--as", "Ada", "--reason", "moves to audit", "--ticket", "HR-77")
    #expect(change.status == 0, "\(change.error)")
    let line = try run("audit", "--type", "account.role_changed", "--format", "ndjson").output
    for part in [
      #""operator":{"id":"account:2","standing":"present"}"#, #""reason":"moves to audit""#, #""ticket":"HR-77""#,
    ] {
      #expect(line.contains(part), "\(line)")
    }
    try expectDocuments(line, match: "audit-event")
    try expectDocuments(
      try run("audit", "--actor", "operator:2", "--format", "cloudevents").output, match: "audit-cloudevent")
    let csv = try run(
      "audit", "--account", "2", "--type", "account.role_changed", "--format", "csv", "--fields",
      "operator,reason,ticket")
    #expect(
      csv.output.hasPrefix("operator,operatorName,reason,ticket\r\naccount:2,,moves to audit,HR-77"), "\(csv.output)")
    let table = try run("audit", "--actor", "operator:2", "--fields", "type,operator,reason,ticket").output
    #expect(table.contains("moves to audit") && table.contains("HR-77") && table.contains("account:2"))
    let export = try run("export")
    #expect(export.output.contains(#""reason":"moves to audit","ticket":"HR-77""#), "\(export.error)")
    try expectDocuments(export.output, match: "export-line")
    #expect(try run("verify").status == 0)
  }

  @Test("What is shown with --reveal is recorded first, and nothing is shown that cannot be") func shownReveal() throws
  {
    #expect(try run("init").status == 0)
    #expect(try create("1", "Ada").status == 0)
    #expect(try create("2", "Bo").status == 0)
    #expect(try run("operator", "require-names", "--as", "Ada").status == 0)
    for command in [
      ["account", "show", "3"], ["audit"], ["state", "--id", "account:3"], ["diff", "1"], ["explain", "account:3"],
    ] {
      let refused = try runProgram(command + ["--reveal"], environment: ["CREDLEDGER_DIR=\(folder.path)/ledger"])
      #expect(refused.status == 1 && refused.error.contains("operator: expected"), "\(command): \(refused.error)")
      #expect(!refused.output.contains("Bo"), "\(command)")
      let shown = try runProgram(
        command + ["--reveal", "--as", "Ada", "--ticket", "C-12"], environment: ["CREDLEDGER_DIR=\(folder.path)/ledger"]
      )
      #expect(shown.status == 0 && shown.output.contains("Bo"), "\(command): \(shown.error)")
      #expect(try runProgram(command, environment: ["CREDLEDGER_DIR=\(folder.path)/ledger"]).status == 0)
    }
    let events = try run("audit", "--type", "personal_data.revealed", "--format", "ndjson", "--reverse").output
    var purposes: [String] = []
    for line in events.split(separator: "\n") {
      guard let place = line.firstRange(of: #""purpose":""#) else { continue }
      let rest: Substring = line[place.upperBound...]
      purposes.append(String(rest.prefix { $0 != "\"" }))
    }
    #expect(purposes == ["account show", "audit", "state", "diff", "explain"])
    #expect(events.split(separator: "\n").allSatisfy { $0.contains(#""ticket":"C-12""#) && $0.contains("account:2") })
  }

  @Test("An explanation says in words who stopped it, when and why") func explanationSays() throws {
    #expect(try run("init").status == 0)
    #expect(try create("1", "Ada").status == 0)
    #expect(try create("2", "Bo").status == 0)
    let disabled = try run("account", "disable", "3", "--reason", "left", "--ticket", "HR-77", "--as", "Ada")
    #expect(disabled.output == "account:3 is disabled\n", "\(disabled.error)")
    let masked = try run("explain", "account:3").output
    #expect(
      masked.contains("account:3 was disabled on ") && masked.contains(" by account:2, reason: left, ticket HR-77"))
    let revealed = try run("explain", "account:3", "--reveal").output
    #expect(revealed.contains("Bo (account:3) was disabled") || revealed.contains("account:3 was disabled"))
    #expect(revealed.contains(" by Ada (account:2), reason: left, ticket HR-77"), "\(revealed)")
    let json = try run("explain", "account:3", "--format", "json").output
    try expectDocuments(json, match: "explain")
    #expect(json.contains(#""operator": "account:2""#) && json.contains(#""ticket": "HR-77""#), "\(json)")
  }
}
