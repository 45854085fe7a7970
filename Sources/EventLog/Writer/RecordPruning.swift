import LMDB

/// Records that are removed from the live file in one commit, since an archive has them.
package struct RecordPruning: Sendable {
  /// One of them.
  package struct Item: Sendable {
    package let position: PositionNumber
    package let stamp: RecordStamp

    /// The record that has a header.
    package init(_ header: RecordHeader) {
      position = header.position
      stamp = header.stamp
    }
  }

  /// How many of the newest records never leave: their hashes may not be in a complete tile of the tree yet, and opening
  /// a log reads them.
  package static let spared: UInt64 = 16

  /// In the order of the log.
  package var items: [Item]
  /// All segments of the archive that has them, and whatever else left before.
  package var segments: [ArchiveSegment]

  package init(items: [Item], segments: [ArchiveSegment]) {
    self.items = items
    self.segments = segments
  }
}

/// Appends an event, and deletes the records that it says are in an archive.
///
/// `@unchecked Sendable` as its superclass: one owner at a time, in an order that the lock of the queue makes.
final class PruneRequest<Participant: CommitParticipant, Refusal: Error>: CommitRequest<Participant>,
  @unchecked Sendable
{
  typealias Answer = Result<Committed<Participant.Event>, AppendFailure<Refusal>>

  private let pruning: RecordPruning
  private let decide: LogWriter<Participant>.Decide<Refusal>
  private let continuation: CheckedContinuation<Answer, Never>
  private var outcome: Answer?

  init(
    _ pruning: RecordPruning, _ decide: @escaping LogWriter<Participant>.Decide<Refusal>,
    _ continuation: CheckedContinuation<Answer, Never>
  ) {
    self.pruning = pruning
    self.decide = decide
    self.continuation = continuation
  }

  override func perform(
    in batch: inout CommitBatch, _ view: inout LogView<WriteTransaction, Participant>
  ) throws(LogError) {
    outcome = nil
    let proposal: AppendProposal<Participant.Event>
    var drafts: [RecordDraft] = []
    do throws(AppendFailure<Refusal>) {
      let moment: Moment
      do throws(LogError) { moment = try batch.moment() } catch { throw AppendFailure<Refusal>.log(error) }
      proposal = try decide(view, moment)
      do throws(LogError) {
        for event in proposal.events {
          drafts.append(try RecordDraft(view.participant.encode(event), proposal.context, AppendOptions()))
        }
      } catch { throw .log(error) }
    } catch {
      if case .log(let failure) = error, failure.isOfWholeBatch { throw failure }
      outcome = .failure(error)
      return
    }
    let first = batch.head + 1
    try view.prune(pruning)
    for index in drafts.indices {
      let header = try batch.append(drafts[index], to: view.tables, in: &view.transaction)
      try view.participant.apply(proposal.events[index], header, in: &view.transaction)
    }
    outcome = .success(Committed(first: first, time: batch.now, events: proposal.events))
  }

  override func answer() {
    guard let outcome else { return fail(LogError(.writingStopped, "the request was not performed")) }
    continuation.resume(returning: outcome)
  }

  override func fail(_ error: LogError) { continuation.resume(returning: .failure(.log(error))) }
}

extension LogWriter {
  /// Removes records from the live file, and appends the event that says so, in one commit.
  ///
  /// - Parameters:
  ///   - records: that an archive has, which was verified against the tree.
  ///   - decide: the event that says which they are.
  /// - Throws: ``LogError/Code/damagedRecord`` where one of them is not in the live file; as ``append(_:deciding:)``.
  ///   Nothing has left then.
  package func prune<Refusal: Error>(
    _ records: RecordPruning, deciding decide: @escaping Decide<Refusal>
  ) async throws(AppendFailure<Refusal>) -> Committed<Participant.Event> {
    try await withCheckedContinuation { continuation in
      put(PruneRequest(records, decide, continuation))
    }.get()
  }
}

extension LogView where Reading == WriteTransaction {
  /// Deletes the rows of records, and notes where they are.
  fileprivate mutating func prune(_ pruning: RecordPruning) throws(LogError) {
    guard let archived = tables.archived, let last = pruning.items.last?.position else { return }
    guard try last + RecordPruning.spared <= head() else {
      throw LogError(.headMoved, "the newest \(RecordPruning.spared) records stay in the live file", at: last)
    }
    var rest = pruning.items[...]
    while let first = rest.first {
      let key = ArchivedRow.place(of: first.position).row
      let items = rest.prefix { ArchivedRow.place(of: $0.position).row == key }
      var row = try archivedRow(key, archived) ?? ArchivedRow()
      for item in items {
        guard row.insert(item.stamp, at: ArchivedRow.place(of: item.position).index) else {
          throw LogError(.damagedRecord, "the record was removed already", at: item.position)
        }
        let isDeleted = try stored { () throws(LMDBError) in
          try tables.records.delete(item.position, in: &transaction)
        }
        guard isDeleted else { throw Self.missing(item.position) }
      }
      let bytes = row.bytes
      try stored { () throws(LMDBError) in try archived.places.put(key, bytes, in: &transaction) }
      rest = rest.dropFirst(items.count)
    }
    let count = try archivedCount() + UInt64(pruning.items.count)
    try stored { () throws(LMDBError) in
      try tables.meta.put(
        LogTables.archivedCount, (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }, in: &transaction)
    }
    guard try archiveSegments() != pruning.segments else { return }
    try stored { () throws(LMDBError) in
      try archived.segments.clear(in: &transaction)
      for segment in pruning.segments {
        try archived.segments.put(segment.positions.lowerBound, ArchiveSegmentRow(segment), in: &transaction)
      }
    }
  }
}
