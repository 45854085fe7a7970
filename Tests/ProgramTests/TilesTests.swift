import LedgerTestSupport
import Testing

/// The log as files, checked by a verifier that shares nothing with the program.
@Suite struct TilesTests {
  @Test func theFolderGrowsWithTheLedger() async throws {
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

  @Test func anInterruptedExportIsFinished() async throws {
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

  @Test func theFolderOfAnotherLedgerIsLeftAlone() async throws {
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

  @Test func aBitChangedInAnyFileIsFound() async throws {
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
}
