import CredentialLedger
import Glibc
import LedgerTestSupport
import Testing

/// Reading without the master key, and by the keys of roles.
@Suite struct ReadingWithoutKeysTests {
  /// A ledger with people in it, whose master key is not in its folder.
  private func ledger() async throws -> AuditedLedger {
    let ledger = try await AuditedLedger()
    let moved = "\(ledger.folder.path)/key"
    try #require(Program.run("mv", ["\(ledger.path)/keys/master.key", moved]))
    return ledger
  }

  private func run(_ ledger: AuditedLedger, _ arguments: String..., key: String? = nil) throws -> ProgramResult {
    try runProgram(arguments + ["--ledger", ledger.path] + (key.map { ["--master-key", $0] } ?? []))
  }

  @Test("What is not sealed is read and the output says what was not verified") func sealedRead() async throws {
    let ledger = try await ledger()
    let file = "file:\(ledger.folder.path)/key"
    for arguments in [
      ["stats"], ["key", "list"], ["checkpoint", "--latest"], ["audit"], ["state"], ["state", "--as-of", "9"],
      ["prove", "inclusion", "3", "--latest"], ["explain", "\(ledger.token.handle)"], ["account", "list"],
      ["tiles", "--latest", "--out", "\(ledger.folder.path)/tiles"], ["diff", "5", "12"],
    ] {
      let result = try runProgram(arguments + ["--ledger", ledger.path])
      #expect(result.status == 0, "\(arguments): \(result.error)")
      #expect(result.error.hasPrefix("note: read without the master key"), "\(arguments): \(result.error)")
      #expect(result.error.split(separator: "\n").count { $0.hasPrefix("note: read without") } == 1)
      if arguments[0] == "tiles" || arguments[0] == "key" { continue }
      let keyed = try runProgram(arguments + ["--ledger", ledger.path, "--master-key", file])
      // What tells the time now is never the same.
      if arguments.count > 1 || arguments[0] == "audit", arguments[0] != "explain" {
        #expect(keyed.output == result.output, "\(arguments)")
      }
      #expect(keyed.error.isEmpty, "\(arguments): \(keyed.error)")
    }
    let listed = try run(ledger, "key", "list")
    #expect(listed.output.contains("NOT authenticated"), "\(listed.output)")
    for (arguments, schema) in [(["stats"], "stats"), (["key", "list"], "key"), (["verify"], "verify")] {
      for (source, keyed) in [("none", "false"), (file, "true")] {
        let result = try runProgram(
          arguments + ["--ledger", ledger.path, "--master-key", source, "--format", "ndjson"])
        #expect(result.status == 0 && result.output.contains("\"keyed\":\(keyed)"), "\(result.output) \(result.error)")
        try expectDocuments(result.output, match: schema)
      }
    }
  }

  @Test("What takes a key says how to give it") func takesKey() async throws {
    let ledger = try await ledger()
    for arguments in [
      ["audit", "--reveal"], ["audit", "--phone", "-"], ["explain", "-"], ["backup", "\(ledger.folder.path)/copy"],
      ["replay", "--verify"], ["key", "reader-key", "--to-file", "\(ledger.folder.path)/reader"],
      ["account", "show", "\(ledger.ada)", "--reveal"], ["checkpoint"], ["key", "rotate-signing"],
      ["token", "revoke", "\(ledger.token.handle)"],
    ] {
      for source in [[], ["--master-key", "none"]] {
        let result = try runProgram(
          arguments + ["--ledger", ledger.path] + source,
          input: arguments[0] == "audit" ? "+911199999999\n" : ledger.token.accessToken.text + "\n")
        // What is signed is signed already.
        guard arguments[0] != "checkpoint" else { continue }
        #expect(result.status == 3, "\(arguments) \(source): \(result.status) \(result.output)")
        #expect(
          result.error.contains("CREDLEDGER_MASTER_KEY") || result.error.contains("--master-key"), "\(result.error)")
        #expect(result.error.contains("[key_unavailable"), "\(arguments): \(result.error)")
      }
    }
    // One that is named and not there is no reason to go on without.
    #expect(try run(ledger, "stats", key: "file:\(ledger.folder.path)/none").status == 3)
  }

  @Test("The log is verified and a damaged one is found") func logVerified() async throws {
    let ledger = try await ledger()
    let sound = try run(ledger, "verify")
    #expect(sound.status == 0, "\(sound.error)")
    #expect(sound.output.contains("match the tree") && sound.output.contains("NOT verified"), "\(sound.output)")
    #expect(!sound.output.contains("rebuilt state equals live state"))

    // Keys that were kept elsewhere take the place of the keyring's.
    let listed = try run(ledger, "key", "list", "--newest").output.split(separator: "\n").first.map(String.init) ?? ""
    #expect(try run(ledger, "verify", "--verifier-key", listed).status == 0)
    let stranger = try await ProvenLedger(events: 2).key
    let foreign = try run(ledger, "verify", "--verifier-key", stranger)
    #expect(foreign.status == 1 && foreign.error.contains("not signed by a key"), "\(foreign.error)")
    #expect(try run(ledger, "verify", "--verifier-key", "x").status == 2)

    // A byte of a record, and of the row that follows from it.
    let file = "\(ledger.path)/ledger/data.mdb"
    var bytes = try TestFile.read(file)
    let places = bytes.ranges(of: Array("HYPERLINK".utf8))
    for place in places { bytes[place.lowerBound] ^= 1 }
    TestFile.write(bytes, to: file)
    let damaged = try run(ledger, "verify")
    #expect(!places.isEmpty && damaged.status == 1, "\(damaged.output) \(damaged.error)")
    #expect(damaged.error.contains("first bad position"), "\(damaged.error)")
  }

  @Test("The reader key takes the place of the master key") func readerKey() async throws {
    let ledger = try await ledger()
    let (master, reader) = ("file:\(ledger.folder.path)/key", "\(ledger.folder.path)/reader")
    let made = try run(ledger, "key", "reader-key", "--to-file", reader, key: master)
    #expect(made.status == 0, "\(made.error)")
    var status = stat()
    #expect(unsafe stat(reader, &status) == 0 && status.st_mode & 0o777 == 0o600)
    #expect(try run(ledger, "key", "reader-key", "--to-file", reader, key: master).status == 1)
    let reading = ["--ledger", ledger.path, "--master-key", "file:\(reader)"]
    // Showing personal data is recorded, which takes a ledger open for writing.
    let revealed = try runProgram(["audit", "--reveal"] + reading)
    #expect(revealed.status == 3 && revealed.output.isEmpty && revealed.error.contains("reader key"))
    for arguments in [["verify"], ["audit"], ["replay", "--verify"], ["explain", "-"]] {
      let input = ledger.token.accessToken.text + "\n"
      let result = try runProgram(arguments + reading, input: input)
      let keyed = try runProgram(arguments + ["--ledger", ledger.path, "--master-key", master], input: input)
      #expect(result.status == keyed.status, "\(arguments): \(result.error)")
      if arguments[0] != "explain" { #expect(result.output == keyed.output, "\(arguments): \(result.error)") }
      #expect(!result.error.contains("note:"), "\(result.error)")
    }
    for arguments in [
      ["token", "revoke", "\(ledger.token.handle)"], ["key", "rotate-signing"],
      ["key", "signer-key", "--to-file", "-"],
    ] {
      let refused = try runProgram(arguments + ["--ledger", ledger.path, "--master-key", "file:\(reader)"])
      #expect(refused.status == 3 && refused.error.contains("reader key"), "\(arguments): \(refused.error)")
    }
    let rotated = try run(ledger, "key", "rotate", "person", key: master)
    #expect(rotated.status == 0, "\(rotated.error)")
    let ended = try run(ledger, "stats", key: "file:\(reader)")
    #expect(ended.status == 3 && ended.error.contains("written out"), "\(ended.error)")

    let signer = "\(ledger.folder.path)/signer"
    let signing = try run(ledger, "key", "signer-key", "--to-file", signer, "--format", "json", key: master)
    #expect(signing.status == 0 && signing.output.contains("\"role\": \"signer\""), "\(signing.output)")
    let exported = try run(
      ledger, "export", "--out", "\(ledger.folder.path)/export", key: "file:\(signer)")
    #expect(exported.status == 0, "\(exported.error)")
    #expect(try run(ledger, "audit", "--reveal", key: "file:\(signer)").status == 3)
  }

  @Test(
    "A read only file system is enough", .enabled(if: Program.canMount, "a read-only disk needs the right to mount one")
  )
  func readOnly() async throws {
    let ledger = try await ledger()
    let disk = "\(ledger.folder.path)/disk"
    #expect(unsafe mkdir(disk, 0o700) == 0)
    try #require(Program.run("mount", ["--bind", ledger.path, disk]))
    defer { _ = Program.run("umount", ["-l", disk]) }
    try #require(Program.run("mount", ["-o", "remount,ro,bind", disk]))
    #expect(unsafe open("\(disk)/probe", O_WRONLY | O_CREAT, 0o600) < 0 && errno == EROFS)
    for source in ["none", "file:\(ledger.folder.path)/key"] {
      for arguments in [
        ["stats"], ["verify"], ["key", "list"], ["audit"], ["state"], ["state", "--as-of", "9"],
        ["checkpoint", "--latest"], ["prove", "inclusion", "3", "--latest"],
        ["tiles", "--latest", "--out", "\(ledger.folder.path)/tiles"],
      ] {
        let result = try runProgram(arguments + ["--ledger", disk, "--master-key", source])
        #expect(result.status == 0, "\(arguments) \(source): \(result.error)")
      }
    }
    // A folder for scratch that cannot be written in is named with its option.
    for arguments in [["verify"], ["state", "--as-of", "9"]] {
      let result = try runProgram(
        arguments + ["--ledger", disk, "--scratch", disk, "--master-key", "file:\(ledger.folder.path)/key"])
      #expect(
        result.status == 3 && result.error.contains("--scratch"), "\(arguments): \(result.status) \(result.error)")
    }
  }
}
