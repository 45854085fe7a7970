import EventLog
import LMDB
import LedgerTestSupport
import Testing

@testable import Projections

/// A participant that is an audit trail and nothing else.
private struct TrailOnly: CommitParticipant {
  struct Event: Sendable {
    var type: UInt16
    var subjects: [LogSubject]
  }

  /// Every fourth type makes an object: types 0 to 3 of kind 0, 4 to 7 of kind 1, and so on.
  static let creates: AuditTrail.Creation = { type, kind in type % 4 == 0 && UInt8(type / 4) == kind }

  let trail: AuditTrail

  func encode(_ event: Event) throws(LogError) -> EncodedEvent {
    var subjects = LogSubjects()
    for subject in event.subjects { subjects.append(subject) }
    return EncodedEvent(type: event.type, version: 1, subjects: subjects, payload: [])
  }
  func decode(_ record: Record) throws(LogError) -> Event { Event(type: record.header.type, subjects: []) }
  func apply(_: Event, _: RecordHeader, in _: inout WriteTransaction) throws(LogError) {}
  func finish(at _: PositionNumber, in _: inout WriteTransaction) throws(LogError) {}
}

@Suite("Audit trail")
struct AuditTrailTests {
  private typealias Log = EventLog<TrailOnly>
  private let folder: TemporaryFolder
  private let log: Log

  init() throws {
    folder = TemporaryFolder()
    let path = folder.path + "/log"
    try Log.create(at: path, origin: "log.example.org", options: .init(mapSize: 256 << 20))
    let clock = TestClock()
    log = try Log.open(
      at: path, options: .init(mapSize: 256 << 20),
      participant: { (environment, transaction) throws(LogError) in
        TrailOnly(
          trail: try AuditTrail(set: "a", in: &transaction, of: environment, creates: TrailOnly.creates))
      },
      configure: { _ throws(LogError) in
        .init(
          checkpoints: CheckpointPolicy(events: .max, interval: .max), clock: LedgerClock(clock.clock),
          sign: { (_, _) throws(LogError) in throw LogError(.keyUnavailable, "there is no signer") },
          read: { _ throws(LogError) in throw LogError(.keyUnavailable, "nothing was signed") })
      })
  }

  /// What the log holds, to be scanned by brute force.
  private struct Fact: Sendable {
    let position: PositionNumber
    let actor: LogSubject
    let type: UInt16
    let subjects: [LogSubject]
    let request: [UInt8]

    func belongs(to term: AuditTerm) -> Bool {
      if term == .actor(actor) || term == .type(type) { return true }
      if !request.isEmpty, term == .request(request) { return true }
      guard let subject = term.concerned else { return false }
      return subjects.contains(subject) || subject.number == position && TrailOnly.creates(type, subject.kind)
    }
  }

  private func subject(_ random: inout SeededRandom, upTo head: Int) -> LogSubject {
    let number =
      Bool.random(using: &random)
      ? UInt64.random(in: 0...3, using: &random) : UInt64.random(in: 0...UInt64(head), using: &random)
    return LogSubject(
      kind: .random(in: 0...3, using: &random), number: Int.random(in: 0..<50, using: &random) == 0 ? .max : number)
  }

  private func append(_ count: Int, to facts: inout [Fact], _ random: inout SeededRandom) async throws {
    var rest = count
    while rest > 0 {
      let actor = subject(&random, upTo: facts.count)
      var events: [TrailOnly.Event] = []
      for _ in 0..<min(rest, Int.random(in: 1...20, using: &random)) {
        let count = Int.random(in: 0...8, using: &random)
        let subjects = (0..<count).map { _ in subject(&random, upTo: facts.count + 3) }
        events.append(.init(type: .random(in: 0...15, using: &random), subjects: subjects))
      }
      let proposed = events
      let request = request(&random)
      _ = try await log.writer?.append(AppendOptions(requestID: request)) { (_, _) throws(AppendFailure<Never>) in
        AppendProposal(proposed, RecordContext(actor: actor))
      }
      for event in events {
        facts.append(
          Fact(
            position: UInt64(facts.count + 1), actor: actor, type: event.type, subjects: event.subjects,
            request: request))
      }
      rest -= events.count
    }
  }

  /// One of a few IDs, or none.
  private func request(_ random: inout SeededRandom) -> [UInt8] {
    Array("r-\(Int.random(in: 0...9, using: &random))".utf8.prefix(Int.random(in: 0...3, using: &random) == 0 ? 0 : 3))
  }

  private func term(_ random: inout SeededRandom, upTo head: Int) -> AuditTerm {
    switch Int.random(in: 0..<4, using: &random) {
    case 0: .actor(subject(&random, upTo: head))
    case 1: .subject(subject(&random, upTo: head))
    case 2: .request(Array("r-\(Int.random(in: 0...9, using: &random))".utf8))
    default: .type(.random(in: 0...15, using: &random))
    }
  }

  private func policy(_ random: inout SeededRandom) -> AuditRunPolicy {
    let base = UInt64.random(in: 1...20, using: &random)
    return AuditRunPolicy(
      baseSize: base, fanOut: .random(in: 2...4, using: &random), bulkSize: base * .random(in: 1...30, using: &random),
      pieceByteCount: AuditBlock.maximumByteCount * .random(in: 1...3, using: &random))
  }

  private func builder(_ policy: AuditRunPolicy) -> AuditRunBuilder<TrailOnly> {
    AuditRunBuilder(of: log, policy: policy) { participant, _ in (participant.trail, 0) }
  }

  /// Asks the same of the trail and of the facts, page by page.
  private func compare(_ facts: [Fact], _ random: inout SeededRandom) throws {
    let view = try log.snapshot()
    for _ in 0..<30 {
      let terms = (0..<Int.random(in: 1...3, using: &random)).map { _ in term(&random, upTo: facts.count) }
      let expected = facts.reversed().filter { fact in terms.contains { fact.belongs(to: $0) } }.map(\.position)
      let limit = Int.random(in: 1...12, using: &random)
      var found: [PositionNumber] = []
      var before: PositionNumber? =
        Bool.random(using: &random) ? nil : .random(in: 0...UInt64(facts.count) + 2, using: &random)
      let wanted = before.map { end in expected.filter { $0 < end } } ?? expected
      while true {
        let page = try view.participant.trail.latest(limit, of: terms, before: before, in: view)
        #expect(page.count <= limit)
        found += page
        guard let last = page.last, found.count < 200 else { break }
        before = last
      }
      #expect(found == Array(wanted.prefix(found.count)), "seed \(random.seed), terms \(terms)")
      #expect(found.count == wanted.count || found.count >= 200, "seed \(random.seed), terms \(terms)")
    }
  }

  /// The same for several groups of terms, in ranges and both directions, with searches that end anywhere and go on.
  private func compareSearches(_ facts: [Fact], _ random: inout SeededRandom) throws {
    let view = try log.snapshot()
    for _ in 0..<60 {
      let groups = (0..<Int.random(in: 0...3, using: &random)).map { _ in
        (0..<Int.random(in: 1...4, using: &random)).map { _ in term(&random, upTo: facts.count) }
      }
      let ends = (0..<2).map { _ in UInt64.random(in: 1...UInt64(facts.count) + 5, using: &random) }.sorted()
      let ascending = Bool.random(using: &random)
      var search = AuditSearch(groups: groups, range: ends[0]...ends[1], ascending: ascending)
      let expected = facts.filter { fact in
        search.range.contains(fact.position)
          && groups.allSatisfy { group in group.contains { fact.belongs(to: $0) } }
      }.map(\.position)
      let limit = Int.random(in: 1...40, using: &random)
      let steps = Int.random(in: 1...50, using: &random)
      var found: [PositionNumber] = []
      var rounds = 0
      while true {
        var budget = steps
        var count = 0
        let reached = try view.participant.trail.search(search, budget: &budget, in: view) { position in
          found.append(position)
          count += 1
          return count < limit
        }
        #expect(0..<steps ~= budget || reached == nil)
        guard let reached else { break }
        rounds += 1
        // Each round gets on, or there would be no end.
        guard rounds <= facts.count + 1, ascending ? reached < ends[1] : reached > ends[0] else { break }
        search.range = ascending ? reached + 1...ends[1] : ends[0]...reached - 1
      }
      #expect(found == (ascending ? expected : expected.reversed()), "seed \(random.seed), groups \(groups)")
    }
  }

  /// The newest event of each of some subjects, of types that make none of them.
  private func compareNewest(_ facts: [Fact], _ random: inout SeededRandom) throws {
    let view = try log.snapshot()
    for _ in 0..<30 {
      let type = UInt16.random(in: 0...3, using: &random) * 4 + .random(in: 1...3, using: &random)
      let subjects = Set((0..<Int.random(in: 0...6, using: &random)).map { _ in subject(&random, upTo: facts.count) })
      let first = UInt64.random(in: 1...UInt64(facts.count) + 5, using: &random)
      var expected: [LogSubject: PositionNumber] = [:]
      for fact in facts where fact.position >= first && fact.type == type {
        for subject in fact.subjects where subjects.contains(subject) { expected[subject] = fact.position }
      }
      let found = try view.participant.trail.newest(type, concerning: subjects, from: first, in: view)
      #expect(found == expected, "seed \(random.seed), type \(type), from \(first)")
    }
  }

  private func digests() throws -> (Bool, covered: PositionNumber) {
    let view = try log.snapshot()
    let trail = view.participant.trail
    return (
      try trail.digest(in: view) == trail.rebuiltDigest(of: view, upTo: view.head()), try trail.coveredThrough(in: view)
    )
  }

  @Test("answers and digest are those of a scan, whatever runs there are", arguments: 0..<4)
  func againstScan(round: Int) async throws {
    var random = SeededRandom()
    for _ in 0..<round { _ = random.next() }
    var facts: [Fact] = []
    for _ in 0..<4 {
      try await append(.random(in: 1...150, using: &random), to: &facts, &random)
      try compare(facts, &random)
      // Another policy each time: the layout is anything.
      let policy = policy(&random)
      try await builder(policy).catchUp()
      let (same, covered) = try digests()
      #expect(same, "seed \(random.seed)")
      #expect(facts.count - Int(covered) < policy.baseSize)
      try compare(facts, &random)
      try compareSearches(facts, &random)
      try compareNewest(facts, &random)
    }
    log.close()
  }

  @Test("a builder that is stopped anywhere leaves a trail that answers, and another goes on from there")
  func interrupted() async throws {
    var random = SeededRandom()
    var facts: [Fact] = []
    try await append(1_200, to: &facts, &random)
    let policy = AuditRunPolicy(
      baseSize: 64, fanOut: 2, bulkSize: 64, pieceByteCount: AuditBlock.maximumByteCount)
    let built = builder(policy)
    for round in 0..<8 {
      let building = Task { try await built.catchUp() }
      // Some commits later, wherever the builder is then.
      for _ in 0..<round { try await append(1, to: &facts, &random) }
      building.cancel()
      try await building.value
      #expect(try digests().0, "seed \(random.seed), round \(round)")
      try compare(facts, &random)
    }
    try await built.catchUp()
    #expect(facts.count - Int(try digests().covered) < 64)
    #expect(try digests().0)
    try expectNoStrays()
    try compare(facts, &random)
    log.close()
  }

  private func expectNoStrays() throws {
    let view = try log.snapshot()
    let trail = view.participant.trail
    let catalogue = try trail.catalogue(in: view)
    for tier in [0, 1] as [UInt8] {
      #expect(try catalogue.strays(tier: tier, trail.tables, limit: 9, in: view.transaction).isEmpty)
    }
  }

  @Test("a run's block that is missing, cut or changed is an error, never an answer that leaves something out")
  func damagedBlocks() async throws {
    var random = SeededRandom()
    var facts: [Fact] = []
    try await append(600, to: &facts, &random)
    try await builder(AuditRunPolicy(baseSize: 40, fanOut: 16, bulkSize: 40, pieceByteCount: 4_096)).catchUp()
    let blocks = try blocks()
    #expect(blocks.count > 8)
    let writer = try #require(log.writer)
    for (tier, key, bytes) in blocks {
      let damages: [[UInt8]?] = [nil, Array(bytes.prefix(17)), Array(bytes.dropLast()), Array(bytes.prefix(18))]
      for damage in damages {
        try await writer.maintain { (view, _) throws(LogError) in
          let table = view.participant.trail.tables.blocks(tier: tier)
          try stored { () throws(LMDBError) in
            if let damage {
              try table.put(key, damage, in: &view.transaction)
            } else {
              try table.delete(key, in: &view.transaction)
            }
          }
        }
        if damage == nil || damage?.count == 17 {
          #expect(throws: LogError(.damagedProjection, "")) { try digests() }
          #expect(try answersOrFails(facts) > 0)
        } else {
          // The entries are gone or the last is cut: the digest shows it at least.
          #expect((try? digests().0) != true)
        }
      }
      try await writer.maintain { (view, _) throws(LogError) in
        try stored { () throws(LMDBError) in
          try view.participant.trail.tables.blocks(tier: tier).put(key, bytes, in: &view.transaction)
        }
      }
    }
    #expect(try digests().0)
    #expect(try answersOrFails(facts) == 0)
    log.close()
  }

  /// Asks for everything of each type and actor kind; each answer must be whole, or an error.
  ///
  /// - Returns: how many were errors.
  private func answersOrFails(_ facts: [Fact]) throws -> Int {
    let view = try log.snapshot()
    var failures = 0
    var terms = (0...15 as ClosedRange<UInt16>).map { AuditTerm.type($0) }
    for kind in 0...3 as ClosedRange<UInt8> {
      for number in 0...3 as ClosedRange<UInt64> {
        terms.append(.actor(LogSubject(kind: kind, number: number)))
        terms.append(.subject(LogSubject(kind: kind, number: number)))
      }
    }
    for term in terms {
      do throws(LogError) {
        let found = try view.participant.trail.latest(10_000, of: [term], in: view)
        #expect(found == facts.reversed().filter { $0.belongs(to: term) }.map(\.position))
      } catch {
        #expect(error.code == .damagedProjection)
        failures += 1
      }
    }
    return failures
  }

  private func blocks() throws -> [(tier: UInt8, key: AuditBlockKey, bytes: [UInt8])] {
    let view = try log.snapshot()
    var found: [(UInt8, AuditBlockKey, [UInt8])] = []
    for tier in [0, 1] as [UInt8] {
      try view.participant.trail.tables.blocks(tier: tier).forEach(in: view.transaction) { key, bytes in
        found.append((tier, key, unsafe bytes.withUnsafeBytes { unsafe Array($0) }))
        return .continue
      }
    }
    return found
  }
}
