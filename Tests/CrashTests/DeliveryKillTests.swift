import CredentialLedger
import Glibc
import LedgerTestSupport
import Testing

/// Processes are killed while they put deliveries in and take them out.
@Suite(.serialized) struct DeliveryKillTests {
  let folder = TemporaryFolder()
  /// A clock so far ahead that what the killed process had taken is due.
  private let later = LedgerConfiguration(clock: { LedgerConfiguration.systemClock() + 600_000 })

  @Test("A kill loses nothing that was put in, delivers nothing again that was reported, and keeps the order")
  func kills() async throws {
    var random = SeededRandom(stream: 90)
    let crashed = try await CrashedLedger(at: folder.path + "/ledger")
    for round in 0..<6 {
      let child = try ChildProcess("LedgerCrashChild", ["deliver", crashed.path] + crashed.credentials)
      var lines = child.read()
      usleep(.random(in: 0...60_000, using: &random))
      lines += child.kill()
      func numbers(_ prefix: String) -> [UInt64] {
        lines.filter { $0.hasPrefix(prefix) }.compactMap { UInt64($0.dropFirst(prefix.count)) }
      }
      let (enqueued, delivered) = (numbers("enqueued "), Set(numbers("delivered ")))
      let note: Comment = "round \(round), seed \(testSeed)"
      #expect(!enqueued.isEmpty, note)

      let ledger = try await Ledger.open(at: crashed.path, later)
      let count = try ledger.deliveries.waiting().count
      var waiting: [UInt64] = []
      while let delivery = try await ledger.deliveries.lease().first {
        waiting.append(try #require(UInt64(delivery.eventID)))
        #expect(delivery.payload == [1, 2, 3], note)
        #expect(try await ledger.deliveries.acknowledge(delivery), note)
      }
      #expect(waiting.count == count, note)
      #expect(waiting == waiting.sorted(), note)
      let missing = Set(enqueued).subtracting(delivered).subtracting(waiting)
      // One may have been reported, and its line not be written.
      #expect(missing.count <= 1 && missing.allSatisfy { $0 < waiting.first ?? .max }, note)
      #expect(delivered.isDisjoint(with: waiting), note)
      // One may have been put in, and its line not be written.
      #expect(Set(waiting).subtracting(enqueued).count <= 1, note)
      #expect(try ledger.deliveries.waiting() == (0, 0), note)
      #expect(try await ledger.integrity.verify().projectionsMatch, note)
      await ledger.close()
    }
  }
}
