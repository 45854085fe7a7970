/// The records of a log from a position on, those that are there and those that come, without a miss or a repeat, whether this
/// process writes them or another.
///
/// Ends when the log is closed, after the last record that was committed by then, or when the task is cancelled. Each record is
/// read after its commit, on a thread for reading.
package struct Subscription<Participant: CommitParticipant>: AsyncSequence, Sendable {
  let log: EventLog<Participant>
  let first: PositionNumber

  package func makeAsyncIterator() -> Iterator { Iterator(log: log, next: Swift.max(first, 1)) }

  package struct Iterator: AsyncIteratorProtocol {
    let log: EventLog<Participant>
    var next: PositionNumber
    private var read: ArraySlice<Record> = []
    private let tail: SubscriptionTail

    init(log: EventLog<Participant>, next: PositionNumber) {
      self.log = log
      self.next = next
      tail = log.tails.add(from: next)
    }

    /// The next record; nil once the log is closed or the task cancelled.
    ///
    /// - Throws: ``LogError`` where the record cannot be read; ``LogError/Code/closed`` where the log was closed with more
    ///   records to come than are kept for a reader that is behind: go on after the last one received.
    package mutating func next(isolation: isolated (any Actor)? = #isolation) async throws(LogError) -> Record? {
      while true {
        if let record = read.popFirst() {
          next = record.header.position + 1
          return record
        }
        if Task.isCancelled { return nil }
        let (log, start) = (log, next)
        do {
          read = try await log.readers.run { () throws(LogError) in
            try ArraySlice(log.snapshot().records(from: start, limit: 256))
          }
          if let last = read.last {
            tail.advance(beyond: last.header.position)
          } else if try await !log.waitForEvent(beyond: next - 1) {
            return nil
          }
        } catch {
          guard error.code == .closed else { throw error }
          read = try tail.take(from: next)
          if read.isEmpty { return nil }
        }
      }
    }
  }
}

extension EventLog {
  /// How often a log that is open for reading only is looked at for what another process has written.
  package static var lookInterval: Duration { .milliseconds(40) }

  /// Waits for an event beyond a position.
  ///
  /// The writer's process is told of each commit. Another looks at the head every ``lookInterval``: one look-up in the
  /// memory map, on the caller's thread, which also works where a file system tells nobody of changes.
  ///
  /// - Returns: whether more events may come; false once the log is closed or the task cancelled.
  package func waitForEvent(beyond position: PositionNumber) async throws(LogError) -> Bool {
    if let signal = writer?.signal { return await signal.wait(beyond: position) && !Task.isCancelled }
    while !Task.isCancelled {
      if try snapshot().head() > position { return true }
      do { try await Task.sleep(for: Self.lookInterval) } catch { return false }
    }
    return false
  }
}
