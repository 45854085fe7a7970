import EventLog
import KeyStore
import LMDB
import LedgerCrypto
import LedgerDomain
import LedgerEvents
import LedgerTestSupport
import Testing

@testable import Projections

@Suite("Snapshots, and states of the past")
struct SnapshotTests {
  private let ledger: TestLedger
  private let store: SnapshotStore

  init() throws {
    ledger = try TestLedger()
    store = try SnapshotStore.open(at: ledger.folder.path + "/snapshots", isWriting: true)
  }

  private func scratch() -> String { "\(ledger.folder.path)/scratch-\(UInt64.random(in: 0...UInt64.max))" }

  private var maker: SnapshotMaker {
    SnapshotMaker(of: ledger.log, in: store) { [path = ledger.folder.path] in
      "\(path)/scratch-\(UInt64.random(in: 0...UInt64.max))"
    }
  }

  private func past(at position: PositionNumber, from store: SnapshotStore?) throws -> PastProjections {
    let past = try PastProjections(of: ledger.log, before: position, from: store, scratch: scratch())
    // In pieces of odd sizes, as they do not matter.
    while past.position < position { try past.advance(to: position, limit: 37) }
    return past
  }

  private func rebuilt(upTo position: PositionNumber) throws -> ProjectionDigests {
    let folder = scratch()
    defer { TemporaryFolder.remove(folder) }
    return try ProjectionRebuild(ledger.log).digests(in: folder, upTo: position) { _ in }
  }

  @Test("a replay from any snapshot is a replay from the start, bit for bit", arguments: 0..<3)
  func sameAsFromTheStart(round: Int) async throws {
    // Whoever is erased takes the snapshots along.
    let erases = round == 2
    var walk = try Walk(ledger, erases: erases)
    for _ in 0..<round { _ = walk.random.next() }
    for _ in 0..<5 {
      for _ in 0..<180 { try await walk.step() }
      let head = try ledger.log.snapshot().head()
      _ = try await maker.make(at: .random(in: 1...head, using: &walk.random))
    }
    let head = try ledger.log.snapshot().head()
    // After an erasure since the last one, it alone is there.
    _ = try await maker.make(at: head)
    let snapshots = try store.entries()
    #expect(snapshots.count >= (erases ? 1 : 2))
    try store.check()
    var positions = (0..<4).map { _ in PositionNumber.random(in: 1...head, using: &walk.random) }
    positions += [1, head, snapshots[0].position, snapshots[snapshots.count - 1].position]
    for position in positions {
      let expected = try rebuilt(upTo: position)
      let note: Comment = "seed \(walk.random.seed), position \(position)"
      let fromSnapshot = try past(at: position, from: store)
      #expect(fromSnapshot.snapshot?.position == snapshots.last { $0.position <= position }?.position, note)
      #expect(try fromSnapshot.digests() == expected, note)
      #expect(try past(at: position, from: nil).digests() == expected, note)
    }
    #expect(try past(at: head, from: store).digests() == ledger.log.snapshot().projectionDigests())
  }

  @Test("changes are taken back to the state before them")
  func takingBack() async throws {
    var walk = try Walk(ledger)
    for _ in 0..<250 { try await walk.step() }
    let head = try ledger.log.snapshot().head()
    _ = try await maker.make(at: head / 2)
    let past = try past(at: head / 2 + 5, from: store)
    let before = try past.digests()
    var changes: [PastChangeSet] = []
    for position in head / 2 + 6...head {
      past.recordChanges()
      try past.advance(to: position)
      changes.append(past.takeChanges())
    }
    #expect(try past.digests() == ledger.log.snapshot().projectionDigests())
    for (position, set) in zip(head / 2 + 5...head - 1, changes).reversed() { try past.takeBack(set, to: position) }
    #expect(try past.digests() == before, "seed \(walk.random.seed)")
    try past.advance(to: head)
    #expect(try past.digests() == ledger.log.snapshot().projectionDigests())
  }

  @Test("a snapshot of another schema or another history is thrown away, and made anew")
  func strangers() async throws {
    // An erasure would throw the snapshots away.
    var walk = try Walk(ledger, erases: false)
    while walk.head < 20 { try await walk.step() }
    let head = try ledger.log.snapshot().head()
    #expect(try await maker.make(at: head))
    for damage in [
      { (entry: inout SnapshotEntry) in entry.schemaVersion -= 1 }, { $0.root = .zero }, { $0.erasedCount += 1 },
    ] {
      try change(damage)
      #expect(try store.view(atOrBefore: head, of: ledger.log.snapshot()) == nil)
      #expect(try await maker.make(at: head))
      #expect(try store.entries().count == 1)
      #expect(try store.view(atOrBefore: head, of: ledger.log.snapshot()) != nil)
    }
  }

  private func change(_ body: (inout SnapshotEntry) -> Void) throws {
    var transaction = try store.environment.beginWrite()
    var entry = try #require(try store.tables.catalogue.last(in: transaction)).value
    body(&entry)
    try store.tables.catalogue.put(entry.position, entry, in: &transaction)
    try transaction.commit()
  }

  @Test("what somebody was found by is in no state of the past once the erasure is recorded, though the key be there")
  func erasedWithKey() async throws {
    let person = try PersonID(random: SystemRandom())
    try ledger.keys.persons.add([person])
    let value = try ledger.keys.vault.seal("someone", for: person, purpose: .accountSubject)
    let event = filled(V2AccountRegistered()) {
      $0.issuer = "https://login.example.org"
      $0.subject = Sealed(person: value.person.bytes, box: value.box)
      $0.role = .user
    }
    let position = try await ledger.append(.accountRegistered(event))
    try await ledger.append(.accountDisabled(filled(AccountDisabled()) { $0.account = position }))
    let identity = try ledger.log.participant.personalData.hash(issuer: event.issuer, subject: "someone".utf8)
    func found(from store: SnapshotStore?) throws -> AccountID? {
      let past = try self.past(at: position, from: store)
      return try past.withState(orThrow: { $0 }) { state throws(LogError) in try? state.account(identity: identity) }
        .flatMap { $0 }
    }
    #expect(try await maker.make(at: position))
    #expect(try found(from: store) == AccountID(rawValue: position))
    #expect(try found(from: nil) == AccountID(rawValue: position))
    try await ledger.append(.subjectErased(filled(SubjectErased()) { $0.person = .init(person.bytes) }))
    #expect(try found(from: store) == nil)
    #expect(try found(from: nil) == nil)
    // The snapshot is of no use any more, and the next has nothing of the person either.
    #expect(try await maker.make(at: position + 1))
    #expect(try store.entries().map(\.position) == [position + 1])
    let past = try self.past(at: position + 1, from: store)
    #expect(past.snapshot?.position == position + 1)
    #expect(
      try past.withState(orThrow: { $0 }) { state throws(LogError) in try? state.account(identity: identity) }
        .flatMap { $0 } == nil)
  }

  @Test("a row of a snapshot that is missing, changed or of no snapshot is noticed before it is used")
  func damage() async throws {
    var walk = try Walk(ledger, erases: false)
    for _ in 0..<200 { try await walk.step() }
    let head = try ledger.log.snapshot().head()
    for position in [head / 2, head] { #expect(try await maker.make(at: position)) }
    var keys: [SnapshotRowKey] = []
    let transaction = try store.environment.beginRead()
    try store.tables.directory.forEach(in: transaction) { key, _ in
      keys.append(key)
      return .continue
    }
    let key = try #require(keys.randomElement(using: &walk.random))
    let bytes = try #require(try store.tables.directory.get(key, in: transaction))
    var stray = key
    stray.position = head / 2 + 1
    try expectDamage(at: key, nil, then: bytes)
    try expectDamage(at: key, bytes + [7], then: bytes)
    try expectDamage(at: stray, bytes, then: nil)
    try store.check()
  }

  private func expectDamage(at key: SnapshotRowKey, _ damaged: [UInt8]?, then sound: [UInt8]?) throws {
    try put(key, damaged)
    let other = try SnapshotStoreCopy(of: store)
    #expect(throws: LogError(.damagedProjection, "")) {
      try other.store.view(atOrBefore: .max, of: ledger.log.snapshot())
    }
    try put(key, sound)
  }

  private func put(_ key: SnapshotRowKey, _ bytes: [UInt8]?) throws {
    var transaction = try store.environment.beginWrite()
    if let bytes {
      try store.tables.directory.put(key, bytes, in: &transaction)
    } else {
      try store.tables.directory.delete(key, in: &transaction)
    }
    try transaction.commit()
  }

  /// What another process finds, which has checked nothing yet.
  private final class SnapshotStoreCopy {
    let folder = TemporaryFolder()
    let store: SnapshotStore

    init(of original: SnapshotStore) throws {
      let path = folder.path + "/snapshots"
      try original.environment.copy(to: path, compacting: true)
      store = try SnapshotStore.open(at: path, isWriting: true)
    }

    deinit { store.close() }
  }

  @Test("snapshots are made one each so many events, until there is no more room")
  func spacing() async throws {
    var walk = try Walk(ledger, erases: false)
    while walk.head < 95 { try await walk.step() }
    let next = try await maker.makeDue(SnapshotSpacing(events: 30, byteLimit: .max))
    let count = walk.head / 30
    #expect(next == (count + 1) * 30)
    #expect(try store.entries().map(\.position) == (1...count).map { $0 * 30 })
    while walk.head < (count + 1) * 30 { try await walk.step() }
    #expect(try await maker.makeDue(SnapshotSpacing(events: 30, byteLimit: 1)) == nil)
    #expect(try store.entries().count == Int(count))
  }
}
