import Glibc
import LedgerTestSupport
import Testing

/// The subcommands that carry a ledger to another place.
@Suite struct BackupProgramTests {
  let folder = TemporaryFolder()

  private func path(_ name: String) -> String { "\(folder.path)/\(name)" }

  private func simulated(_ events: Int = 400) throws {
    let result = try runProgram([
      "simulate", "--ledger", path("ledger"), "--events", "\(events)", "--seed", "7", "--format", "ndjson",
    ])
    try #require(result.status == 0, "\(result.error)")
  }

  /// Whether a document is what its schema says.
  private func matches(_ schema: String, _ document: String) throws -> Bool {
    let file = path("document-\(UInt32.random(in: 0...UInt32.max))")
    let descriptor = unsafe open(file, O_WRONLY | O_CREAT | O_EXCL, 0o600)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    let bytes = Array(document.utf8)
    try #require(unsafe bytes.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) } == bytes.count)
    return Program.run("\(Repository.path)/Tools/checks/documents", [schema, file])
  }

  /// Runs the program, and kills it after some seconds; whether it was done before. It is gone when this returns.
  @discardableResult
  private func kill(after seconds: Double, _ arguments: [String]) -> Bool {
    guard let program = try? Program.file("credledger") else { return false }
    return Program.run("timeout", ["--foreground", "-s", "KILL", "\(seconds)", program] + arguments)
  }

  @Test("What is backed up is checked and restored") func backedUp() throws {
    try simulated()
    let ledger = ["--ledger", path("ledger"), "--format", "ndjson"]
    let backup = try runProgram(["backup", path("backup"), "--keys", path("keys"), "--projections"] + ledger)
    #expect(backup.status == 0, "\(backup.error)")
    #expect(try matches("backup", backup.output))
    for (name, schema) in [("backup", "backup-manifest"), ("keys", "keys-backup-manifest")] {
      #expect(Program.run("\(Repository.path)/Tools/checks/documents", [schema, path("\(name)/manifest.json")]))
    }
    let check = try runProgram(["backup", "--check", path("backup"), "--keys", path("keys"), "--format", "ndjson"])
    #expect(check.status == 0, "\(check.error)")
    #expect(try matches("backup", check.output))
    let restored = try runProgram([
      "restore", path("backup"), "--keys", path("keys"), "--ledger", path("again"), "--format", "ndjson",
    ])
    #expect(restored.status == 0, "\(restored.error)")
    #expect(try matches("restore", restored.output))
    #expect(restored.output.contains(#""recordedAt":"#))
    #expect(try runProgram(["verify", "--ledger", path("again")]).status == 0)

    // Refusals, each by its status.
    #expect(try runProgram(["backup", path("backup")] + ledger).status == 1)
    #expect(try runProgram(["backup", path("a"), "--keys", path("a/keys")] + ledger).status == 1)
    #expect(try runProgram(["backup", path("c"), "--verifier-key", "x"] + ledger).status == 2)
    #expect(try runProgram(["backup", "--check", path("backup"), "--projections"]).status == 2)
    #expect(try runProgram(["backup", "--check", path("none")]).status == 3)
    #expect(try runProgram(["restore", path("backup"), "--keys", path("keys"), "--ledger", path("again")]).status == 1)
    #expect(try runProgram(["restore", path("backup"), "--keys", path("none"), "--ledger", path("b")]).status == 3)
    #expect(unsafe truncate(path("backup/ledger/data.mdb"), 8_192) == 0)
    let damaged = try runProgram(["backup", "--check", path("backup")])
    #expect(damaged.status == 1 && damaged.error.contains("data.mdb"))
  }

  @Test("Segments and lines make ledgers with the same root") func segmentsLines() throws {
    try simulated()
    let ledger = ["--ledger", path("ledger"), "--format", "ndjson"]
    let archive = try runProgram(["archive", path("archive"), "--events-per-segment", "100"] + ledger)
    #expect(archive.status == 0, "\(archive.error)")
    #expect(try matches("archive", archive.output))
    let check = try runProgram(["archive", "--check", path("archive"), "--format", "ndjson"])
    #expect(try check.status == 0 && matches("archive", check.output))
    let fromSegments = try runProgram([
      "restore", path("archive"), "--keys", path("ledger"), "--exact", "--ledger", path("one"), "--format", "ndjson",
    ])
    #expect(try fromSegments.status == 0 && matches("restore", fromSegments.output), "\(fromSegments.error)")

    let lines = try runProgram(["export", "--ledger", path("ledger")])
    #expect(lines.status == 0, "\(lines.error)")
    #expect(try matches("export-line", lines.output))
    let checked = try runProgram(["import", "--check", "--format", "ndjson"], input: lines.output)
    #expect(try checked.status == 0 && matches("import-check", checked.output), "\(checked.error)")
    let fromLines = try runProgram(
      ["import", "--keys", path("ledger/keys"), "--ledger", path("two"), "--format", "ndjson"], input: lines.output)
    #expect(try fromLines.status == 0 && matches("restore", fromLines.output), "\(fromLines.error)")

    let roots = try ["ledger", "one", "two"].map { name in
      let stats = try runProgram(["stats", "--ledger", path(name), "--format", "ndjson"]).output
      return stats.split(separator: #""root":""#).last?.prefix(64)
    }
    #expect(Set(roots).count == 1)

    let wrong = try runProgram(
      ["import", "--check"], input: lines.output.replacing("account.registered", with: "account.disabled"))
    #expect(wrong.status == 1 && wrong.error.contains("line 3"), "\(wrong.error)")
    #expect(try runProgram(["import", "--ledger", path("x")], input: "").status == 2)
    #expect(try runProgram(["export", "--out", path("lines"), "--ledger", path("ledger")]).status == 0)
    #expect(try runProgram(["export", "--out", path("lines"), "--ledger", path("ledger")]).status == 1)
  }

  @Test("One that is killed leaves nothing that looks like a backup") func killedLeaves() throws {
    try simulated(700)
    var random = SeededRandom(stream: 7_005)
    var interrupted = 0
    for round in 0..<9 {
      let target = path("killed-\(round % 3)")
      let isDone = kill(
        after: Double.random(in: 0.005...0.12, using: &random),
        ["backup", target, "--keys", "\(target)-keys", "--ledger", path("ledger"), "--format", "ndjson"])
      interrupted += isDone ? 0 : 1
      for each in [target, "\(target)-keys"] where unsafe access(each, F_OK) == 0 {
        #expect(unsafe access("\(each)/SHA256SUMS", F_OK) == 0, "seed \(testSeed)")
        TemporaryFolder.remove(each)
      }
    }
    #expect(interrupted > 0)
    // So do those that make ledgers and segments.
    let archive = ["archive", path("archive"), "--events-per-segment", "50", "--ledger", path("ledger")]
    for _ in 0..<4 {
      kill(after: Double.random(in: 0.01...0.1, using: &random), archive)
      if unsafe access(path("archive"), F_OK) == 0,
        try #require(TemporaryFolder.names(in: path("archive"))).contains(where: { $0.hasSuffix(".segment") })
      {
        #expect(try runProgram(["archive", "--check", path("archive")]).status == 0, "seed \(testSeed)")
      }
    }
    #expect(try runProgram(archive).status == 0)
    for _ in 0..<4 {
      kill(
        after: Double.random(in: 0.02...0.2, using: &random),
        ["restore", path("archive"), "--keys", path("ledger"), "--ledger", path("restored")])
      guard unsafe access(path("restored"), F_OK) == 0 else { continue }
      #expect(try runProgram(["verify", "--ledger", path("restored")]).status == 0, "seed \(testSeed)")
      TemporaryFolder.remove(path("restored"))
    }
    #expect(
      try runProgram(["restore", path("archive"), "--keys", path("ledger"), "--ledger", path("restored")]).status == 0)
    // What was killed is out of the way, and cleared away.
    for round in 0..<3 {
      let target = path("killed-\(round)")
      let made = try runProgram(["backup", target, "--keys", "\(target)-keys", "--ledger", path("ledger")])
      #expect(made.status == 0, "\(made.error)")
      #expect(try runProgram(["backup", "--check", target, "--keys", "\(target)-keys"]).status == 0)
    }
    #expect(try !#require(TemporaryFolder.names(in: folder.path)).contains { $0.contains(".new-") })
  }

  @Test("A disk that is full in the middle leaves nothing") func diskFull() throws {
    try simulated(700)
    let program = try Program.file("credledger")
    /// The program where no file may have more kilobytes.
    func limited(_ kilobytes: Int, _ command: String) -> Bool {
      let run = "(trap '' XFSZ; ulimit -f \(kilobytes); exec '\(program)' \(command)) 2> '\(path("said"))'"
      return Program.run("bash", ["-c", "\(run); test $? -eq 3"])
    }
    let ledger = "--ledger '\(path("ledger"))'"
    for command in [
      "backup '\(path("backup"))' \(ledger)", "archive '\(path("archive"))' \(ledger)",
      "export --out '\(path("lines"))' \(ledger)",
    ] {
      #expect(limited(50, command), "\(command)")
      #expect(Program.run("grep", ["-q", "disk_full", path("said")]), "\(command)")
    }
    #expect(TemporaryFolder.names(in: folder.path) == ["archive", "ledger", "said"])
    #expect(TemporaryFolder.names(in: path("archive")) == [])
    // A ledger for which there is no room is not there either.
    #expect(try runProgram(["archive", path("archive"), "--ledger", path("ledger")]).status == 0)
    #expect(try runProgram(["export", "--out", path("lines"), "--ledger", path("ledger")]).status == 0)
    for command in ["restore '\(path("archive"))'", "import '\(path("lines"))'"] {
      let keys = "--keys '\(path("ledger"))' --ledger '\(path("again"))'"
      #expect(limited(150, "\(command) \(keys)"), "\(command)")
    }
    #expect(TemporaryFolder.names(in: folder.path) == ["archive", "ledger", "lines", "said"])
    #expect(try runProgram(["verify", "--ledger", path("ledger")]).status == 0)
  }
}
