import LedgerTestSupport
import Testing

/// Each key of the keyring is replaced and destroyed by a command.
@Suite struct KeyRotationProgramTests {
  let folder = TemporaryFolder()

  private func run(_ arguments: String...) throws -> ProgramResult {
    try runProgram(arguments + ["--ledger", "\(folder.path)/ledger"])
  }

  @Test func allKindsOrOneAreRotatedAndEarlierKeysAreDropped() throws {
    #expect(try run("init").status == 0)
    let all = try run("key", "rotate", "--all", "--overlap", "30d", "--format", "json")
    #expect(all.status == 0, "\(all.error)")
    try expectDocuments(all.output, match: "key-rotate")
    for name in ["signing/2", "person/2", "token-mask/2", "lookup/2", "pin-pepper/2", "derivation/2", "row-check/2"] {
      #expect(all.output.contains("\"\(name)\""))
    }
    let one = try run("key", "rotate", "token-mask", "--overlap", "7d")
    #expect(one.output.contains("token-mask/3 is in use") && one.output.contains("token-mask/2 is read until"))
    let listed = try run("key", "list", "--format", "json")
    try expectDocuments(listed.output, match: "key")
    let dropped = try run("key", "drop", "token-mask", "--below", "2", "--format", "json")
    #expect(dropped.status == 0 && dropped.output.contains("token-mask/1"))
    try expectDocuments(dropped.output, match: "key-drop")
    #expect(try run("key", "drop", "lookup").output == "there was none to drop\n")
    let events = try run("audit", "--type", "key.rotated", "--format", "ndjson").output
    #expect(events.split(separator: "\n").count == 7)
    #expect(try run("verify").status == 0)
  }

  @Test func whatMakesNoSenseIsRefused() throws {
    #expect(try run("init").status == 0)
    for arguments in [
      ["rotate"], ["rotate", "--all", "lookup"], ["rotate", "master"], ["rotate", "lookup", "--overlap", "1d"],
      ["drop", "signing"], ["drop", "lookup", "--below", "x"],
    ] {
      let refused = try runProgram(["key"] + arguments + ["--ledger", "\(folder.path)/ledger"])
      #expect(refused.status == 2 || refused.status == 1, "\(arguments): \(refused.error)")
      #expect(!refused.error.isEmpty && refused.output.isEmpty)
    }
  }
}
