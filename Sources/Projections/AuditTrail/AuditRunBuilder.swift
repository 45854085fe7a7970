package import EventLog
import LMDB
import Synchronization

/// Builds and merges the runs of an ``AuditTrail``, beside the writer.
///
/// Reading and sorting are done on the log's threads for reading. The writer only stores blocks that are complete, in
/// pieces of bounded size, so that no commit waits for a merge. A run becomes visible with its last piece, when its row
/// enters the catalogue; those it was merged from leave it in the same commit, and are deleted in pieces after. Blocks of
/// a run that was not finished are deleted before the next is begun. So the builder keeps no state of its own, and may
/// stop anywhere.
///
/// There must be one builder for a set of tables, and it does one thing at a time.
package final class AuditRunBuilder<Participant: CommitParticipant>: Sendable {
  private let trail: AuditTrail
  private let log: EventLog<Participant>
  private let policy: AuditRunPolicy
  private let isAtWork = Atomic(false)

  package init(_ trail: AuditTrail, of log: EventLog<Participant>, policy: AuditRunPolicy = AuditRunPolicy()) {
    self.trail = trail
    self.log = log
    self.policy = policy
  }

  /// Builds runs as events come. Returns when the log is closed or the task is cancelled.
  ///
  /// While the writer has no time or no room, it waits for events to come again.
  ///
  /// - Throws: what else keeps the trail from being built. Queries go on to be answered, but take ever longer.
  package func run() async throws(LogError) {
    begin()
    defer { end() }
    do throws(LogError) {
      while !Task.isCancelled {
        let next = try await workAsFarAsPossible()
        var arrivals = log.subscribe(from: next).makeAsyncIterator()
        guard try await arrivals.next() != nil else { return }
      }
    } catch {
      if error.code != .closed { throw error }
    }
  }

  /// Does what there is to do, unless the writer is overloaded or out of space.
  ///
  /// - Returns: the position with which there is more to do.
  private func workAsFarAsPossible() async throws(LogError) -> Position {
    do throws(LogError) {
      try await work()
      let covered = try await read { (trail, view) throws(LogError) in try trail.coveredThrough(in: view) }
      return covered + policy.baseSize
    } catch {
      guard error.code == .busy || error.storage?.code == .diskFull else { throw error }
      return try await read { (_, view) throws(LogError) in try view.head() + 1 }
    }
  }

  /// Builds and merges all runs that are due now, then returns; sooner if the task is cancelled.
  package func catchUp() async throws(LogError) {
    begin()
    defer { end() }
    try await work()
  }

  private func begin() {
    precondition(!isAtWork.exchange(true, ordering: .acquiring), "a builder does one thing at a time")
  }

  private func end() { isAtWork.store(false, ordering: .releasing) }

  private func work() async throws(LogError) {
    while !Task.isCancelled {
      if try await sweep() { continue }
      if try await build(tiersUpTo: .max) { continue }
      if try await merge() { continue }
      return
    }
  }

  // MARK: What there is to do

  /// Deletes some blocks that are of no run; false if there are none.
  private func sweep() async throws(LogError) -> Bool {
    let limit = policy.pieceByteCount / AuditBlock.maximumByteCount
    for tier: UInt8 in [0, 1] {
      let strays = try await read { (trail, view) throws(LogError) in
        try trail.catalogue(in: view).strays(tier: tier, trail.tables, limit: limit, in: view.transaction)
      }
      if strays.isEmpty { continue }
      let blocks = trail.tables.blocks(tier: tier)
      try await upkeep { (view, _) throws(LogError) in
        try stored { () throws(LMDBError) in
          for key in strays { try blocks.delete(key, in: &view.transaction) }
        }
      }
      return true
    }
    return false
  }

  /// Builds one run from the log, as large as there are events for; false if there are too few, or the task
  /// was cancelled.
  private func build(tiersUpTo limit: UInt8) async throws(LogError) -> Bool {
    let policy = policy
    let plan: (positions: ClosedRange<Position>, tier: UInt8)? = try await read { (trail, view) throws(LogError) in
      let catalogue = try trail.catalogue(in: view)
      let backlog = try view.head() - catalogue.covered
      guard backlog >= policy.baseSize else { return nil }
      let highest = min(limit, catalogue.runs.last?.tier ?? .max)
      var (tier, size): (UInt8, UInt64) = (0, policy.baseSize)
      while tier < highest, size * UInt64(policy.fanOut) <= min(backlog, policy.bulkSize) {
        tier += 1
        size *= UInt64(policy.fanOut)
      }
      return (catalogue.covered + 1...catalogue.covered + size, tier)
    }
    guard let plan else { return false }
    try await write([.log(plan.positions)], plan.positions, plan.tier, replacing: [])
    return !Task.isCancelled
  }

  /// Merges one group of runs; false if none is due.
  private func merge() async throws(LogError) -> Bool {
    let fanOut = policy.fanOut
    let inputs = try await read { (trail, view) throws(LogError) in try trail.catalogue(in: view).due(fanOut: fanOut) }
    guard let first = inputs.first, let last = inputs.last else { return false }
    try await write(inputs.map { .run($0) }, first.first...last.last, first.tier + 1, replacing: inputs)
    return true
  }

  // MARK: How it is done

  /// A run that is being written.
  private struct Draft: Sendable {
    var merge: AuditMerge
    var writer: AuditBlockWriter
    var isComplete = false

    /// Packs entries until there are as many blocks as fit into `limit` bytes, or no more entries.
    mutating func advance(_ limit: Int, _ read: AuditMerge.Reader) throws(LogError) -> [AuditBlockWriter.Block] {
      while writer.waitingByteCount <= limit - AuditBlock.maximumByteCount {
        guard let entry = try merge.next(read) else {
          // The block at hand goes with those before, or alone.
          writer.finish()
          isComplete = true
          break
        }
        writer.append(entry)
      }
      return writer.take()
    }
  }

  private func write(
    _ sources: [AuditMerge.Source], _ positions: ClosedRange<Position>, _ tier: UInt8, replacing inputs: [AuditRun]
  ) async throws(LogError) {
    let blocks = trail.tables.blocks(tier: tier)
    let number = try await read { (_, view) throws(LogError) in
      try AuditCatalogue.nextNumber(in: blocks, view.transaction)
    }
    var draft = Draft(merge: AuditMerge(sources), writer: AuditBlockWriter(run: number, first: positions.lowerBound))
    while !draft.isComplete, !Task.isCancelled {
      let (advanced, piece) = try await log.readers.run { [trail, log, policy, draft] () throws(LogError) in
        var draft = draft
        let piece = try draft.advance(policy.pieceByteCount) { (source, start) throws(LogError) in
          // Runs and records never change, so each part may be read in a snapshot of its own, and none is held for long.
          try trail.part(of: source, from: start, limit: .max, in: log.snapshot())
        }
        return (draft, piece)
      }
      draft = advanced
      let run = AuditRun(
        first: positions.lowerBound, last: positions.upperBound, tier: tier, number: number,
        blockCount: draft.writer.blockCount, byteCount: draft.writer.byteCount)
      try await upkeep { [tables = trail.tables, isComplete = draft.isComplete] (view, head) throws(LogError) in
        try stored { () throws(LMDBError) in
          for block in piece { try block.append(to: blocks, in: &view.transaction) }
        }
        if isComplete { try tables.enter(run, replacing: inputs, head: head, in: &view.transaction) }
      }
      // A long merge does not keep new events waiting for their run.
      if !inputs.isEmpty { while try await build(tiersUpTo: 0) {} }
    }
  }

  private func read<Output: Sendable>(
    _ body: @escaping @Sendable (AuditTrail, borrowing LogSnapshot<Participant>) throws(LogError) -> Output
  ) async throws(LogError) -> Output {
    try await log.readers.run { [trail, log] () throws(LogError) in try body(trail, log.snapshot()) }
  }

  private func upkeep(_ body: @escaping LogWriter<Participant>.Upkeep<Void>) async throws(LogError) {
    guard let writer = log.writer else {
      throw LogError(.closed, "the ledger is open for reading; open it for writing to build its audit trail")
    }
    try await writer.upkeep(body)
  }
}
