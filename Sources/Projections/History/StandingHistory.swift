package import EventLog
package import LedgerDomain
package import LedgerEvents

/// How an object, and everything that it depends on, stood right after a past event, and the events that made it so.
///
/// Found in the audit trail and replayed by the rules of ``StandingEffect``, so it is what the projection held then. Busy
/// objects (accounts, connectors, groups) are looked up by the types of event that change them, since few events do; the
/// others by their own events. A connector's owner is asked about in milliseconds, not by a scan of the log.
package struct StandingHistory: StandingReader {
  /// An event that made an object, or changed how it stands.
  package struct Change: Sendable {
    package let position: PositionNumber
    package let time: Timestamp
    package let type: EventType
    package let object: Subject
    package let record: Record
  }

  /// What an event did to an object.
  private struct Effect {
    let position: PositionNumber
    let number: UInt64
    let effect: StandingEffect
  }

  private var standings: [UInt64: Standing] = [:]
  private var effects: [Effect] = []
  private var newestFamilies: [GrantID: FamilyID] = [:]
  private let clock: ClockCorrections
  /// The token that followed the one asked about, which is judged by whether its successor was used in its turn; 0 if none.
  private var successor: UInt64 = 0
  /// In the order of the log.
  package private(set) var changes: [Change] = []

  /// - Parameters:
  ///   - number: the object's.
  ///   - position: of the last event that counts.
  package init(
    of number: UInt64, until position: PositionNumber, in view: borrowing LogSnapshot<ProjectionSet>
  ) throws(LogError) {
    clock = try view.clockCorrections(until: position)
    var waiting = [number]
    while let next = waiting.popLast() {
      guard standings[next] == nil, next > 0, next <= position,
        var standing = try replay(next, until: position, in: view)
      else { continue }
      standing.correct(by: clock, next)
      standings[next] = standing
      for index in standing.parents.indices where standing.parents[index] != 0 {
        waiting.append(standing.parents[index])
      }
      if next == number, standing.kind == .grant,
        let family = try Self.newestFamily(of: number, until: position, in: view)
      {
        newestFamilies[GrantID(rawValue: number)] = FamilyID(rawValue: family)
        waiting.append(family)
      }
    }
    // A token that was replaced is judged by whether its successor was, in its turn. That is none of its own history.
    if let successor = standings[number]?.credential?.successor, successor > 0, successor <= position {
      self.successor = successor
      let own = changes
      standings[successor] = try replay(successor, until: position, in: view)
      changes = own
    }
    changes.sort { $0.position < $1.position }
  }

  package func standing(of number: UInt64) throws(StateUnreadable) -> Standing? { standings[number] }

  package func newestFamily(of grant: GrantID) throws(StateUnreadable) -> FamilyID? { newestFamilies[grant] }

  /// How all would stand if, of the events that stop or replace something, only the one at a position had happened.
  package func stoppedOnly(by position: PositionNumber) -> StandingHistory {
    var history = self
    history.standings = [:]
    for effect in effects
    where !effect.effect.stops || effect.position == position || effect.number == successor {
      if case .make(let made) = effect.effect { history.standings[effect.number] = made }
      guard var standing = history.standings[effect.number] else { continue }
      effect.effect.apply(to: &standing, at: effect.position)
      history.standings[effect.number] = standing
    }
    for number in history.standings.keys where number != successor {
      history.standings[number]?.correct(by: clock, number)
    }
    return history
  }

  private mutating func replay(
    _ number: UInt64, until end: PositionNumber, in view: borrowing LogSnapshot<ProjectionSet>
  ) throws(LogError) -> Standing? {
    var standing: Standing?
    try apply(number, number, to: &standing, view)
    guard let kind = standing?.kind else { return nil }
    for position in try positions(changing: number, kind, until: end, in: view).reversed() {
      do throws(LogError) { try apply(position, number, to: &standing, view) } catch {
        // What may be in an archive is of one token alone, and changes nothing else.
        guard error.code == .archived, kind != .token else { throw error }
      }
    }
    return standing
  }

  private mutating func apply(
    _ position: PositionNumber, _ number: UInt64, to standing: inout Standing?,
    _ view: borrowing LogSnapshot<ProjectionSet>
  ) throws(LogError) {
    guard let record = try view.record(at: position) else { return }
    var found: StandingEffect?
    try StandingEffect.forEach(of: record.event, at: position) { (object, effect) throws(LogError) in
      if object == number { found = effect }
    }
    guard let found else { return }
    if case .make(let made) = found { standing = made }
    guard var changed = standing else { return }
    found.apply(to: &changed, at: position)
    standing = changed
    effects.append(Effect(position: position, number: number, effect: found))
    changes.append(
      Change(
        position: position, time: Timestamp(milliseconds: record.header.recordedAt),
        type: EventType(rawValue: record.header.type), object: Subject(kind: changed.kind, number: number),
        record: record))
  }

  /// The newest family that was made under a grant.
  private static func newestFamily(
    of grant: UInt64, until end: PositionNumber, in view: borrowing LogSnapshot<ProjectionSet>
  ) throws(LogError) -> UInt64? {
    let search = AuditSearch(
      groups: [
        [.subject(LogSubject(kind: SubjectKind.grant.rawValue, number: grant))],
        [.type(EventType.refreshTokenIssued.rawValue)],
      ], range: grant...max(grant, end), ascending: false)
    var newest: UInt64?
    var budget = Int.max
    _ = try view.auditTrail().search(search, budget: &budget, in: view) { (position) throws(LogError) in
      newest = position
      return false
    }
    return newest
  }

  /// The events after the one that made an object which may change it, the newest first.
  private func positions(
    changing number: UInt64, _ kind: SubjectKind, until end: PositionNumber,
    in view: borrowing LogSnapshot<ProjectionSet>
  ) throws(LogError) -> [PositionNumber] {
    let terms = Self.terms(changing: number, kind)
    var positions: [PositionNumber] = []
    var before = end + 1
    while before > number + 1 {
      let page = try view.auditTrail().latest(1_000, of: terms, before: before, in: view)
      positions += page.prefix { $0 > number }
      guard page.count == 1_000, let last = page.last else { break }
      before = last
    }
    return positions
  }

  private static func terms(changing number: UInt64, _ kind: SubjectKind) -> [AuditTerm] {
    let types: [EventType] =
      switch kind {
      case .account: [.accountDisabled, .accountEnabled, .accountRoleChanged, .tokenRevoked, .subjectErased]
      case .connector:
        [
          .connectorUpdated, .connectorScopesApproved, .connectorDeactivated, .connectorActivated, .connectorDeleted,
          .tokenRevoked,
        ]
      case .group: [.groupDeleted]
      default: []
      }
    guard types.isEmpty else { return types.map { .type($0.rawValue) } }
    // A successor is recorded for the token that it follows, whether that is the family's first or not.
    let kinds: [SubjectKind] = kind == .family ? [.family, .token] : [kind]
    return kinds.map { .subject(LogSubject(kind: $0.rawValue, number: number)) }
  }
}

extension StandingHistory {
  /// The position of the newest event that was recorded at a time or before it; 0 if there is none. What was recorded
  /// before the clock was set back counts as recorded by then.
  package static func position(
    at time: Timestamp, in view: borrowing LogSnapshot<ProjectionSet>
  ) throws(LogError) -> PositionNumber {
    let clock = try view.clockCorrections()
    var low: PositionNumber = 0
    var high = try view.head()
    while low < high {
      let middle = low + (high - low + 1) / 2
      guard let stamp = try view.stamp(at: middle) else { return low }
      if clock.time(Timestamp(milliseconds: stamp.recordedAt), at: Position(middle)) <= time {
        low = middle
      } else {
        high = middle - 1
      }
    }
    return low
  }
}
