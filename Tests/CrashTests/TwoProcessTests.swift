import CredentialLedger
import LedgerTestSupport
import Testing

/// One process writes; others may read beside it, and write once it is gone.
@Suite(.serialized) struct TwoProcessTests {
  let folder = TemporaryFolder()

  @Test("A second process that would write is refused, one that reads is not")
  func secondProcess() async throws {
    let ledger = try await CrashedLedger(at: "\(folder.path)/second")
    let holder = try ChildProcess("LedgerCrashChild", ["hold", ledger.path])
    #expect(holder.read().first?.hasPrefix("holding") == true)
    await #expect {
      _ = try await Ledger.open(at: ledger.path, CrashedLedger.configuration)
    } throws: {
      ($0 as? LedgerError)?.code == .alreadyOpen
    }
    let reader = try await Ledger.openForReading(at: ledger.path, CrashedLedger.configuration)
    #expect(try reader.head() > 1)
    await reader.close()
    _ = holder.kill()
    let writer = try await Ledger.open(at: ledger.path, CrashedLedger.configuration)
    await #expect {
      _ = try await Ledger.open(at: ledger.path, CrashedLedger.configuration)
    } throws: {
      ($0 as? LedgerError)?.code == .alreadyOpen
    }
    _ = try await writer.groups.create(name: "Still writing", by: AccountID(rawValue: 2))
    await writer.close()
  }

  @Test("A process that works is not disturbed by one that is refused, and one that reads sees what it commits")
  func besideAWriter() async throws {
    let ledger = try await CrashedLedger(at: "\(folder.path)/beside")
    let before = try await ledger.head()
    let child = try ChildProcess("LedgerCrashChild", ledger.work)
    var lines = child.read()
    for round in 0..<10 {
      await #expect("round \(round)") {
        _ = try await Ledger.open(at: ledger.path, CrashedLedger.configuration)
      } throws: {
        ($0 as? LedgerError)?.code == .alreadyOpen
      }
      let reader = try await Ledger.openForReading(at: ledger.path, CrashedLedger.configuration)
      let head = try reader.head()
      // What the other process commits is followed from here.
      let followed = Task {
        for try await event in reader.events(from: head + 1) { return event.position }
        return 0 as Position
      }
      var newest: Position = 0
      while newest <= head {
        let more = child.read()
        try #require(!more.isEmpty, "the process that writes has ended")
        lines += more
        newest = max(newest, more.compactMap { CrashedLedger.Acknowledged($0).map { Position($0.first) } }.max() ?? 0)
      }
      #expect(try await followed.value == head + 1, "round \(round)")
      #expect(try reader.head() >= newest, "round \(round): the reader does not see what was acknowledged")
      #expect(try await reader.audit.latest(1, before: newest + 1).first?.position == newest, "round \(round)")
      await reader.close()
    }
    lines += child.kill()
    #expect(!lines.contains { $0.hasPrefix("stopped ") }, "the process that writes was disturbed")
    try await ledger.expectInvariant(before: before, lines, verifying: true, "beside a writer")
  }
}
