package import EventLog
package import LedgerEvents
package import Projections
import Synchronization

/// Keeps when tokens were last used: in memory as they are validated, and written down now and then.
///
/// No event stands for it, so validation writes nothing. What is not yet written when the process ends by itself, or is
/// killed, is lost: at most the uses of one interval, the resolution.
package final class LastUses: Sendable {
  /// How many are written in one commit.
  private static let pieceCount = 4_096

  private let log: EventLog<ProjectionSet>
  private let memory: LastUseMemory
  private let clock: LedgerClock
  private let interval: Duration
  /// Whether the uses of grants and connectors are known to be written as far as those of tokens.
  private let knowsOwners = Atomic(false)

  /// Nil where none are to be kept, or nothing can be written.
  package init?(_ log: EventLog<ProjectionSet>, _ clock: LedgerClock, _ configuration: LedgerConfiguration) {
    guard log.writer != nil, let resolution = configuration.lastUseResolution else { return nil }
    self.log = log
    self.clock = clock
    let minutes = max(1, min(resolution.components.seconds / 60, 366 * 1_440))
    memory = LastUseMemory(resolution: Int(minutes))
    interval = .seconds(60 * minutes)
  }

  /// Notes that a valid token was presented.
  @inline(__always)
  package func note(_ token: TokenID, at now: Timestamp) { memory.note(token, at: now.milliseconds) }

  /// Writes down what is noted, from time to time, until cancelled.
  package func run(noting faults: BackgroundFaults) async {
    while !Task.isCancelled {
      do { try await Task.sleep(for: interval) } catch { return }
      // What fails stays in memory, and is written the next time.
      do throws(LogError) {
        try await flush()
        faults.succeeded(.lastUses)
      } catch { faults.failed(.lastUses, error) }
    }
  }

  /// Writes down what is noted, in the order of the tokens, in bounded pieces.
  ///
  /// - Returns: How many uses were written.
  @discardableResult
  package func flush() async throws(LogError) -> Int {
    guard let writer = log.writer else { return 0 }
    try await noteOwners(by: writer)
    let uses = memory.uses(at: clock.read().now)
    var rest = uses[...]
    while !rest.isEmpty {
      let piece = rest.prefix(Self.pieceCount)
      try await writer.maintain { (view, _) throws(LogError) in try view.write(lastUses: piece) }
      // Only now: until it is written down, a reader finds it in memory.
      memory.forget(piece)
      rest = rest[piece.endIndex...]
    }
    return uses.count
  }

  /// Goes through what was written before the uses of grants and connectors were kept: once in the life of a ledger.
  private func noteOwners(by writer: LogWriter<ProjectionSet>) async throws(LogError) {
    guard !knowsOwners.load(ordering: .relaxed) else { return }
    if try !log.snapshot().lastUsesKnowOwners() {
      var next: UInt64? = 0
      while let block = next {
        next = try await writer.maintain { (view, _) throws(LogError) in try view.noteOwners(ofUsesFrom: block) }
      }
    }
    knowsOwners.store(true, ordering: .relaxed)
  }

  /// The minute of a token's last use that is not yet written down, or was written a moment ago.
  package func minute(of token: TokenID) -> Int64? { memory.use(of: token, at: clock.read().now)?.minute }
}
