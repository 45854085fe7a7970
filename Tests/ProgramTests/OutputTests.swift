import CredentialLedger
import Glibc
import LedgerTestSupport
import Testing

/// Nothing looks like an answer that is none: where the output is lost, or the arguments are.
@Suite struct OutputTests {
  /// Runs the program below a shell.
  private func shell(_ script: String, _ arguments: [String], input: String = "") throws -> ProgramResult {
    try runProgram(["-c", script, Program.file("credledger")] + arguments, of: "/bin/sh", input: input)
  }

  private func full(_ arguments: [String], input: String = "") throws -> ProgramResult {
    try shell(#"exec "$0" "$@" > /dev/full"#, arguments, input: input)
  }

  @Test("Output that is lost is no success") func outputLost() async throws {
    let ledger = try await ProvenLedger(events: 3)
    for arguments in [
      ["audit"], ["audit", "--format", "csv"], ["audit", "--format", "json"], ["audit", "--format", "cloudevents"],
      ["stats"], ["state"], ["state", "--select", "accounts"], ["diff", "1"], ["explain", "account:2"],
      ["key", "list"],
      ["key", "list", "--newest"], ["checkpoint"], ["verify"], ["prove", "inclusion", "2"], ["export"],
      ["bundle", "2"],
      ["account", "list", "--format", "ndjson"], ["account", "show", "2"], ["snapshot", "list"],
      ["account", "disable", "2", "--reason", "left"], ["replay", "--verify"],
      ["tiles", "--out", ledger.file("tiles")],
      ["backup", ledger.file("backup")], ["archive", ledger.file("archive")],
    ] {
      let result = try full(arguments + ["--ledger", ledger.path])
      #expect(result.status == 3, "\(arguments): \(result.error)")
      #expect(result.error.contains("No space left on device"), "\(arguments): \(result.error)")
    }
    for arguments in [["--help"], ["audit", "--help"], ["walkthrough"]] {
      #expect(try full(arguments).status == 3, "\(arguments)")
    }
    // What was asked is done all the same, and a failure stays one.
    #expect(try ledger.run("account", "show", "2").output.contains("disabled"))
    #expect(try full(["account", "show", "99", "--ledger", ledger.path]).status == 1)
    #expect(try full(["nonsense"]).status == 2)
  }

  @Test("A secret that is shown once is offered again") func secretShown() async throws {
    let played = try await BundleTests.Played()
    let ledger = ["--ledger", played.ledger.path]
    for format in [[], ["--format", "json"]] {
      for arguments in [
        ["connector", "rotate-secret", "\(played.connector)", "--overlap", "0s"],
        ["grant", "create", "--connector", "\(played.connector)", "--group", "\(played.group)", "--granter", "2"],
      ] {
        let result = try full(arguments + format + ledger)
        #expect(result.status == 3, "\(arguments): \(result.error)")
        #expect(result.error.contains("shown this once"), "\(arguments): \(result.error)")
        let prefix = arguments[0] == "grant" ? "clr_" : "cls_"
        #expect(result.error.contains(prefix), "\(arguments): \(result.error)")
        // Where the output is taken, standard error has nothing of it.
        let shown = try runProgram(arguments + format + ledger)
        #expect(shown.status == 0 && shown.output.contains(prefix) && shown.error.isEmpty, "\(shown.error)")
      }
    }
  }

  @Test("Closed streams are not taken by others") func closedStreams() async throws {
    let ledger = try await ProvenLedger(events: 3)
    for (script, arguments, status) in [
      (#"exec "$0" "$@" <&- >&-"#, ["verify"], 3), (#"exec "$0" "$@" >&- 2>&-"#, ["stats"], 3),
      (#"exec "$0" "$@" <&-"#, ["stats"], 0), (#"exec "$0" "$@" <&-"#, ["explain", "-"], 3),
      (#"exec "$0" "$@" <&- >&- 2>&-"#, ["account", "disable", "2", "--reason", "x"], 3),
      (#"exec "$0" "$@" <&- >&-"#, ["tiles", "--out", ledger.file("tiles")], 3),
    ] as [(String, [String], Int32)] {
      for _ in 0..<3 {
        let result = try shell(script, arguments + ["--ledger", ledger.path])
        #expect(result.status == status, "\(script) \(arguments): \(result.error)")
      }
    }
    #expect(try ledger.run("verify").status == 0)
    #expect(try ledger.check("tiles", ledger.file("tiles")).status == 0)
  }

  private static let hidesProc = Program.run(
    "unshare", ["-m", "--propagation", "private", "sh", "-c", "mount -t tmpfs tmpfs /proc"])

  @Test("Arguments arrive without proc", .enabled(if: hidesProc, "hiding /proc needs the right to mount"))
  func argumentsArrive() async throws {
    let ledger = try await ProvenLedger(events: 3)
    func run(_ arguments: [String]) throws -> ProgramResult {
      try runProgram(
        [
          "-m", "--propagation", "private", "sh", "-c", #"mount -t tmpfs tmpfs /proc && exec "$0" "$@""#,
          Program.file("credledger"),
        ] + arguments, of: "/usr/bin/unshare")
    }
    let evidence = try run(["verify-bundle", "/nonexistent", "--key", ledger.key])
    #expect(evidence.status == 3 && evidence.error.contains("/nonexistent"), "\(evidence.error)")
    #expect(try run(["verify-bundle", "/nonexistent", "--key", "garbage"]).status == 2)
    // The process that examines the file is started without it as well.
    for arguments in [["stats"], ["verify"], ["audit"]] {
      var result = try run(arguments + ["--ledger", ledger.path])
      // While work waits for a thread, libdispatch reads /proc/PID/stat each second, and traps without it: on a busy machine, it may
      // need another try.
      for _ in 0..<9 where result.error.contains("Signal 4") {
        result = try run(arguments + ["--ledger", ledger.path])
      }
      #expect(result.status == 0 && !result.output.contains("USAGE"), "\(arguments): \(result.output)\(result.error)")
    }
    #expect(try run(["verify"]).status == 2)
    #expect(try run([]).output.contains("USAGE"))
  }

  @Test("No arguments at all are a failure") func argumentsAll() throws {
    let path = try Program.file("credledger")
    let script = """
      import ctypes, sys
      ctypes.CDLL(None).execve(sys.argv[1].encode(), (ctypes.c_char_p * 1)(None), None)
      """
    let result = try runProgram(["python3", "-c", script, path], of: "/usr/bin/env")
    #expect(result.status == 2 && result.error.contains("without arguments"), "\(result.output)\(result.error)")
  }

  private static let makesProcessNamespaces = Program.run("unshare", ["--pid", "--fork", "true"])

  @Test(
    "The first process of a container ends on SIGTERM",
    .enabled(if: makesProcessNamespaces, "a process namespace needs the right to make one"))
  func firstProcess() async throws {
    let ledger = try await ProvenLedger(events: 2)
    // It has printed a line, and so listens, before the signal comes.
    let script = """
      mkfifo "$1/pipe"
      unshare --pid --fork "$0" audit --follow --limit 1 --format ndjson --ledger "$1/ledger" > "$1/pipe" &
      read line < "$1/pipe"
      kill -TERM $(cat /proc/$!/task/$!/children)
      wait $!
      """
    let result = try runProgram(
      ["\(Patience.seconds)", "sh", "-c", script, Program.file("credledger"), ledger.folder.path],
      of: "/usr/bin/timeout")
    #expect(result.status == 128 + SIGTERM, "\(result.error)")
  }
}
