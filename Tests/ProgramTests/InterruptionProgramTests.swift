import Glibc
import LedgerTestSupport
import Testing

@testable import CredentialLedger

/// What a signal to stop leaves behind: nothing that is not finished, and no process that goes on.
@Suite struct InterruptionProgramTests {
  private let folder = TemporaryFolder()
  private var ledger: String { "\(folder.path)/ledger" }

  private func make() throws {
    let made = try runProgram(["simulate", "--ledger", ledger, "--events", "300", "--seed", "7"])
    try #require(made.status == 0, "\(made.error)")
  }

  private var names: [String] { TemporaryFolder.names(in: folder.path) ?? [] }

  /// Starts the program where each sync of a database, and each write to an unfinished file, takes half a second longer.
  private func start(_ arguments: [String]) throws -> ChildProcess {
    try ChildProcess(
      "credledger", arguments + ["--ledger", ledger],
      environment: [
        "LD_PRELOAD=\(try Program.file("libFaultyDisk.so"))", "FAULTY_DELAY=500000", "FAULTY_SLOW=\(folder.path)/new",
      ])
  }

  /// The processes that have the ledger's path among their arguments.
  private var processes: Int {
    (TemporaryFolder.names(in: "/proc") ?? []).count { name in
      guard Int32(name) != nil, Int32(name) != getpid(), let line = try? TestFile.text("/proc/\(name)/cmdline") else {
        return false
      }
      return line.contains(ledger)
    }
  }

  @Test("Nothing is left", arguments: [SIGINT, SIGTERM]) func nothingIsLeft(by signal: Int32) throws {
    try make()
    let (out, copy, keys) = ("\(folder.path)/new-lines", "\(folder.path)/new-copy", "\(folder.path)/new-keys")
    for arguments in [
      ["verify"], ["replay", "--verify"], ["replay", "--profile"], ["export", "--out", out],
      ["backup", copy, "--keys", keys],
    ] {
      let program = try start(arguments)
      #expect(Patience.soon { names != ["ledger"] }, "\(arguments): nothing was begun")
      #expect(program.end(by: signal) == 128 + signal, "\(arguments)")
      #expect(names == ["ledger"], "\(arguments)")
      #expect(processes == 0, "\(arguments)")
    }
    let verified = try runProgram(["verify", "--ledger", ledger])
    #expect(verified.status == 0, "\(verified.error)")
  }

  @Test("No moment is a wrong one") func noMomentIsAWrongOne() throws {
    try make()
    let (out, copy) = ("\(folder.path)/lines", "\(folder.path)/copy")
    let exported = try runProgram(["export", "--out", out, "--ledger", ledger])
    try #require(exported.status == 0, "\(exported.error)")
    var random = SeededRandom(stream: 8_201)
    var interrupted = 0
    for round in 0..<24 {
      let program = try ChildProcess("credledger", ["import", out, "--keys", ledger, "--ledger", copy])
      guard Patience.soon({ names.count > 2 }) else { continue }
      usleep(.random(in: 0...40_000, using: &random))
      let status = program.end(by: SIGINT)
      let note: Comment = "round \(round), seed \(testSeed)"
      #expect([0, 128 + SIGINT].contains(status), note)
      if names.contains("copy") {
        #expect(names == ["copy", "ledger", "lines"], note)
        TemporaryFolder.remove(copy)
      } else {
        interrupted += 1
        #expect(names == ["ledger", "lines"], note)
      }
    }
    #expect(interrupted > 4)
  }

  @Test("Whoever is killed takes the process along that works for it") func killedTakes() throws {
    try make()
    let program = try start(["verify"])
    #expect(Patience.soon { names != ["ledger"] })
    #expect(processes == 2)
    _ = program.kill()
    #expect(Patience.soon { processes == 0 })
    #expect(names == ["ledger"])
  }

  @Test("Whoever ends the process that works says nothing of the file") func endsProcess() throws {
    try make()
    let program = try start(["verify"])
    #expect(Patience.soon { names != ["ledger"] })
    let own = try #require(
      names.first { $0.hasPrefix("ledger.new-") }.flatMap { pid_t($0.split(separator: "-")[1]) })
    #expect(Glibc.kill(own, SIGKILL) == 0)
    #expect(program.end(by: 0) == 128 + SIGKILL)
    #expect(names == ["ledger"])
  }

  @Test("What was left goes with the next run") func leftGoes() throws {
    try make()
    // No process has such a number; the first process is always there.
    let (left, alive, held) = ("ledger.new-4999999-7", "ledger.new-1-7", "ledger.new-4999998-7")
    let others = ["ledger.new-4999999", "ledger.new-4999999-x", "ledgers.new-4999999-7"]
    for name in [left, alive, held] + others {
      #expect(unsafe mkdir("\(folder.path)/\(name)", 0o700) == 0)
      TestFile.write([1], to: "\(folder.path)/\(name)/data.mdb")
    }
    let lock = unsafe open("\(folder.path)/\(held)", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    defer { close(lock) }
    #expect(flock(lock, LOCK_EX) == 0)
    let result = try runProgram(["verify", "--ledger", ledger])
    #expect(result.status == 0, "\(result.error)")
    #expect(names == (["ledger", alive, held] + others).sorted())

    TestFile.write([1], to: "\(folder.path)/lines.new-4999999-7")
    let exported = try runProgram(["export", "--out", "\(folder.path)/lines", "--ledger", ledger])
    #expect(exported.status == 0, "\(exported.error)")
    #expect(names == (["ledger", "lines", alive, held] + others).sorted())
  }
}
