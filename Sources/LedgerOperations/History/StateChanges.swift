import EventLog
import LedgerDomain
public import LedgerEvents
import Projections

/// What changed in the state between two moments.
public struct StateChanges: Sendable {
  /// The positions of the last events that count, and when they were recorded.
  public let from: (position: Position, time: Timestamp)
  public let to: (position: Position, time: Timestamp)
  /// How many events lie between, by type.
  public let events: [(type: EventType, count: UInt64)]
  /// The objects that were made, changed or removed, by kind and number. A token that was issued and not touched since
  /// is counted among the events only.
  public let objects: [ObjectChange]
}

/// How an object changed.
public struct ObjectChange: Sendable, Equatable {
  /// What happened to it.
  public enum Kind: String, Sendable {
    case created
    case changed
    case removed
  }

  public let subject: Subject
  public let kind: Kind
  /// The fields that differ, in the order of ``StateObject/fields``; ``StateValue/none`` where there was nothing.
  public let fields: [FieldChange]

  /// How one of its fields changed.
  public struct FieldChange: Sendable, Equatable {
    public let name: String
    public let before: StateValue
    public let after: StateValue
  }

  /// Nil where nothing differs that is shown.
  init?(_ subject: Subject, _ before: StateObject?, _ after: StateObject?) {
    guard before != nil || after != nil else { return nil }
    self.subject = subject
    kind = before == nil ? .created : after == nil ? .removed : .changed
    var changes: [FieldChange] = []
    for field in (after ?? before)?.fields ?? [] {
      let change = FieldChange(
        name: field.name, before: before?.value(of: field.name) ?? .none, after: after?.value(of: field.name) ?? .none)
      if change.before != change.after { changes.append(change) }
    }
    if kind == .changed, changes.isEmpty { return nil }
    fields = changes
  }
}

extension History {
  /// What changed in the state between two moments.
  ///
  /// Replays the events up to the first, and from it to the second.
  ///
  /// ```swift
  /// let changes = try await ledger.history.changes(from: .time(yesterday), to: .latest)
  /// for change in changes.objects { print(change.subject, change.kind) }
  /// ```
  ///
  /// - Parameter progress: is called with how many events are done, of how many.
  /// - Throws: `invalid_value` where a moment is before the ledger began or to come, or the first after the second;
  ///   otherwise as ``state(at:progress:)``.
  public func changes(
    from: LedgerMoment, to: LedgerMoment,
    progress: @escaping @Sendable (_ done: UInt64, _ of: UInt64) -> Void = { _, _ in }
  ) async throws(LedgerError) -> StateChanges {
    let first = try ledger.position(of: from, field: "from")
    let last = try ledger.position(of: to, field: "to")
    guard first <= last else {
      throw LedgerError(
        .invalidValue, "from: position \(first) is after position \(last); expected the earlier moment first",
        field: "from")
    }
    let past = try await ledger.past(before: first.rawValue)
    defer { past.close() }
    try await ledger.advance(past, to: first.rawValue) { done, _ in progress(done, last.rawValue) }
    past.recordChanges()
    try await ledger.advance(past, to: last.rawValue, progress: progress)
    let objects = try await ledger.changes(in: past.takeChanges(), of: past, backTo: first.rawValue, and: [])
    let counts = try await ledger.counts(of: first < last ? first.next...last : nil)
    let times = (try ledger.time(of: first), try ledger.time(of: last))
    let none = Timestamp(milliseconds: 0)
    return StateChanges(
      from: (first, times.0 ?? none), to: (last, times.1 ?? none), events: counts, objects: objects)
  }
}

extension Ledger {
  /// Compares the objects of a set of changes after and before them; the replay has then gone back.
  ///
  /// - Parameter others: objects to compare besides.
  func changes(
    in set: PastChangeSet, of past: PastProjections, backTo position: UInt64, and others: [Subject]
  ) async throws(LedgerError) -> [ObjectChange] {
    try await blocking { () throws(LedgerError) in
      let subjects = set.objects + others.filter { !set.objects.contains($0) }
      let after = try past.objects(subjects)
      try logged { () throws(LogError) in try past.takeBack(set, to: position) }
      let before = try past.objects(subjects)
      var changes: [ObjectChange] = []
      for (index, subject) in subjects.enumerated() {
        if let change = ObjectChange(subject, before[index], after[index]) { changes.append(change) }
      }
      return changes
    }
  }

  fileprivate func counts(
    of range: ClosedRange<Position>?
  ) async throws(LedgerError) -> [(type: EventType, count: UInt64)] {
    guard let range else { return [] }
    let log = log
    return try await blocking { () throws(LedgerError) in
      try logged { () throws(LogError) in
        var counts: [UInt16: UInt64] = [:]
        try log.snapshot().forEachRecord(in: range.numbers) { (header, _) throws(LogError) in
          counts[header.type, default: 0] += 1
          return true
        }
        return counts.keys.sorted().map { (EventType(rawValue: $0), counts[$0] ?? 0) }
      }
    }
  }
}

extension PastProjections {
  fileprivate func objects(_ subjects: [Subject]) throws(LedgerError) -> [StateObject?] {
    let outcome = try logged { () throws(LogError) in
      try withState(orThrow: { $0 }) { (state) throws(LogError) -> Result<[StateObject?], StateUnreadable> in
        do throws(StateUnreadable) {
          return .success(
            try subjects.map { (subject) throws(StateUnreadable) in try state.object(subject, judgedAt: nil) })
        } catch { return .failure(error) }
      }
    }
    do throws(StateUnreadable) { return try outcome.get() } catch { throw LedgerError(error) }
  }
}
