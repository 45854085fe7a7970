public import LMDB

/// Appends what a decision says.
///
/// `@unchecked Sendable` as its superclass: one owner at a time, in an order that the lock of the queue makes. The same
/// rule, that the last owner of a request answers it once, stands in for the check that a checked continuation makes
/// with an allocation for each request.
@safe
@usableFromInline
final class AppendRequest<Participant: CommitParticipant, Refusal: Error>: CommitRequest<Participant>,
  @unchecked Sendable
{
  @usableFromInline
  typealias Answer = Result<Committed<Participant.Event>, AppendFailure<Refusal>>
  @usableFromInline
  typealias Perform =
    @Sendable (AppendRequest, inout CommitBatch, inout LogView<WriteTransaction, Participant>) throws(LogError) -> Void

  @usableFromInline
  let decide: LogWriter<Participant>.Decide<Refusal>
  @usableFromInline
  let options: AppendOptions
  @usableFromInline
  let once: LogWriter<Participant>.Once<Refusal>?
  @usableFromInline
  let continuation: UnsafeContinuation<Answer, Never>
  /// ``append(in:_:)`` and ``deliver()``, as they were compiled where the participant is known: the thread that calls
  /// them is compiled here, for any participant, and would look up types at every step.
  @usableFromInline
  let appending: Perform
  @usableFromInline
  let delivering: @Sendable (AppendRequest) -> Void
  @usableFromInline
  var outcome: Answer?

  @inlinable
  init(
    _ options: AppendOptions, _ once: LogWriter<Participant>.Once<Refusal>?,
    _ decide: @escaping LogWriter<Participant>.Decide<Refusal>,
    _ continuation: UnsafeContinuation<Answer, Never>, appending: @escaping Perform,
    delivering: @escaping @Sendable (AppendRequest) -> Void
  ) {
    self.options = options
    self.once = once
    self.decide = decide
    unsafe self.continuation = unsafe continuation
    self.appending = appending
    self.delivering = delivering
  }

  @usableFromInline
  override func perform(
    in batch: inout CommitBatch, _ view: inout LogView<WriteTransaction, Participant>
  ) throws(LogError) { try appending(self, &batch, &view) }

  @inlinable
  func append(
    in batch: inout CommitBatch, _ view: inout LogView<WriteTransaction, Participant>
  ) throws(LogError) {
    outcome = nil
    let proposal: AppendProposal<Participant.Event>
    let drafts: [RecordDraft]
    // Whatever can be refused is refused before the first put, and so costs the rest of the batch nothing.
    do throws(AppendFailure<Refusal>) {
      if let once, let earlier = try earlierAnswer(to: once, in: batch, view) {
        outcome = .success(earlier)
        return
      }
      try checkHead(batch.head)
      let moment: Moment
      do throws(LogError) { moment = try batch.moment(correctingClock: options.correctsClock) } catch {
        throw AppendFailure<Refusal>.log(error)
      }
      proposal = try decide(view, moment)
      drafts = try encode(proposal, view.participant)
    } catch {
      // After a failure of the file itself nothing in this transaction can be relied on.
      if case .log(let failure) = error, failure.isOfWholeBatch { throw failure }
      outcome = .failure(error)
      return
    }
    let first = drafts.isEmpty ? batch.head : batch.head + 1
    if options.correctsClock, !drafts.isEmpty { batch.correctClock() }
    for index in drafts.indices {
      let header = try batch.append(drafts[index], to: view.tables, in: &view.transaction)
      try view.participant.apply(proposal.events[index], header, in: &view.transaction)
    }
    if !proposal.kept.isEmpty, let event = proposal.events.last {
      try view.participant.keep(proposal.kept, of: event, at: batch.head, in: &view.transaction)
    }
    if let once, !drafts.isEmpty {
      try batch.remember(once.key, count: UInt8(drafts.count), in: view.tables, &view.transaction)
    }
    outcome = .success(Committed(first: first, time: batch.now, events: proposal.events))
  }

  /// What the same idempotency key was answered before, if the caller may have it again. A key that is older than the
  /// retention is none, whether or not its row is still there.
  @usableFromInline
  func earlierAnswer(
    to once: LogWriter<Participant>.Once<Refusal>, in batch: borrowing CommitBatch,
    _ view: borrowing LogView<WriteTransaction, Participant>
  ) throws(AppendFailure<Refusal>) -> Committed<Participant.Event>? {
    let row: IdempotencyRow?
    do throws(LogError) { row = try batch.remembered(once.key, in: view) } catch { throw .log(error) }
    guard let row else { return nil }
    try once.recall(view, Moment(now: batch.now, next: batch.head + 1), row.memo)
    do throws(LogError) {
      var events: [Participant.Event] = []
      for position in row.first..<row.first + PositionNumber(row.count) {
        guard let record = try view.record(at: position) else {
          throw LogError(.damagedRecord, "an event of a request that was answered is missing", at: position)
        }
        events.append(try view.participant.decode(record))
      }
      return Committed(first: row.first, time: row.time, events: events, earlierMemo: row.memo)
    } catch { throw .log(error) }
  }

  @usableFromInline
  func checkHead(_ head: PositionNumber) throws(AppendFailure<Refusal>) {
    guard let expected = options.expecting, expected != head else { return }
    throw .log(
      LogError(
        .headMoved, "the newest event is at position \(head), not \(expected); read it, decide again", at: head))
  }

  @inlinable
  func encode(
    _ proposal: AppendProposal<Participant.Event>, _ participant: Participant
  ) throws(AppendFailure<Refusal>) -> [RecordDraft] {
    do throws(LogError) {
      guard proposal.events.count <= AppendProposal<Participant.Event>.limit else {
        throw LogError(.tooLarge, "\(proposal.events.count) events; a request appends at most 255")
      }
      var drafts: [RecordDraft] = []
      drafts.reserveCapacity(proposal.events.count)
      for event in proposal.events {
        drafts.append(try RecordDraft(participant.encode(event), proposal.context, options))
      }
      return drafts
    } catch { throw .log(error) }
  }

  @usableFromInline
  override func answer() { delivering(self) }

  @inlinable
  func deliver() {
    guard let outcome = outcome.take() else { return fail(LogError(.writingStopped, "the request was not performed")) }
    unsafe continuation.resume(returning: outcome)
  }

  @usableFromInline
  override func fail(_ error: LogError) { unsafe continuation.resume(returning: .failure(.log(error))) }
}

extension RecordDraft {
  /// The record of an encoded event, if every part of it is within its limit.
  @usableFromInline
  init(_ encoded: EncodedEvent, _ context: RecordContext, _ options: AppendOptions) throws(LogError) {
    var context = context
    context.requestID = options.requestID
    var subjects = encoded.subjects
    for subject in context.authority where !subjects.contains(subject) {
      guard subjects.append(subject) else {
        throw LogError(
          .tooLarge, "an event that somebody else answers for has fewer than \(LogSubjects.limit) subjects")
      }
    }
    if let person = context.onBehalfOf, !subjects.contains(person) { subjects.append(person) }
    self.init(
      type: encoded.type, version: encoded.version, context: context, subjects: subjects,
      payload: encoded.payload)
    try validate()
  }
}
