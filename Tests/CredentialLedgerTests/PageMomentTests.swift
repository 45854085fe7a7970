import LedgerEvents
import LedgerTestSupport
import Synchronization
import Testing

@testable import CredentialLedger

/// A page of the audit trail, and what it says of those in it, are of one moment, whatever is written meanwhile.
@Suite struct PageMomentTests {
  private final class End: Sendable {
    let hasCome = Atomic(false)
  }

  @Test("A group is called in a page as its newest event there says") func groupCalled() async throws {
    let folder = TemporaryFolder()
    let ledger = try await Ledger.create(
      at: folder.path + "/ledger", origin: "ledger.example.org", LedgerConfiguration())
    let steps = try await FourSteps(on: ledger)
    let end = End()
    try await withThrowingTaskGroup(of: Int.self) { tasks in
      tasks.addTask {
        defer { end.hasCome.store(true, ordering: .relaxed) }
        for number in 0..<600 { try await ledger.groups.rename(steps.group.id, to: "Name \(number)", by: steps.admin) }
        return 0
      }
      for _ in 0..<2 {
        tasks.addTask {
          var looks = 0
          while !end.hasCome.load(ordering: .relaxed) {
            let (page, description) = try await ledger.audit.describedSearch(.type(.groupRenamed), limit: 40)
            guard case .groupRenamed(let event) = page.entries.first?.event else { continue }
            #expect(description.labels[Subject(steps.group.id)]?.name == event.after)
            looks += 1
          }
          return looks
        }
      }
      var looks = 0
      for try await count in tasks { looks += count }
      #expect(looks > 20)
    }
    await ledger.close()
  }
}
