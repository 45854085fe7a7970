package import EventLog
import Glibc
import LMDB

/// Holds the rows that decide access against the sums that were kept of them, commit by commit: so rows that are missing, or
/// of another moment, are found although each has the right check, as where a page was lost or came back.
package struct ProjectionScrub: Sendable {
  private let log: EventLog<ProjectionSet>
  /// Rows a second at most; nil for as fast as it goes.
  private let rate: Int?

  package init(of log: EventLog<ProjectionSet>, rate: Int? = nil) {
    self.log = log
    self.rate = rate
  }

  /// Goes through the tables in use, once. Blocks, and keeps a snapshot meanwhile.
  ///
  /// - Parameter isStopped: is asked from time to time; true gives up.
  /// - Throws: ``LogError/Code/keyUnavailable`` in a reader without the keys.
  /// - Returns: the tables that are damaged; nil where it was given up, or where there are no sums to hold them against.
  package func run(isStopped: @escaping () -> Bool = { false }) throws(LogError) -> DamagedTables? {
    let view = try log.snapshot()
    let (sets, row) = try view.participant.lookUp(in: view.transaction)
    guard sets.keys.isVerifying else {
      throw LogError(
        .keyUnavailable,
        "this takes the row-check key, and the ledger was opened without the master key: give it by CREDLEDGER_MASTER_KEY, "
          + "CREDLEDGER_MASTER_KEY_SOURCE or --master-key, or give a reader key in its place")
    }
    guard let row, let sums = sets.sums(of: row), try row.position == view.head() else { return nil }
    let tables = sets.tables[Int(row.set)]
    let name = ProjectionTables.names[Int(row.set)]
    var pace = Pace(rate: rate)
    var damaged: DamagedTables = []
    var isWhole = true
    func compare(
      _ table: DamagedTables, _ name: String, with kept: UInt64, _ add: (() -> Bool) throws(LMDBError) -> UInt64?
    ) throws(LogError) {
      do throws(LMDBError) {
        // Before a cursor goes through it: on a page of another table LMDB would end the process.
        try log.environment.checkStructure(of: [name])
        guard let sum = try add({ pace.step() || !isStopped() }) else {
          isWhole = false
          return
        }
        if sum != kept { damaged.insert(table) }
      } catch {
        guard error.code == .corrupted || error.code == .damagedRow else { throw LogError(error) }
        damaged.insert(table)
      }
    }
    try compare(.directory, "directory.\(name)", with: sums.directory) { (proceed) throws(LMDBError) in
      try tables.directory.rows.sum(in: view.transaction, proceed)
    }
    guard isWhole else { return nil }
    try compare(.validity, "validity.\(name)", with: sums.validity) { (proceed) throws(LMDBError) in
      try tables.validity.rows.sum(in: view.transaction, proceed)
    }
    return isWhole ? damaged : nil
  }

  /// Has nothing answered any more from damaged tables, here and in processes that read, also after another opening, until
  /// they are made anew.
  package func close(_ damaged: DamagedTables) async throws(LogError) {
    guard !damaged.isEmpty else { return }
    let participant = log.participant
    let set = try participant.currentSet(in: log.snapshot().transaction)
    participant.note(damaged, of: set)
    guard let writer = log.writer else { return }
    try await writer.maintain { (view, head) throws(LogError) in
      // A rebuild may have swapped meanwhile.
      guard try participant.currentSet(in: view.transaction) == set else { return }
      try participant.finish(at: head, in: &view.transaction)
    }
  }
}

/// Lets so many steps pass in a second.
private struct Pace {
  private static let piece = 1_024
  private let rate: Int?
  private let start: ContinuousClock.Instant = .now
  private var steps = 0

  init(rate: Int?) { self.rate = rate }

  /// Waits where it is ahead.
  ///
  /// - Returns: false once in a thousand steps, when it is time to see whether to go on.
  mutating func step() -> Bool {
    steps += 1
    guard steps.isMultiple(of: Self.piece) else { return true }
    if let rate {
      let due = Duration.seconds(Double(steps) / Double(max(rate, 1)))
      // A second at most, so that it ends soon after it is to.
      let ahead = min(due - (.now - start), .seconds(1))
      if ahead > .zero { usleep(UInt32(ahead / .microseconds(1))) }
    }
    return false
  }
}
