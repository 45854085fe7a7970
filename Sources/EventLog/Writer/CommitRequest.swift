public import LMDB

/// One request to the writer, and where its answer goes.
///
/// `@unchecked Sendable`, since no class with subclasses is checked: the caller makes it, then the queue has it, then the
/// writer's thread, and the queue's lock orders them. Its holder then answers it, once.
@usableFromInline
class CommitRequest<Participant: CommitParticipant>: @unchecked Sendable {
  @usableFromInline
  init() {}

  /// Does the request's part of a batch. May run again in another batch, if that one came to nothing.
  ///
  /// A refusal is the request's own answer, kept for ``answer()``. What is thrown instead ends the transaction.
  @usableFromInline
  func perform(
    in batch: inout CommitBatch, _ view: inout LogView<WriteTransaction, Participant>
  ) throws(LogError) {}

  /// Tells the caller what ``perform(in:_:)`` came to, now that it is durable.
  @usableFromInline
  func answer() {}

  /// Tells the caller that it came to nothing.
  @usableFromInline
  func fail(_ error: LogError) {}
}

/// Writes in the participant's own tables, beside the log: a maintenance write, which appends no event.
///
/// `@unchecked Sendable` as its superclass: one owner at a time, in an order that the lock of the queue makes.
final class MaintenanceRequest<Participant: CommitParticipant, Output: Sendable>: CommitRequest<Participant>,
  @unchecked Sendable
{
  private let body: LogWriter<Participant>.Maintenance<Output>
  private let continuation: CheckedContinuation<Result<Output, LogError>, Never>
  private var output: Output?

  init(
    _ body: @escaping LogWriter<Participant>.Maintenance<Output>,
    _ continuation: CheckedContinuation<Result<Output, LogError>, Never>
  ) {
    self.body = body
    self.continuation = continuation
  }

  override func perform(
    in batch: inout CommitBatch, _ view: inout LogView<WriteTransaction, Participant>
  ) throws(LogError) {
    batch.hasChanges = true
    output = try body(&view, batch.head)
  }

  override func answer() {
    guard let output else { return fail(LogError(.writingStopped, "the request was not performed")) }
    continuation.resume(returning: .success(output))
  }

  override func fail(_ error: LogError) { continuation.resume(returning: .failure(error)) }
}

/// Asks for a signed checkpoint with the next commit.
///
/// `@unchecked Sendable` as its superclass: one owner at a time, in an order that the lock of the queue makes.
final class CheckpointRequest<Participant: CommitParticipant>: CommitRequest<Participant>, @unchecked Sendable {
  private let continuation: CheckedContinuation<Result<Void, LogError>, Never>

  init(_ continuation: CheckedContinuation<Result<Void, LogError>, Never>) { self.continuation = continuation }

  override func perform(
    in batch: inout CommitBatch, _ view: inout LogView<WriteTransaction, Participant>
  ) throws(LogError) { batch.wantsCheckpoint = true }

  override func answer() { continuation.resume(returning: .success(())) }

  override func fail(_ error: LogError) { continuation.resume(returning: .failure(error)) }
}
