import CredentialLedger
import LedgerOperations

/// As ``DocumentedCallsTests``, for the states of the past, replays and snapshots. Compiled, and not run: what the calls do
/// is tested elsewhere.
private struct DocumentedCallsOfState {
  let ledger: Ledger
  let yesterday: Timestamp

  func past(_ id: GrantID, _ lastPage: [StateObject]) async throws {
    do {
      let state = try await ledger.history.state(at: .time(yesterday))
      if let grant = try state.grant(id), try state.denialReason(for: grant.id) == nil { print("was in force") }
      let page = try await state.objects(.grants, after: lastPage.last?.subject.number ?? 0)
      print(page.count)
      state.close()
    }
    let state = try await ledger.history.state(at: .position(1_000))
    state.close()
    let leave = try await ledger.disclose(.everybody, for: "a test", by: Requester.operator)
    for object in lastPage {
      guard case .personal(let value)? = object.value(of: "name") else { continue }
      print(try await ledger.history.reveal(value, under: leave) ?? "erased")
    }
    let changes = try await ledger.history.changes(from: .time(yesterday), to: .latest)
    for change in changes.objects { print(change.subject, change.kind) }
  }

  func replays() async throws {
    let steps = try await ledger.history.steps(from: .position(100))
    while let step = try await steps.forward() { print(step.event.type, step.changes.count) }
    await steps.close()
    let replayed = try await ledger.integrity.replay(to: .time(yesterday), into: "/var/tmp/yesterday")
    print(replayed)
    let left = try await ledger.history.state(in: "/var/tmp/yesterday")
    print(left.position)
    for cost in try await ledger.integrity.replayCosts() { print(cost.type, cost.duration, cost.rows) }
    let report = try await ledger.integrity.compareProjections()
    if let row = report.difference { print(row.key, row.live ?? "-", row.rebuilt ?? "-") }
    try await ledger.integrity.rebuildProjections { done, all in print(done, all) }
  }

  func scrubs() async throws {
    try SystemLimits.check()
    let damaged = try ledger.damagedTables
    let found = try await ledger.scrub()
    print(damaged, found)
  }

  func snapshots() async throws {
    let (snapshots, bytes) = try await ledger.history.snapshots.list()
    let snapshot = try await ledger.history.snapshots.make()
    print(snapshots.count, bytes, snapshot != nil)
    try await ledger.history.snapshots.drop()
  }
}
