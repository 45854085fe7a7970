import EventLog
import LMDB
import LedgerDomain
import LedgerEvents
import LedgerTestSupport
import Synchronization
import Testing

@testable import Projections

@Suite("Rebuilding the projections")
struct RebuildTests {
  private let ledger: TestLedger

  init() throws { ledger = try TestLedger() }

  /// Some groups: events that need nothing sealed.
  private func addGroups(_ count: Int) async throws {
    for number in 0..<count {
      let event = filled(GroupCreated()) {
        $0.publicID = .init((0..<16).map { UInt8(truncatingIfNeeded: (number + Int(ledgerSize)) >> ($0 * 8)) })
        $0.name = "Group \(number)"
        $0.kind = .group
        $0.creator = 1
      }
      try await ledger.append(.groupCreated(event))
    }
  }

  private var ledgerSize: PositionNumber { (try? ledger.log.snapshot().head()) ?? 0 }

  @Test("a swap whose transaction came to nothing is forgotten by the next try")
  func abortedSwap() async throws {
    try await addGroups(3)
    let log = ledger.log
    let writer = try #require(log.writer)
    let before = try log.snapshot().projectionDigests()
    struct Seen: Sendable { var sets: [Int] = [] }
    let seen = Mutex(Seen())
    // The swap of a rebuild, in a transaction that comes to nothing.
    await #expect(throws: LogError(.damagedProjection, "")) {
      try await writer.maintain { (view, head) throws(LogError) in
        let live = view.participant.live
        live?.swap(to: 1, from: view.transaction.number)
        try view.participant.finish(at: head, in: &view.transaction)
        throw LogError(.damagedProjection, "another request of the batch failed")
      }
    }
    // The next transaction has the same number, and must read what the row on disk says.
    try await writer.maintain { (view, _) throws(LogError) in
      let set = try view.participant.currentSet(in: view.transaction)
      seen.withLock { $0.sets.append(set) }
    }
    #expect(seen.withLock { $0.sets } == [0])
    #expect(try ledger.liveSet() == 0)
    #expect(try ledger.checkpoint()?.set == 0)
    #expect(try log.snapshot().projectionDigests() == before)
    try await addGroups(1)
    #expect(try ledger.checkpoint()?.set == 0)
  }

  @Test("a swap back and forth is taken back to the set before, also for older snapshots")
  func takingBack() {
    let live = LiveSet(set: 0)
    live.swap(to: 1, from: 10)
    live.forgetSwap(from: 11)
    #expect([9, 10, 11].map { live.set(for: $0) } == [0, 1, 1])
    live.swap(to: 0, from: 20)
    live.forgetSwap(from: 20)
    #expect([9, 10, 20].map { live.set(for: $0) } == [0, 1, 1])
    live.swap(to: 0, from: 20)
    #expect([19, 20].map { live.set(for: $0) } == [1, 0])
    #expect(live.choice(for: 20).generation != live.choice(for: 19).generation)
  }

  @Test("who only reads follows a swap of the process that writes")
  func reading() async throws {
    try await addGroups(2)
    let log = ledger.log
    let reader = try ProjectionSet(reading: log.environment, keys: ledger.keys)
    func set() throws -> Int { try reader.currentSet(in: log.environment.beginRead()) }
    #expect(try set() == 0)
    let old = try log.environment.beginRead()
    try await ProjectionRebuild(log).run()
    #expect(try set() == 1)
    #expect(try reader.currentSet(in: old) == 0)
    try await ProjectionRebuild(log).run()
    #expect(try set() == 0)
  }

  @Test("a rebuild makes the same projections, the audit trail's runs included")
  func allThree() async throws {
    try await addGroups(40)
    let log = ledger.log
    let policy = AuditRunPolicy(baseSize: 4, fanOut: 2, bulkSize: 16, pieceByteCount: AuditBlock.maximumByteCount)
    let builder = AuditRunBuilder(of: log, policy: policy)
    try await builder.catchUp()
    func covered() throws -> PositionNumber {
      let view = try log.snapshot()
      return try view.auditTrail().coveredThrough(in: view)
    }
    #expect(try covered() == 40)
    let before = try log.snapshot().projectionDigests()
    // A block of the live trail goes: only a rebuild brings it back.
    try await #require(log.writer).maintain { (view, _) throws(LogError) in
      let tables = try view.auditTrail().tables
      let runs = try view.auditTrail().catalogue(in: view).runs
      try stored { () throws(LMDBError) in
        for run in runs {
          try tables.blocks(tier: run.tier).delete(AuditBlockKey(run: run.number, start: .least), in: &view.transaction)
        }
      }
    }
    #expect(throws: LogError(.damagedProjection, "")) { try log.snapshot().projectionDigests() }
    try await ProjectionRebuild(log, policy: policy).run()
    #expect(try ledger.liveSet() == 1)
    #expect(try covered() == 40)
    #expect(try log.snapshot().projectionDigests() == before)
    // The live builder goes on with the new set, and leaves the old one, which was emptied, alone.
    try await addGroups(8)
    try await builder.catchUp()
    #expect(try covered() == 48)
    let view = try log.snapshot()
    #expect(try view.participant.tables[0].audit.coveredThrough(in: view) == 0)
    #expect(try view.projectionDigests().auditTrail == view.auditTrail().rebuiltDigest(of: view, upTo: 48))
  }

  @Test("two rebuilds at once are not possible")
  func twoAtOnce() async throws {
    try await addGroups(1)
    let live = try #require(ledger.log.participant.live)
    #expect(live.claimTarget())
    await #expect(throws: LogError(.busy, "")) { try await ProjectionRebuild(ledger.log).run() }
    live.releaseTarget()
    try await ProjectionRebuild(ledger.log).run()
    try await ProjectionRebuild(ledger.log).run()
  }

  @Test("what was remembered before a rebuild is looked up anew after it")
  func remembering() async throws {
    try await addGroups(1)
    func window() throws -> StateMemory.Window {
      let view = try ledger.log.snapshot()
      return view.participant.memory.window(ofSnapshot: view.transaction.number)
    }
    let before = try window()
    try await ProjectionRebuild(ledger.log).run()
    let after = try window()
    #expect(before.owner == after.owner && before.last < after.first)
  }

  @Test("what the writer saw in a transaction that came to nothing is looked up anew in the next try")
  func abortedPath() async throws {
    try await addGroups(1)
    let writer = try #require(ledger.log.writer)
    /// Whether the writer, in a transaction of its own, must look up what a family stands on.
    @Sendable func looks(_ view: borrowing WritableLedgerView) -> Bool {
      var looked = false
      _ = try? view.participant.memory.windowOfWriter.path(ofFamily: 1) { () throws(StateUnreadable) in
        looked = true
        return .clear(
          GrantPath(
            grant: GrantID(rawValue: 4), connector: ConnectorID(rawValue: 3), granter: AccountID(rawValue: 1),
            group: nil, scopes: .all))
      }
      return looked
    }
    #expect(try await writer.maintain { (view, _) throws(LogError) in looks(view) && !looks(view) })
    await #expect(throws: LogError(.damagedProjection, "")) {
      try await writer.maintain { (view, _) throws(LogError) -> Bool in
        _ = looks(view)
        throw LogError(.damagedProjection, "another request of the batch failed")
      }
    }
    #expect(try await writer.maintain { (view, _) throws(LogError) in looks(view) })
  }

  @Test("of two events that stop an object the first counts, until it starts again")
  func stoppedTwice() {
    var standing = Standing(.account)
    func apply(_ effect: StandingEffect, at position: PositionNumber) -> PositionNumber {
      effect.apply(to: &standing, at: position)
      return standing.stoppedBy
    }
    #expect(apply(.stop, at: 5) == 5)
    #expect(apply(.stop, at: 9) == 5)
    #expect(apply(.resume, at: 10) == 0)
    #expect(apply(.stop, at: 12) == 12)
  }

  @Test("another version of the rows asks for a rebuild")
  func schemaVersion() async throws {
    try await addGroups(3)
    #expect(try !ProjectionRebuild.isNeeded(ledger.log.snapshot()))
    let digests = try ledger.log.snapshot().projectionDigests()
    try await #require(ledger.log.writer).maintain { (view, _) throws(LogError) in
      let table = view.participant.checkpoint
      try stored { () throws(LMDBError) in
        guard var row = try table.get(ProjectionSet.checkpointKey, in: view.transaction) else { return }
        row.schemaVersion -= 1
        try table.put(ProjectionSet.checkpointKey, row, in: &view.transaction)
      }
    }
    try ledger.reopen()
    #expect(try ProjectionRebuild.isNeeded(ledger.log.snapshot()))
    try await ProjectionRebuild(ledger.log).run()
    #expect(try !ProjectionRebuild.isNeeded(ledger.log.snapshot()))
    #expect(try ledger.log.snapshot().projectionDigests() == digests)
  }

  @Test("events that come during a rebuild are in it")
  func whileAppending() async throws {
    try await addGroups(30)
    let log = ledger.log
    async let appended: Void = addGroups(60)
    for _ in 0..<3 { try await ProjectionRebuild(log).run() }
    try await appended
    try await ProjectionRebuild(log).run()
    let head = try log.snapshot().head()
    #expect(head == 90)
    let scratch = ledger.folder.path + "/scratch"
    let rebuilt = try ProjectionRebuild(log).digests(in: scratch, upTo: head) { _ in }
    #expect(try log.snapshot().projectionDigests() == rebuilt)
  }
}
