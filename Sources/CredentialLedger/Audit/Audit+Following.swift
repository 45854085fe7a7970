import EventLog
public import LedgerEvents
import Projections

/// The events of a ledger from a position on: those that are there, and those that come, without a miss or a repeat, whichever
/// process writes them. Ends when the task is cancelled, or the ledger closed: after the last event that was committed by then.
public struct LedgerEventStream: AsyncSequence, Sendable {
  let subscription: Subscription<ProjectionSet>

  public func makeAsyncIterator() -> Iterator { Iterator(records: subscription.makeAsyncIterator()) }

  public struct Iterator: AsyncIteratorProtocol {
    var records: Subscription<ProjectionSet>.Iterator

    /// The next event.
    /// - Throws: `damaged` where it cannot be read, `archived` where it is in an archive that is not available; `closed`
    ///   where the ledger was closed while more than 16 MiB of events were to come: go on after the last one received.
    public mutating func next(isolation: isolated (any Actor)? = #isolation) async throws(LedgerError) -> AuditEntry? {
      do throws(LogError) {
        guard let record = try await records.next(isolation: isolation) else { return nil }
        return try AuditEntry(record)
      } catch { throw LedgerError(error) }
    }
  }
}

extension Ledger {
  /// The events from a position on, and those that will come. What this process writes arrives at once; what another does
  /// is looked for twenty-five times a second.
  ///
  /// ```swift
  /// for try await entry in ledger.events(from: head + 1) { print(entry.position, entry.type) }
  /// ```
  public func events(from position: Position = 1) -> LedgerEventStream {
    LedgerEventStream(subscription: log.subscribe(from: position.rawValue))
  }
}

extension Ledger {
  func waitForEvent(beyond position: Position) async throws(LedgerError) -> Bool {
    do { return try await log.waitForEvent(beyond: position.rawValue) } catch { throw LedgerError(error) }
  }
}

extension Audit {
  /// The events that a filter lets pass, in the order of the log: those after a position that are there, and those that
  /// come, without a miss or a repeat. Ends when the ledger is closed or the task cancelled.
  ///
  /// ```swift
  /// for try await entry in ledger.audit.follow(.connector(id), after: page.head) { print(entry.type) }
  /// ```
  ///
  /// What this process writes arrives at once. A ledger that is open for reading only looks for what another process has
  /// written twenty-five times a second, which costs a few microseconds each time.
  ///
  /// - Parameter after: 0 for everything; ``Page/head`` of an answer for what comes after it.
  public func follow(_ filter: Filter = .all, after: Position) -> AuditStream {
    AuditStream(audit: self, filter: filter, after: after)
  }
}

/// What ``Audit/follow(_:after:)`` gives.
public struct AuditStream: AsyncSequence, Sendable {
  let audit: Audit
  let filter: Audit.Filter
  let after: Position

  public func makeAsyncIterator() -> Iterator { Iterator(audit: audit, filter: filter, after: after) }

  public struct Iterator: AsyncIteratorProtocol {
    let audit: Audit
    let filter: Audit.Filter
    var after: Position
    private var found: ArraySlice<AuditEntry> = []

    init(audit: Audit, filter: Audit.Filter, after: Position) {
      self.audit = audit
      self.filter = filter
      self.after = after
    }

    /// The next event.
    /// - Throws: `damaged` where it cannot be read, `archived` where it is in an archive that is not available, `storage`.
    public mutating func next(isolation: isolated (any Actor)? = #isolation) async throws(LedgerError) -> AuditEntry? {
      while true {
        if let entry = found.popFirst() { return entry }
        if Task.isCancelled { return nil }
        do throws(LedgerError) {
          let page = try await audit.search(filter, order: .oldestFirst, after: after, limit: 256)
          try page.requireWhole()
          found = page.entries[...]
          after = page.next ?? Swift.max(after, page.head)
          guard page.entries.isEmpty, page.next == nil else { continue }
          guard try await audit.ledger.waitForEvent(beyond: after) else { return nil }
        } catch {
          if error.code == .closed { return nil }
          throw error
        }
      }
    }
  }
}
