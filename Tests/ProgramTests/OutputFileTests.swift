import Glibc
import LedgerTestSupport
import Testing

/// What a command writes its files over: nothing, unless it has a rule for that.
@Suite struct OutputFileTests {
  /// The commands that write a new file, without its name.
  private static let commands = [["bundle", "1", "--out"], ["export", "--out"]]

  private func run(_ arguments: [String], on ledger: ProvenLedger) throws -> ProgramResult {
    try runProgram(arguments + ["--ledger", ledger.path])
  }

  private func explain(_ path: String) -> [String] { ["explain", "account:2", "--proof", path] }

  @Test("What is there stays") func whatIsThereStays() async throws {
    let ledger = try await ProvenLedger(events: 3)
    let (file, link, loose) = (ledger.file("checkpoint"), ledger.file("link"), ledger.file("loose"))
    #expect(try ledger.run("checkpoint", "--out", file).status == 0)
    #expect(unsafe symlink(file, link) == 0 && symlink(ledger.file("nothing"), loose) == 0)
    let (content, identity) = (try TestFile.read(file), TestFile.identity(link))
    let names = TemporaryFolder.names(in: ledger.folder.path)
    for path in [file, link, loose, ledger.folder.path] {
      for arguments in Self.commands.map({ $0 + [path] }) + [explain(path)] {
        let result = try run(arguments, on: ledger)
        #expect(result.status == 1, "\(arguments)")
        #expect(result.error.contains(arguments[arguments.count - 2] + ": "), "\(arguments): \(result.error)")
        #expect(result.error.contains("[already_exists]"), "\(arguments): \(result.error)")
      }
    }
    #expect(try TestFile.read(file) == content)
    #expect(TestFile.identity(link) == identity)
    #expect(TemporaryFolder.names(in: ledger.folder.path) == names)
  }

  @Test("A checkpoint replaces the one that it extends and nothing else") func checkpointReplaces() async throws {
    let ledger = try await ProvenLedger(events: 3)
    let (file, link) = (ledger.file("checkpoint"), ledger.file("link"))
    #expect(try ledger.run("checkpoint", "--out", file).status == 0)
    #expect(unsafe symlink("checkpoint", link) == 0)
    let (old, identity) = (try TestFile.read(file), TestFile.identity(link))
    try await ledger.grow(to: 5)
    #expect(try ledger.run("checkpoint", "--out", link).status == 0)
    #expect(TestFile.identity(link) == identity)
    #expect(try TestFile.read(file) != old)
    #expect(try TestFile.text(file) == ledger.run("checkpoint").output)

    let other = try await ProvenLedger(events: 3)
    for content in [Array(try other.run("checkpoint").output.utf8), Array("a letter\n".utf8), []] {
      TestFile.write(content, to: file)
      let result = try ledger.run("checkpoint", "--out", file)
      #expect(result.status == 1)
      #expect(result.error.contains("--out: \(file) is left as it is"), "\(result.error)")
      #expect(try TestFile.read(file) == content)
    }
  }

  @Test("The ledgers own folder is no place for files") func ledgersOwn() async throws {
    let ledger = try await ProvenLedger(events: 3)
    let way = ledger.file("way")
    #expect(unsafe symlink(ledger.path, way) == 0)
    let files = ["ledger/data.mdb", "keys/keyring"].map { "\(ledger.path)/\($0)" }
    let contents = try files.map { try TestFile.read($0) }
    for path in files + ["\(ledger.path)/new", "\(way)/new", "\(way)/keys/keyring"] {
      for arguments in (Self.commands + [["checkpoint", "--out"], ["tiles", "--out"]]).map({ $0 + [path] })
        + [explain(path)]
      {
        let result = try run(arguments, on: ledger)
        #expect(result.status == 1, "\(arguments)")
        #expect(result.error.contains("in the folder of the ledger"), "\(arguments): \(result.error)")
      }
    }
    #expect(try files.map { try TestFile.read($0) } == contents)
    #expect(TemporaryFolder.names(in: ledger.path)?.contains("new") == false)
    #expect(try ledger.run("verify").status == 0)
  }

  @Test("What is no file is written into") func fileWritten() async throws {
    let ledger = try await ProvenLedger(events: 3)
    let pipe = ledger.file("pipe")
    #expect(unsafe mkfifo(pipe, 0o600) == 0)
    // By links, so that no mistake meets the machine's own devices.
    let (output, full) = (ledger.file("stdout"), ledger.file("full"))
    #expect(unsafe symlink("/proc/self/fd/1", output) == 0 && symlink("/dev/full", full) == 0)
    let (identity, links) = (TestFile.identity(pipe), [output, full].map { TestFile.identity($0) })
    for command in Self.commands + [["checkpoint", "--out"]] {
      let expected = try run(Array(command.dropLast()), on: ledger).output
      let reader = unsafe open(pipe, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
      defer { close(reader) }
      #expect(try run(command + [pipe], on: ledger).status == 0)
      var content: [UInt8] = []
      var piece = [UInt8](repeating: 0, count: 1 << 16)
      while case let count = unsafe read(reader, &piece, piece.count), count > 0 { content += piece[..<count] }
      // An export says when it was made.
      #expect(content.count == expected.utf8.count, "\(command)")
      #expect(TestFile.identity(pipe) == identity, "\(command)")

      for name in ["-", "/proc/self/fd/1", output] {
        let result = try run(command + [name], on: ledger)
        #expect(result.status == 0, "\(command) \(name): \(result.error)")
        #expect(result.output.utf8.count == expected.utf8.count, "\(command) \(name)")
      }
      // A device that is always full.
      #expect(try run(command + [full], on: ledger).status == 3)
    }
    #expect([output, full].map { TestFile.identity($0) } == links)
    #expect(unsafe access("-", F_OK) != 0)
    #expect(try run(explain("-"), on: ledger).status == 2)
    #expect(try run(["tiles", "--out", "-"], on: ledger).status == 2)
  }
}
