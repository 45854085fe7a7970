import EventLog
import LMDB
import LedgerDomain
import LedgerEvents
import Synchronization

/// What lies below the changed rows of token validity of the past: those that a snapshot has because they changed before
/// it, and for all others what the event says that made the object.
///
/// So neither a snapshot nor a replay keeps a row for each token: the log has it already.
final class PastStandings: Sendable {
  private let snapshot: SnapshotView?
  /// The record at a position.
  private let record: @Sendable (PositionNumber) throws(LogError) -> Record?
  private let changes: PastChanges
  /// Up to where the log counts.
  private let limit = Atomic<PositionNumber>(0)
  /// What lay below the changed rows, which never changes: what many tokens depend on is read and decoded once.
  private let known = Mutex([Known?](repeating: nil, count: PastStandings.knownCount))

  private typealias Known = (number: UInt64, standing: Standing?)
  /// How many are kept, each in the one place that its number has.
  private static let knownCount = 1_024

  init(
    _ snapshot: SnapshotView?, _ changes: PastChanges,
    record: @escaping @Sendable (PositionNumber) throws(LogError) -> Record?
  ) {
    self.snapshot = snapshot
    self.changes = changes
    self.record = record
  }

  func count(upTo position: PositionNumber) { limit.store(position, ordering: .releasing) }

  func standing(of number: UInt64) throws(LogError) -> Standing? {
    guard number > 0, number <= limit.load(ordering: .acquiring) else { return nil }
    let place = Int(number % UInt64(Self.knownCount))
    if let known = known.withLock({ $0[place] }), known.number == number { return known.standing }
    let standing = try read(number)
    known.withLock { $0[place] = (number, standing) }
    return standing
  }

  private func read(_ number: UInt64) throws(LogError) -> Standing? {
    if let kept = try stored({ () throws(LMDBError) in try keptStanding(of: number) }) { return kept }
    guard let record = try record(number), EventType.makesStanding(record.header.type) else {
      return nil
    }
    return try StandingEffect.made(by: record.event, at: number)
  }

  /// The standing that the snapshot has, as it changed before that.
  func keptStanding(of number: UInt64) throws(LMDBError) -> Standing? {
    guard let snapshot, number <= snapshot.position else { return nil }
    return try snapshot.standing(of: number)
  }

  func noteChange(of number: UInt64, _ before: Standing) {
    if changes.isRecording { changes.append(.standing(number, before)) }
  }
}

extension EventType {
  /// Whether an event of a type makes something that token validity has a row for.
  static func makesStanding(_ type: UInt16) -> Bool {
    switch EventType(rawValue: type) {
    case .tokenIssued, .accountRegistered, .phoneVerified, .connectorCreated, .groupCreated, .groupMemberAdded,
      .permissionGranted, .refreshTokenIssued, .refreshTokenRotated:
      true
    default: false
    }
  }
}

extension StandingEffect {
  /// How the object that an event makes stands at first; nil if it makes none.
  static func made(by event: LedgerEvent, at position: PositionNumber) throws(LogError) -> Standing? {
    var made: Standing?
    try forEach(of: event, at: position) { (number, effect) throws(LogError) in
      if number == position, case .make(let standing) = effect { made = standing }
    }
    return made
  }
}
