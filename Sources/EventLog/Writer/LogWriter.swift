public import LMDB
import TransparencyLog

/// The one writer of a log: any number of tasks ask, one thread commits in groups.
///
/// Each request is decided inside the write transaction, so it sees the requests before it in the same batch. Events,
/// Merkle tree and participant share the commit, which is durable before any caller hears of it.
@usableFromInline package final class LogWriter<Participant: CommitParticipant>: Sendable {
  /// Decides what to append, on the writer's thread: it must not block, and may run more than once.
  @usableFromInline package typealias Decide<Refusal: Error> =
    @Sendable (borrowing LogView<WriteTransaction, Participant>, Moment) throws(AppendFailure<Refusal>) ->
    AppendProposal<Participant.Event>

  /// Decides whether a request may have the answer that an earlier one with its idempotency key got: throws where not.
  /// Runs as ``Decide`` does, with the memo that the earlier request left.
  @usableFromInline package typealias Recall<Refusal: Error> =
    @Sendable (borrowing LogView<WriteTransaction, Participant>, Moment, _ memo: [UInt8]) throws(AppendFailure<Refusal>)
    -> Void

  /// Makes asking again harmless: once events were appended, the same key gets the same answer, if ``recall`` has nothing
  /// against it, and no second event. A refusal is not kept: asking again decides again. A key that is older than
  /// ``Configuration/idempotencyRetention`` counts as new, and what is kept of it is deleted some time after.
  @usableFromInline package struct Once<Refusal: Error>: Sendable {
    @usableFromInline
    let key: IdempotencyKey
    @usableFromInline
    let recall: Recall<Refusal>

    package init(_ key: IdempotencyKey, recall: @escaping Recall<Refusal>) {
      self.key = key
      self.recall = recall
    }
  }

  /// Writes in the participant's own tables.
  package typealias Maintenance<Output> =
    @Sendable (inout LogView<WriteTransaction, Participant>, _ head: PositionNumber) throws(LogError) -> Output

  /// How the writer works.
  package struct Configuration: Sendable {
    /// How many requests may wait before ``LogError/Code/busy``.
    package var queueCapacity: Int
    /// How many requests share a commit at most.
    package var batchLimit: Int
    package var checkpoints: CheckpointPolicy
    /// For how long an idempotency key is remembered, in milliseconds of recorded time.
    package var idempotencyRetention: Milliseconds
    package var readers: ReaderPolicy
    package var clock: LedgerClock
    package var sign: CheckpointSigning
    /// Reads the newest checkpoint that was signed before: nothing is signed that does not agree with it.
    package var read: CheckpointReading
    /// Hears of each signed checkpoint, the text of its note, once it is durable. On the writer's thread, which waits.
    package var signed: @Sendable (_ note: String) -> Void

    package init(
      queueCapacity: Int = 65_536, batchLimit: Int = 4_096, checkpoints: CheckpointPolicy = CheckpointPolicy(),
      idempotencyRetention: Milliseconds = 7 * 86_400_000, readers: ReaderPolicy = ReaderPolicy(),
      clock: LedgerClock, sign: @escaping CheckpointSigning, read: @escaping CheckpointReading,
      signed: @escaping @Sendable (_ note: String) -> Void = { _ in }
    ) {
      self.queueCapacity = queueCapacity
      self.batchLimit = batchLimit
      self.checkpoints = checkpoints
      self.idempotencyRetention = idempotencyRetention
      self.readers = readers
      self.clock = clock
      self.sign = sign
      self.read = read
      self.signed = signed
    }
  }

  @usableFromInline
  let queue: CommitQueue<Participant>
  private let thread: OSThread
  let signal: CommitSignal

  /// Starts the writer's thread on a log whose tail was verified.
  init(
    _ environment: Environment, _ tables: LogTables, _ participant: Participant, _ tail: LogTail,
    _ configuration: Configuration
  ) {
    let queue = CommitQueue<Participant>(capacity: configuration.queueCapacity)
    let signal = CommitSignal(head: tail.edge.size)
    thread = OSThread {
      var work = CommitThread(environment, tables, participant, queue, signal, configuration, tail)
      work.run()
    }
    self.queue = queue
    self.signal = signal
  }

  /// Appends what `decide` says, durably.
  ///
  /// Cancelling the task after the request was queued does not undo it: the answer still comes.
  ///
  /// - Parameters:
  ///   - options: conditions, and what the request is known by.
  ///   - once: makes asking again harmless.
  ///   - decide: runs on the writer's thread, inside the write transaction.
  /// - Throws: what `decide` throws, or that the log could not do it; then nothing was appended, except after
  ///   ``LogError/Code/outcomeUnknown``.
  @inlinable
  package func append<Refusal: Error>(
    _ options: AppendOptions = AppendOptions(), once: Once<Refusal>? = nil, deciding decide: @escaping Decide<Refusal>
  ) async throws(AppendFailure<Refusal>) -> Committed<Participant.Event> {
    if Task.isCancelled { throw .log(LogError(.cancelled, "the task was cancelled; nothing was appended")) }
    return try await unsafe withUnsafeContinuation { continuation in
      unsafe put(
        AppendRequest(
          options, once, decide, continuation,
          appending: { (request, batch, view) throws(LogError) in try request.append(in: &batch, &view) },
          delivering: { $0.deliver() }))
    }.get()
  }

  /// Runs `body` in a write transaction, with the next commit.
  package func maintain<Output: Sendable>(_ body: @escaping Maintenance<Output>) async throws(LogError) -> Output {
    try await withCheckedContinuation { continuation in
      put(MaintenanceRequest(body, continuation))
    }.get()
  }

  /// Signs a checkpoint over everything committed before, unless the newest one covers it already.
  package func checkpoint() async throws(LogError) {
    try await withCheckedContinuation { continuation in
      put(CheckpointRequest(continuation))
    }.get()
  }

  /// Why the last attempt to sign a checkpoint failed; nil if it did not. Events are appended nevertheless, and signing is
  /// tried again after ``CheckpointPolicy/interval``.
  package var checkpointFailure: LogError? { signal.checkpointFailure }

  /// What was committed since the writer was started.
  package var activity: WriterActivity { signal.meter.all }

  /// How many requests wait, and what every later one is refused with; nil as long as they are taken.
  package var load: (waiting: Int, refusal: LogError?) {
    queue.monitor.withLock { state, _ in (state.requests.count, state.refusal) }
  }

  @inlinable
  func put(_ request: CommitRequest<Participant>) {
    do { try queue.put(request) } catch { request.fail(error) }
  }

  /// Performs what was queued, signs a last checkpoint, and ends the thread. Blocks until it has ended.
  func close() {
    queue.close()
    thread.join()
  }

  deinit { queue.close() }
}
