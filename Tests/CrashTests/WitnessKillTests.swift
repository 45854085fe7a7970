import CredentialLedger
import Glibc
import LedgerTestSupport
import Testing

/// Processes are killed while a file elsewhere follows what they sign.
@Suite(.serialized) struct WitnessKillTests {
  let folder = TemporaryFolder()
  private var elsewhere: String { "\(folder.path)/elsewhere" }
  private var file: String { "\(elsewhere)/witness" }

  /// How many events the checkpoint in the file covers; 0 where there is no file.
  private func kept() throws -> UInt64 {
    guard let content = try DurableFile.read(file, limit: 1 << 20) else { return 0 }
    return try #require(size(of: String(decoding: content, as: UTF8.self)), "the file is cut off")
  }

  /// The second line of a checkpoint (C2SP tlog-checkpoint).
  private func size(of checkpoint: String) -> UInt64? {
    let lines = checkpoint.split(separator: "\n")
    return lines.count > 2 ? UInt64(lines[1]) : nil
  }

  @Test(
    "Whenever a process is killed, the file is whole, never ahead of the ledger, and level with it once that is open")
  func kills() async throws {
    #expect(unsafe mkdir(elsewhere, 0o700) == 0)
    var random = SeededRandom(stream: 91)
    let crashed = try await CrashedLedger(at: "\(folder.path)/ledger")
    var configuration = CrashedLedger.configuration
    configuration.witnessFile = file
    // With the disk of the file slow, a kill finds its replacement under way.
    let slow = [
      "LD_PRELOAD=\(try Program.file("libFaultyDisk.so"))", "FAULTY_DELAY=3000", "FAULTY_SLOW=\(elsewhere)/",
    ]
    // How often a kill came between a commit and the file, and in the middle of its replacement. On a busy machine a
    // process may be killed before it signs anything, so that more rounds are needed.
    var (behind, cutOff) = (0, 0)
    for round in 0..<160 {
      if round >= 16 && behind > 2 && cutOff > 2 { break }
      let before = try await crashed.head()
      let child = try ChildProcess(
        "LedgerCrashChild", ["witness", crashed.path] + crashed.credentials + [file],
        environment: round.isMultiple(of: 4) ? [] : slow)
      var lines = child.read()
      usleep(.random(in: 0...80_000, using: &random))
      lines += child.kill()
      let note: Comment = "round \(round), seed \(testSeed)"

      let kept = try kept()
      let reader = try await Ledger.openForReading(at: crashed.path, CrashedLedger.configuration)
      let signed = try reader.latestCheckpoint().flatMap { size(of: $0) } ?? 0
      #expect(try kept <= signed && signed <= reader.head().rawValue, note)
      await reader.close()
      if kept < signed { behind += 1 }
      if TemporaryFolder.names(in: elsewhere)?.contains(where: { $0.hasPrefix("witness.new-") }) == true { cutOff += 1 }

      let ledger = try await Ledger.open(at: crashed.path, configuration)
      // It may have signed a newer one by itself meanwhile.
      #expect(try self.kept() >= signed, note)
      #expect(TemporaryFolder.names(in: elsewhere)?.contains("witness") == true, note)
      #expect(ledger.witnessFailure == nil, note)
      await ledger.close()
      #expect(TemporaryFolder.names(in: elsewhere) == ["witness"], note)
      let closed = try await Ledger.openForReading(at: crashed.path, CrashedLedger.configuration)
      #expect(try self.kept() == closed.latestCheckpoint().flatMap { size(of: $0) } ?? 0, note)
      await closed.close()
      try await crashed.expectInvariant(before: before, lines, verifying: round.isMultiple(of: 4), note)
    }
    #expect(behind > 2 && cutOff > 2, "seed \(testSeed)")
  }
}
