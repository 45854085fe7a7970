package import EventLog
import LMDB
package import LedgerCrypto
import LedgerDomain
package import LedgerEvents

/// The first row in which live projections differ from what the log makes of them.
package struct ProjectionDifference: Sendable {
  package let projection: ProjectionName
  /// The row's key, for people; hashes cut short.
  package let key: String
  /// The object whose own row it is, if it is one's.
  package let object: Subject?
  /// The rows on both sides; nil where there is none.
  package let live: [UInt8]?
  package let rebuilt: [UInt8]?
  /// The key as it is stored.
  let order: [UInt8]
}

/// Live projections beside a replay.
package struct ProjectionComparison: Sendable {
  private let log: EventLog<ProjectionSet>
  private let replay: ProjectionReplay
  private let only: Set<ProjectionName>

  /// - Parameter replay: of the projections to compare; it is brought to the live head.
  package init(of log: EventLog<ProjectionSet>, with replay: ProjectionReplay, only: Set<ProjectionName>) {
    self.log = log
    self.replay = replay
    self.only = only
  }

  /// The digests on both sides, at one head, and the first difference if there is any.
  package func run() throws(LogError) -> (
    head: PositionNumber, live: [ProjectionName: Digest], rebuilt: [ProjectionName: Digest],
    first: ProjectionDifference?
  ) {
    // Nothing is appended to what a snapshot sees while the replay comes up to it.
    let view = try log.snapshot()
    let head = try view.head()
    while try replay.advance(to: head) < head {}
    let tables = try view.participant.liveTables(in: view.transaction).tables
    let rebuilt = try replay.digests()
    var live: [ProjectionName: Digest] = [:]
    if only.contains(.directory) { live[.directory] = try tables.directory.digest(in: view.transaction) }
    if only.contains(.validity) { live[.validity] = try tables.validity.digest(in: view.transaction) }
    if only.contains(.audit) { live[.audit] = try tables.audit.digest(in: view) }
    var first: ProjectionDifference?
    if live[.directory] != rebuilt[.directory] { first = try directoryDifference(tables, view) }
    if first == nil, live[.validity] != rebuilt[.validity] { first = try validityDifference(tables, view) }
    if first == nil, live[.audit] != rebuilt[.audit] { first = try auditDifference(tables, view) }
    return (head, live, rebuilt, first)
  }

  private func directoryDifference(
    _ tables: ProjectionTables, _ view: borrowing LogSnapshot<ProjectionSet>
  ) throws(LogError) -> ProjectionDifference? {
    try replay.reading { (other) throws(LogError) in
      try stored { () throws(LMDBError) in
        var pair = RowPairs<DirectoryKey>(order: \.stored)
        let found = try pair.firstDifference(
          { (lower, body) throws(LMDBError) in
            try tables.directory.rows.forEach(from: lower, in: view.transaction, body)
          },
          { (lower, body) throws(LMDBError) in
            try replay.tables.directory.rows.forEach(from: lower, in: other, body)
          })
        return found.map {
          ProjectionDifference(
            projection: .directory, key: $0.key.description, object: $0.key.object, live: $0.one, rebuilt: $0.other,
            order: $0.key.stored)
        }
      }
    }
  }

  private func validityDifference(
    _ tables: ProjectionTables, _ view: borrowing LogSnapshot<ProjectionSet>
  ) throws(LogError) -> ProjectionDifference? {
    try replay.reading { (other) throws(LogError) in
      try stored { () throws(LMDBError) in
        var pair = RowPairs<UInt64>(order: { number in
          (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
        })
        let found = try pair.firstDifference(
          { (lower, body) throws(LMDBError) in try tables.validity.rows.forEach(from: lower, in: view.transaction, body)
          },
          { (lower, body) throws(LMDBError) in try replay.tables.validity.rows.forEach(from: lower, in: other, body) })
        guard let found else { return nil }
        let kind = (found.other ?? found.one).flatMap { unsafe StandingCodec.decode($0.span.bytes)?.kind }
        return ProjectionDifference(
          projection: .validity, key: "\(kind?.name ?? "object"):\(found.key)",
          object: kind.map { Subject(kind: $0, number: found.key) }, live: found.one, rebuilt: found.other,
          order: pair.order(found.key))
      }
    }
  }

  /// The first entry that the live runs have and the records do not, or the other way round.
  private func auditDifference(
    _ tables: ProjectionTables, _ view: borrowing LogSnapshot<ProjectionSet>
  ) throws(LogError) -> ProjectionDifference? {
    let head = try view.head()
    let catalogue = try tables.audit.catalogue(in: view)
    var sources = catalogue.runs.map { AuditMerge.Source.run($0) }
    if catalogue.covered < head { sources.append(.log(catalogue.covered + 1...head)) }
    var one = AuditMerge(sources)
    var other = AuditMerge(
      stride(from: PositionNumber(1), through: head, by: 65_536).map { .log($0...min($0 + 65_535, head)) })
    func read(_ source: AuditMerge.Source, _ start: AuditIndexEntry) throws(LogError) -> AuditMerge.Part {
      try tables.audit.part(of: source, from: start, limit: 131_072, in: view)
    }
    while true {
      let live = try one.next(read)
      let rebuilt = try other.next(read)
      guard live != rebuilt else {
        if live == nil { return nil }
        continue
      }
      // The lesser of the two is the one that the other side lacks.
      let isExtra = rebuilt.map { rebuilt in live.map { $0 < rebuilt } ?? false } ?? true
      guard let entry = isExtra ? live : rebuilt else { return nil }
      return ProjectionDifference(
        projection: .audit,
        key: "term \(entry.term.category >> 8).\(entry.term.category & 0xFF):\(entry.term.number) at \(entry.position)",
        object: nil, live: isExtra ? [] : nil, rebuilt: isExtra ? nil : [],
        order: (0..<8).map { UInt8(truncatingIfNeeded: entry.position >> (56 - 8 * $0)) })
    }
  }
}

extension ProjectionDifference {
  /// The event that touched the row last as the log has it, found by another replay, which looks at the row after each
  /// event; 0 if none did.
  ///
  /// - Parameter replay: of the projection, with nothing replayed yet.
  package func lastEvent(
    upTo head: PositionNumber, by replay: ProjectionReplay, progress: (PositionNumber) -> Void
  ) throws(LogError) -> PositionNumber {
    if projection == .audit { return order.reduce(0) { $0 << 8 | PositionNumber($1) } }
    var last: PositionNumber = 0
    var bytes: [UInt8]?
    while try replay.advance(
      to: head, limit: 65_536,
      watch: { (header, transaction) throws(LogError) in
        let now = try replay.row(projection, order, in: transaction)
        if now != bytes { (last, bytes) = (header.position, now) }
      }) < head
    { progress(try replay.position()) }
    return last
  }
}

extension ProjectionReplay {
  fileprivate func row(
    _ projection: ProjectionName, _ order: [UInt8], in transaction: borrowing WriteTransaction
  ) throws(LogError) -> [UInt8]? {
    try stored { () throws(LMDBError) in
      switch projection {
      case .directory:
        guard let key = unsafe DirectoryKeyCodec.decode(order.span.bytes) else { return nil }
        return try tables.directory.rows.withBytes(of: key, in: transaction) { Array(copying: $0) }
      case .validity:
        return try tables.validity.rows.withBytes(of: order.reduce(0) { $0 << 8 | UInt64($1) }, in: transaction) {
          Array(copying: $0)
        }
      case .audit: return nil
      }
    }
  }
}

/// Two tables, row by row in the order of their keys.
private struct RowPairs<Key: Equatable> {
  typealias Source = (_ lower: Key?, _ body: (Key, RawSpan) throws(LMDBError) -> ScanStep) throws(LMDBError) -> Void

  let order: (Key) -> [UInt8]

  init(order: @escaping (Key) -> [UInt8]) { self.order = order }

  /// What was read ahead of one table.
  private struct Ahead {
    var rows: ArraySlice<(key: Key, value: [UInt8])> = []
    var last: Key?
    var isAtEnd = false

    mutating func first(_ source: Source) throws(LMDBError) -> (key: Key, value: [UInt8])? {
      if rows.isEmpty, !isAtEnd {
        var read: [(key: Key, value: [UInt8])] = []
        let last = last
        try source(last) { key, bytes in
          if key != last { read.append((key, Array(copying: bytes))) }
          return read.count < 1_024 ? .continue : .stop
        }
        isAtEnd = read.count < 1_024
        self.last = read.last?.key ?? last
        rows = read[...]
      }
      return rows.first
    }
  }

  mutating func firstDifference(
    _ one: Source, _ other: Source
  ) throws(LMDBError) -> (key: Key, one: [UInt8]?, other: [UInt8]?)? {
    var (left, right) = (Ahead(), Ahead())
    while true {
      let (a, b) = (try left.first(one), try right.first(other))
      guard let a else { return b.map { ($0.key, nil, $0.value) } }
      guard let b else { return (a.key, a.value, nil) }
      guard a.key == b.key else {
        return order(a.key).lexicographicallyPrecedes(order(b.key)) ? (a.key, a.value, nil) : (b.key, nil, b.value)
      }
      guard a.value == b.value else { return (a.key, a.value, b.value) }
      left.rows.removeFirst()
      right.rows.removeFirst()
    }
  }
}

extension DirectoryKey: CustomStringConvertible {
  /// The family and its numbers; of a hash the first bytes only, as it stands for something personal.
  package var description: String {
    switch self {
    case .number(let family, let number): "\(family) \(number)"
    case .pair(let family, let first, let second): "\(family) \(first) \(second)"
    case .digest(let family, let digest, let number): "\(family) \(digest.hex.prefix(6))... \(number)"
    case .publicID(let family, let publicID): "\(family) \(publicID)"
    case .person(let family, let person, let number): "\(family) \(person) \(number)"
    }
  }
}

extension ProjectionReplay {
  /// Reads the state that was made.
  package func withState<Result>(
    _ body: (borrowing LedgerState) throws(LogError) -> Result
  ) throws(LogError) -> Result {
    try reading { (transaction) throws(LogError) in
      try body(
        LedgerState(
          tables, BorrowedTransaction(transaction), nil, tables.directory.clockCorrections(in: transaction)))
    }
  }
}
