import EventLog
import LedgerEvents
import Projections

/// Keeps when tokens were last used: in memory as they are validated, and written down now and then.
///
/// No event stands for it, so validation writes nothing. What is not yet written when the process ends by itself, or is
/// killed, is lost: at most the uses of one interval, the resolution.
final class LastUses: Sendable {
  /// How many are written in one commit.
  private static let pieceCount = 4_096

  private let log: EventLog<ProjectionSet>
  private let memory: LastUseMemory
  private let clock: LedgerClock
  private let interval: Duration

  /// Nil where none are to be kept, or nothing can be written.
  init?(_ log: EventLog<ProjectionSet>, _ clock: LedgerClock, _ configuration: LedgerConfiguration) {
    guard log.writer != nil, let resolution = configuration.lastUseResolution else { return nil }
    self.log = log
    self.clock = clock
    let minutes = max(1, min(resolution.components.seconds / 60, 366 * 1_440))
    memory = LastUseMemory(resolution: Int(minutes))
    interval = .seconds(60 * minutes)
  }

  /// Notes that a valid token was presented.
  @inline(__always)
  func note(_ token: TokenID, at now: Timestamp) { memory.note(token, at: now.milliseconds) }

  /// Writes down what is noted, from time to time, until cancelled.
  func run() async {
    while !Task.isCancelled {
      do { try await Task.sleep(for: interval) } catch { return }
      // What fails is still noted, and written the next time.
      _ = try? await flush()
    }
  }

  /// Writes down what is noted, in the order of the tokens, in bounded pieces.
  ///
  /// - Returns: How many uses were written.
  @discardableResult
  func flush() async throws(LogError) -> Int {
    guard let writer = log.writer else { return 0 }
    let uses = memory.uses(at: clock.read().now)
    var rest = uses[...]
    while !rest.isEmpty {
      let piece = rest.prefix(Self.pieceCount)
      try await writer.upkeep { (view, _) throws(LogError) in try view.write(lastUses: piece) }
      // Only now: until it is written down, a reader finds it in memory.
      memory.forget(piece)
      rest = rest[piece.endIndex...]
    }
    return uses.count
  }

  /// The minute of a token's last use that is not yet written down, or was written a moment ago.
  func minute(of token: TokenID) -> Int64? { memory.use(of: token, at: clock.read().now)?.minute }
}

extension Ledger {
  /// When tokens were last used; nil for one that was not, as far as is known.
  func lastUses(of tokens: [TokenID]) throws(LedgerError) -> [Timestamp?] {
    // Memory first: what leaves it meanwhile is in the snapshot that is taken then.
    let noted = tokens.map { lastUses?.minute(of: $0) }
    let view = try logged { () throws(LogError) in try log.snapshot() }
    var uses: [Timestamp?] = []
    for (token, noted) in zip(tokens, noted) {
      let written = try logged { () throws(LogError) in try view.lastUse(of: token) }
      guard let minute = [noted, written].compactMap({ $0 }).max() else {
        uses.append(nil)
        continue
      }
      uses.append(max(Timestamp(milliseconds: minute * 60_000), try issuance(of: token, in: view)))
    }
    return uses
  }

  /// When a token was issued: the minute of its first use may have begun before. Where its record is in an archive that is not
  /// at hand that is not known, and nothing is later than it.
  private func issuance(
    of token: TokenID, in view: borrowing LogSnapshot<ProjectionSet>
  ) throws(LedgerError) -> Timestamp {
    do throws(LogError) { return Timestamp(milliseconds: try view.stamp(at: token.rawValue)?.recordedAt ?? 0) } catch {
      guard error.code == .archived else { throw LedgerError(error) }
      return Timestamp(milliseconds: 0)
    }
  }
}

extension Tokens {
  /// When a token was last used, as ``ListedToken/lastUsed`` says. Runs where it is called.
  ///
  /// ```swift
  /// let used = try ledger.tokens.lastUse(of: token.handle)
  /// ```
  public func lastUse(of token: TokenID) throws(LedgerError) -> Timestamp? {
    try ledger.lastUses(of: [token])[0]
  }

  /// Writes down when tokens were last used, as the ledger does by itself every
  /// ``LedgerConfiguration/lastUseResolution`` and when it is closed. A few commits, however many uses there were.
  ///
  /// - Throws: `closed`, `storage`; what was not written stays noted.
  public func flushLastUses() async throws(LedgerError) {
    do { try await ledger.lastUses?.flush() } catch { throw LedgerError(error) }
  }
}
