import CredentialLedger
import Glibc
import TestSupport
import Testing

@testable import LedgerServer

/// Commands of operators that take long, take the server's own files, or that a server does not perform.
@Suite struct LongDoorTests {
  private func run(_ served: ServedLedger, _ arguments: String...) throws -> ProgramResult {
    try runProgram(arguments + ["--ledger", served.path])
  }

  @Test("A server that is told to stop performs a command to its end, and answers") func serverTold() async throws {
    let served = try await ServedLedger()
    let people = 900
    let file = "\(served.folder.path)/people.csv"
    let handle = unsafe try #require(fopen(file, "w"))
    unsafe fputs("issuer,subject,name\n", handle)
    for number in 0..<people { unsafe fputs("https://id.example.org,p\(number),Person \(number)\n", handle) }
    unsafe fclose(handle)
    let path = served.path
    let command = Task.detached {
      try runProgram(["import-people", file, "--ledger", path, "--format", "json"])
    }
    // Under way once somebody of the list is registered, and far from its end then.
    func registered() throws -> Int {
      let listed = try runProgram(["account", "list", "--ledger", path, "--limit", "1000", "--format", "ndjson"])
      return listed.output.split(separator: "\n").count - 2
    }
    // As the server counts it: to start a program that asks may take longer than the whole list does.
    func written() throws -> Int {
      let name = #"credledger_events_written_total{type="account.registered"} "#
      let line = try served.ask("GET", "/metrics").body.split(separator: "\n").first { $0.hasPrefix(name) }
      return line.flatMap { Double($0.dropFirst(name.count)) }.map { Int($0) } ?? 0
    }
    let end = ContinuousClock.now + Patience.limit
    var atStop = 0
    // Without a pause, in which the whole list might be written.
    while atStop < 1, ContinuousClock.now < end { atStop = try written() }
    #expect(atStop >= 1 && atStop < people, "\(atStop)")
    #expect(served.end() == 0)
    let result = try await command.value
    #expect(result.status == 0, "\(result.error)")
    #expect(result.output.split(separator: "\"registered\"").count == people + 1, "\(result.output.prefix(400))")
    #expect(try registered() == people)
    #expect(try run(served, "verify").status == 0)
  }

  @Test("A server removes records on the word of its own archive alone") func serverRemoves() async throws {
    let folder = TemporaryFolder()
    let (ledger, archive) = ("\(folder.path)/ledger", "\(folder.path)/archive")
    for arguments in [
      ["simulate", "--events", "3000", "--seed", "\(testSeed)"], ["replay", "--rebuild"],
      ["archive", archive, "--events-per-segment", "1000"], ["archive", "\(folder.path)/other"],
    ] {
      let result = try runProgram(arguments + ["--ledger", ledger])
      try #require(result.status == 0, "\(result.error)")
    }
    let server = try ChildProcess(
      "/bin/sh",
      [
        "-c", "exec \"$0\" serve --ledger \"$1\" --listen 127.0.0.1:0 $2 $3 2>/dev/null",
        try Program.file("credledger"), ledger, "--archive", archive,
      ])
    defer { _ = server.kill() }
    #expect(server.read().first?.contains("listening") == true)
    func retain(_ more: String...) throws -> ProgramResult {
      try runProgram(["retention", "--older-than", "30d", "--ledger", ledger] + more)
    }
    let other = try retain("--apply", "--archive", "\(folder.path)/other")
    #expect(other.status == 1 && other.error.contains("--archive: the server keeps to the archive"), "\(other)")
    let plan = try retain("--archive", archive, "--format", "json")
    #expect(plan.status == 0 && plan.output.contains("\"applied\": false"), "\(plan.error)")
    let applied = try retain("--apply", "--archive", archive, "--reason", "policy", "--format", "json")
    #expect(applied.status == 0 && applied.output.contains("\"applied\": true"), "\(applied.error)")
    #expect(!applied.output.contains("\"records\": 0,"), "\(applied.output)")
    let event = try runProgram(["audit", "--type", "retention.applied", "--format", "ndjson", "--ledger", ledger])
    #expect(event.output.contains("\"reason\":\"policy\""), "\(event.output)\(event.error)")
    #expect(server.end(by: SIGTERM) == 0)
    #expect(try runProgram(["verify", "--ledger", ledger, "--archive", archive]).status == 0)
  }

  @Test("Without an archive of its own a server removes nothing") func withoutArchive() async throws {
    let served = try await ServedLedger()
    let result = try run(served, "retention", "--older-than", "30d", "--apply", "--archive", served.folder.path)
    #expect(result.status == 1 && result.error.contains("the server has been given no archive"), "\(result)")
  }

  @Test("A server draws a new master key where its own is in the key folder, and is found by it") func serverDraws()
    async throws
  {
    let served = try await ServedLedger()
    let key = "\(served.path)/keys/master.key"
    let before = ServedLedger.content(of: key)
    let rotated = try run(served, "key", "rotate-master", "--reason", "a copy was lost", "--format", "json")
    #expect(rotated.status == 0 && rotated.output.contains("\"replaced\": true"), "\(rotated.error)")
    #expect(rotated.output.contains("\"place\": \"\(key)\""))
    #expect(ServedLedger.content(of: key) != before)
    #expect(try served.ask("GET", "/v1/accessToken", served.kaizalaHeaders).status == 200)
    let event = try run(served, "audit", "--limit", "3", "--format", "ndjson")
    #expect(event.output.contains("a copy was lost"), "\(event.output)\(event.error)")
    #expect(served.end() == 0)
    try served.start()
    #expect(try served.ask("GET", "/v1/accessToken", served.kaizalaHeaders).status == 200)
  }

  @Test("A server whose master key is elsewhere moves it nowhere") func serverWhose() async throws {
    let served = try await ServedLedger()
    #expect(served.end() == 0)
    let key = "\(served.folder.path)/key"
    let made = try runProgram(["-c", "umask 077; openssl rand -hex 32 > \(key)"], of: "/bin/sh")
    #expect(made.status == 0)
    let moved = try run(served, "key", "rotate-master", "--to", "file:\(key)")
    #expect(moved.status == 0, "\(moved.error)")
    // The keys of the messages have gone along.
    try served.start(["--master-key", "file:\(key)"])
    let result = try run(served, "key", "rotate-master", "--to-key-folder")
    #expect(result.status == 1 && result.error.contains("is not in the key folder"), "\(result)")
    #expect(unsafe access("\(served.path)/keys/master.key", F_OK) != 0)
    #expect(served.end() == 0)
    #expect(try run(served, "verify", "--master-key", "file:\(key)").status == 0)
  }

  @Test(
    "What a server does not do for others is refused with what to do instead",
    arguments: [
      (["key", "rotate-master", "--to", "environment:NEW_KEY"], "start it with the new source"),
      (["key", "rotate-signing", "--external", "command:/bin/true"], "start it with --signing-key"),
      (["replay", "--rebuild"], "or compare them by --verify"),
      (["replay", "--step", "--reveal"], "credledger state --as-of"),
      (["audit", "--all", "--reveal", "--format", "ndjson"], "by --limit 10000 and --after"),
      (["audit", "--follow", "--reveal"], "by --limit 10000 and --after"),
      (["state", "--in", "/nowhere", "--reveal"], "name the moment by --as-of"),
      (["explain", "account:2", "--proof", "/nowhere/x", "--reveal"], "read by --reveal without --proof"),
    ])
  func serverOthers(
    arguments: [String], instead: String
  ) async throws {
    let served = try await ServedLedger()
    let head = try run(served, "audit", "--limit", "1", "--format", "ndjson").output
    let result = try runProgram(arguments + ["--ledger", served.path])
    #expect(result.status == 1 && result.error.contains("[already_open]"), "\(result)")
    #expect(result.error.contains(instead), "\(result.error)")
    // Nor where it is sent by somebody who does not ask first.
    let client = try #require(OperatorDoorClient(of: served.path))
    let answer = try await client.perform(OperatorRequest(arguments: arguments))
    #expect(answer.status != 0 && answer.output == "", "\(answer)")
    #expect(try run(served, "audit", "--limit", "1", "--format", "ndjson").output == head)
  }
}
