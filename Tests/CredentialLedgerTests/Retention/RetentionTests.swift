import EventLog
import LMDB
import LedgerTestSupport
import Projections
import Synchronization
import Testing

@testable import CredentialLedger
@testable import LedgerOperations

@Suite struct RetentionTests {
  @Test("With the archive at hand everything is answered as before") func archiveHand() async throws {
    let aged = try await AgedLedger()
    var ledger = aged.ledger
    let leave = try await ledger.anybodysData()
    _ = try await ledger.checkpoint()
    let head = try ledger.head()
    let before = try await Answers(of: ledger, aged, upTo: head, under: leave)
    let (digests, root) = (try await ledger.integrity.projectionDigests(), try await ledger.root(at: head))

    let plan = try await ledger.retention.plan(AgedLedger.policy, archive: aged.archive)
    #expect(plan.records == UInt64(aged.due.count) && plan.events.isEmpty && plan.archivedBefore == 0)
    #expect(try ledger.head() == head && AgedLedger.archivedCount(ledger) == 0)
    let report = try await ledger.retention.apply(AgedLedger.policy, archive: aged.archive)
    #expect(report.shares == plan.shares && report.bytes > UInt64(aged.due.count) * 90)
    #expect(report.events.count == report.shares.count && report.events.first == head + 1)
    #expect(try (1...head).filter { try ledger.log.snapshot().archivedPlace(at: $0.rawValue) != nil } == aged.due)

    // Each commit is an event, and the events name exactly what left.
    let said = try await ledger.audit.latest(of: .type(.retentionApplied))
    var named: [Position] = []
    for entry in said.reversed() {
      guard case .retentionApplied(let event) = entry.event else { throw Unexpected() }
      named += try #require(PositionRanges(of: event)).ranges.flatMap { Array($0) }
      #expect(event.olderThan == 90 * 86_400_000 && event.records > 0 && entry.actor == .operator)
      #expect(try event.root.elementsEqual(#require(await ledger.root(at: Position(event.segmentLast))).bytes))
    }
    #expect(named == aged.due)

    // The state, the tree and its proofs are as they were.
    #expect(try await ledger.integrity.projectionDigests().tokenValidity == digests.tokenValidity)
    #expect(try await ledger.root(at: head) == root)
    for position in aged.due.prefix(3) {
      let proof = try await ledger.integrity.proveInclusion(of: position)
      #expect(proof.verify(origin: ledger.origin, verifierKeys: try ledger.verifierKeys))
      #expect(proof.record == nil && proof.archivedIn?.positions.contains(position) == true)
    }
    let verified = try await ledger.integrity.verify()
    #expect(
      verified.archived == UInt64(aged.due.count) && verified.rebuilt == nil && verified.events == head.rawValue + 3)
    #expect(verified.archivedIn == 1...3)
    await ledger.close()

    ledger = try await Ledger.open(at: aged.path, aged.withArchive)
    #expect(try await Answers(of: ledger, aged, upTo: head, under: leave) == before)
    let whole = try await ledger.integrity.verify()
    #expect(whole.rebuilt != nil && whole.projectionsMatch && whole.archived == UInt64(aged.due.count))
    #expect(try await ledger.integrity.proveInclusion(of: aged.due[0]).record != nil)
    let live = try await ledger.integrity.projectionDigests()
    try await ledger.integrity.rebuildProjections()
    #expect(try await ledger.integrity.projectionDigests() == live)
    // Nothing is left to do, and a later run finds what has become due since.
    let again = try await ledger.retention.apply(AgedLedger.policy, archive: aged.archive)
    #expect(again.records == 0 && again.events.isEmpty && again.archivedBefore == UInt64(aged.due.count))
    await ledger.close()
  }

  @Test("Without the archive each answer says where the record is") func withoutArchive() async throws {
    let aged = try await AgedLedger()
    let ledger = aged.ledger
    let head = try ledger.head()
    let entries = try await ledger.audit.search(order: .oldestFirst, limit: 1_000).entries
    _ = try await ledger.retention.apply(AgedLedger.policy, archive: aged.archive)

    for order in [Audit.Order.oldestFirst, .newestFirst] {
      let page = try await ledger.audit.search(
        .grant(aged.steps.granted.grant), order: order, after: order == .oldestFirst ? nil : 200, limit: 10_000)
      let archived = page.archived.map(\.position)
      #expect(archived == (order == .oldestFirst ? aged.due : aged.due.reversed()))
    }
    let all = try await ledger.audit.search(order: .oldestFirst, limit: 1_000)
    #expect(
      (all.entries.map(\.position) + all.archived.map(\.position)).sorted() == Array(1...1_000 as ClosedRange<Position>)
    )
    for event in all.archived {
      let entry = entries[Int(event.position.rawValue) - 1]
      #expect(event.time == entry.time && event.type == entry.type && event.object == entry.object)
      #expect(event.place.positions.contains(event.position))
    }
    // A time is found as before, a request by its hash; an address nobody can tell.
    let since = try await ledger.audit.search(.recorded(until: entries[100].time + .milliseconds(1)), limit: 10_000)
    let newest = entries.last { $0.time == entries[100].time }
    #expect(UInt64(since.entries.count + since.archived.count) == newest?.position.rawValue)
    #expect(try await ledger.audit.search(.request("r-17")).archived.count == 1)
    #expect(try await ledger.audit.search(.address("192.0.2.7")).undecided >= aged.due.count)
    let ofToken = try await ledger.audit.search(.token(aged.old[0].handle)).archived
    #expect(ofToken.map(\.position).contains(aged.revocation))

    let position = aged.old[0].handle.position
    let ofOne = Audit.Filter.token(aged.old[0].handle)
    func expectArchived(_ call: () async throws(LedgerError) -> Void) async {
      let error = await failure(call)
      #expect(error?.code == .archived && error?.reason.contains("segment") == true, "\(String(describing: error))")
    }
    await expectArchived { () throws(LedgerError) in _ = try await ledger.explain(.token(aged.old[0].handle)) }
    await expectArchived { () throws(LedgerError) in _ = try await ledger.evidence.bundle(of: [position]) }
    await expectArchived { () throws(LedgerError) in
      _ = try await ledger.backups.export(toFile: "\(aged.folder.path)/export")
    }
    await expectArchived { () throws(LedgerError) in _ = try await ledger.audit.latest(10, of: ofOne) }
    await expectArchived { () throws(LedgerError) in _ = try await ledger.integrity.rebuildProjections() }
    await expectArchived { () throws(LedgerError) in
      _ = try await ledger.archive.append(to: "\(aged.folder.path)/another")
    }
    await expectArchived { () throws(LedgerError) in try await Self.readOn(ledger) }
    // What does not need them goes on.
    let expired = Verdict.invalid(.expired(at: aged.old[3].expiresAt))
    #expect(try ledger.tokens.validate(aged.old[3].accessToken) == expired)
    let fresh = try await AgedLedger.issue(ledger, aged.steps)
    #expect(try ledger.tokens.validate(fresh.accessToken).isValid)
    #expect(try await ledger.explain(.token(fresh.handle)).isValid)
    #expect(try await ledger.explain(.grant(aged.steps.granted.grant)).isValid)
    let listed = try await aged.listed(by: ledger).map(\.handle)
    #expect(aged.old.allSatisfy { listed.contains($0.handle) })
    _ = try await ledger.archive.append(to: aged.archive)
    #expect(try await Archive.check(at: aged.archive).position > head)
    // An idempotency key of long ago is forgotten.
    let again = try await AgedLedger.issue(ledger, aged.steps, .init(idempotencyKey: "once"))
    #expect(again.handle.position > head)
    await ledger.close()
  }

  @Test("A policy or an archive that makes no sense changes nothing") func policyArchive() async throws {
    let aged = try await AgedLedger()
    let ledger = aged.ledger
    let head = try ledger.head()
    func refusal(_ archive: String, _ policy: RetentionPolicy = AgedLedger.policy) async throws -> LedgerError? {
      let planned = await failure { () throws(LedgerError) in
        _ = try await ledger.retention.plan(policy, archive: archive)
      }
      let applied = await failure { () throws(LedgerError) in
        _ = try await ledger.retention.apply(policy, archive: archive)
      }
      #expect(planned == applied)
      #expect(try ledger.head() == head && AgedLedger.archivedCount(ledger) == 0)
      return applied
    }
    for seconds: Int64 in [-1, 0, 86_399, 36_501 * 86_400, .max / 1_000] {
      let error = try await refusal(aged.archive, RetentionPolicy(olderThan: .seconds(seconds)))
      #expect(error?.code == .invalidValue && error?.field == "olderThan")
    }
    #expect(try await refusal("\(aged.folder.path)/none")?.code == .notFound)
    #expect(try await refusal(aged.path)?.code == .notFound)

    // Another ledger's; one of the same name; one that lacks what would leave.
    let other = try await CopiedLedger(origin: "other.example.org", tokens: 5)
    let twin = try await CopiedLedger(tokens: 5)
    for (copied, code) in [(other, LedgerError.Code.foreignArchive), (twin, .foreignArchive)] {
      _ = try await copied.ledger.archive.append(to: copied.path("archive"))
      #expect(try await refusal(copied.path("archive"))?.code == code)
      await copied.ledger.close()
    }
    let files = Folder.files(in: aged.archive)
    let last = try #require(files.last)
    let content = try FileBytes.read("\(aged.archive)/\(last)")
    #expect(Program.run("mv", ["\(aged.archive)/\(last)", "\(aged.folder.path)/kept"]))
    let behind = try await refusal(aged.archive)
    #expect(behind?.code == .archiveBehind && behind?.reason.contains("credledger archive") == true)
    #expect(behind?.position.map { aged.due.contains($0) } == true)
    #expect(Program.run("mv", ["\(aged.folder.path)/kept", "\(aged.archive)/\(last)"]))
    #expect(Program.run("mv", ["\(aged.archive)/\(files[1])", "\(aged.folder.path)/kept"]))
    #expect(try await refusal(aged.archive)?.code == .damaged)
    #expect(Program.run("mv", ["\(aged.folder.path)/kept", "\(aged.archive)/\(files[1])"]))

    // One byte of a segment is another.
    var random = SeededRandom(stream: 9_001)
    for _ in 0..<12 {
      let place = Int.random(in: content.indices, using: &random)
      var damaged = content
      damaged[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      try FileBytes.write(damaged, to: "\(aged.archive)/\(last)")
      let code = try await refusal(aged.archive)?.code
      #expect([.damaged, .newerFormat].contains(code), "byte \(place), seed \(testSeed): \(String(describing: code))")
    }
    try FileBytes.write(content, to: "\(aged.archive)/\(last)")
    #expect(try await ledger.retention.plan(AgedLedger.policy, archive: aged.archive).records == UInt64(aged.due.count))
    await ledger.close()

    let reader = try await Ledger.openForReading(at: aged.path, aged.clock.configuration)
    #expect(try await reader.retention.plan(AgedLedger.policy, archive: aged.archive).records == UInt64(aged.due.count))
    let closed = await failure { () throws(LedgerError) in
      _ = try await reader.retention.apply(AgedLedger.policy, archive: aged.archive)
    }
    #expect(closed?.code == .closed)
    await reader.close()
    for (path, code) in [(other.path("archive"), LedgerError.Code.foreignArchive), (aged.path, .notFound)] {
      var configuration = aged.clock.configuration
      configuration.archive = path
      let wrong = configuration
      #expect(
        await failure { () throws(LedgerError) in _ = try await Ledger.open(at: aged.path, wrong) }?.code == code)
    }
  }

  @Test("Of two runs at once the second is refused") func ofTwoRuns() async throws {
    let aged = try await AgedLedger(tokens: 12)
    let ledger = aged.ledger
    let head = try ledger.head()
    // Another run is under way.
    ledger.isPruning.store(true, ordering: .relaxed)
    let busy = await failure { () throws(LedgerError) in
      _ = try await ledger.retention.apply(AgedLedger.policy, archive: aged.archive)
    }
    #expect(busy?.code == .busy)
    #expect(try ledger.head() == head && AgedLedger.archivedCount(ledger) == 0)
    ledger.isPruning.store(false, ordering: .relaxed)
    // One that failed is over.
    let missing = await failure { () throws(LedgerError) in
      _ = try await ledger.retention.apply(AgedLedger.policy, archive: aged.archive + "-none")
    }
    #expect(missing?.code == .notFound)
    let archive = aged.archive
    let results = await concurrently(3) { (_) throws(LedgerError) in
      try await ledger.retention.apply(AgedLedger.policy, archive: archive)
    }
    #expect(results.allSatisfy { $0.isSuccess || $0.code == "busy" })
    #expect(results.reduce(0) { $0 + ($1.value?.records ?? 0) } == UInt64(aged.due.count))
    #expect(try AgedLedger.archivedCount(ledger) == UInt64(aged.due.count))
    #expect(try await ledger.integrity.verify().archived == UInt64(aged.due.count))
    await ledger.close()
  }

  @Test("The time of expiry decides to the second") func timeExpiry() async throws {
    let aged = try await AgedLedger(tokens: 20)
    // The tokens were issued 201 days ago, for a day.
    for (seconds, count): (Int64, Int) in [
      (200 * 86_400 + 1, 0), (200 * 86_400, aged.due.count), (86_400, aged.due.count),
    ] {
      let policy = RetentionPolicy(olderThan: .seconds(seconds))
      let plan = try await aged.ledger.retention.plan(policy, archive: aged.archive)
      #expect(plan.records == UInt64(count), "\(seconds) seconds")
    }
    // What may answer a repeated request stays; no record says whether it came with an idempotency key.
    await aged.ledger.close()
    var configuration = aged.clock.configuration
    configuration.idempotencyRetention = 300 * 86_400_000
    let ledger = try await Ledger.open(at: aged.path, configuration)
    let plan = try await ledger.retention.plan(AgedLedger.policy, archive: aged.archive)
    #expect(plan.records == 0)
    await ledger.close()
  }

  @Test("Another history of the same ledger is refused") func anotherHistory() async throws {
    let aged = try await AgedLedger(tokens: 20)
    let ledger = aged.ledger
    _ = try await ledger.backups.make(at: "\(aged.folder.path)/backup", keys: "\(aged.folder.path)/keys")
    _ = try await Ledger.restore(
      from: "\(aged.folder.path)/backup", keys: "\(aged.folder.path)/keys", at: "\(aged.folder.path)/fork",
      aged.clock.configuration, record: .none)
    let fork = try await Ledger.open(at: "\(aged.folder.path)/fork", aged.clock.configuration)
    for other in [fork, ledger] { _ = try await AgedLedger.issue(other, aged.steps) }
    _ = try await fork.archive.append(to: "\(aged.folder.path)/forked")
    await fork.close()
    let error = await failure { () throws(LedgerError) in
      _ = try await ledger.retention.apply(AgedLedger.policy, archive: "\(aged.folder.path)/forked")
    }
    #expect(error?.code == .foreignArchive && error?.reason.contains("another history") == true)
    #expect(try AgedLedger.archivedCount(ledger) == 0)
    await ledger.close()
  }

  @Test("A run that is stopped is sound and another goes on") func runStopped() async throws {
    let aged = try await AgedLedger()
    var ledger = aged.ledger
    let stopping = ledger
    let task = Task { () -> LedgerError.Code? in
      do throws(LedgerError) {
        _ = try await stopping.applyRetention(AgedLedger.policy, archive: aged.archive, limit: 7) { progress in
          guard progress.stage == .pruning, progress.done > 40 else { return }
          unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
        }
        return nil
      } catch { return error.code }
    }
    #expect(await task.value == .cancelled)
    let left = try AgedLedger.archivedCount(ledger)
    #expect(left > 7 && left < UInt64(aged.due.count))
    #expect(try await ledger.integrity.verify().archived == left)
    await ledger.close()
    ledger = try await Ledger.open(at: aged.path, aged.withArchive)
    #expect(try await ledger.integrity.verify().projectionsMatch)
    let report = try await ledger.applyRetention(AgedLedger.policy, archive: aged.archive, limit: 9)
    #expect(report.archivedBefore == left && report.records == UInt64(aged.due.count) - left)
    #expect(report.events.count > 3)
    #expect(try AgedLedger.archivedCount(ledger) == UInt64(aged.due.count))
    let verified = try await ledger.integrity.verify()
    #expect(verified.projectionsMatch && verified.rebuilt != nil)
    await ledger.close()
  }

  @Test("What no event lets go is missing") func eventLets() async throws {
    let aged = try await AgedLedger(tokens: 20)
    let ledger = aged.ledger
    _ = try await ledger.retention.apply(AgedLedger.policy, archive: aged.archive)
    #expect(try await ledger.integrity.verify().archived == UInt64(aged.due.count))
    // The tables say that another record is archived, and no event does.
    let view = try ledger.log.snapshot()
    let record = try #require(try view.record(at: 2))
    let segments = try view.archiveSegments()
    let writer = try #require(ledger.log.writer)
    _ = try await writer.prune(RecordPruning(items: [.init(record.header)], segments: segments)) {
      (_, _) throws(AppendFailure<LedgerError>) in
      AppendProposal([.ledgerRestored(LedgerRestored())], RecordContext(actor: LogSubject(.operator)))
    }
    let error = await failure { () throws(LedgerError) in _ = try await ledger.integrity.verify() }
    #expect(error?.code == .damaged && error?.position == 2)
    let backup = await failure { () throws(LedgerError) in
      _ = try await ledger.backups.make(at: "\(aged.folder.path)/backup")
    }
    #expect(backup?.code == .damaged && backup?.position == 2)
    await ledger.close()
  }

  @Test("Backups and restores carry it") func backupsRestores() async throws {
    let aged = try await AgedLedger()
    let ledger = aged.ledger
    _ = try await ledger.retention.apply(AgedLedger.policy, archive: aged.archive)
    let (head, digests) = (try ledger.head(), try await ledger.integrity.projectionDigests())
    _ = try await ledger.archive.append(to: aged.archive)
    _ = try await ledger.backups.make(at: "\(aged.folder.path)/backup", keys: "\(aged.folder.path)/keys")
    let without = await failure { () throws(LedgerError) in
      _ = try await ledger.backups.make(at: "\(aged.folder.path)/compared", comparingProjections: true)
    }
    #expect(without?.code == .archived)
    await ledger.close()
    let keys = "\(aged.folder.path)/keys"
    let compared = try await Backups.check(
      at: "\(aged.folder.path)/backup", keys: keys, comparingProjections: true, aged.withArchive)
    #expect(compared.manifest.position == head)

    // A backup comes back as it was, an archive with every record.
    _ = try await Ledger.restore(
      from: "\(aged.folder.path)/backup", keys: keys, at: "\(aged.folder.path)/again", aged.clock.configuration,
      record: .none)
    var again = try await Ledger.open(at: "\(aged.folder.path)/again", aged.withArchive)
    #expect(try AgedLedger.archivedCount(again) == UInt64(aged.due.count))
    #expect(try await again.integrity.verify().projectionsMatch)
    #expect(try await again.integrity.projectionDigests() == digests)
    let export = try await again.backups.export(toFile: "\(aged.folder.path)/export")
    #expect(export.events == head.rawValue)
    await again.close()
    _ = try await Ledger.restore(
      from: aged.archive, keys: keys, at: "\(aged.folder.path)/whole", aged.clock.configuration, record: .none)
    again = try await Ledger.open(at: "\(aged.folder.path)/whole", aged.clock.configuration)
    #expect(try AgedLedger.archivedCount(again) == 0)
    let verified = try await again.integrity.verify()
    #expect(verified.projectionsMatch && verified.rebuilt != nil && verified.archivedIn == nil)
    #expect(try await again.integrity.projectionDigests() == digests)
    // And may leave once more.
    try await again.integrity.rebuildProjections()
    let report = try await again.retention.apply(AgedLedger.policy, archive: aged.archive)
    #expect(report.records == UInt64(aged.due.count))
    #expect(try await again.integrity.verify().archived == UInt64(aged.due.count))
    await again.close()
  }

  @Test("Who is erased is erased in the archive too") func erasedErased() async throws {
    let aged = try await AgedLedger()
    var ledger = aged.ledger
    _ = try await ledger.retention.apply(AgedLedger.policy, archive: aged.archive)
    await ledger.close()
    ledger = try await Ledger.open(at: aged.path, aged.withArchive)
    let token = aged.old.first { $0.handle.position > aged.revocation - 3 }
    #expect(token != nil)
    #expect(try await ledger.audit.search(.address("192.0.2.7")).entries.count == 1)
    try await ledger.people.erase(aged.steps.developer, by: Requester.operator)
    let page = try await ledger.audit.search(.address("192.0.2.7"))
    #expect(page.entries.isEmpty && page.undecided > 0)
    let entries = try await ledger.audit.search(.request("r-17")).entries
    #expect(entries.count == 1)
    let personal = try await ledger.audit.describe(entries, under: ledger.anybodysData()).personal.values.flatMap(
      \.self)
    #expect(!personal.isEmpty && personal.allSatisfy { $0.state == .erased })
    #expect(try await ledger.integrity.verify().projectionsMatch)
    await ledger.close()
  }

  /// Reads events from the first on, until one cannot be read.
  private static func readOn(_ ledger: Ledger) async throws(LedgerError) {
    var events = ledger.events(from: 1).makeAsyncIterator()
    while try await events.next() != nil {}
  }
}
