import EventLog
import LMDB
import LedgerTestSupport
import Testing

@testable import Projections

@Suite("Random histories", .tellingSeed)
struct HistoryTests {
  private let ledger: TestLedger

  init() throws { ledger = try TestLedger() }

  private func rebuilt(_ name: String) throws -> ProjectionDigests {
    let head = try ledger.log.snapshot().head()
    return try ProjectionRebuild(ledger.log).digests(in: "\(ledger.folder.path)/\(name)", upTo: head) { _ in }
  }

  @Test("the projections answer as the model does, and a rebuild makes the very same")
  func againstModel() async throws {
    var walk = try Walk(ledger)
    var unmet = Walk.goals
    for round in 0..<4 {
      for _ in 0..<500 { try await walk.step() }
      unmet.removeAll { $0.isMet(walk) }
      try walk.compare()
      let live = try ledger.log.snapshot().projectionDigests()
      #expect(try rebuilt("scratch-\(round)") == live)
      if round == 1 { try await ProjectionRebuild(ledger.log).run() }
      if round == 2 { try ledger.reopen() }
      #expect(try ledger.log.snapshot().projectionDigests() == live)
    }
    // How long it takes to meet everything is a matter of chance: the walk goes on until it has, within a bound.
    for _ in 0..<Self.furtherRounds where !unmet.isEmpty {
      for _ in 0..<250 { try await walk.step() }
      unmet.removeAll { $0.isMet(walk) }
    }
    #expect(unmet.map(\.name).isEmpty, "after \(walk.head) events")
    try walk.compare()
    #expect(try rebuilt("scratch-end") == ledger.log.snapshot().projectionDigests())
  }

  /// The bound: ten times the steps of the rounds before.
  private static let furtherRounds = 80

  @Test("a rebuild beside a history that goes on")
  func rebuildMeanwhile() async throws {
    var walk = try Walk(ledger)
    for _ in 0..<300 { try await walk.step() }
    let log = ledger.log
    async let rebuilds: Void = { for _ in 0..<3 { try await ProjectionRebuild(log).run() } }()
    for _ in 0..<300 { try await walk.step() }
    try await rebuilds
    try walk.compare()
    #expect(try ledger.liveSet() == 1)
    #expect(try rebuilt("scratch") == log.snapshot().projectionDigests())
  }

  @Test("a row of a projection that was changed on disk is noticed when it is read")
  func damagedRows() async throws {
    var walk = try Walk(ledger)
    for _ in 0..<200 { try await walk.step() }
    let position = try #require(walk.model.standings.keys.sorted().first)
    try await #require(ledger.log.writer).maintain { [ledger] (view, _) throws(LogError) in
      try stored { () throws(LMDBError) in
        // The same table by another logical name, by which checks are others.
        let raw: Table<PositionKey, RawBytes> = try ledger.log.environment.openTable(
          .init("validity.a", logicalName: "other"), in: &view.transaction)
        try raw.put(position, [2, 0, 0, 0, 0, 0], in: &view.transaction)
      }
    }
    try expectUnreadable(position)
    // The log is whole, so the projections are made anew.
    try await ProjectionRebuild(ledger.log).run()
    try walk.compare()
  }

  private func expectUnreadable(_ position: PositionNumber) throws {
    let view = try ledger.log.snapshot()
    #expect(throws: LogError(.storage, "")) {
      try view.participant.current(in: view.transaction).validity.standing(of: position, in: view.transaction)
    }
    #expect(throws: LogError(.storage, "")) { try view.projectionDigests() }
  }
}

extension Trait where Self == IssueHandlingTrait {
  /// Adds the seed of the random choices to every failure.
  fileprivate static var tellingSeed: Self {
    .compactMapIssues { issue in
      var issue = issue
      issue.comments.append("CREDLEDGER_SEED=\(testSeed) repeats it")
      return issue
    }
  }
}
