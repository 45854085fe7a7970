import LedgerTestSupport
import Testing

/// Each key of the keyring is replaced and destroyed by a command.
@Suite struct KeyRotationProgramTests {
  let folder = TemporaryFolder()

  private func run(_ arguments: String...) throws -> ProgramResult {
    try runProgram(arguments + ["--ledger", "\(folder.path)/ledger"])
  }

  @Test("All kinds or one are rotated and earlier keys are dropped") func allKinds() throws {
    #expect(try run("init").status == 0)
    let all = try run("key", "rotate", "--all", "--overlap", "30d", "--format", "json")
    #expect(all.status == 0, "\(all.error)")
    try expectDocuments(all.output, match: "key-rotate")
    for name in [
      "signing/2", "person/2", "token-mask/2", "lookup/2", "pin-pepper/2", "derivation/2", "row-check/2",
      "token-signing/2",
    ] {
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
    #expect(events.split(separator: "\n").count == 8)
    let signing = try run("key", "rotate-signing", "--format", "json")
    try expectDocuments(signing.output, match: "key-rotate-signing")
    // For a file with the key alone.
    let key = try run("key", "rotate-signing", "--field", "verifierKey").output
    #expect(try run("key", "list", "--newest").output == key && key.hasPrefix("ledger.local+"), "\(key)")
    #expect(try run("verify").status == 0)
  }

  @Test("What makes no sense is refused") func makesSense() throws {
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

  @Test("Of a key that was kept elsewhere the end is asked for") func keyKept() throws {
    #expect(try run("init", "--origin", "ledger.example.org").status == 0)
    let key = try #require(
      try run("key", "list", "--format", "json").output.firstMatch(
        of: #/ledger\.example\.org\+[0-9a-f]{8}\+[A-Za-z0-9+\/=]+/#)
    ).output
    let (kept, warning) = ("\(folder.path)/kept", "warning: ")
    #expect(try run("checkpoint", "--out", kept).status == 0)
    let verify = ["verify", "--against", kept, "--verifier-key"]
    func said(_ key: String, _ more: String...) throws -> ProgramResult {
      try runProgram(verify + [key, "--ledger", "\(folder.path)/ledger"] + more)
    }
    // The keyring says of its current key that nothing has replaced it.
    #expect(try !said("\(key)").error.contains(warning))
    let unkeyed = try said("\(key)", "--master-key", "none", "--format", "json")
    #expect(unkeyed.status == 0 && unkeyed.error.contains("warning: the end of the key"), "\(unkeyed.error)")
    #expect(unkeyed.output.contains(#""keyEndKnown": false"#))
    try expectDocuments(unkeyed.output, match: "verify")
    #expect(try run("key", "rotate-signing").status == 0)
    let replaced = try said("\(key)")
    #expect(replaced.error.contains("warning: the key"), "\(replaced.error)")
    #expect(replaced.error.contains("was replaced at the size 1"), "\(replaced.error)")
    let new = try #require(
      try run("key", "list", "--format", "json").output.matches(
        of: #/ledger\.example\.org\+[0-9a-f]{8}\+[A-Za-z0-9+\/=]+/#
      ).last
    ).output
    // A checkpoint that only a key signed that was not given is not taken from the keyring's word.
    let other = try said("\(new)")
    #expect(other.status == 1 && other.error.contains("invalid_checkpoint"), "\(other.error)")
    let told = try runProgram(
      verify + ["\(key)@1", "--verifier-key", "\(new)", "--ledger", "\(folder.path)/ledger", "--format", "json"])
    #expect(told.status == 0 && !told.error.contains(warning), "\(told.error)")
    #expect(told.output.contains(#""keyEndKnown": true"#))
  }
}
