import LedgerTestSupport
import Testing

/// Two operators at the command line.
@Suite struct ProposalProgramTests {
  let folder = TemporaryFolder()

  private func run(_ arguments: String...) throws -> ProgramResult {
    try runProgram(arguments, environment: ["CREDLEDGER_DIR=\(folder.path)/ledger"])
  }

  /// A ledger with Ada (account:2), Bo (account:3) and Cy (account:4), where everything needs two.
  private func make() throws {
    #expect(try run("init").status == 0)
    for (number, name) in ["Ada", "Bo", "Cy"].enumerated() {
      let made = try run(
        "operator", "create", "--issuer", "https://id.example.org", "--subject", "\(number)", "--name", name)
      #expect(made.status == 0, "\(made.error)")
    }
    let set = try run(
      "operator", "require-two", "erasure", "roles", "keys", "restore", "--as", "Ada", "--ticket", "SEC-9", "--format",
      "json")
    #expect(set.status == 0, "\(set.error)")
    try expectDocuments(set.output, match: "change")
  }

  /// Proposes by a command, has Bo approve it, and gives the number.
  private func approved(_ arguments: [String]) throws -> String {
    let proposed = try runProgram(
      arguments + ["--propose", "--as", "Ada"], environment: ["CREDLEDGER_DIR=\(folder.path)/ledger"])
    #expect(proposed.status == 0, "\(proposed.error)")
    let number = proposed.output.prefix { $0 != "\n" }.split(separator: ":").dropFirst().first.map(String.init) ?? ""
    let answer = try run("proposal", "approve", number, "--as", "Bo")
    #expect(answer.output == "proposal:\(number) is approved\n", "\(answer.error)")
    return number
  }

  @Test("A change is proposed, approved by another, and made by the proposal once") func changeProposed() throws {
    try make()
    let refused = try run("account", "role", "4", "user", "--as", "Ada")
    #expect(refused.status == 1 && refused.error.contains("[approval_required]"), "\(refused.error)")
    #expect(refused.error.contains("proposal: expected a proposal of this change (roles)"), "\(refused.error)")
    let proposed = try run(
      "account", "role", "4", "user", "--propose", "--as", "Ada", "--reason", "left the team", "--format", "json")
    try expectDocuments(proposed.output, match: "proposal")
    #expect(
      proposed.output.contains(#""change": "give account:4 the role user""#), "\(proposed.output)\(proposed.error)")
    let listed = try run("proposal", "list", "--format", "ndjson")
    try expectDocuments(listed.output, match: "proposal")
    #expect(try run("proposal", "approve", "6", "--as", "Ada").error.contains("[forbidden]"))
    #expect(try run("account", "role", "4", "user", "--proposal", "6", "--as", "Ada").status == 1)
    #expect(try run("proposal", "approve", "6", "--as", "Bo", "--ticket", "T-1").status == 0)
    // Another change by the same proposal.
    let other = try run("account", "role", "4", "auditor", "--proposal", "6", "--as", "Ada")
    #expect(other.status == 1 && other.error.contains("[conflict]"), "\(other.error)")
    let done = try run("account", "role", "4", "user", "--proposal", "proposal:6", "--as", "Ada")
    #expect(done.output == "account:4 has the role user\n", "\(done.error)")
    #expect(try run("proposal", "show", "6").output.contains("kind roles, executed\n"))
    #expect(try run("proposal", "list").output.contains("proposal:6") == false)
    #expect(try run("proposal", "list", "--all").output.contains("executed"))
    #expect(try run("account", "role", "4", "operator", "--proposal", "6", "--as", "Ada").error.contains("[conflict]"))
    let audit = try run("audit", "--subject", "proposal:6", "--format", "ndjson").output
    for type in ["proposal.made", "proposal.decided", "account.role_changed"] {
      #expect(audit.contains(type), "\(audit)")
    }
    #expect(try run("verify").status == 0)
  }

  @Test("Every command of which rules may need two takes a proposal") func everyCommand() throws {
    try make()
    for command in [
      ["key", "rotate", "token-mask"], ["key", "rotate", "--all", "--overlap", "1d"], ["key", "drop", "token-mask"],
      ["key", "rotate-signing"], ["key", "rotate-master"], ["erase", "4", "--yes"],
      ["operator", "require-two", "--none"],
    ] {
      let environment = ["CREDLEDGER_DIR=\(folder.path)/ledger"]
      let refused = try runProgram(command + ["--as", "Ada"], environment: environment)
      #expect(refused.status == 1 && refused.error.contains("[approval_required]"), "\(command): \(refused.error)")
      let number = try approved(command)
      let done = try runProgram(command + ["--as", "Ada", "--proposal", number], environment: environment)
      #expect(done.status == 0, "\(command): \(done.error)")
    }
    #expect(try run("key", "rotate", "lookup", "--as", "Ada").status == 0)
  }

  @Test("A proposal is rejected and withdrawn, and a restore takes both names") func proposalRejected() throws {
    try make()
    for (answer, name, done) in [("reject", "Bo", "rejected"), ("withdraw", "Ada", "withdrawn")] {
      let number = try approved(["erase", "4"])
      #expect(try run("proposal", answer, number, "--as", "Cy").status == (answer == "reject" ? 0 : 1))
      if answer == "withdraw" { #expect(try run("proposal", answer, number, "--as", name).status == 0) }
      #expect(try run("proposal", "show", number).output.contains(done))
      let late = try run("erase", "4", "--yes", "--proposal", number, "--as", "Ada")
      #expect(late.status == 1 && late.error.contains("[gone]"), "\(late.error)")
    }
    #expect(try run("backup", "\(folder.path)/backup").status == 0)
    func restore(_ more: String...) throws -> ProgramResult {
      try runProgram(
        ["restore", "\(folder.path)/backup", "--keys", "\(folder.path)/ledger", "--ledger", "\(folder.path)/again"]
          + more)
    }
    #expect(try restore().status == 1)
    #expect(try restore("--as", "Ada").error.contains("[approval_required]"))
    #expect(try restore("--as", "Ada", "--approved-by", "Ada").error.contains("[forbidden]"))
    let restored = try restore("--as", "Ada", "--approved-by", "Bo", "--ticket", "DR-4")
    #expect(restored.status == 0, "\(restored.error)")
    let audit = try runProgram([
      "audit", "--type", "ledger.restored", "--format", "ndjson", "--ledger", "\(folder.path)/again",
    ]).output
    #expect(audit.contains(#""ticket":"DR-4""#) && audit.contains(#""approver":3"#), "\(audit)")
  }

  @Test("An import that names an operator is recorded") func importNames() throws {
    #expect(try run("init").status == 0)
    let made = try run("operator", "create", "--issuer", "https://id.example.org", "--subject", "1", "--name", "Ada")
    #expect(made.status == 0)
    #expect(try run("export", "--out", "\(folder.path)/events").status == 0)
    func importing(_ name: String, _ more: String...) throws -> ProgramResult {
      try runProgram(
        ["import", "\(folder.path)/events", "--keys", "\(folder.path)/ledger", "--ledger", "\(folder.path)/\(name)"]
          + more)
    }
    let plain = try importing("plain")
    #expect(plain.status == 0 && !plain.output.contains("ledger.restored"), "\(plain.error)")
    let named = try importing("named", "--as", "Ada", "--reason", "moves", "--ticket", "DR-4")
    #expect(named.status == 0 && named.output.contains("ledger.restored is event 3"), "\(named.error)\(named.output)")
    let audit = try runProgram([
      "audit", "--type", "ledger.restored", "--format", "ndjson", "--ledger", "\(folder.path)/named",
    ]).output
    #expect(audit.contains(#""id":"account:2""#) && audit.contains(#""reason":"moves""#), "\(audit)")
  }
}
