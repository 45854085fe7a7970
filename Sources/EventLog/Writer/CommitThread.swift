import LMDB
import TransparencyLog

/// What the writer's one thread does: take the requests that wait, perform them in one transaction, commit, answer.
///
/// Lives on that thread alone.
struct CommitThread<Participant: CommitParticipant> {
  typealias Requests = ArraySlice<CommitRequest<Participant>>

  /// How often a batch may find the map full: each time it doubles.
  private static var growthLimit: Int { 8 }

  let environment: Environment
  let tables: LogTables
  let participant: Participant
  let queue: CommitQueue<Participant>
  let signal: CommitSignal
  let configuration: LogWriter<Participant>.Configuration
  /// State of the last commit.
  var edge: MerkleEdge
  var lastTime: Milliseconds
  var correction: LastClockCorrection
  var schedule: CheckpointSchedule
  private var readerWatch: ReaderWatch
  /// What every request fails with, once storage is in doubt.
  private var stop: LogError?

  init(
    _ environment: Environment, _ tables: LogTables, _ participant: Participant, _ queue: CommitQueue<Participant>,
    _ signal: CommitSignal, _ configuration: LogWriter<Participant>.Configuration, _ tail: LogTail
  ) {
    self.environment = environment
    self.tables = tables
    self.participant = participant
    self.queue = queue
    self.signal = signal
    self.configuration = configuration
    edge = tail.edge
    lastTime = tail.lastTime
    correction = tail.correction
    readerWatch = ReaderWatch(environment, configuration.readers)
    schedule = CheckpointSchedule(
      configuration.checkpoints, signedSize: tail.signedSize, size: tail.edge.size, now: monotonicNow())
  }

  /// Works until the queue is closed and empty.
  mutating func run() {
    // A commit waits for the device twice, and then all callers wait until this thread has a processor again.
    OSThread.takeShortTurns()
    while true {
      readerWatch.look(now: monotonicNow())
      let deadline = stop == nil ? schedule.deadline(size: edge.size) : nil
      switch queue.take(atMost: configuration.batchLimit, until: deadline) {
      case .requests(let requests): process(requests[...])
      case .timeout: process([])
      case .close:
        process([], isLast: true)
        signal.close()
        return
      }
    }
  }

  /// Commits requests, and answers each once. One that makes its transaction fail fails alone: those before it are
  /// run again and committed, then those after it. So each runs twice at most, however many fail.
  private mutating func process(_ requests: Requests, isLast: Bool = false) {
    var requests = requests
    repeat {
      if let stop {
        for request in requests { request.fail(stop) }
        return
      }
      do {
        guard let failure = try growingMap({ thread throws(LogError) in try thread.attempt(requests, isLast: isLast) })
        else {
          for request in requests { request.answer() }
          return
        }
        let before = requests[..<failure.index]
        if !before.isEmpty { process(before) }
        requests[failure.index].fail(failure.error)
        requests = requests[(failure.index + 1)...]
      } catch {
        if error.isStorageInDoubt {
          let stop = LogError(.writingStopped, Self.stopAdvice, storage: error.storage)
          self.stop = stop
          queue.refuse(with: stop)
        }
        if requests.isEmpty { schedule.noteFailed(now: monotonicNow()) }
        for request in requests { request.fail(error) }
        return
      }
    } while !requests.isEmpty
  }

  private static var stopAdvice: String {
    "an earlier failure left storage in doubt; close the ledger, open it again (which verifies its tail), and repeat "
      + "requests by their idempotency keys"
  }

  /// Runs `body`, and again after each growth of the map that it turns out to need.
  private mutating func growingMap<Result>(
    _ body: (inout Self) throws(LogError) -> Result
  ) throws(LogError) -> Result {
    for _ in 0..<Self.growthLimit {
      do { return try body(&self) } catch {
        guard error.storage?.code == .mapFull else { throw error }
        try stored { () throws(LMDBError) in try environment.growMap() }
      }
    }
    return try body(&self)
  }

  /// One try at a batch.
  ///
  /// - Returns: the request, by its index, whose own trouble ended the try; nil after a commit.
  /// - Throws: what went wrong for all of them.
  private mutating func attempt(
    _ requests: Requests, isLast: Bool
  ) throws(LogError) -> (index: Int, error: LogError)? {
    var view = LogView(
      try stored { () throws(LMDBError) in try environment.beginWrite() }, participant, tables)
    let reading = configuration.clock.read()
    var batch = CommitBatch(
      edge: edge, lastTime: lastTime, reading: reading, refusal: configuration.clock.refusal(of: reading),
      correction: correction, idempotencyRetention: configuration.idempotencyRetention)
    participant.begin(in: view.transaction)
    var asking: Int?
    for index in requests.indices {
      do { try requests[index].perform(in: &batch, &view) } catch {
        if error.isOfWholeBatch { throw error }
        return (index, error)
      }
      if batch.wantsCheckpoint, asking == nil { asking = index }
    }
    try batch.finish(in: &view)
    let isDue = isLast || asking != nil || schedule.isDue(size: batch.head, now: monotonicNow())
    var signed: String?
    if isDue, batch.head > schedule.signedSize {
      do {
        let root = batch.edge.root()
        try view.requireAgreement(of: batch.head, root, reading: configuration.read)
        let note = try configuration.sign(batch.head, root)
        try batch.store(checkpoint: note, in: &view)
        signed = note
      } catch {
        if error.isOfWholeBatch { throw error }
        // Events do not wait for a key that is out of reach: only who asked for a checkpoint hears of it.
        schedule.noteFailed(now: monotonicNow())
        signal.noteCheckpoint(failure: error)
        if let asking { return (asking, error) }
      }
    }
    if isLast, try view.participant.end(in: &view.transaction) { batch.hasChanges = true }
    guard batch.hasChanges else { return nil }
    let began = ContinuousClock.now
    do { try view.commit() } catch { throw commitFailure(error) }
    if batch.hasEvents {
      signal.meter.note(batch.eventCounts, events: batch.eventCount, commit: ContinuousClock.now - began)
    }
    edge = batch.edge
    lastTime = batch.lastTime
    if batch.isClockCorrected {
      correction = batch.correction
      configuration.clock.correct(to: reading)
    } else if batch.hasEvents {
      configuration.clock.observe(lastTime)
    }
    if let signed {
      schedule.noteSigned(size: batch.head)
      signal.noteCheckpoint(failure: nil)
      configuration.signed(signed)
    } else if batch.hasEvents {
      schedule.noteAppended(now: monotonicNow())
    }
    if batch.hasEvents { signal.publish(batch.head) }
    return nil
  }

  private func commitFailure(_ error: LMDBError) -> LogError {
    switch error.code {
    // Before anything is written LMDB asks for what the system may refuse.
    case .mapFull, .diskFull, .transactionFailed, .systemLimit: LogError(error)
    default:
      LogError(
        .outcomeUnknown,
        "whether the events are on disk is unknown (\(error.operation): \(error.reason)); "
          + "open the ledger again, and repeat the request with its idempotency key", storage: error)
    }
  }
}

extension LogError {
  /// Whether the transaction it happened in, and so the whole batch, comes to nothing. What concerns single rows, or an
  /// event, concerns one request.
  @usableFromInline
  var isOfWholeBatch: Bool {
    switch storage?.code {
    case nil: code == .outcomeUnknown
    case .damagedRow, .outOfOrder, .keyExists, .badKey: false
    default: true
    }
  }

  /// Whether nothing more may be written before the log was opened again. After a full disk it may: nothing was kept,
  /// and there may be room later.
  var isStorageInDoubt: Bool {
    switch storage?.code {
    case .ioFailure, .environmentPanicked, .corrupted: true
    default: code == .outcomeUnknown
    }
  }
}
