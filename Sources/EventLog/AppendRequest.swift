import LMDB

/// Appends what a decision says.
///
/// `@unchecked Sendable` as its superclass: one owner at a time, in an order that the lock of the queue makes.
final class AppendRequest<Participant: CommitParticipant, Refusal: Error>: CommitRequest<Participant>,
  @unchecked Sendable
{
  typealias Answer = Result<Committed<Participant.Event>, AppendFailure<Refusal>>

  private let decide: LogWriter<Participant>.Decide<Refusal>
  private let options: AppendOptions
  private let continuation: CheckedContinuation<Answer, Never>
  private var outcome: Answer?

  init(
    _ options: AppendOptions, _ decide: @escaping LogWriter<Participant>.Decide<Refusal>,
    _ continuation: CheckedContinuation<Answer, Never>
  ) {
    self.options = options
    self.decide = decide
    self.continuation = continuation
  }

  override func perform(
    in batch: inout CommitBatch, _ view: inout LogView<WriteTransaction, Participant>
  ) throws(LogError) {
    outcome = nil
    let proposal: Proposal<Participant.Event>
    let drafts: [RecordDraft]
    // Whatever can be refused is refused before the first put, and so costs the rest of the batch nothing.
    do throws(AppendFailure<Refusal>) {
      if let earlier = try earlierAnswer(in: view) {
        outcome = .success(earlier)
        return
      }
      try checkHead(batch.head)
      proposal = try decide(view, Moment(now: batch.now, next: batch.head + 1))
      drafts = try encode(proposal, view.participant)
    } catch {
      // After a failure of the file itself nothing in this transaction can be relied on.
      if case .log(let failure) = error, failure.isOfWholeBatch { throw failure }
      outcome = .failure(error)
      return
    }
    let first = drafts.isEmpty ? batch.head : batch.head + 1
    for (event, draft) in zip(proposal.events, drafts) { try batch.append(event, draft, in: &view) }
    if let idempotency = options.idempotency, !drafts.isEmpty {
      try batch.remember(idempotency, count: UInt8(drafts.count), in: &view)
    }
    outcome = .success(Committed(first: first, time: batch.now, events: proposal.events, isRepeated: false))
  }

  /// What the same idempotency key was answered before.
  private func earlierAnswer(
    in view: borrowing LogView<WriteTransaction, Participant>
  ) throws(AppendFailure<Refusal>) -> Committed<Participant.Event>? {
    guard let idempotency = options.idempotency else { return nil }
    do throws(LogError) {
      let row = try stored { () throws(LMDBError) in
        try view.tables.idempotency.get(idempotency.key, in: view.transaction)
      }
      guard let row else { return nil }
      guard row.request == idempotency.request else {
        throw LogError(
          .idempotencyKeyReused, "the idempotency key stands for another request; use a new key", at: row.first)
      }
      var events: [Participant.Event] = []
      var time: Milliseconds = 0
      for position in row.first..<row.first + Position(row.count) {
        guard let record = try view.record(at: position) else {
          throw LogError(.damagedRecord, "an event of a request that was answered is missing", at: position)
        }
        time = record.header.recordedAt
        events.append(try view.participant.decode(record))
      }
      return Committed(first: row.first, time: time, events: events, isRepeated: true)
    } catch { throw .log(error) }
  }

  private func checkHead(_ head: Position) throws(AppendFailure<Refusal>) {
    guard let expected = options.expecting, expected != head else { return }
    throw .log(
      LogError(
        .headMoved, "the newest event is at position \(head), not \(expected); read it, decide again", at: head))
  }

  private func encode(
    _ proposal: Proposal<Participant.Event>, _ participant: Participant
  ) throws(AppendFailure<Refusal>) -> [RecordDraft] {
    do throws(LogError) {
      guard proposal.events.count <= Proposal<Participant.Event>.limit else {
        throw LogError(.tooLarge, "\(proposal.events.count) events; a request appends at most 255")
      }
      var context = proposal.context
      context.requestID = options.requestID
      var drafts: [RecordDraft] = []
      drafts.reserveCapacity(proposal.events.count)
      for event in proposal.events {
        var encoded = try participant.encode(event)
        if let behalf = context.behalf, !encoded.subjects.contains(behalf) { encoded.subjects.append(behalf) }
        let draft = RecordDraft(
          type: encoded.type, version: encoded.version, context: context, subjects: encoded.subjects,
          idempotency: options.idempotency, payload: encoded.payload)
        try draft.validate()
        drafts.append(draft)
      }
      return drafts
    } catch { throw .log(error) }
  }

  override func answer() {
    guard let outcome else { return fail(LogError(.writingStopped, "the request was not performed")) }
    continuation.resume(returning: outcome)
  }

  override func fail(_ error: LogError) { continuation.resume(returning: .failure(.log(error))) }
}
