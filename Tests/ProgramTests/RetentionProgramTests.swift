import LedgerTestSupport
import Testing

/// `credledger retention`, and what the other subcommands say of records that have left.
@Suite struct RetentionProgramTests {
  let folder = TemporaryFolder()

  private func path(_ name: String) -> String { "\(folder.path)/\(name)" }

  /// A history of a year ago, of which nearly half may leave, and an archive of it.
  private func simulated(_ events: Int = 9_000, eventsPerSegment: Int = 1_000) throws {
    let ledger = ["--ledger", path("ledger")]
    for arguments in [
      ["simulate", "--events", "\(events)", "--seed", "\(testSeed)"], ["replay", "--rebuild"],
      ["archive", path("archive"), "--events-per-segment", "\(eventsPerSegment)"],
    ] {
      let result = try runProgram(arguments + ledger)
      try #require(result.status == 0, "\(result.error)")
    }
  }

  private func run(_ arguments: [String], archive: Bool = false) throws -> ProgramResult {
    try runProgram(
      arguments + ["--ledger", path("ledger")] + (archive ? ["--archive", path("archive")] : []))
  }

  private func retain(_ arguments: [String], age: String = "30d") throws -> ProgramResult {
    try run(["retention", "--older-than", age] + arguments, archive: true)
  }

  /// A number in a document.
  private func number(_ name: String, in document: String) -> UInt64? {
    document.split(separator: "\"\(name)\":").dropFirst().first.flatMap { UInt64($0.prefix(while: \.isNumber)) }
  }

  @Test("What leaves is planned applied and read from the archive") func leavesPlanned() throws {
    try simulated()
    let questions = [
      ["audit", "--limit", "10000", "--after", "9001", "--format", "ndjson"],
      ["audit", "--limit", "10000", "--after", "9001", "--type", "token.*", "--format", "csv"],
      ["audit", "--limit", "40", "--after", "3000", "--format", "cloudevents"],
      ["audit", "--limit", "40", "--after", "3000"], ["explain", "token:3000", "--at", "2026-01-01T12:00:00Z"],
      ["explain", "token:4000", "--at", "2026-06-01T00:00:00Z"], ["state", "--as-of", "3000", "--select", "tokens"],
      ["diff", "2000", "3000"], ["prove", "consistency", "3000", "9000"],
    ]
    let answers = try questions.map { try run($0) }
    let export = try run(["export"]).output.split(separator: "\n")
    let stats = try run(["stats", "--format", "ndjson"]).output

    let plan = try retain(["--format", "json"])
    #expect(plan.status == 0, "\(plan.error)")
    try expectDocuments(plan.output, match: "retention")
    #expect(try run(["stats", "--format", "ndjson"]).output == stats)
    let told = try retain([])
    #expect(told.output.contains("nothing was changed; --apply removes them") && told.output.contains("segment 1, "))
    let applied = try retain(["--apply", "--format", "ndjson"])
    #expect(applied.status == 0, "\(applied.error)")
    try expectDocuments(applied.output, match: "retention")
    let records = try #require(number("records", in: applied.output))
    #expect(records > 4_000 && number("archivedBefore", in: applied.output) == 0)
    #expect(number("archived", in: try run(["stats", "--format", "ndjson"]).output) == records)
    try expectDocuments(try run(["stats", "--format", "json"]).output, match: "stats")

    // Without the archive, each says where the records are.
    let listed = try run(questions[0])
    try expectDocuments(listed.output, match: "audit-event")
    let lines = listed.output.split(separator: "\n")
    #expect(lines.count == 9_000 && UInt64(lines.count { $0.contains(#""archived":{"segment":"#) }) == records)
    for (line, before) in zip(lines, answers[0].output.split(separator: "\n")) {
      let beginning = try #require(before.split(separator: #","actor""#).first)
      #expect(line.hasPrefix(beginning))
    }
    try expectDocuments(try run(questions[2]).output, match: "audit-cloudevent")
    try expectDocuments(try run(questions[0] + ["--format", "json"]).output, match: "audit")
    #expect(try run(questions[3]).output.contains("archived in segment 3"))
    #expect(try run(questions[3]).error.contains("--archive"))
    #expect(try run(questions[1]).output.contains("archived in segment 1"))
    let archived = try #require(lines.first { $0.contains(#""archived""#) }.flatMap { number("position", in: "\($0)") })
    let proof = try run(["prove", "inclusion", "\(archived)", "--format", "json"])
    #expect(proof.status == 0 && !proof.output.contains(#""record""#), "\(proof.error)")
    try expectDocuments(proof.output, match: "prove-inclusion")
    let key = try run(["key", "list", "--newest"]).output.split(separator: "\n").first.map(String.init) ?? ""
    let script = "cat > proof && \(Repository.path)/Tools/checks/verify-proofs proof proof --key '\(key)'"
    let verdict = try runProgram(["-c", "cd \(folder.path) && \(script)"], of: "/bin/sh", input: proof.output)
    #expect(verdict.status == 0 && verdict.output.contains("in an archive, at \(archived) "), "\(verdict.error)")
    let other = proof.output.replacing("\"leafHash\": \"", with: "\"leafHash\": \"AAAA")
    #expect(try runProgram(["-c", "cd \(folder.path) && \(script)"], of: "/bin/sh", input: other).status == 1)
    for arguments in [["explain", "token:\(archived)"], ["bundle", "\(archived)"], ["export"]] {
      let result = try run(arguments)
      #expect(result.status == 3 && result.error.contains("[archived, position"), "\(arguments): \(result.error)")
    }
    let verified = try run(["verify", "--format", "json"])
    #expect(verified.status == 0 && !verified.output.contains("projectionsMatch"), "\(verified.error)")
    try expectDocuments(verified.output, match: "verify")
    #expect(try run(["verify"]).output.contains("\(records) records archived in segments 1 to "))

    // With it, everything is as before.
    for (question, answer) in zip(questions, answers) {
      let now = try run(question, archive: true)
      #expect(
        now.status == answer.status && now.output == answer.output, "\(question): \(now.error), seed \(testSeed)")
    }
    let again = try run(["export"], archive: true).output.split(separator: "\n")
    // The first line has the time, and what follows the last event of before is new.
    #expect(Array(again[1...9_000]) == Array(export[1...9_000]))
    let whole = try run(["verify", "--format", "json"], archive: true)
    #expect(whole.status == 0 && whole.output.contains(#""projectionsMatch": true"#), "\(whole.error)")
    try expectDocuments(whole.output, match: "verify")
    #expect(try run(["replay", "--verify"], archive: true).status == 0)
    #expect(try run(["replay", "--verify"]).status == 3)
    let nothing = try retain(["--apply", "--format", "ndjson"])
    // The newest records that stay are others by now.
    #expect(number("records", in: nothing.output) ?? .max < 50)
    #expect(number("archivedBefore", in: nothing.output) == records)
  }

  @Test("What makes no sense is refused by its status") func makesSense() throws {
    try simulated()
    #expect(try retain([], age: "12h").status == 1)
    #expect(try retain([], age: "soon").status == 2)
    #expect(try run(["retention", "--older-than", "30d"]).status == 2)
    #expect(try run(["retention", "--older-than", "30d", "--archive", path("none")]).status == 3)
    #expect(try run(["retention", "--older-than", "30d", "--archive", path("ledger")]).status == 3)
    #expect(try runProgram(["simulate", "--ledger", path("other"), "--events", "500", "--seed", "1"]).status == 0)
    #expect(try runProgram(["archive", path("foreign"), "--ledger", path("other")]).status == 0)
    let foreign = try run(["retention", "--older-than", "30d", "--apply", "--archive", path("foreign")])
    #expect(foreign.status == 1 && foreign.error.contains("[foreign_archive"), "\(foreign.error)")

    let first = "00000000000000000001-00000000000000001000.segment"
    #expect(Program.run("mkdir", [path("short")]) && Program.run("cp", [path("archive/\(first)"), path("short")]))
    let behind = try run(["retention", "--older-than", "30d", "--apply", "--archive", path("short")])
    #expect(behind.status == 1 && behind.error.contains("[archive_behind"), "\(behind.error)")
    let overwrite = "printf xx | dd of=\(path("short"))/\(first) bs=1 seek=5000 conv=notrunc 2>/dev/null"
    #expect(Program.run("sh", ["-c", overwrite]))
    let damaged = try run(["retention", "--older-than", "30d", "--apply", "--archive", path("short")])
    #expect(damaged.status == 1 && damaged.error.contains(first), "\(damaged.error)")
    #expect(number("archived", in: try run(["stats", "--format", "ndjson"]).output) == 0)
  }

  @Test("Wherever a run is killed another goes on") func whereverRun() throws {
    // Many small segments, and so many commits.
    try simulated(eventsPerSegment: 50)
    #expect(Program.run("cp", ["-r", path("ledger"), path("kept")]))
    let program = try Program.file("credledger")
    var random = SeededRandom(stream: 7_009)
    var whole: Duration = .zero
    var partial = 0
    for round in 0..<6 {
      _ = Program.run("rm", ["-rf", path("ledger")])
      #expect(Program.run("cp", ["-r", path("kept"), path("ledger")]))
      // The first is left alone, and says how long it takes here and now.
      let seconds = whole == .zero ? 600 : whole / .seconds(1) * Double.random(in: 0.3...0.95, using: &random)
      let start = ContinuousClock.now
      _ = Program.run(
        "timeout",
        [
          "--foreground", "-s", "KILL", "\(seconds)", program, "retention", "--older-than", "30d", "--apply",
          "--ledger",
          path("ledger"), "--archive", path("archive"),
        ])
      if whole == .zero { whole = ContinuousClock.now - start }
      let left = number("archived", in: try run(["stats", "--format", "ndjson"]).output) ?? 0
      #expect(try run(["verify"]).status == 0, "round \(round), seed \(testSeed)")
      let rest = try retain(["--apply", "--format", "ndjson"])
      let (records, before) = (number("records", in: rest.output), number("archivedBefore", in: rest.output))
      #expect(before == left && (records ?? 0) + left > 4_000, "round \(round), seed \(testSeed)")
      partial += left > 0 && left < 4_000 ? 1 : 0
      #expect(try run(["verify"], archive: true).status == 0, "round \(round), seed \(testSeed)")
    }
    print("\(partial) runs were killed half-way")
  }
}
