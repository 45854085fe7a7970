import EventLog
public import LedgerCrypto
public import LedgerEvents
import Projections

/// A set of projections that was replayed into a folder.
public struct ReplayedProjections: Sendable {
  /// The position of the last event that was replayed.
  public let position: Position
  /// Where this call continued: after what an earlier one had replayed, or a snapshot; 0 for the first event.
  public let start: Position
  /// One digest for each projection.
  public let digests: [Projection: Digest]
}

/// What a replay costs by type of event.
public struct ReplayCost: Sendable {
  public let type: EventType
  public let events: UInt64
  /// How many rows they wrote or deleted.
  public let rows: UInt64
  /// The time to decode and apply all of them.
  public let duration: Duration
}

extension Integrity {
  /// Replays the log up to a moment into a folder: a complete working set of the projections to look into, an LMDB
  /// environment with tables as the ledger's own has them. ``History/state(in:)`` reads it.
  ///
  /// A second call continues where an earlier call stopped, whatever stopped it. The folder is private; as it may
  /// hold what people are found by, remove it when it is of no more use, and at the latest when somebody is erased.
  ///
  /// ```swift
  /// let replayed = try await ledger.integrity.replay(to: .time(yesterday), into: "/var/tmp/yesterday")
  /// ```
  ///
  /// - Parameters:
  ///   - folder: does not exist, is empty, or holds a replay of this ledger that was begun.
  ///   - only: which projections; all unless given.
  ///   - fromSnapshot: begins with the nearest snapshot, where there is one and nothing was replayed yet. That saves the
  ///     directory alone: token validity and the audit trail are made of the log's records in any case, and so are all
  ///     digests.
  ///   - progress: is called with how many events are done, of how many.
  /// - Throws: `already_exists` where the folder holds something else, or a replay that is further on; `invalid_value` for
  ///   the moment; `damaged`, `cancelled`, `storage`.
  public func replay(
    to moment: LedgerMoment, into folder: String, only: Set<Projection> = Set(Projection.allCases),
    fromSnapshot: Bool = false,
    progress: @escaping @Sendable (_ done: UInt64, _ of: UInt64) -> Void = { _, _ in }
  ) async throws(LedgerError) -> ReplayedProjections {
    let end = try ledger.position(of: moment, field: "to").rawValue
    let replay = try await ledger.replay(at: folder, only: Set(only.map(\.name)))
    defer { replay.close() }
    let keeper = ledger.snapshotKeeper
    let start = try await ledger.blocking { () throws(LedgerError) in
      let start = try logged { () throws(LogError) in
        if fromSnapshot, let position = try replay.begin(with: keeper.storeForReading(), before: end) {
          return position
        }
        return try replay.position()
      }
      guard start <= end else {
        throw LedgerError(
          .alreadyExists, "\(folder) holds a replay up to \(start), beyond \(end); name another folder", field: "into")
      }
      return start
    }
    try await ledger.advance(replay, to: end) { progress($0, end) }
    return try await ledger.blocking { () throws(LedgerError) in
      let digests = try logged { () throws(LogError) in try replay.digests() }
      return ReplayedProjections(
        position: Position(end), start: Position(start),
        digests: Dictionary(uniqueKeysWithValues: digests.map { (Projection($0), $1) }))
    }
  }

  /// Replays the whole log in a scratch folder, and tells what each type of event costs.
  ///
  /// ```swift
  /// for cost in try await ledger.integrity.replayCosts() { print(cost.type, cost.duration, cost.rows) }
  /// ```
  ///
  /// - Parameter only: the directory, token validity or both; the audit trail is made from the records' headers, and
  ///   whatever the type costs the same.
  /// - Returns: the most expensive first.
  public func replayCosts(
    only: Set<Projection> = [.directory, .validity],
    progress: @escaping @Sendable (_ done: UInt64, _ of: UInt64) -> Void = { _, _ in }
  ) async throws(LedgerError) -> [ReplayCost] {
    let (log, head) = (ledger.log, try ledger.head().rawValue)
    let names = Set(only.map(\.name)).intersection([.directory, .validity])
    return try await ledger.blocking { [ledger] () throws(LedgerError) in
      let scratch = try ScratchFolder(of: ledger)
      defer { scratch.remove() }
      do throws(LedgerError) {
        return try logged { () throws(LogError) in
          try ReplayProfile(of: log, at: scratch.path, only: names).run(upTo: head) { progress($0, head) }
            .map { ReplayCost(type: $0.type, events: $0.events, rows: $0.rows, duration: $0.duration) }
        }
      } catch { throw scratch.placed(error) }
    }
  }
}
