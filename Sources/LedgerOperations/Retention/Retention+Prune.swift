import EventLog
import LMDB
import LedgerDomain
import LedgerEvents
import Projections

extension Retention {
  /// How many records leave the live file in one commit at most: a request made meanwhile waits for no more.
  public static var recordsPerCommit: Int { 10_000 }

  /// Says which records a policy would remove, and changes nothing: the events `token.issued` of access tokens that
  /// expired long enough ago, and `token.revoked` of one of them. The archive is read whole, and verified against the ledger;
  /// the live file is read once. A ledger that is open for reading can do it as well.
  ///
  /// ```swift
  /// let policy = RetentionPolicy(olderThan: .seconds(90 * 86_400))
  /// let plan = try await ledger.retention.plan(policy, archive: "/backup/archive")
  /// print(plan.records, plan.bytes)
  /// ```
  ///
  /// - Parameters:
  ///   - policy: how long ago tokens must have expired.
  ///   - archive: the folder of the archive that has the records: see ``Archive/append(to:eventsPerSegment:progress:)``.
  ///   - progress: is called with how far it has come.
  /// - Throws: `invalid_value` for the policy; `not_found`, `damaged`, `foreign_archive` for the archive;
  ///   `archive_behind` where it does not have yet what the policy removes; `damaged` where the ledger itself is.
  public func plan(
    _ policy: RetentionPolicy, archive: String, progress: @escaping TransferProgress.Observer = { _ in }
  ) async throws(LedgerError) -> RetentionReport {
    try policy.validate()
    return try await ledger.onOwnThread { [ledger] () throws(LedgerError) in
      try ledger.searched(policy, ArchiveFolder(path: archive), progress).report
    }
  }

  /// Removes the records that ``plan(_:archive:progress:)`` names, after the same checks.
  ///
  /// Each commit deletes at most ``recordsPerCommit`` records, notes where they are, and appends an event
  /// `retention.applied` that names them. So a run that is stopped anywhere leaves a sound ledger, and another run goes on.
  /// The tree, the audit trail's index and the projections stay as they are. From then on these records are read from the
  /// archive, where ``LedgerConfiguration/archive`` names it.
  ///
  /// ```swift
  /// let report = try await ledger.retention.apply(policy, archive: "/backup/archive")
  /// print(report.records, report.events)
  /// ```
  ///
  /// - Parameter context: names the operator.
  /// - Throws: as ``plan(_:archive:progress:)``, with nothing changed; `forbidden` of the field `operator`; `busy` while another run is under way;
  ///   `closed` for a ledger that is open for reading only; `cancelled` between two commits.
  public func apply(
    _ policy: RetentionPolicy, archive: String, context: RequestContext = .none,
    progress: @escaping TransferProgress.Observer = { _ in }
  ) async throws(LedgerError) -> RetentionReport {
    try await ledger.applyRetention(
      policy, archive: archive, limit: Self.recordsPerCommit, context: context, progress: progress)
  }
}

extension Ledger {
  func applyRetention(
    _ policy: RetentionPolicy, archive: String, limit: Int, context: RequestContext = .none,
    progress: @escaping TransferProgress.Observer = { _ in }
  ) async throws(LedgerError) -> RetentionReport {
    try policy.validate()
    // Prepared apart, as each commit removes records with its event.
    let request = try prepare(context)
    guard let writer = log.writer else {
      throw LedgerError(.closed, "the ledger is open for reading only; open it for writing")
    }
    guard !isPruning.exchange(true, ordering: .acquiring) else {
      throw LedgerError(.busy, "records are being removed already; wait for that to end")
    }
    defer { isPruning.store(false, ordering: .releasing) }
    let plan = try await onOwnThread { [self] () throws(LedgerError) in
      try searched(policy, ArchiveFolder(path: archive), progress)
    }
    var report = plan.report
    report.shares = []
    for segment in plan.segments where plan.report.shares.contains(where: { $0.place == segment.place }) {
      var share = RetentionReport.Share(place: segment.place, records: 0, bytes: 0)
      var next = segment.positions.lowerBound
      while next <= segment.positions.upperBound {
        if Task.isCancelled { throw LedgerError(.cancelled, "stopped; another run goes on from here") }
        let range = next...segment.positions.upperBound
        let found = try await onOwnThread { () throws(LedgerError) in
          try logged { () throws(LogError) in try plan.search.next(in: range, limit: limit) }
        }
        if !found.items.isEmpty {
          let event = try await prune(found, to: segment, plan, policy, request, writer)
          report.events.append(event)
          share.records += UInt64(found.items.count)
          share.bytes += found.rowBytes
        }
        next = found.through + 1
        progress(TransferProgress(stage: .pruning, done: min(next, plan.search.last), total: plan.search.last))
      }
      report.shares.append(share)
    }
    return report
  }

  /// Removes some records, in one commit.
  ///
  /// - Returns: the position of the event that says so.
  fileprivate func prune(
    _ found: RetentionSearch.Found, to segment: ArchiveSegment, _ plan: RetentionPlan, _ policy: RetentionPolicy,
    _ request: PreparedRequest, _ writer: LogWriter<ProjectionSet>
  ) async throws(LedgerError) -> Position {
    let command = ApplyRetention(
      expiredBy: plan.search.expiredBy, olderThan: policy.milliseconds, segment: segment.number,
      segmentPositions: ClosedRange(segment.positions), root: segment.root,
      positions: found.items.map { Position($0.position) },
      bytes: found.bytes)
    let records = RecordPruning(items: found.items, segments: plan.segments)
    let committed: Committed<LedgerEvent>
    do {
      committed = try await writer.prune(records) { (view, moment) throws(AppendFailure<DecisionFailure>) in
        let decision = try decide(command, in: view, moment)
        return AppendProposal(decision.events, try Self.recordContext(of: decision, request, in: view))
      }
    } catch { throw LedgerError(error) }
    return command.outcome(of: RecordedEvents(committed))
  }

  // MARK: The plan

  fileprivate struct RetentionPlan: Sendable {
    let search: RetentionSearch
    let segments: [ArchiveSegment]
    var report: RetentionReport
  }

  /// Verifies the archive against the ledger, and looks for what the policy removes.
  fileprivate func searched(
    _ policy: RetentionPolicy, _ folder: ArchiveFolder, _ observe: @escaping TransferProgress.Observer
  ) throws(LedgerError) -> RetentionPlan {
    let now = try now
    let segments = try held(folder, observe)
    let end = segments.last?.positions.upperBound ?? 0
    let (last, before) = try logged { () throws(LogError) in
      let view = try log.snapshot()
      return (try Self.lastToLeave(view), (count: try view.archivedCount(), end: try view.lastArchived()))
    }
    guard before.end <= end else {
      throw LedgerError(
        .archiveBehind,
        "\(folder.path) ends with event \(end), but records up to \(before.end) were moved to an archive before; name that "
          + "one, or one that goes as far", field: "archive", position: Position(end))
    }
    let search = RetentionSearch(
      log: log, expiredBy: now - policy.olderThan,
      answeredBefore: (now - .milliseconds(max(configuration.idempotencyRetention, 0))).milliseconds, last: last)
    var plan = RetentionPlan(
      search: search, segments: segments,
      report: RetentionReport(
        expiredBy: search.expiredBy, segments: segments.count, position: Position(end), shares: [],
        archivedBefore: before.count,
        events: []))
    var next: UInt64 = 1
    for segment in segments {
      var share = RetentionReport.Share(place: segment.place, records: 0, bytes: 0)
      while next <= segment.positions.upperBound {
        let found = try logged { () throws(LogError) in
          try search.next(in: next...segment.positions.upperBound, limit: .max)
        }
        share.records += UInt64(found.items.count)
        share.bytes += found.rowBytes
        next = found.through + 1
        observe(TransferProgress(stage: .searching, done: min(next, last), total: last))
      }
      if share.records > 0 { plan.report.shares.append(share) }
    }
    while next <= last {
      let found = try logged { () throws(LogError) in try search.next(in: next...last, limit: 1) }
      if let missing = found.items.first?.position {
        throw LedgerError(
          .archiveBehind,
          "\(folder.path) ends with event \(end), and the policy removes later ones, the first of them at \(missing); "
            + "add to it by credledger archive, and run this again", field: "archive", position: Position(missing))
      }
      next = found.through + 1
      observe(TransferProgress(stage: .searching, done: min(next, last), total: last))
    }
    return plan
  }

  /// The last record that may leave. The newest records stay: the audit trail answers for them from the records' headers, also
  /// after a rebuild, and opening a log reads the last records.
  fileprivate static func lastToLeave(_ view: borrowing LogSnapshot<ProjectionSet>) throws(LogError) -> UInt64 {
    let spared = max(AuditRunPolicy().baseSize, RecordPruning.spared)
    let head = try view.head()
    return head > spared ? min(head - spared, try view.auditTrail().coveredThrough(in: view)) : 0
  }
}
