import CredentialLedger
import Glibc
import LedgerTestSupport
import Testing

/// Processes are killed (SIGKILL) at random moments, and what they left is opened again.
@Suite(.serialized) struct KillTests {
  /// How often; `CREDLEDGER_CRASH_ROUNDS` says otherwise.
  private static let rounds =
    unsafe getenv("CREDLEDGER_CRASH_ROUNDS").flatMap { unsafe Int(String(cString: $0)) } ?? 100

  let folder = TemporaryFolder()

  @Test("A kill under load loses nothing that was acknowledged, and leaves nothing half-done")
  func killsUnderLoad() async throws {
    var random = SeededRandom(stream: 1)
    var round = 0
    while round < Self.rounds {
      // A fresh ledger from time to time keeps the full checks short.
      let ledger = try await CrashedLedger(at: "\(folder.path)/\(round)")
      for _ in 0..<min(20, Self.rounds - round) {
        round += 1
        let before = try await ledger.head()
        // In every other round the disk is slow, so that the kill finds a commit under way.
        let slow = ["LD_PRELOAD=\(try Program.file("libFaultyDisk.so"))", "FAULTY_DELAY=4000"]
        let child = try ChildProcess("LedgerCrashChild", ledger.work, environment: round.isMultiple(of: 2) ? slow : [])
        // Most are killed under load, some while they open the ledger, which may be recovering from the kill before.
        var lines: [Substring] = []
        if UInt64.random(in: 0..<8, using: &random) == 0 {
          usleep(.random(in: 0...60_000, using: &random))
        } else {
          lines = child.read()
          usleep(.random(in: 0...30_000, using: &random))
        }
        lines += child.kill()
        try await ledger.expectInvariant(
          before: before, lines, verifying: round.isMultiple(of: 4), "round \(round), seed \(testSeed)")
      }
      TemporaryFolder.remove(ledger.path)
    }
  }

  @Test("A ledger whose making was killed is there whole, or not at all")
  func killsWhileCreating() async throws {
    var random = SeededRandom(stream: 2)
    for round in 0..<max(5, Self.rounds / 10) {
      let parent = "\(folder.path)/create-\(round)"
      #expect(unsafe mkdir(parent, 0o700) == 0)
      let child = try ChildProcess("LedgerCrashChild", ["create", parent])
      var lines = child.read()
      usleep(.random(in: 0...80_000, using: &random))
      lines += child.kill()
      let created = lines.filter { $0.hasPrefix("created ") }.count
      let begun = lines.filter { $0.hasPrefix("creating ") }.count
      for number in 0..<max(created, begun) {
        let path = "\(parent)/\(number)"
        do {
          let ledger = try await Ledger.open(at: path, CrashedLedger.configuration)
          #expect(try ledger.head() == 1)
          #expect(try await ledger.integrity.verify().projectionsMatch)
          await ledger.close()
        } catch {
          #expect(error.code == .notALedger && number >= created, "round \(round), seed \(testSeed): \(error)")
          // What is left of the attempt does not stand in the way of the next.
          let ledger = try await Ledger.create(at: path, origin: "crash.example.org", CrashedLedger.configuration)
          await ledger.close()
        }
      }
    }
  }
}
