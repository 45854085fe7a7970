import EventLog
import LedgerDomain
public import LedgerEvents
import Projections

/// A replay that goes on and back by single events, and tells what each changed in the state.
///
/// ```swift
/// let steps = try await ledger.history.steps(from: .position(100))
/// while let step = try await steps.forward() { print(step.event.type, step.changes.count) }
/// await steps.close()
/// ```
public actor ReplaySteps {
  /// An event, and what it changed.
  public struct Step: Sendable {
    public let event: AuditEntry
    public let changes: [ObjectChange]
  }

  private let ledger: Ledger
  private var past: PastProjections
  /// What each of the last events changed, the oldest first: the way back.
  private var way: [PastChangeSet] = []
  /// How far back a replay begins that is to go back.
  private static let reach: UInt64 = 256
  /// How much of the way back is kept.
  private static let memory = 4_096

  init(_ ledger: Ledger, _ past: PastProjections) {
    self.ledger = ledger
    self.past = past
  }

  /// The position of the last event that counts; 0 before the first.
  public var position: Position { Position(past.position) }

  /// Gives back the scratch copy of the state.
  public func close() { past.close() }

  /// Applies the next event.
  ///
  /// - Returns: nil at the end of the log.
  /// - Throws: `closed`, `busy`, `archived` where a record is in an archive that is not available; `damaged`, `storage`.
  public func forward() async throws(LedgerError) -> Step? {
    let next = past.position + 1
    guard Position(next) <= (try ledger.head()) else { return nil }
    let set = try await apply(next)
    let others = try madeObject(by: next)
    let changes = try await ledger.changes(in: set, of: past, backTo: next - 1, and: others)
    try await ledger.advance(past, to: next)
    way.append(set)
    if way.count > 2 * Self.memory { way.removeFirst(Self.memory) }
    return Step(event: try entry(at: next), changes: changes)
  }

  /// Takes the last event back.
  ///
  /// - Returns: the event, and what it had changed; nil before the first.
  /// - Throws: `closed`, `busy`, `archived` where a record is in an archive that is not available; `damaged`, `storage`.
  public func back() async throws(LedgerError) -> Step? {
    let position = past.position
    guard position > 0 else { return nil }
    if way.isEmpty {
      // As far back as there is a way to keep, then on to where it was.
      try await begin(before: position > Self.reach ? position - Self.reach : 0)
      while past.position < position { way.append(try await apply(past.position + 1)) }
    }
    guard let set = way.popLast() else { return nil }
    let changes = try await ledger.changes(
      in: set, of: past, backTo: position - 1, and: try madeObject(by: position))
    return Step(event: try entry(at: position), changes: changes)
  }

  /// Goes to right after the event at a position, on or back; 0 is before the first.
  ///
  /// - Throws: `invalid_value` beyond the head.
  public func go(to position: Position) async throws(LedgerError) {
    if position > 0 { _ = try ledger.position(of: .position(position), field: "position") }
    if position < self.position { try await begin(before: position.rawValue) }
    way = []
    try await ledger.advance(past, to: position.rawValue)
  }

  /// Applies everything up to the next event that concerns a subject, or that it caused.
  ///
  /// - Returns: that event; nil if there is none any more, and then nothing was applied.
  /// - Throws: `closed`, `busy`, `archived` where a record is in an archive that is not available; `damaged`, `storage`.
  public func forward(to subject: Subject) async throws(LedgerError) -> Step? {
    let (ledger, position) = (ledger, past.position)
    let next = try await ledger.blocking { () throws(LedgerError) -> UInt64? in
      try logged { () throws(LogError) in
        let view = try ledger.log.snapshot()
        let terms: [AuditTerm] = [.subject(LogSubject(subject)), .actor(LogSubject(subject))]
        guard try view.head() > position else { return nil }
        var found: UInt64?
        var budget = Int.max
        let search = AuditSearch(groups: [terms], range: position + 1...UInt64.max, ascending: true)
        _ = try view.auditTrail().search(search, budget: &budget, in: view) {
          found = $0
          return false
        }
        return found
      }
    }
    guard let next else { return nil }
    if next > position + 1 { try await go(to: Position(next - 1)) }
    return try await forward()
  }

  /// An object as it is at this point, with whether it is in force; nil if there is none.
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func object(_ subject: Subject) throws(LedgerError) -> StateObject? {
    let time = try ledger.time(of: position) ?? Timestamp(milliseconds: 0)
    return try PastState(ledger, past, at: time).object(subject)
  }

  /// Begins anew, somewhere at or before a position, and goes there.
  private func begin(before position: UInt64) async throws(LedgerError) {
    let other = try await ledger.past(before: position)
    past.close()
    past = other
    try await ledger.advance(past, to: position)
  }

  private func apply(_ position: UInt64) async throws(LedgerError) -> PastChangeSet {
    past.recordChanges()
    try await ledger.advance(past, to: position)
    return past.takeChanges()
  }

  /// The token that an event made: nothing else tells of it.
  private func madeObject(by position: UInt64) throws(LedgerError) -> [Subject] {
    try logged { () throws(LogError) in
      guard let stamp = try ledger.log.snapshot().stamp(at: position) else { return [] }
      switch EventType(rawValue: stamp.type) {
      case .tokenIssued: return [Subject(kind: .token, number: position)]
      case .refreshTokenIssued, .refreshTokenRotated: return [Subject(kind: .family, number: position)]
      default: return []
      }
    }
  }

  private func entry(at position: UInt64) throws(LedgerError) -> AuditEntry {
    try logged { () throws(LogError) in
      guard let record = try ledger.log.snapshot().record(at: position) else {
        throw LogError(.damagedRecord, "the record is missing", at: position)
      }
      return try AuditEntry(record)
    }
  }
}

extension History {
  /// Begins a replay by steps at a moment.
  ///
  /// - Parameter moment: nil is before the first event.
  /// - Throws: `invalid_value` for a moment beyond the head; `closed`, `busy`, `archived`, `damaged`, `storage`.
  public func steps(from moment: LedgerMoment? = nil) async throws(LedgerError) -> ReplaySteps {
    let start = if let moment { try ledger.position(of: moment).rawValue } else { UInt64(0) }
    let past = try await ledger.past(before: start)
    try await ledger.advance(past, to: start)
    return ReplaySteps(ledger, past)
  }
}
