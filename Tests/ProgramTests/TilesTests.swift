import Glibc
import LedgerTestSupport
import Testing

/// The log as files, checked by a verifier that shares nothing with the program.
@Suite struct TilesTests {
  @Test("The folder grows with the ledger") func folderGrows() async throws {
    let ledger = try await ProvenLedger(events: 5)
    let tiles = ledger.file("public/tiles")
    var full: UInt64?
    for events in [5, 200, 256, 257, 700] {
      try await ledger.grow(to: events)
      let result = try ledger.run("tiles", "--out", tiles, "--format", "ndjson")
      #expect(result.status == 0, "\(result.error)")
      #expect(result.output.contains("\"size\":\(events),"))
      let verdict = try ledger.check("tiles", tiles)
      #expect(verdict.output.contains("\(events) entries"), "\(verdict.error)")
      let again = try ledger.run("tiles", "--out", tiles, "--format", "ndjson")
      #expect(again.output.contains("\"files\":0"))
      // What is complete is never written again, and what was incomplete goes once it is complete.
      let first = TestFile.identity(tiles + "/tile/0/000")
      #expect((first == nil) == (events < 256))
      #expect(full == nil || full == first)
      full = first
      #expect((TestFile.identity(tiles + "/tile/0/000.p/5") == nil) == (events >= 256))
    }
    #expect(TestFile.identity(tiles + "/tile/1/000.p/1") != nil)
    #expect(TestFile.identity(tiles + "/tile/entries/002.p/188") != nil)
  }

  @Test("An interrupted export is finished") func interruptedExport() async throws {
    let ledger = try await ProvenLedger(events: 300)
    let tiles = ledger.file("tiles")
    #expect(try ledger.run("tiles", "--out", tiles).status == 0)
    let checkpoint = try TestFile.read(tiles + "/checkpoint")
    // As after a crash that lost the checkpoint, a file, and what another had in it.
    for name in ["checkpoint", "tile/entries/000"] { TemporaryFolder.remove("\(tiles)/\(name)") }
    TestFile.write([1, 2, 3], to: tiles + "/tile/0/001.p/44")
    let kept = TestFile.identity(tiles + "/tile/0/000")
    let finished = try ledger.run("tiles", "--out", tiles, "--format", "json").output
    #expect(finished.contains("\"files\": 3"))
    try expectDocuments(finished, match: "tiles")
    #expect(try ledger.check("tiles", tiles).status == 0)
    #expect(try TestFile.read(tiles + "/checkpoint") == checkpoint)
    #expect(TestFile.identity(tiles + "/tile/0/000") == kept)
  }

  @Test("The folder of another ledger is left alone") func folderAnother() async throws {
    let (ledger, other) = (try await ProvenLedger(events: 3), try await ProvenLedger(events: 4))
    let (tiles, copy) = (ledger.file("tiles"), ledger.file("copy"))
    #expect(Program.run("cp", ["-a", ledger.path, copy]))
    try await ledger.grow(to: 9)
    #expect(try ledger.run("tiles", "--out", tiles).status == 0)
    let before = try TestFile.read(tiles + "/checkpoint")
    let foreign = try other.run("tiles", "--out", tiles)
    #expect(foreign.status == 1)
    #expect(foreign.error.contains("invalid_checkpoint"))
    let old = try runProgram(["tiles", "--ledger", copy, "--out", tiles])
    #expect(old.status == 1)
    #expect(old.error.contains("behind_checkpoint"))
    #expect(try TestFile.read(tiles + "/checkpoint") == before)
    #expect(try ledger.check("tiles", tiles).status == 0)
    TestFile.write([0], to: ledger.file("file"))
    #expect(try ledger.run("tiles", "--out", ledger.file("file")).status == 3)
  }

  @Test("A bit changed in any file is found") func bitChanged() async throws {
    let ledger = try await ProvenLedger(events: 258)
    let tiles = ledger.file("tiles")
    #expect(try ledger.run("tiles", "--out", tiles).status == 0)
    var random = SeededRandom(stream: 72)
    let names = [
      "checkpoint", "tile/0/000", "tile/0/001.p/2", "tile/1/000.p/1", "tile/entries/000", "tile/entries/001.p/2",
    ]
    for name in names {
      let path = "\(tiles)/\(name)"
      let whole = try TestFile.read(path)
      var changed = whole
      changed[Int.random(in: 0..<whole.count, using: &random)] ^= 1 << UInt8.random(in: 0...7, using: &random)
      TestFile.write(changed, to: path)
      #expect(try ledger.check("tiles", tiles).status == 1, "\(name)")
      TestFile.write(whole, to: path)
    }
    #expect(try ledger.check("tiles", tiles).status == 0)
  }

  @Test("Checkpoints signed in between have their partial tiles") func checkpointsSigned() async throws {
    let ledger = try await ProvenLedger(events: 260)
    let tiles = ledger.file("tiles")
    #expect(try ledger.run("tiles", "--out", tiles).status == 0)
    // Each growth ends with a checkpoint.
    for events in [263, 270] { try await ledger.grow(to: events) }
    #expect(try ledger.run("tiles", "--out", tiles).status == 0)
    for width in [4, 7, 14] {
      #expect(TestFile.identity("\(tiles)/tile/0/001.p/\(width)") != nil, "\(width)")
      #expect(TestFile.identity("\(tiles)/tile/entries/001.p/\(width)") != nil, "\(width)")
    }
    #expect(try ledger.check("tiles", tiles).status == 0)
    #expect(try ledger.run("tiles", "--out", tiles, "--check").status == 0)
  }

  @Test("A published file that changed is found and replaced") func publishedFile() async throws {
    let ledger = try await ProvenLedger(events: 258)
    let tiles = ledger.file("tiles")
    #expect(try ledger.run("tiles", "--out", tiles, "--check").status == 3)
    #expect(try ledger.run("tiles", "--out", tiles).status == 0)
    let checked = try ledger.run("tiles", "--out", tiles, "--check", "--format", "json")
    #expect(checked.status == 0, "\(checked.error)")
    try expectDocuments(checked.output, match: "tiles")
    for name in ["tile/0/000", "tile/entries/001.p/2", "tile/1/000.p/1"] {
      let whole = try TestFile.read("\(tiles)/\(name)")
      for changed in [[UInt8](whole.dropLast()) + [whole[whole.count - 1] ^ 1], Array(whole.dropLast())] {
        TestFile.write(changed, to: "\(tiles)/\(name)")
        #expect(try ledger.run("tiles", "--out", tiles).status == 0)
        let found = try ledger.run("tiles", "--out", tiles, "--check", "--format", "json")
        #expect(found.status == 1 && found.error.contains(name), "\(found.error)")
        try expectDocuments(found.output, match: "tiles")
        TemporaryFolder.remove("\(tiles)/checkpoint")
        #expect(try ledger.run("tiles", "--out", tiles).status == 0)
        #expect(try TestFile.read("\(tiles)/\(name)") == whole)
      }
    }
  }

  @Test("A web server can read what is published") func webServer() async throws {
    let ledger = try await ProvenLedger(events: 3)
    func modes(_ folder: String) -> [mode_t] {
      ["", "/checkpoint", "/tile/0", "/tile/0/000.p/3"].map { name in
        var status = stat()
        return unsafe lstat(folder + name, &status) == 0 ? status.st_mode & 0o777 : 0
      }
    }
    #expect(try ledger.run("tiles", "--out", ledger.file("open")).status == 0)
    #expect(modes(ledger.file("open")) == [0o755, 0o644, 0o755, 0o644])
    #expect(try ledger.run("tiles", "--out", ledger.file("group"), "--mode", "640").status == 0)
    #expect(modes(ledger.file("group")) == [0o750, 0o640, 0o750, 0o640])
    #expect(try ledger.run("tiles", "--out", ledger.file("private"), "--mode", "600").status == 0)
    #expect(modes(ledger.file("private")) == [0o700, 0o600, 0o700, 0o600])
    for mode in ["444", "6444", "755", "x"] {
      #expect(try ledger.run("tiles", "--out", ledger.file("none"), "--mode", mode).status == 2, "\(mode)")
    }
  }

  @Test("Nothing unfinished stays in the published folder") func nothingUnfinished() async throws {
    let ledger = try await ProvenLedger(events: 3)
    let tiles = ledger.file("tiles")
    #expect(try ledger.run("tiles", "--out", tiles).status == 0)
    // As a process that was killed leaves it.
    let left = ["\(tiles)/checkpoint.new-2000000000-7", "\(tiles)/tile/entries/000.p/4.new-2000000000-9"]
    for path in left { TestFile.write([1], to: path) }
    try await ledger.grow(to: 4)
    #expect(try ledger.run("tiles", "--out", tiles).status == 0)
    for path in left { #expect(TestFile.identity(path) == nil, "\(path)") }
    #expect(try ledger.check("tiles", tiles).status == 0)
  }
}
