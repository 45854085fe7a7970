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
/// There must be one builder for a set of tables, and it does one thing at a time. It asks in each transaction which
/// trail is its own, and never writes in another: what it had begun in one that was swapped away is left there.
package final class AuditRunBuilder<Participant: CommitParticipant>: Sendable {
  /// The trail that a builder is to work on, as a transaction of some number sees it, and a number that is another after
  /// each change.
  package typealias Choice =
    @Sendable (Participant, _ transaction: UInt64) -> (trail: AuditTrail, generation: UInt64)

  private static var pause: Duration { .seconds(1) }

  private let log: EventLog<Participant>
  private let policy: AuditRunPolicy
  private let choose: Choice
  private let isAtWork = Atomic(false)

  package init(
    of log: EventLog<Participant>, policy: AuditRunPolicy = AuditRunPolicy(), choosing choose: @escaping Choice
  ) {
    self.log = log
    self.policy = policy
    self.choose = choose
  }

  /// Builds runs as events come. Returns when the log is closed or the task is cancelled.
  ///
  /// While the writer has no time or no room, it waits for events to come again; while readers have none, for a moment.
  ///
  /// - Throws: what else keeps the trail from being built. Queries go on to be answered, but take ever longer.
  package func run() async throws(LogError) {
    begin()
    defer { end() }
    while !Task.isCancelled {
      do throws(LogError) {
        let next = try await workAsFarAsPossible()
        var arrivals = log.subscribe(from: next).makeAsyncIterator()
        guard try await arrivals.next() != nil else { return }
      } catch {
        switch error.code {
        case .closed: return
        // The queue of reads is full, so the trail waits as others do.
        case .busy: do { try await Task.sleep(for: Self.pause) } catch { return }
        default: throw error
        }
      }
    }
  }

  /// Does what there is to do, unless the writer is overloaded or out of space.
  ///
  /// - Returns: the position with which there is more to do.
  private func workAsFarAsPossible() async throws(LogError) -> PositionNumber {
    do throws(LogError) {
      try await work()
      let covered = try await read { (trail, _, view) throws(LogError) in try trail.coveredThrough(in: view) }
      return covered + policy.baseSize
    } catch {
      guard error.code == .busy || error.storage?.code == .diskFull else { throw error }
      return try await read { (_, _, view) throws(LogError) in try view.head() + 1 }
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

  /// A run to be written.
  private struct Plan: Sendable {
    /// Of the trail that it is for.
    let generation: UInt64
    let sources: [AuditMerge.Source]
    let positions: ClosedRange<PositionNumber>
    let tier: UInt8
    /// The runs that it replaces.
    let inputs: [AuditRun]
    let number: UInt64
  }

  /// Deletes some blocks that are of no run; false if there are none.
  private func sweep() async throws(LogError) -> Bool {
    let limit = policy.pieceByteCount / AuditBlock.maximumByteCount
    for tier: UInt8 in [0, 1] {
      let (generation, strays) = try await read { (trail, generation, view) throws(LogError) in
        let catalogue = try trail.catalogue(in: view)
        return (generation, try catalogue.strays(tier: tier, trail.tables, limit: limit, in: view.transaction))
      }
      if strays.isEmpty { continue }
      try await maintain(generation) { (trail, view, _) throws(LogError) in
        try stored { () throws(LMDBError) in
          for key in strays { try trail.tables.blocks(tier: tier).delete(key, in: &view.transaction) }
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
    let plan: Plan? = try await read { (trail, generation, view) throws(LogError) in
      let catalogue = try trail.catalogue(in: view)
      let backlog = try view.head() - catalogue.covered
      guard backlog >= policy.baseSize else { return nil }
      let highest = min(limit, catalogue.runs.last?.tier ?? .max)
      var (tier, size): (UInt8, UInt64) = (0, policy.baseSize)
      // A run is as large as the backlog lets it be, also where runs of a higher tier may not be begun: a search looks
      // into each run, so that many small ones would be slower than none.
      while size * UInt64(policy.fanOut) <= min(backlog, policy.bulkSize) {
        tier = min(tier + 1, highest)
        size *= UInt64(policy.fanOut)
      }
      let positions = catalogue.covered + 1...catalogue.covered + size
      return Plan(
        generation: generation, sources: [.log(positions)], positions: positions, tier: tier, inputs: [],
        number: try AuditCatalogue.nextNumber(in: trail.tables.blocks(tier: tier), view.transaction))
    }
    guard let plan else { return false }
    try await write(plan)
    return !Task.isCancelled
  }

  /// Merges one group of runs; false if none is due.
  private func merge() async throws(LogError) -> Bool {
    let fanOut = policy.fanOut
    let plan: Plan? = try await read { (trail, generation, view) throws(LogError) in
      let inputs = try trail.catalogue(in: view).due(fanOut: fanOut)
      guard let first = inputs.first, let last = inputs.last else { return nil }
      return Plan(
        generation: generation, sources: inputs.map { .run($0) }, positions: first.first...last.last,
        tier: first.tier + 1, inputs: inputs,
        number: try AuditCatalogue.nextNumber(in: trail.tables.blocks(tier: first.tier + 1), view.transaction))
    }
    guard let plan else { return false }
    try await write(plan)
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

  /// Writes a run in pieces; gives up when the trail is no longer the builder's own.
  private func write(_ plan: Plan) async throws(LogError) {
    let (tier, inputs) = (plan.tier, plan.inputs)
    var draft = Draft(
      merge: AuditMerge(plan.sources),
      writer: AuditBlockWriter(run: plan.number, first: plan.positions.lowerBound))
    while !draft.isComplete, !Task.isCancelled {
      let advanced = try await advance(draft, of: plan)
      guard let advanced else { return }
      let piece = advanced.piece
      draft = advanced.draft
      let run = AuditRun(
        first: plan.positions.lowerBound, last: plan.positions.upperBound, tier: tier, number: plan.number,
        blockCount: draft.writer.blockCount, byteCount: draft.writer.byteCount)
      let isWritten = try await maintain(plan.generation) {
        [isComplete = draft.isComplete] (trail, view, head) throws(LogError) in
        try stored { () throws(LMDBError) in
          let blocks = trail.tables.blocks(tier: tier)
          for block in piece { try block.append(to: blocks, in: &view.transaction) }
        }
        if isComplete { try trail.tables.enter(run, replacing: inputs, head: head, in: &view.transaction) }
      }
      guard isWritten else { return }
      // A long merge does not keep new events waiting for their run.
      if !inputs.isEmpty { while try await build(tiersUpTo: 0) {} }
    }
  }

  /// Packs the next piece of a run, on a thread for reading; nil when the trail is no longer the builder's own.
  private func advance(
    _ draft: Draft, of plan: Plan
  ) async throws(LogError) -> (draft: Draft, piece: [AuditBlockWriter.Block])? {
    try await log.readers.run { [log, policy, choose] () throws(LogError) in
      var draft = draft
      var isOwn = true
      let piece = try draft.advance(policy.pieceByteCount) { (source, start) throws(LogError) in
        // Runs and records never change, so each part may be read in a snapshot of its own, and none is held for long.
        let view = try log.snapshot()
        let (trail, generation) = choose(view.participant, view.transaction.number)
        isOwn = isOwn && generation == plan.generation
        guard isOwn else { return AuditMerge.Part(entries: [], end: .greatest) }
        return try trail.part(of: source, from: start, limit: .max, in: view)
      }
      return isOwn ? (draft, piece) : nil
    }
  }

  private func read<Output: Sendable>(
    _ body:
      @escaping @Sendable (AuditTrail, _ generation: UInt64, borrowing LogSnapshot<Participant>) throws(LogError) ->
      Output
  ) async throws(LogError) -> Output {
    try await log.readers.run { [choose, log] () throws(LogError) in
      let view = try log.snapshot()
      let (trail, generation) = choose(view.participant, view.transaction.number)
      return try body(trail, generation, view)
    }
  }

  /// Writes in the trail of a generation.
  ///
  /// - Returns: whether it was written; not if the trail is no longer the builder's own.
  @discardableResult
  private func maintain(
    _ generation: UInt64,
    _ body:
      @escaping @Sendable (AuditTrail, inout LogView<WriteTransaction, Participant>, PositionNumber) throws(LogError) ->
      Void
  ) async throws(LogError) -> Bool {
    guard let writer = log.writer else {
      throw LogError(.closed, "the ledger is open for reading; open it for writing to build its audit trail")
    }
    return try await writer.maintain { [choose] (view, head) throws(LogError) in
      let (trail, current) = choose(view.participant, view.transaction.number)
      guard current == generation else { return false }
      try body(trail, &view, head)
      return true
    }
  }
}
