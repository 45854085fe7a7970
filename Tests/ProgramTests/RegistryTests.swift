import LedgerTestSupport
import Testing

@testable import CredentialLedger

/// Connectors, groups and grants from the command line, as their operator has them.
@Suite struct RegistryTests {
  let folder = TemporaryFolder()
  var path: String { folder.path + "/ledger" }
  let quick = LedgerConfiguration()

  private func run(_ arguments: String..., input: String = "") throws -> ProgramResult {
    try runProgram(arguments, input: input, environment: ["CREDLEDGER_DIR=\(path)"])
  }

  /// Runs it, which must succeed, and gives what it printed as one object a line.
  private func object(_ arguments: String..., input: String = "") throws -> String {
    let result = try runProgram(
      arguments + ["--format", "ndjson"], input: input, environment: ["CREDLEDGER_DIR=\(path)"])
    #expect(result.status == 0, "\(arguments): \(result.error)")
    return result.output
  }

  /// Runs a command in both formats for programs, and holds what it printed against its schema.
  private func expect(_ schema: String, _ arguments: String...) throws {
    for format in ["json", "ndjson"] {
      let result = try runProgram(arguments + ["--format", format], environment: ["CREDLEDGER_DIR=\(path)"])
      #expect(result.status == 0, "\(arguments): \(result.error)")
      // Lists are arrays as json.
      if !result.output.hasPrefix("[") { try expectDocuments(result.output, match: schema) }
    }
  }

  @Test("What is printed for programs is what the schemas say") func printedPrograms() async throws {
    let (developer, admin) = try await people()
    let made = try object("connector", "create", "--owner", developer, "--name", "Roster", "--permission", "media")
    try expectDocuments(made, match: "connector")
    let connector = try value("connector", in: made)
    try expect("connector", "connector", "list")
    try expect("connector", "connector", "show", connector)
    try expect("connector-secret", "connector", "rotate-secret", connector, "--overlap", "1d")
    try expect("change", "connector", "update", connector, "--publisher", "Example")
    try expectDocuments(try object("connector", "end-old-secret", connector), match: "change")
    try expect("change", "connector", "deactivate", connector, "--reason", "under review")
    try expect("connector", "connector", "show", connector)
    try expect("change", "connector", "activate", connector)
    let group = try object("group", "create", "--name", "Field team", "--creator", admin)
    try expectDocuments(group, match: "group")
    let id = try value("group", in: group)
    try expect("group", "group", "list")
    try expect("group", "group", "show", id)
    let member = try object("group", "add-member", id, "--account", developer)
    try expectDocuments(member, match: "member")
    try expect("member", "group", "members", id)
    try expect("change", "group", "role", id, value("membership", in: member), "admin")
    try expect("grant-create", "grant", "create", "--connector", connector, "--group", id, "--granter", admin)
    try expect("grant-create", "grant", "create", "--connector", connector, "--own", "--granter", admin)
    try expect("grant", "grant", "list", "account:\(admin)")
    let grant = try value("grant", in: object("grant", "list", "group:\(id)"))
    try expect("token-revoke", "token", "revoke", "grant:\(grant)")
    try expect("grant", "grant", "show", grant)
    try expect("change", "grant", "revoke", grant)
    try expect("account", "account", "show", developer, "--reveal")
    try expect("change", "group", "rename", id, "Another")
    try expectDocuments(try object("group", "delete", id, "--yes"), match: "change")
    try expectDocuments(try object("connector", "delete", connector, "--yes"), match: "change")
  }

  /// A number or text of an object on one line.
  private func value(_ name: String, in text: String) throws -> String {
    let start = try #require(text.firstRange(of: "\"\(name)\":")).upperBound
    let value = text[start...].prefix { $0 != "," && $0 != "}" }.filter { $0 != "\"" }
    // An ID goes by its number as well, without its kind.
    return Subject(value).map { "\($0.number)" } ?? value
  }

  /// A ledger with two people who have phones.
  private func people() async throws -> (developer: String, admin: String) {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", quick)
    var ids: [String] = []
    for (subject, number) in [("dev", "+911199999999"), ("admin", "+4915112345678")] {
      let account = try await ledger.accounts.signIn(
        issuer: "https://id.example.org", subject: subject, context: RequestContext(address: "192.0.2.7")
      ).account
      let request = try await ledger.phones.requestPIN(for: PhoneNumber(number), by: account)
      _ = try await ledger.phones.verify(request.pin?.digits ?? "", challenge: request.challenge, by: account)
      ids.append("\(account.rawValue)")
    }
    await ledger.close()
    return (ids[0], ids[1])
  }

  @Test("An operator leads a connector from creation to deletion, as the actor of all") func operatorLeads()
    async throws
  {
    let (developer, admin) = try await people()
    let made = try object(
      "connector", "create", "--owner", developer, "--name", "Roster", "--permission", "group-information",
      "--permission", "text-message", "--publisher", "Example \u{201C}Inc\u{201D}")
    let (connector, publicID) = (try value("connector", in: made), try value("id", in: made))
    let secret = ConnectorSecret(try value("secret", in: made))
    #expect(try object("connector", "show", publicID).contains("\"publisher\":\"Example \u{201C}Inc\u{201D}\""))
    #expect(try !object("connector", "show", connector).contains("cls_"))
    #expect(try object("connector", "list", "--owner", developer).split(separator: "\n").count == 1)
    #expect(try object("connector", "list", "--after", connector).isEmpty)

    let update = ["connector", "update", connector, "--name", "Roster two", "--rotation", "always"]
    #expect(
      try runProgram(update, environment: ["CREDLEDGER_DIR=\(path)"]).output == "connector:\(connector) is changed\n")
    #expect(try runProgram(update, environment: ["CREDLEDGER_DIR=\(path)"]).output.contains("nothing was to be done"))
    let shown = try run("connector", "show", connector).output
    #expect(shown.contains("Roster two") && shown.contains("replaced always"))

    let group = try value("group", in: object("group", "create", "--name", "Field team", "--creator", admin))
    let granted = try object("grant", "create", "--connector", publicID, "--group", group, "--granter", admin)
    let grant = try value("grant", in: granted)
    let token = RefreshToken(try value("refreshToken", in: granted))
    for owner in ["connector:\(connector)", "group:\(group)", "account:\(admin)"] {
      #expect(try object("grant", "list", owner).contains("\"state\":\"in-force\""), "\(owner)")
    }
    let rotated = ConnectorSecret(
      try value("secret", in: object("connector", "rotate-secret", connector, "--overlap", "0s")))

    let id = try #require(PublicID(publicID))
    let ledger = try await Ledger.open(at: path, quick)
    await #expect(throws: LedgerError.self) {
      try await ledger.tokens.issue(connector: id, secret: secret, refreshToken: token)
    }
    let issued = try await ledger.tokens.issue(connector: id, secret: rotated, refreshToken: token)
    #expect(issued.refreshToken != nil)
    await ledger.close()

    #expect(try run("token", "revoke", "grant:\(grant)").output == "all tokens of grant:\(grant) so far are revoked\n")
    #expect(try run("token", "revoke", "grant:\(grant)").output.contains("nothing to revoke"))
    #expect(try object("grant", "show", grant).contains("\"state\":\"stopped\""))
    #expect(try run("grant", "revoke", grant).output == "grant:\(grant) is revoked\n")
    #expect(try run("grant", "show", grant).output.contains("revoked"))
    #expect(try run("connector", "delete", connector).status == 2)
    #expect(try run("connector", "end-old-secret", connector).error.contains("[conflict]"))
    #expect(try run("connector", "deactivate", connector).error.contains("--reason"))
    let reason = ["--reason", "under review"]
    #expect(
      try runProgram(["connector", "deactivate", publicID] + reason, environment: ["CREDLEDGER_DIR=\(path)"]).status
        == 0)
    let inactive = try object("connector", "show", connector)
    #expect(inactive.contains("\"state\":\"inactive\"") && inactive.contains("\"reason\":"))
    let explained = try run("explain", "connector:\(connector)").output
    #expect(explained.contains("was set inactive on") && explained.contains("reason: under review"))
    #expect(
      try run("connector", "activate", connector, "--reason", "passed").output == "connector:\(connector) is active\n")
    #expect(try run("connector", "activate", connector).output.contains("nothing was to be done"))
    #expect(try object("connector", "show", connector).contains("\"state\":\"active\""))
    #expect(try run("connector", "delete", connector, "--yes").output == "connector:\(connector) is deleted\n")
    #expect(try run("connector", "delete", connector, "--yes").status == 1)
    #expect(try object("connector", "show", connector).contains("\"state\":\"deleted\""))

    let reader = try await Ledger.openForReading(at: path, quick)
    for type: EventType in [
      .connectorCreated, .connectorUpdated, .connectorSecretRotated, .connectorDeactivated, .connectorActivated,
      .connectorDeleted, .groupCreated,
      .permissionGranted, .permissionRevoked, .tokenRevoked,
    ] {
      let entries = try await reader.audit.latest(of: .type(type))
      #expect(entries.count == 1 && entries[0].actor == .operator, "\(type)")
    }
    await reader.close()
  }

  @Test("An operator administers groups and their members") func operatorAdministers() async throws {
    let (developer, admin) = try await people()
    let upper = try value("group", in: object("group", "create", "--name", "Upper", "--creator", admin))
    let lower = try value(
      "group",
      in: object("group", "create", "--name", "Lower", "--creator", admin, "--kind", "connect-group"))
    #expect(try run("group", "attach", lower, "--to", upper).status == 0)
    #expect(try run("group", "attach", lower, "--to", upper).output.contains("nothing was to be done"))
    #expect(try run("group", "attach", upper, "--to", lower).status == 1)
    #expect(try object("group", "show", upper).contains("\"subgroups\":[\"group:\(lower)\"]"))
    #expect(try value("group", in: object("group", "list", "--below", upper)) == lower)
    #expect(try run("group", "detach", lower, "--from", upper).status == 0)

    let added = try object("group", "add-member", upper, "--account", developer)
    let membership = try value("membership", in: added)
    #expect(try run("group", "role", upper, membership, "admin").status == 0)
    #expect(try run("group", "role", upper, membership, "admin").output.contains("nothing was to be done"))
    let byNumber = try object("group", "add-member", upper, "--number-file", "-", input: "+33 612 345 678\n")
    #expect(byNumber.contains("\"byNumber\":true") && !byNumber.contains("612"))
    #expect(try object("group", "members", upper).split(separator: "\n").count == 3)
    #expect(try run("group", "members", upper).output.contains("invited by number"))
    #expect(try run("group", "remove-member", upper, membership).status == 0)
    #expect(try run("group", "remove-member", upper, membership).output.contains("nothing was to be done"))
    #expect(try object("group", "list", "--member", developer).isEmpty)

    #expect(try run("group", "rename", upper, "Over").status == 0)
    #expect(try object("group", "list", "--limit", "1").contains("\"name\":\"Over\""))
    #expect(try run("group", "delete", upper, "--yes").status == 0)
    #expect(try run("group", "rename", upper, "Again").status == 1)
    #expect(try object("group", "show", upper).contains("\"state\":\"deleted\""))
  }

  @Test("Sign-ins are shown when they are asked for") func signIns() async throws {
    let (developer, _) = try await people()
    #expect(try !object("account", "show", developer).contains("192.0.2.7"))
    #expect(try object("account", "show", developer, "--reveal").contains("\"address\":\"192.0.2.7\""))
    #expect(try run("account", "show", developer, "--reveal").output.contains("192.0.2.7"))
  }

  @Test("The key that signs now is printed alone") func keySigns() async throws {
    _ = try await people()
    let rotated = try run("key", "rotate-signing").output
    #expect(try run("key", "list").output.split(separator: "\n").count == 3)
    #expect(try run("key", "list", "--newest").output == rotated)
    #expect(try object("key", "list", "--newest").contains(#""verifierKeys":["\#(rotated.dropLast())"],"#))
  }

  @Test("What people send of themselves does not steer a terminal") func peopleSend() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", quick)
    func signIn() async throws -> AccountID {
      try await ledger.accounts.signIn(
        issuer: "https://id.example.org", subject: "a", name: "Ada\u{1B}[2J", userAgent: "curl\u{9B}2J"
      ).account
    }
    // The first is the registration, which says nothing of the program.
    let account = try await signIn()
    #expect(try await signIn() == account)
    await ledger.close()
    let output = try run("account", "show", "\(account)", "--reveal").output
    #expect(output.contains("Ada\u{FFFD}[2J") && output.contains("curl\u{FFFD}2J"))
  }

  @Test("What is wrong is told by the subcommand that it is wrong for") func wrongTold() async throws {
    let (developer, _) = try await people()
    func expect(_ status: Int32, _ text: String, _ arguments: String...) throws {
      let result = try runProgram(arguments, environment: ["CREDLEDGER_DIR=\(path)"])
      #expect(result.status == status, "\(arguments)")
      #expect(result.error.contains(text), "\(arguments): \(result.error)")
      #expect(!result.error.contains("USAGE: credledger <subcommand>"), "\(arguments)")
      #expect(result.output.isEmpty)
    }
    try expect(1, "there is no token:99", "token", "explain", "token:99")
    try expect(1, "there is no connector:99; credledger connector list", "connector", "show", "99")
    for kind in ["connector", "group", "grant", "webhook", "account", "proposal"] {
      try expect(1, "there is no \(kind):99; credledger \(kind) list", kind, "show", "99")
      try expect(1, "[not_found]", kind, "show", "99")
    }
    try expect(1, "there is no group", "group", "members", "df91cb37-97bf-4ccd-a8c2-b2a3ba5eac62")
    try expect(1, "there is no grant:99", "grant", "show", "99")
    try expect(2, "credledger token revoke", "token", "revoke", "grant:x")
    try expect(2, "credledger explain", "token", "explain")
    try expect(2, "credledger token list", "token", "list", "account:1")
    try expect(2, "credledger grant list", "grant", "list", "token:1")
    try expect(2, "credledger connector update", "connector", "update", "8")
    try expect(2, "credledger grant create", "grant", "create", "--connector", "8", "--granter", "2")
    try expect(2, "credledger group add-member", "group", "add-member", "5")
    try expect(2, "credledger erase", "erase", developer)
    try expect(2, "--limit: expected 1 to 1000", "group", "list", "--limit", "0")
    let nameless = try runProgram(["group", "list"], environment: ["CREDLEDGER_DIR="])
    #expect(nameless.status == 2)
    #expect(nameless.error.contains("credledger group list"))
  }

  @Test("A ledger that cannot be opened says so in the words of its operator") func ledgerCannot() async throws {
    _ = try await people()
    let file = path + "/ledger/data.mdb"
    #expect(Program.run("cp", ["-r", path, folder.path + "/copy"]))
    #expect(Program.run("truncate", ["-s", "0", file]))
    let empty = try run("stats")
    #expect(empty.status == 3)
    #expect(empty.error.contains("damaged") && empty.error.contains("restore a backup"))
    #expect(Program.run("rm", [file]))
    let missing = try run("stats")
    #expect(missing.status == 3)
    #expect(missing.error.contains("restore its folder ledger/"))
    // What is no store of this kind, and a key that does not fit.
    #expect(Program.run("cp", ["/etc/passwd", file]))
    let copy = folder.path + "/copy"
    for result in [
      try run("stats"),
      try runProgram(
        ["stats", "--ledger", copy],
        environment: ["CREDLEDGER_MASTER_KEY=\(String(repeating: "7", count: 64))"]),
    ] {
      #expect(result.status == 3)
      for word in ["LMDB", "MDB_", "notAn", "masterKey", "environment"] {
        #expect(!result.error.contains(word), "\(result.error)")
      }
    }
  }

  @Test("A new ledger without a name says which it got") func newLedger() throws {
    let result = try run("init")
    #expect(result.status == 0)
    #expect(result.error == "note: without --origin the ledger is named ledger.local, and keeps that name\n")
  }
}
