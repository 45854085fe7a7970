package import EventLog
package import LMDB
import LedgerEvents

extension EventLog<ProjectionSet> {
  /// Opens what is sealed in events that are applied again, and tells erasures from lost keys.
  var replayedPersonalData: PersonalData { participant.personalData.without([], RecordedErasures(of: self)) }
}

/// Makes the projections anew from the log: beside the live ones, swapped in one commit.
package struct ProjectionRebuild: Sendable {
  private let log: EventLog<ProjectionSet>
  private let policy: AuditRunPolicy
  private let batchSize: Int

  /// - Parameters:
  ///   - policy: how the audit trail's runs are built.
  ///   - batchSize: how many events share a commit.
  package init(
    _ log: EventLog<ProjectionSet>, policy: AuditRunPolicy = AuditRunPolicy(), batchSize: Int = 1_024
  ) {
    self.log = log
    self.policy = policy
    self.batchSize = batchSize
  }

  /// Whether the projections lag behind the log or were written by a program with other rows, and so must be rebuilt
  /// before anything is served.
  package static func isNeeded(
    _ view: borrowing LogView<some Transaction & ~Copyable, ProjectionSet>
  ) throws(LogError) -> Bool {
    switch try view.participant.own.noted(ProjectionSet.checkpointKey, in: view.transaction) {
    case .row(let row): return try row.position != view.head() || row.schemaVersion != view.participant.schemaVersion
    case .nothing: return try view.head() > 0
    case .unreadable: return true
    }
  }

  /// Rebuilds the other set from the log while the live one goes on, catches up, and swaps. Goes on where an earlier
  /// rebuild was stopped.
  ///
  /// - Parameter progress: is called with the position reached and the head, after each batch.
  /// - Returns: the position after which it began: 0, or where the earlier one was stopped.
  /// - Throws: ``LogError/Code/unreadableEvent`` at an event that this program does not know: the live set stays.
  ///   ``LogError/Code/cancelled`` where the task was.
  @discardableResult
  package func run(
    progress: @Sendable (PositionNumber, PositionNumber) -> Void = { _, _ in }
  ) async throws(LogError) -> PositionNumber {
    guard let writer = log.writer, let live = log.participant.live else {
      throw LogError(.closed, "the ledger is open for reading only")
    }
    guard live.claimTarget() else {
      throw LogError(.busy, "the projections are being rebuilt already; wait for that to end")
    }
    defer { live.releaseTarget() }
    try await dropStale(writer)
    let (target, start, erased) = try await writer.maintain { (view, head) throws(LogError) in
      let target = 1 - live.set(for: view.transaction.number)
      // Their keys may be there for a moment more. Where the live rows cannot be read, the erasures that the rebuild
      // comes to do the same.
      let erased = (try? view.erasedPersons()) ?? []
      try Self.note(head, at: Self.beginningKey, set: UInt8(target), &view)
      if let stopped = try Self.stopped(view), stopped.set == target { return (target, stopped.position, erased) }
      try view.participant.tables[target].clear(in: &view.transaction)
      view.participant.note([], of: target)
      return (target, 0, erased)
    }
    let runs = AuditRunBuilder(of: log, policy: policy) { participant, _ in (participant.tables[target].audit, 0) }
    let recorded = RecordedErasures(of: log)
    var position = start
    var hasRuns = false
    while true {
      if Task.isCancelled { throw LogError(.cancelled, "the rebuild was stopped; the next one goes on from there") }
      let next = position + 1
      // Read and decoded off the writer's thread; only the rows are its work.
      let batch = try await log.readers.run { [log, limit = batchSize] () throws(LogError) in
        try log.snapshot().records(from: next, limit: limit).map { (record) throws(LogError) in
          AppliedEvent(event: try record.event, header: record.header)
        }
      }
      let reached = batch.last?.header.position ?? position
      let (head, isSwapped) = try await writer.maintain { [hasRuns] (view, head) throws(LogError) in
        let tables = view.participant.tables[target].without(erased, recorded)
        for item in batch {
          try tables.apply(item.event, item.header, in: &view.transaction)
          try view.participant.dayCounts?.recount(item.event, item.header, tables.directory, in: &view.transaction)
        }
        guard reached == head, hasRuns else {
          try Self.note(reached, at: Self.cursorKey, set: UInt8(target), &view)
          return (head, false)
        }
        let sums = try Self.sums(of: target, view)
        live.swap(to: UInt8(target), from: view.transaction.number)
        view.participant.memory.noteChange(by: view.transaction.number)
        try view.participant.finish(at: head, from: sums, in: &view.transaction)
        try Self.forget(&view)
        return (head, true)
      }
      position = reached
      progress(position, head)
      if isSwapped {
        // The search terms of people must not stay in a set that no erasure reaches.
        try await writer.maintain { (view, _) throws(LogError) in
          try view.participant.tables[1 - target].clear(in: &view.transaction)
          view.participant.note([], of: 1 - target)
        }
        return start
      }
      if reached == head, !hasRuns {
        // What comes while the runs are built is too little for another, and the live builder goes on from there.
        try await runs.catchUp()
        hasRuns = true
      }
    }
  }

  // MARK: Where it was stopped

  private static let cursorKey = Array("rebuild".utf8)
  /// Where the log ended when the rebuild began or was resumed. The new set holds nothing of people who were erased by then.
  private static let beginningKey = Array("rebuild.beginning".utf8)

  /// How far a rebuild came that was not finished; nil if there is none that can be resumed.
  private static func stopped(
    _ view: borrowing LogView<some Transaction & ~Copyable, ProjectionSet>
  ) throws(LogError) -> ProjectionCheckpoint? {
    let row = try noted(cursorKey, view)
    return row?.schemaVersion == view.participant.schemaVersion ? row : nil
  }

  private static func noted(
    _ key: [UInt8], _ view: borrowing LogView<some Transaction & ~Copyable, ProjectionSet>
  ) throws(LogError) -> ProjectionCheckpoint? {
    switch try view.participant.own.noted(key, in: view.transaction) {
    case .row(let row): row
    case .nothing: nil
    // Of other keys, or of a version that had none: nothing to go on with, but something to throw away.
    case .unreadable: ProjectionCheckpoint(schemaVersion: 0, position: 0, set: 0)
    }
  }

  /// The sums over what a rebuild has put into a set so far, as they were noted.
  private static func sums(
    of set: Int, _ view: borrowing LogView<some Transaction & ~Copyable, ProjectionSet>
  ) throws(LogError) -> TableSums {
    guard let row = try stopped(view), Int(row.set) == set else { return TableSums() }
    return view.participant.own.sums(of: row) ?? TableSums()
  }

  private static func note(
    _ position: PositionNumber, at key: [UInt8], set: UInt8, _ view: inout LogView<WriteTransaction, ProjectionSet>
  ) throws(LogError) {
    let row = ProjectionCheckpoint(
      schemaVersion: view.participant.schemaVersion, position: position, set: set)
    guard key == cursorKey else {
      return try stored { () throws(LMDBError) in try view.participant.checkpoint.put(key, row, in: &view.transaction) }
    }
    try view.participant.own.note(key, row, from: sums(of: Int(set), view), in: &view.transaction)
  }

  private static func forget(_ view: inout LogView<WriteTransaction, ProjectionSet>) throws(LogError) {
    for key in [cursorKey, beginningKey] {
      try stored { () throws(LMDBError) in _ = try view.participant.checkpoint.delete(key, in: &view.transaction) }
    }
  }

  /// Throws away what a stopped rebuild has made, if somebody was erased since it began and it did not come to that.
  ///
  /// To be called when a ledger is opened and after an erasure; a rebuild that is under way comes to the erasure itself.
  package func dropStale() async throws(LogError) {
    guard let writer = log.writer, let live = log.participant.live, live.claimTarget() else { return }
    defer { live.releaseTarget() }
    try await dropStale(writer)
  }

  private func dropStale(_ writer: LogWriter<ProjectionSet>) async throws(LogError) {
    let isStale = try await log.readers.run { [log] () throws(LogError) in
      let view = try log.snapshot()
      guard let row = try Self.noted(Self.cursorKey, view) else { return false }
      guard try Self.stopped(view) != nil, try row.position <= view.head() else { return true }
      let done = max(row.position, try Self.noted(Self.beginningKey, view)?.position ?? 0)
      let erasures = try? view.auditTrail().latest(1, of: [.type(EventType.subjectErased.rawValue)], in: view)
      // A trail that cannot be read is what the next rebuild is for.
      return erasures?.contains { $0 > done } ?? true
    }
    guard isStale else { return }
    try await writer.maintain { (view, _) throws(LogError) in
      let idle = 1 - (try view.participant.currentSet(in: view.transaction))
      try view.participant.tables[idle].clear(in: &view.transaction)
      try Self.forget(&view)
    }
  }

  private struct AppliedEvent: Sendable {
    let event: LedgerEvent
    let header: RecordHeader
  }

  /// The digests of projections that are rebuilt from the log into an environment of their own, which is then removed.
  ///
  /// - Parameters:
  ///   - path: a folder that does not exist, on a disk with room for the projections; the caller removes it.
  ///   - head: up to which event.
  ///   - progress: is called with the position reached.
  package func digests(
    in path: String, upTo head: PositionNumber, progress: (PositionNumber) -> Void
  ) throws(LogError) -> ProjectionDigests {
    let environment = try stored { () throws(LMDBError) in try Environment(at: path) }
    defer { environment.close() }
    let tables = try environment.write { (transaction) throws(LogError) in
      try ProjectionTables(
        set: ProjectionTables.names[0], in: &transaction, of: environment, log.replayedPersonalData)
    }
    var position: PositionNumber = 0
    while position < head {
      try environment.write { (transaction) throws(LogError) in
        let end = min(head, position + 65_536)
        while position < end {
          let records = try log.snapshot().records(
            from: position + 1, limit: Int(min(4_096, end - position)))
          guard let last = records.last else {
            throw LogError(.damagedRecord, "the log ends before its head", at: position + 1)
          }
          for record in records { try tables.apply(try record.event, record.header, in: &transaction) }
          position = last.header.position
        }
      }
      progress(position)
    }
    let transaction = try stored { () throws(LMDBError) in try environment.beginRead() }
    return ProjectionDigests(
      directory: try tables.directory.digest(in: transaction),
      tokenValidity: try tables.validity.digest(in: transaction),
      auditTrail: try tables.audit.rebuiltDigest(of: log.snapshot(), upTo: head))
  }
}
