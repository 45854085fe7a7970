import EventLog
import LMDB
import LedgerCrypto
import LedgerDomain
import LedgerEvents
import LedgerTestSupport
import Synchronization
import Testing

@testable import Projections

@Suite("Replays, and what they find")
struct ReplayTests {
  private let ledger: TestLedger
  private let everything = Set(ProjectionName.allCases)

  init() throws { ledger = try TestLedger() }

  private func folder(_ name: String) -> String { "\(ledger.folder.path)/\(name)" }

  private func expected(upTo position: PositionNumber) throws -> [ProjectionName: Digest] {
    let scratch = folder("expected-\(position)-\(UInt64.random(in: 0...UInt64.max))")
    defer { TemporaryFolder.remove(scratch) }
    let digests = try ProjectionRebuild(ledger.log).digests(in: scratch, upTo: position) { _ in }
    return [.directory: digests.directory, .validity: digests.tokenValidity, .audit: digests.auditTrail]
  }

  @Test("A replay that was stopped goes on from there, with or without a snapshot")
  func goesOn() async throws {
    var walk = try Walk(ledger)
    for _ in 0..<350 { try await walk.step() }
    let (log, head) = (ledger.log, walk.head)
    let end = head - 3
    var reached: PositionNumber = 0
    while reached < end {
      let replay = try ProjectionReplay(of: log, at: folder("out"), only: everything)
      #expect(try replay.position() == reached)
      reached = try replay.advance(to: end, limit: 61)
      if reached == end {
        #expect(try replay.digests() == expected(upTo: end), "seed \(walk.random.seed)")
        try expectAuditEntries(replay, upTo: end)
      }
      replay.close()
    }
    let store = try SnapshotStore.open(at: folder("snapshots"), isWriting: true)
    let maker = SnapshotMaker(of: log, in: store) { [path = folder("scratch")] in path }
    #expect(try await maker.make(at: head / 2))
    let replay = try ProjectionReplay(of: log, at: folder("from-snapshot"), only: everything)
    #expect(try replay.begin(with: store, before: end) == head / 2)
    #expect(try replay.position() == head / 2)
    #expect(try replay.digests() == expected(upTo: head / 2))
    while try replay.advance(to: end) < end {}
    #expect(try replay.digests() == expected(upTo: end), "seed \(walk.random.seed)")
    try expectAuditEntries(replay, upTo: end)
    replay.close()
  }

  /// Compares the runs of the audit trail with the headers of the records.
  private func expectAuditEntries(_ replay: ProjectionReplay, upTo end: PositionNumber) throws {
    var wanted: Set<AuditIndexEntry> = []
    let view = try ledger.log.snapshot()
    try view.forEachRecord(in: 1...end) { (header, bytes) throws(LogError) in
      header.forEachTerm(in: bytes) { wanted.insert(AuditIndexEntry(term: $0, position: header.position)) }
      return true
    }
    var found: Set<AuditIndexEntry> = []
    try replay.reading { (transaction) throws(LogError) in
      let trail = replay.tables.audit
      let catalogue = try AuditCatalogue(trail.tables, head: end, in: transaction)
      #expect(catalogue.covered == end)
      try stored { () throws(LMDBError) in
        for run in catalogue.runs {
          try trail.tables.blocks(tier: run.tier).forEach(
            from: AuditBlockKey(run: run.number, start: .least), in: transaction
          ) { key, bytes in
            guard key.run == run.number else { return .stop }
            _ = try? AuditBlock.read(bytes, of: run, from: key.start) { entry in
              found.insert(entry)
              return true
            }
            return .continue
          }
        }
      }
    }
    #expect(found == wanted)
  }

  @Test("A folder that holds anything else is refused and left as it is")
  func foreignFolders() async throws {
    var walk = try Walk(ledger)
    for _ in 0..<40 { try await walk.step() }
    let log = ledger.log
    func expectRefusal(_ path: String, only: Set<ProjectionName>? = nil) {
      #expect(throws: LogError(.alreadyExists, "")) {
        _ = try ProjectionReplay(of: log, at: path, only: only ?? everything)
      }
    }
    expectRefusal(ledger.folder.path)
    expectRefusal(ledger.path)
    let other = try TestLedger()
    try await other.append(.ledgerCreated(LedgerCreated()))
    other.log.close()
    expectRefusal(other.path)
    let replay = try ProjectionReplay(of: log, at: folder("out"), only: [.directory])
    #expect(try replay.advance(to: walk.head) == walk.head)
    replay.close()
    expectRefusal(folder("out"))
    let again = try ProjectionReplay(of: log, at: folder("out"), only: [.directory])
    #expect(try again.position() == walk.head)
    again.close()
  }

  @Test("A wrong row is named with both values and the event that touched it last")
  func differences() async throws {
    var walk = try Walk(ledger)
    for _ in 0..<250 { try await walk.step() }
    let position = try await ledger.append(
      .groupCreated(
        filled(GroupCreated()) {
          $0.publicID = .init([UInt8](repeating: 200, count: 16))
          $0.name = "Team"
          $0.kind = .group
          $0.creator = 1
        }))
    let renamed = try await ledger.append(
      .groupRenamed(
        filled(GroupRenamed()) {
          $0.group = position
          $0.before = "Team"
          $0.after = "Crew"
        }))
    let token = try #require(walk.model.standings.filter { $0.value.stoppedBy == 0 }.keys.min())
    #expect(try difference() == nil)
    let key = DirectoryKey.number(.group, position)
    let row = try #require(try row(key))

    // A row that says something else, one that is missing, one too many; each the first that differs.
    try await plant(key, row.dropLast() + [row[row.count - 1] ^ 1])
    var found = try #require(try difference())
    #expect(
      found.difference.key == "group \(position)" && found.difference.object == Subject(kind: .group, number: position))
    #expect(found.difference.rebuilt == row && found.difference.live != row && found.event == renamed)
    try await plant(key, nil)
    found = try #require(try difference())
    #expect(found.difference.live == nil && found.difference.rebuilt == row && found.event == renamed)
    try await plant(key, row)
    try await plant(.number(.group, position + 100), row)
    found = try #require(try difference())
    #expect(found.difference.rebuilt == nil && found.event == 0)
    try await plant(.number(.group, position + 100), nil)
    #expect(try difference() == nil)

    try await plant(token) { $0.stoppedBy = 1 }
    found = try #require(try difference())
    #expect(found.difference.projection == .validity && found.difference.object?.number == token)
    #expect(found.event >= token)
    try await plant(token) { $0.stoppedBy = 0 }

    try await breakAuditTrail()
    found = try #require(try difference())
    #expect(found.difference.projection == .audit && found.event == 7)
  }

  private func row(_ key: DirectoryKey) throws -> [UInt8]? {
    let view = try ledger.log.snapshot()
    return try view.participant.current(in: view.transaction).directory.rows.withBytes(of: key, in: view.transaction) {
      Array(copying: $0)
    }
  }

  private func plant(_ key: DirectoryKey, _ bytes: [UInt8]?) async throws {
    try await #require(ledger.log.writer).maintain { (view, _) throws(LogError) in
      let rows = try view.participant.current(in: view.transaction).directory.rows
      try stored { () throws(LMDBError) in
        if let bytes {
          try rows.put(key, bytes, in: &view.transaction)
        } else {
          try rows.delete(key, in: &view.transaction)
        }
      }
    }
  }

  private func plant(_ number: UInt64, _ body: @escaping @Sendable (inout Standing) -> Void) async throws {
    try await #require(ledger.log.writer).maintain { (view, _) throws(LogError) in
      let rows = try view.participant.current(in: view.transaction).validity.rows
      try stored { () throws(LMDBError) in
        guard var standing = try rows.get(number, in: view.transaction) else { return }
        body(&standing)
        try rows.put(number, standing, in: &view.transaction)
      }
    }
  }

  /// Makes the live trail one run that lacks the entries of the event at position 7.
  private func breakAuditTrail() async throws {
    try await #require(ledger.log.writer).maintain { (view, head) throws(LogError) in
      let trail = try view.auditTrail()
      let tables = trail.tables
      var merge = AuditMerge([.log(1...head)])
      var writer = AuditBlockWriter(run: 1, first: 1)
      while let entry = try merge.next({ (source, start) throws(LogError) in
        try trail.part(of: source, from: start, limit: .max, in: view)
      }) {
        if entry.position != 7 { writer.append(entry) }
      }
      writer.finish()
      let blocks = writer.take()
      try stored { () throws(LMDBError) in
        try tables.clear(in: &view.transaction)
        for block in blocks { try block.append(to: tables.blocks(tier: 0), in: &view.transaction) }
      }
      let run = AuditRun(
        first: 1, last: head, tier: 0, number: 1, blockCount: writer.blockCount, byteCount: writer.byteCount)
      try tables.enter(run, replacing: [], head: head, in: &view.transaction)
    }
  }

  private func difference() throws -> (difference: ProjectionDifference, event: PositionNumber)? {
    let names = ["comparison", "event"].map { folder("\($0)-\(UInt64.random(in: 0...UInt64.max))") }
    defer { for name in names { TemporaryFolder.remove(name) } }
    let replay = try ProjectionReplay(of: ledger.log, at: names[0], only: everything)
    defer { replay.close() }
    let (head, live, rebuilt, first) = try ProjectionComparison(of: ledger.log, with: replay, only: everything).run()
    #expect((live == rebuilt) == (first == nil))
    guard let first else { return nil }
    let again = try ProjectionReplay(of: ledger.log, at: names[1], only: [first.projection])
    defer { again.close() }
    return (first, try first.lastEvent(upTo: head, by: again) { _ in })
  }

  @Test("A rebuild that was stopped goes on from there, unless somebody was erased since it began")
  func stoppedRebuild() async throws {
    var walk = try Walk(ledger)
    while walk.head < 100 { try await walk.step() }
    // Erased before the rebuild begins, and after where it is stopped.
    try await eraseNobody(7)
    let before = try ledger.log.snapshot().projectionDigests()
    let stopped = try await stopRebuild(after: 40)
    #expect(try ledger.liveSet() == 0)
    try ledger.reopen()
    #expect(try await ProjectionRebuild(ledger.log, batchSize: 16).run() == stopped, "seed \(walk.random.seed)")
    #expect(try ledger.liveSet() == 1)
    #expect(try ledger.log.snapshot().projectionDigests() == before, "seed \(walk.random.seed)")
    // The set that was swapped away is empty.
    #expect(try keys(ofSet: 0).isEmpty)

    _ = try await stopRebuild(after: 40)
    #expect(try !keys(ofSet: 0).isEmpty)
    try await ProjectionRebuild(ledger.log).dropStale()
    #expect(try !keys(ofSet: 0).isEmpty)
    try await eraseNobody(8)
    try await ProjectionRebuild(ledger.log).dropStale()
    #expect(try keys(ofSet: 0).isEmpty)
    #expect(try await ProjectionRebuild(ledger.log, batchSize: 16).run() == 0)
    #expect(try ledger.liveSet() == 0)
  }

  @Test("A rebuild makes no hash of who was erased before it began, though the key is there for a moment more")
  func rebuildAfterErasure() async throws {
    var walk = try Walk(ledger, erases: false)
    while walk.head < 100 { try await walk.step() }
    let account = try #require(walk.model.accounts.keys.min())
    func hashes(ofSet set: Int) throws -> Int {
      try keys(ofSet: set).count { $0.family == .accountByIdentity }
    }
    // Nobody signs in again after the first: the rebuild is stopped once it has the event.
    let signedIn = try hashes(ofSet: 0)
    try await walk.perform(EraseSubject(.account(account), requester: .operator))
    #expect(try hashes(ofSet: 0) == signedIn - 1)
    let stop = try await stopRebuild(after: account.rawValue)
    let reached = walk.model.accounts.keys.count { $0.rawValue <= stop }
    #expect(try hashes(ofSet: 1) == reached - 1)
  }

  /// Records an erasure of somebody of whom the log holds nothing.
  private func eraseNobody(_ name: UInt8) async throws {
    try await ledger.append(
      .subjectErased(filled(SubjectErased()) { $0.person = .init([UInt8](repeating: name, count: 16)) }))
  }

  /// Stops a rebuild once it has come so far; returns where it was stopped.
  private func stopRebuild(after position: PositionNumber) async throws -> PositionNumber {
    let log = ledger.log
    let reached = Mutex<PositionNumber>(0)
    let rebuild = Task {
      try await ProjectionRebuild(log, batchSize: 16).run { done, _ in
        reached.withLock { $0 = done }
        if done >= position { unsafe withUnsafeCurrentTask { unsafe $0?.cancel() } }
      }
    }
    await #expect(throws: LogError(.cancelled, "")) { try await rebuild.value }
    return reached.withLock { $0 }
  }

  private func keys(ofSet set: Int) throws -> [DirectoryKey] {
    let view = try ledger.log.snapshot()
    var keys: [DirectoryKey] = []
    try view.participant.tables[set].directory.rows.forEach(in: view.transaction) { key, _ in
      keys.append(key)
      return .continue
    }
    return keys
  }
}
