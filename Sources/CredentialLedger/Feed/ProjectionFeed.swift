import EventLog
import LedgerCrypto
import LedgerDomain
import LedgerEvents
import Projections

/// The events of a ledger in batches, for a projection that a program keeps in a store of its own.
///
/// Each batch comes with the position that it leads to. A program writes what the batch changes and that position in one
/// transaction of its store, and asks for what follows it at the next start. Then each event counts exactly once, however often
/// either side is killed: a batch whose transaction was lost is given again, from the same event on.
///
/// ```swift
/// for try await batch in ledger.projectionFeed(after: store.position) {
///   try store.transaction {
///     for entry in batch.entries { store.apply(entry) }
///     store.position = batch.position
///   }
/// }
/// ```
///
/// To build a projection anew, empty the store and begin without a position.
public struct ProjectionFeed: AsyncSequence, Sendable {
  /// Consecutive events, and the position that they lead to.
  public struct Batch: Sendable {
    /// The events, in the order of the log.
    public let entries: [AuditEntry]
    /// Events among them whose records were removed from the live file, where the archive is not available: with
    /// ``LedgerConfiguration/archive`` they are among the entries. These are of tokens that expired long before.
    public let archived: [ArchivedEvent]
    /// To be kept with what the batch changes.
    public let position: FeedPosition
    /// Whether the batch ends with the newest event that there was.
    public let isCaughtUp: Bool
  }

  let ledger: Ledger
  let start: FeedPosition?
  let limit: Int

  public func makeAsyncIterator() -> Iterator { Iterator(ledger: ledger, limit: limit, position: start) }

  public struct Iterator: AsyncIteratorProtocol {
    let ledger: Ledger
    let limit: Int
    var position: FeedPosition?
    private var isChecked = false

    init(ledger: Ledger, limit: Int, position: FeedPosition?) {
      self.ledger = ledger
      self.limit = limit
      self.position = position
    }

    /// The next batch, of one event or more; waits for one. Nil once the ledger is closed or the task cancelled: what was not
    /// delivered then comes at the next start. Reads on a thread for reading.
    ///
    /// - Throws: `conflict` where the position is of another ledger, or of a history that the ledger does not have: build the
    ///   projection anew. `invalid_value` of the limit; `damaged`, `storage`, `key_unavailable`.
    public mutating func next(isolation: isolated (any Actor)? = #isolation) async throws(LedgerError) -> Batch? {
      guard (1...10_000).contains(limit) else {
        throw LedgerError(.invalidValue, "limit: expected 1 to 10,000", field: "limit")
      }
      while !Task.isCancelled {
        do throws(LedgerError) {
          let (ledger, position, limit, isChecked) = (ledger, position, limit, isChecked)
          let batch = try await ledger.blocking { () throws(LedgerError) in
            try ledger.batch(after: position, limit: limit, checking: !isChecked)
          }
          self.isChecked = true
          if let batch {
            self.position = batch.position
            return batch
          }
          guard try await ledger.waitForEvent(beyond: position?.position ?? 0) else { return nil }
        } catch {
          if error.code == .closed || error.code == .cancelled { return nil }
          throw error
        }
      }
      return nil
    }
  }
}

extension Ledger {
  /// The events after a position, and those that will come, for a projection that a program keeps in a store of its own.
  ///
  /// ```swift
  /// for try await batch in ledger.projectionFeed(after: position) { show(batch.entries.count) }
  /// ```
  ///
  /// - Parameters:
  ///   - position: what was kept with the projection; nil to begin with the first event.
  ///   - limit: how many events are in a batch at most: 1 to 10,000. A record has 64 KiB at most, mostly some 200 bytes.
  public func projectionFeed(after position: FeedPosition? = nil, limit: Int = 256) -> ProjectionFeed {
    ProjectionFeed(ledger: self, start: position, limit: limit)
  }

  fileprivate func batch(
    after position: FeedPosition?, limit: Int, checking: Bool
  ) throws(LedgerError) -> ProjectionFeed.Batch? {
    let view = try snapshot()
    if checking, let position { try requireOwn(position, in: view) }
    return try logged { () throws(LogError) -> ProjectionFeed.Batch? in
      let head = try view.head()
      let first = (position?.position ?? 0).next.rawValue
      guard first <= head else { return nil }
      let last = head - first < UInt64(limit) ? head : first + UInt64(limit) - 1
      var entries: [AuditEntry] = []
      var archived: [ArchivedEvent] = []
      let hasGaps = log.archive == nil ? try view.archivedCount() > 0 : false
      for number in first...last {
        if hasGaps, let place = try view.archivedPlace(at: number) {
          archived.append(ArchivedEvent(place))
        } else if let record = try view.record(at: number) {
          entries.append(try AuditEntry(record))
        }
      }
      return ProjectionFeed.Batch(
        entries: entries, archived: archived,
        position: FeedPosition(position: Position(last), origin: origin, leaf: try view.leafHash(at: last)),
        isCaughtUp: last == head)
    }
  }

  private func requireOwn(
    _ position: FeedPosition, in view: borrowing LogSnapshot<ProjectionSet>
  ) throws(LedgerError) {
    let isOwn = try logged { () throws(LogError) -> Bool in
      guard position.origin == origin, try position.position.rawValue <= view.head() else { return false }
      return try view.leafHash(at: position.position.rawValue) == position.leaf
    }
    guard !isOwn else { return }
    throw LedgerError(
      Refusal(
        .conflict, field: "position", expected: "a position in the history of this ledger",
        remedy: "the ledger is another one or an older copy: empty the projection, and begin without a position"))
  }
}
