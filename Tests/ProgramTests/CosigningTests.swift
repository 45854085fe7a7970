import LedgerTestSupport
import Testing

/// Cosignatures of a small witness, which runs as a process of its own.
@Suite struct CosigningTests {
  /// A witness that runs.
  struct Witness {
    let process: ChildProcess
    let address: String
    let key: String

    init(for logs: [String], name: String = "witness.example.org", fault: String? = nil) throws {
      process = try ChildProcess(
        Repository.path + "/Tests/Python/witness.py",
        logs.flatMap { ["--log", $0] } + ["--name", name] + (fault.map { ["--fault", $0] } ?? []))
      var lines: [Substring] = []
      while lines.count < 2 { lines += process.read() }
      (address, key) = (String(lines[0]), String(lines[1]))
    }

    var options: [String] { ["--cosign", address, "--witness-key", key] }
  }

  func cosign(_ ledger: ProvenLedger, _ witnesses: Witness..., path: String? = nil, out: String? = nil) throws
    -> ProgramResult
  {
    try runProgram(
      ["checkpoint", "--ledger", path ?? ledger.path] + witnesses.flatMap(\.options)
        + (out.map { ["--out", $0] } ?? []))
  }

  @Test("Witnesses cosign as the ledger grows") func witnessesCosign() async throws {
    let ledger = try await ProvenLedger(events: 3)
    let one = try Witness(for: [ledger.key])
    let two = try Witness(for: [ledger.key], name: "second.example.org")
    defer { for witness in [one, two] { witness.process.finish() } }
    let out = ledger.file("checkpoint")
    // At first, again at the same size, and later from the size that the witness names.
    for events in [3, 3, 4, 21, 64] {
      try await ledger.grow(to: events)
      let result = try cosign(ledger, one, out: out)
      #expect(result.status == 0, "\(result.error)")
      #expect(try ledger.check("checkpoint", out, "--witness", one.key).output.contains("\(events) events"))
    }
    // A second witness adds its own to what is there.
    #expect(try cosign(ledger, two, out: out).status == 0)
    #expect(try ledger.check("checkpoint", out, "--witness", one.key, "--witness", two.key).status == 0)
    // Evidence and tiles carry the cosignatures along.
    let evidence = ledger.file("evidence")
    #expect(try ledger.run("bundle", "5", "--checkpoint", out, "--out", evidence).status == 0)
    let shown = try runProgram(
      ["verify-bundle", evidence, "--key", ledger.key, "--witness", one.key, "--witness", two.key])
    #expect(shown.output.contains("cosigned by second.example.org"))
    #expect(try ledger.check("bundle", evidence, "--witness", one.key).status == 0)
    TemporaryFolder.remove(evidence)
    #expect(try ledger.run("bundle", "5", "--out", evidence).status == 0)
    #expect(try runProgram(["verify-bundle", evidence, "--key", ledger.key, "--witness", one.key]).status == 1)
    let tiles = ledger.file("tiles")
    #expect(try ledger.run("tiles", "--out", tiles, "--checkpoint", out).status == 0)
    #expect(try ledger.check("tiles", tiles, "--witness", two.key).status == 0)
  }

  @Test("The status has the time of a cosignature, and refuses a checkpoint that the witness has not cosigned")
  func statusOfACosignature() async throws {
    let ledger = try await ProvenLedger(events: 3)
    let one = try Witness(for: [ledger.key])
    let two = try Witness(for: [ledger.key], name: "second.example.org")
    defer { for witness in [one, two] { witness.process.finish() } }
    let out = ledger.file("checkpoint")
    #expect(try cosign(ledger, one, out: out).status == 0)
    let told = try ledger.run("status", "--cosigned", out, "--witness-key", one.key, "--format", "json")
    #expect(told.status == 0 && told.output.contains(#""cosignature": {"#), "\(told.output)\(told.error)")
    try expectDocuments(told.output, match: "status")
    let shown = try ledger.run("status", "--cosigned", out, "--witness-key", one.key)
    #expect(shown.output.contains("\ncosignature   20"), "\(shown.output)")
    let missing = try ledger.run("status", "--cosigned", out, "--witness-key", two.key)
    #expect(missing.status == 1 && missing.error.contains("no cosignature of this witness"), "\(missing.error)")
    #expect(try ledger.run("status", "--cosigned", out).status == 2)
  }

  @Test("A page of evidence tells the ledger's signature from the cosignature of a witness, and when that was made")
  func pageEvidence() async throws {
    let ledger = try await ProvenLedger(events: 3)
    let witness = try Witness(for: [ledger.key])
    defer { witness.process.finish() }
    let (out, page) = (ledger.file("checkpoint"), ledger.file("page.html"))
    #expect(try cosign(ledger, witness, out: out).status == 0)
    #expect(try ledger.run("bundle", "2", "--checkpoint", out, "--html", page).status == 0)
    let text = try TestFile.text(page)
    let names = [ledger.key, witness.key].map { $0.split(separator: "+").prefix(2).joined(separator: "+") }
    #expect(text.contains("<li>The ledger, by its key \(names[0]). "), "\(text)")
    let shown = try runProgram(["verify-bundle", page, "--key", ledger.key, "--witness", witness.key])
    let time = try #require(shown.output.firstMatch(of: /cosigned by witness\.example\.org at (20\S+)/)?.output.1)
    #expect(text.contains("<li>The witness \(names[1]), by a cosignature of \(time) (UTC)"), "\(text)")
    TemporaryFolder.remove(page)
    #expect(try ledger.run("bundle", "2", "--html", page).status == 0)
    #expect(try !TestFile.text(page).contains("The witness "))
  }

  @Test("A witness that has seen more exposes an old copy") func witnessSeen() async throws {
    let ledger = try await ProvenLedger(events: 3)
    let witness = try Witness(for: [ledger.key])
    defer { witness.process.finish() }
    let copy = ledger.file("copy")
    #expect(Program.run("cp", ["-a", ledger.path, copy]))
    try await ledger.grow(to: 9)
    #expect(try cosign(ledger, witness).status == 0)
    let behind = try cosign(ledger, witness, path: copy)
    #expect(behind.status == 1)
    #expect(behind.error.contains("has cosigned the size 9, and the checkpoint has the size 3"))
    // Another history, by the same key: of the same size, and longer.
    for _ in 0..<3 { #expect(try runProgram(["key", "rotate-master", "--ledger", copy]).status == 0) }
    while try !runProgram(["stats", "--ledger", copy]).output.contains("events         9") {
      #expect(try runProgram(["key", "rotate-master", "--ledger", copy]).status == 0)
    }
    #expect(try cosign(ledger, witness, path: copy).error.contains("the history was rewritten"))
    #expect(try runProgram(["key", "rotate-master", "--ledger", copy]).status == 0)
    #expect(try cosign(ledger, witness, path: copy).error.contains("the history was rewritten"))
    #expect(try cosign(ledger, witness).status == 0)
  }

  @Test(
    "A faulty witness is named",
    arguments: [
      ("forged", "no cosignature of this checkpoint"), ("stranger", "no cosignature of this checkpoint"),
      ("huge", "more than"), ("status", "HTTP status 503"), ("moving", "another size each time"),
    ])
  func aFaultyWitnessIsNamed(fault: String, message: String) async throws {
    let ledger = try await ProvenLedger(events: 3)
    let (faulty, sound) = (
      try Witness(for: [ledger.key], name: "faulty.example.org", fault: fault), try Witness(for: [ledger.key])
    )
    defer { for witness in [faulty, sound] { witness.process.finish() } }
    let out = ledger.file("checkpoint")
    let result = try cosign(ledger, faulty, sound, out: out)
    #expect(result.status == 1)
    #expect(result.error.contains("faulty.example.org") && result.error.contains(message), "\(result.error)")
    // What the other gave is kept.
    #expect(try ledger.check("checkpoint", out, "--witness", sound.key).status == 0)
    #expect(try !TestFile.text(out).contains("faulty.example.org"))
  }

  @Test("Who does not answer or know the log is named") func answerKnow() async throws {
    let (ledger, other) = (try await ProvenLedger(events: 3), try await ProvenLedger())
    let witness = try Witness(for: [other.key])
    let unknownKey = try cosign(ledger, witness)
    #expect(unknownKey.error.contains("does not know the key"))
    witness.process.finish()
    let gone = try cosign(ledger, witness)
    #expect(gone.status == 1)
    #expect(gone.error.contains("could not be asked"))
    // It is not looked for where the environment says.
    let elsewhere = try runProgram(
      ["checkpoint", "--ledger", ledger.path] + witness.options, environment: ["PATH=/nowhere"])
    #expect(elsewhere.error.contains("could not be asked"), "\(elsewhere.error)")
  }

  @Test("Wrong usage is told before anything") func wrongUsage() async throws {
    let ledger = try await ProvenLedger()
    #expect(try ledger.run("checkpoint", "--cosign", "https://witness.example.org").status == 2)
    #expect(try ledger.run("checkpoint", "--cosign", "witness.example.org", "--witness-key", ledger.key).status == 2)
    let logKey = try ledger.run("checkpoint", "--cosign", "https://w.example.org", "--witness-key", ledger.key)
    #expect(logKey.status == 2)
    #expect(logKey.error.contains("--witness-key"))
  }
}
