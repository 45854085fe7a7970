import EventLog
import LedgerEvents
import Projections

extension Audit {
  /// What events are counted by.
  public enum Grouping: String, Sendable, CaseIterable {
    case type
    /// Who caused them.
    case actor
    /// Each connector that caused them, or that they concern or made.
    case connector
    /// Each group that they concern or made.
    case group
    /// In UTC.
    case day
    case hour
  }

  /// How many events there are.
  public struct Counts: Sendable, Equatable {
    /// How many a filter lets pass.
    public let total: UInt64
    /// How many of them there are of each key, such as `token.issued`, `connector:9` or `2026-01-31`: times in their order, all
    /// else the most frequent first. An event counts once for each object of the kind that it is about, and not at all where
    /// it is about none.
    public let groups: [(key: String, count: UInt64)]
    /// How many events might have come from the address that was asked for, but this can no longer be known.
    public let undecided: UInt64

    public static func == (one: Counts, other: Counts) -> Bool {
      one.total == other.total && one.undecided == other.undecided
        && one.groups.elementsEqual(other.groups) { $0 == $1 }
    }
  }

  /// Counts the events that a filter lets pass. Reads the header of each, about a microsecond; where addresses are asked for, the
  /// whole record.
  ///
  /// ```swift
  /// let perDay = try await ledger.audit.count(.type(.tokenIssued).and(.recorded(since: yesterday)), by: .day).groups
  /// ```
  ///
  /// - Throws: `damaged`, never an answer that leaves something out; `storage`, `closed`.
  public func count(_ filter: Filter = .all, by grouping: Grouping? = nil) async throws(LedgerError) -> Counts {
    let ledger = ledger
    return try await ledger.blocking { () throws(LedgerError) in
      try logged { () throws(LogError) in
        try ledger.count(filter, by: grouping, in: ledger.log.snapshot())
      }
    }
  }
}

/// Counts as they grow.
private struct EventCounter {
  let grouping: Audit.Grouping?
  private(set) var total: UInt64 = 0
  var undecided: UInt64 = 0
  private var subjects: [LogSubject: UInt64] = [:]
  private var numbers: [Int64: UInt64] = [:]

  init(_ grouping: Audit.Grouping?) { self.grouping = grouping }

  /// Whether the type and the time of an event are all that counts.
  var needsStampAlone: Bool { [nil, .type, .day, .hour].contains(grouping) }

  mutating func count(_ stamp: RecordStamp) {
    total += 1
    switch grouping {
    case .type: numbers[Int64(stamp.type), default: 0] += 1
    case .day: numbers[stamp.recordedAt / 86_400_000, default: 0] += 1
    case .hour: numbers[stamp.recordedAt / 3_600_000, default: 0] += 1
    case nil, .actor, .connector, .group: break
    }
  }

  mutating func count(_ header: RecordHeader) {
    count(header.stamp)
    switch grouping {
    case .actor: subjects[header.actor, default: 0] += 1
    case .connector: count(.connector, in: header)
    case .group: count(.group, in: header)
    case nil, .type, .day, .hour: break
    }
  }

  private mutating func count(_ kind: SubjectKind, in header: RecordHeader) {
    var found: Set<UInt64> = []
    if header.actor.kind == kind.rawValue { found.insert(header.actor.number) }
    for index in 0..<header.subjects.count where header.subjects[index].kind == kind.rawValue {
      found.insert(header.subjects[index].number)
    }
    if EventType.creates(header.type, kind.rawValue) { found.insert(header.position) }
    for number in found { subjects[LogSubject(kind: kind.rawValue, number: number), default: 0] += 1 }
  }

  var counts: Audit.Counts {
    let groups: [(String, UInt64)]
    switch grouping {
    case nil: groups = []
    case .type:
      groups = Self.sorted(
        numbers.map { (EventType(rawValue: UInt16(clamping: $0)).name ?? "type \($0)", $1) })
    case .day: groups = numbers.sorted { $0.key < $1.key }.map { (Self.text($0 * 86_400_000, 10), $1) }
    case .hour: groups = numbers.sorted { $0.key < $1.key }.map { (Self.text($0 * 3_600_000, 13), $1) }
    case .actor, .connector, .group:
      groups = Self.sorted(
        subjects.map { (Subject($0).map { "\($0)" } ?? "kind \($0.kind):\($0.number)", $1) })
    }
    return Audit.Counts(total: total, groups: groups.map { (key: $0, count: $1) }, undecided: undecided)
  }

  private static func text(_ milliseconds: Int64, _ length: Int) -> String {
    String(Timestamp(milliseconds: milliseconds).description.prefix(length))
  }

  private static func sorted(_ groups: [(String, UInt64)]) -> [(String, UInt64)] {
    groups.sorted { $0.1 != $1.1 ? $0.1 > $1.1 : $0.0 < $1.0 }
  }
}

extension Ledger {
  fileprivate func count(
    _ filter: Audit.Filter, by grouping: Audit.Grouping?, in view: borrowing LogSnapshot<ProjectionSet>
  ) throws(LogError) -> Audit.Counts {
    var counter = EventCounter(grouping)
    guard let range = try range(of: filter, ascending: true, after: nil, in: view) else { return counter.counts }
    if filter.conditions.isEmpty {
      try view.forEachRecord(in: range) { (place) throws(LogError) in
        guard counter.needsStampAlone else { return false }
        counter.count(place.stamp)
        return true
      } _: { (header, _) throws(LogError) in
        counter.count(header)
        return true
      }
      return counter.counts
    }
    let search = AuditSearch(groups: try groups(of: filter, in: view), range: range, ascending: true)
    var budget = Int.max
    let needsRecord = !counter.needsStampAlone || filter.needsRecord
    _ = try view.auditTrail().search(search, budget: &budget, in: view) { (position) throws(LogError) in
      guard needsRecord else {
        if let stamp = try view.stamp(at: position) { counter.count(stamp) }
        return true
      }
      guard let record = try view.record(at: position) else { return true }
      switch try fits(record, filter) {
      case true?: counter.count(record.header)
      case false?: break
      case nil: counter.undecided += 1
      }
      return true
    }
    return counter.counts
  }
}

extension Audit.Filter {
  /// Whether the index alone does not say which events pass: addresses have none, and of requests it has a hash.
  var needsRecord: Bool {
    conditions.contains { condition in
      switch condition {
      case .requests, .addresses: true
      case .terms, .numbers: false
      }
    }
  }
}
