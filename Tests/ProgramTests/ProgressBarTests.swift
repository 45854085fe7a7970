import CredentialLedger
import LedgerOperations
import Synchronization
import Testing

@testable import credledger

@Suite struct ProgressBarTests {
  @Test("A bar takes no more than a line", arguments: [5, 12, 20, 30, 40, 60, 80, 200])
  func aBarTakesNoMoreThanALine(columns: Int) {
    for share in [0, 333, 1_000] as [UInt64] {
      let line = ProgressBar.line(share, "1234567 events/s", "12 h 34 min left", columns: columns)
      #expect(line.columns < columns, "\(line)")
      #expect(line.contains("%") || columns < 8, "\(line)")
    }
    #expect(
      ProgressBar.line(500, "7 events/s", "0:09 left", columns: 80).hasPrefix("[############             ] 50 %  7"))
  }

  /// Of seven parts of the work the tree is one, the rows are one, and the replay is four.
  @Test("A verification is weighed by what its parts cost") func verificationWeighed() async throws {
    let proven = try await ProvenLedger(events: 400)
    let ledger = try await Ledger.openForReading(at: proven.path, ProvenLedger.configuration)
    let head = try ledger.head().rawValue
    let shown = Mutex<[UInt64]>([])
    let totals = Mutex<Set<UInt64>>([])
    _ = try await ledger.integrity.verify { done, total in
      shown.withLock { $0.append(done) }
      totals.withLock { _ = $0.insert(total) }
    }
    await ledger.close()
    let steps = shown.withLock { $0 }
    #expect(totals.withLock { $0 } == [head * 7])
    #expect(steps == steps.sorted() && steps.last == head * 7, "\(steps)")
    #expect(steps.contains(head) && steps.contains(head * 6), "\(steps)")
    #expect(!steps.contains { head < $0 && $0 < head * 2 }, "\(steps)")
  }
}
