import EventLog
import Projections
import Synchronization

/// When a ledger holds the rows that decide access (the directory, and what tokens stand on) against the sums that each
/// commit keeps of them.
///
/// A row that was changed is found whenever it is read. What only the sums show is a row that is missing or of another
/// moment, such as a grant from before it was revoked: where a device lost a page, or somebody put an old one back.
public struct ScrubPolicy: Sendable, Equatable {
  /// When it is done at opening, before anything is served.
  public enum Opening: Sendable {
    case never
    /// Where the last process that wrote did not close the ledger; only in an opening for writing.
    case afterUncleanEnd
    case always
  }

  /// When it is done at opening. It takes about a second for some million rows.
  public var opening: Opening
  /// How long lies between two rounds in the background of a ledger that is open for writing; nil for none.
  public var interval: Duration?
  /// How many rows a second are looked at in the background. A round keeps a snapshot for as long as it takes.
  public var rate: Int

  public init(opening: Opening = .afterUncleanEnd, interval: Duration? = .seconds(3_600), rate: Int = 200_000) {
    self.opening = opening
    self.interval = interval
    self.rate = rate
  }
}

extension ScrubPolicy.Opening {
  func isDue(afterCleanEnd wasClean: Bool) -> Bool { self == .always || self == .afterUncleanEnd && !wasClean }
}

/// Scrubs in the background, until it is stopped.
final class Scrubber: Sendable {
  private let log: EventLog<ProjectionSet>
  private let policy: ScrubPolicy
  private let isStopped = Atomic(false)

  init(_ log: EventLog<ProjectionSet>, _ policy: ScrubPolicy) {
    self.log = log
    self.policy = policy
  }

  /// Scrubs from time to time, until cancelled.
  func run() async {
    guard let interval = policy.interval, log.writer != nil else { return }
    while !Task.isCancelled {
      do { try await Task.sleep(for: interval) } catch { return }
      // What cannot be read now may be the next time.
      _ = try? await scrub(rate: policy.rate)
    }
  }

  /// Has a round end soon, and no other begin.
  func stop() { isStopped.store(true, ordering: .relaxed) }

  /// Scrubs once, on a thread of its own, and has nothing answered any more from what is damaged.
  @discardableResult
  func scrub(rate: Int? = nil) async throws(LogError) -> DamagedTables {
    let scrub = ProjectionScrub(of: log, rate: rate)
    let found = try await OpeningThread { [self] () -> Result<DamagedTables?, LogError> in
      Result { () throws(LogError) in try scrub.run(isStopped: { self.isStopped.load(ordering: .relaxed) }) }
    }.run().get()
    if let found { try await scrub.close(found) }
    return try log.participant.damagedTables(in: log.snapshot().transaction)
  }
}

extension Ledger {
  /// The tables that were found damaged: rows of them are missing, or of another moment. Nothing is answered from them, and
  /// what needs them throws `damaged`, until ``rebuildProjections(progress:)`` has made them anew. To be watched in a server.
  ///
  /// ```swift
  /// let damaged = try ledger.damagedTables
  /// ```
  public var damagedTables: [String] {
    get throws(LedgerError) {
      try logged { () throws(LogError) in
        try log.participant.damagedTables(in: log.snapshot().transaction).names
      }
    }
  }

  /// Holds the rows that decide access against the sums kept of them, once and as fast as it goes, as ``ScrubPolicy`` says
  /// when it is done by itself.
  ///
  /// ```swift
  /// let found = try await ledger.scrub()
  /// ```
  ///
  /// - Returns: the tables that are damaged, as ``damagedTables``.
  /// - Throws: `closed`, `storage`.
  @discardableResult
  public func scrub() async throws(LedgerError) -> [String] {
    do { return try await scrubber.scrub().names } catch { throw LedgerError(error) }
  }
}
