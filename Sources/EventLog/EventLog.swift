package import LMDB
import Synchronization
import TransparencyLog

/// An append-only log of events in an LMDB environment, with a Merkle tree over them and a participant's tables, all
/// in the same commits.
package final class EventLog<Participant: CommitParticipant>: Sendable {
  /// What the log's events mean.
  package let participant: Participant
  /// The log's name in checkpoints.
  package let origin: String
  /// Where to append; nil where the log was opened for reading only.
  package let writer: LogWriter<Participant>?
  package let environment: Environment
  package let tables: LogTables
  package let readers: LogReaders
  private let isClosed = Mutex(false)
  let tails = SubscriptionTails()

  private init(
    _ environment: Environment, _ tables: LogTables, _ participant: Participant, _ origin: String,
    _ writer: LogWriter<Participant>?, _ readers: LogReaders
  ) {
    self.environment = environment
    self.tables = tables
    self.participant = participant
    self.origin = origin
    self.writer = writer
    self.readers = readers
  }

  /// Makes an empty log.
  ///
  /// - Parameters:
  ///   - path: a folder that does not exist yet, or is empty.
  ///   - origin: the log's name in checkpoints.
  /// - Throws: ``LogError/Code/alreadyExists``, ``LogError/Code/invalidOrigin``, ``LogError/Code/storage``.
  package static func create(at path: String, origin: String, options: Environment.Options) throws(LogError) {
    let identity = try LogIdentity(origin: origin)
    try LogIdentity.requireEmpty(path)
    try stored { () throws(LMDBError) in
      let environment = try Environment(at: path, options: options)
      defer { environment.close() }
      var transaction = try environment.beginWrite()
      let tables = try LogTables(in: &transaction, of: environment)
      try identity.store(in: tables, &transaction)
      try transaction.commit()
    }
  }

  /// Opens a log for writing, verifies its tail, and starts the writer.
  ///
  /// - Parameters:
  ///   - path: the folder that ``create(at:origin:options:)`` made.
  ///   - configure: how the writer works, given the log's origin.
  ///   - archive: where records are read that are no longer in the live file.
  ///   - readers: the threads that read.
  ///   - participant: opens the participant's tables, creating them where missing, in the transaction given.
  ///   - check: looks at the log before anything is written, and throws to refuse it.
  /// - Throws: ``LogError/Code/notALedger`` and ``LogError/Code/newerFormat``, with everything left as it was;
  ///   ``LogError/Code/inconsistentTree`` and ``LogError/Code/damagedRecord`` for a damaged tail;
  ///   ``LogError/Code/storage``, as when the log is open already; what the closures throw.
  package static func open(
    at path: String, options: Environment.Options, archive: (any RecordArchive)? = nil,
    readers: LogReaders = LogReaders(),
    participant: (Environment, inout WriteTransaction) throws(LogError) -> Participant,
    check: (borrowing LogView<WriteTransaction, Participant>) throws(LogError) -> Void = { _ in },
    configure: (_ origin: String) throws(LogError) -> LogWriter<Participant>.Configuration
  ) throws(LogError) -> EventLog {
    // Opening for writing creates what is missing: so it must be known first that a log is there.
    let identity = try LogIdentity(at: path, options: options)
    let environment = try stored { () throws(LMDBError) in try Environment(at: path, options: options) }
    do throws(LogError) {
      var transaction = try stored { () throws(LMDBError) in try environment.beginWrite() }
      let tables = try stored { () throws(LMDBError) in
        try LogTables(in: &transaction, of: environment, archive: archive)
      }
      let participant = try participant(environment, &transaction)
      let configuration = try configure(identity.origin)
      let view = LogView(transaction, participant, tables)
      let tail = try LogTail(verifying: view, origin: identity.origin)
      try check(view)
      if tail.edge.size > 0 { configuration.clock.begin(after: tail.lastTime) }
      do throws(LMDBError) { try view.commit() } catch { throw LogError(error) }
      let writer = LogWriter(environment, tables, participant, tail, configuration)
      return EventLog(environment, tables, participant, identity.origin, writer, readers)
    } catch {
      environment.close()
      throw error
    }
  }

  /// Opens a log for reading, while another process may write.
  ///
  /// - Parameters:
  ///   - path: the folder that ``create(at:origin:options:)`` made.
  ///   - options: the log is opened for reading, also where they say that it may be written.
  ///   - archive: where records are read that are no longer in the live file.
  ///   - readers: the threads that read.
  ///   - participant: opens the participant's tables.
  /// - Throws: as ``open(at:options:participant:configure:)``; nothing of the log is verified.
  package static func openReading(
    at path: String, options: Environment.Options, archive: (any RecordArchive)? = nil,
    readers: LogReaders = LogReaders(), participant: (Environment) throws(LogError) -> Participant
  ) throws(LogError) -> EventLog {
    var options = options
    if options.access == .readWrite { options.access = .readOnly }
    let environment: Environment
    do throws(LMDBError) { environment = try Environment(at: path, options: options) } catch {
      throw LogIdentity.failure(error)
    }
    do throws(LogError) {
      let identity = try LogIdentity(in: environment)
      let tables = try stored { () throws(LMDBError) in try LogTables(reading: environment, archive: archive) }
      return try EventLog(environment, tables, participant(environment), identity.origin, nil, readers)
    } catch {
      environment.close()
      throw error
    }
  }

  /// A snapshot of the last commit. Some hundred nanoseconds; use it at once, on this thread.
  package func snapshot() throws(LogError) -> LogSnapshot<Participant> {
    LogView(try stored { () throws(LMDBError) in try environment.beginRead() }, participant, tables)
  }

  /// The records from a position on, and those that will come.
  ///
  /// - Parameter position: 1 for all; may be beyond the head.
  package func subscribe(from position: PositionNumber) -> Subscription<Participant> {
    Subscription(log: self, first: position)
  }

  /// Performs what was queued, signs a last checkpoint, ends subscriptions and threads, and closes the environment.
  /// Blocks until all that has happened, so never call it from a closure given to the log. Closing again, or from several
  /// threads, does no harm. A log that goes out of use unclosed does the same by itself, with nobody waiting for it.
  package func close() {
    isClosed.withLock { isClosed in
      if isClosed { return }
      isClosed = true
      writer?.close()
      // A follower gets what was committed, though nothing more can be read.
      tails.fill { [self] in try? snapshot().records(from: $0, limit: .max, byteLimit: $1) }
      readers.stop()
      environment.close()
    }
  }
}
