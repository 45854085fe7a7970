import CredentialLedger
import LedgerTestSupport
import Testing

/// What the program refuses, and how it names what is wrong; and that it says what it did.
@Suite struct RefusalTests {
  /// Expects that the ledger refuses a command, and names what is wrong.
  private func expect(
    _ ledger: ProvenLedger, _ status: Int32, _ text: String, _ arguments: String...,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let result = try runProgram(arguments + ["--ledger", ledger.path])
    #expect(result.status == status, "\(arguments)", sourceLocation: sourceLocation)
    #expect(result.error.contains(text), "\(arguments): \(result.error)", sourceLocation: sourceLocation)
    #expect(result.output.isEmpty, "\(arguments)", sourceLocation: sourceLocation)
  }

  @Test("What is wrong goes by its name on the command line") func wrongGoes() async throws {
    let ledger = try await ProvenLedger(events: 3)
    try expect(ledger, 1, "--as-of: there is no event at position 99", "state", "--as-of", "99")
    try expect(ledger, 1, "FROM: there is no event at position 99", "diff", "99")
    try expect(ledger, 1, "TO: there is no event at position 99", "diff", "1", "99")
    try expect(ledger, 1, "--from: there is no event at position 99", "replay", "--step", "--from", "99")
    try expect(ledger, 1, "--to: there is no event", "replay", "--to", "99", "--out", ledger.file("then"))
    try expect(ledger, 2, "--since is later than --until", "audit", "--since", "1d", "--until", "2d")
    try expect(ledger, 1, "there are no events of token:99", "bundle", "account:2", "token:99")
    try expect(ledger, 1, "account:99", "erase", "account:99", "--yes")
    #expect(try !ledger.run("erase", "account:99", "--yes").error.contains("sign in"))
    #expect(try ledger.run("audit", "--since", "2d", "--until", "1d").status == 0)
  }

  @Test("Names that read as others are refused") func namesRead() async throws {
    let ledger = try await ProvenLedger(events: 2)
    for name in ["a\u{202E}b", "\u{2066}a", "a\u{202A}", "a\u{2069}", "a\u{FFFD}", "a\u{200F}", "\u{200B}"] {
      try expect(ledger, 1, "name: expected", "group", "create", "--name", name + ".", "--creator", "2")
    }
  }

  @Test("Origins that read as others are refused") func originsRead() throws {
    let folder = TemporaryFolder()
    for origin in ["a:b:c", "[::1]", "a\u{200B}.example", "a\u{202E}b", "\u{2800}", ":1", "/x", "a:x", "a\u{FFFD}"] {
      let result = try runProgram(["init", "--origin", origin, "--ledger", "\(folder.path)/ledger"])
      #expect(result.status == 1 && result.error.contains("origin: expected"), "\(origin): \(result.error)")
      #expect(TemporaryFolder.names(in: folder.path) == [])
    }
    for (index, origin) in ["a.example:8080/x", "zoë.example", "a"].enumerated() {
      let result = try runProgram(["init", "--origin", origin, "--ledger", "\(folder.path)/\(index)"])
      #expect(result.status == 0, "\(origin): \(result.error)")
    }
  }

  @Test("Folders that hold something else are left alone") func foldersHold() async throws {
    let ledger = try await ProvenLedger(events: 2)
    let other = ledger.file("other")
    #expect(Program.run("mkdir", [other]))
    TestFile.write([1], to: other + "/thesis.txt")
    try expect(ledger, 1, "holds something that is no archive", "archive", other)
    try expect(ledger, 1, "holds something else than tiles", "tiles", "--out", other)
    #expect(TemporaryFolder.names(in: other) == ["thesis.txt"])
    let inside = ledger.path + "/x"
    try expect(ledger, 1, "path: expected a folder outside", "backup", inside)
    try expect(ledger, 1, "keys: expected a folder outside", "backup", other + "2", "--keys", inside)
    try expect(ledger, 1, "path: expected a folder outside", "archive", ledger.path)
    try expect(ledger, 1, "in the folder of the ledger", "tiles", "--out", inside + "/y")
    #expect(TemporaryFolder.names(in: ledger.path)?.contains("x") == false)
    for _ in 0..<2 {
      #expect(try ledger.run("archive", ledger.file("archive")).status == 0)
      #expect(try ledger.run("tiles", "--out", ledger.file("tiles")).status == 0)
    }
  }

  @Test("A store that is damaged is not taken for a path mistyped") func storeDamaged() async throws {
    let ledger = try await ProvenLedger()
    let file = ledger.path + "/ledger/data.mdb"
    var random = SeededRandom(stream: 4_711)
    let content = try TestFile.read(file)
    TestFile.write(
      (0..<4_096).map { _ in UInt8.random(in: 0...255, using: &random) } + content.dropFirst(4_096), to: file)
    try expect(ledger, 3, "data.mdb in the folder is damaged, or no ledger's", "stats")
    try expect(ledger, 3, "data.mdb in the folder is damaged, or no ledger's", "key", "rotate-signing")
  }

  @Test("What was done is said in the number that it has") func doneSaid() async throws {
    let ledger = try await ProvenLedger()
    #expect(try ledger.run("verify").output.contains("1 event matches the tree"))
    #expect(try ledger.run("verify").output.contains("\n1 signed checkpoint agrees with it\n"))
    #expect(try ledger.run("archive", ledger.file("archive")).output.contains("1 event in 1 segment, 1 new"))
    #expect(try ledger.run("snapshot", "drop").output == "0 snapshots dropped\n")
    try await ledger.grow(to: 2)
    let account = "account:2"
    #expect(try ledger.run("account", "disable", account, "--reason", "left").output == "\(account) is disabled\n")
    #expect(try ledger.run("account", "enable", "2").output == "\(account) is enabled\n")
    #expect(try ledger.run("account", "enable", "2").output == "\(account): nothing was to be done\n")
    let role = try ledger.run("account", "role", "2", "auditor", "--format", "ndjson").output
    try expectDocuments(role, match: "change")
    #expect(try ledger.run("stats").output.contains("(slots taken"))
  }
}
