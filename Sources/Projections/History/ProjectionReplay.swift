package import EventLog
import Glibc
import LMDB
package import LedgerCrypto
import LedgerDomain
import LedgerEvents
import LedgerFiles

/// One of the projections.
package enum ProjectionName: String, Sendable, CaseIterable {
  case directory
  case validity
  case audit
}

/// A replay of the log into an environment of its own: a complete set of projections to look into, as they were right
/// after an event.
///
/// Its folder says how far it has come, so that the next opening continues from there.
package final class ProjectionReplay: Sendable {
  private let log: EventLog<ProjectionSet>
  private let environment: Environment
  private let only: Set<ProjectionName>
  let tables: ProjectionTables
  private let cursor: Table<BytesKey, ReplayCursor>

  private static let cursorKey = Array("replay".utf8)
  private static let cursorTable = TableDefinition<BytesKey, ReplayCursor>("replay")

  /// Begins a replay, or goes on with one.
  ///
  /// - Parameters:
  ///   - path: a folder that does not exist, is empty, or holds a replay of this log.
  ///   - only: which projections to make; a replay goes on with those that it began with.
  /// - Throws: ``LogError/Code/alreadyExists`` where the folder holds anything else, with nothing changed.
  package init(of log: EventLog<ProjectionSet>, at path: String, only: Set<ProjectionName>) throws(LogError) {
    try Self.requireOwn(path, of: log, only)
    let environment = try stored { () throws(LMDBError) in try Environment(at: path) }
    do throws(LogError) {
      (tables, cursor) = try environment.write { (transaction) throws(LogError) in
        let tables = try ProjectionTables(
          set: ProjectionTables.names[0], in: &transaction, of: environment, log.replayedPersonalData)
        let cursor = try stored { () throws(LMDBError) in
          try environment.openTable(Self.cursorTable, in: &transaction)
        }
        return (tables, cursor)
      }
    } catch {
      environment.close()
      throw error
    }
    self.log = log
    self.environment = environment
    self.only = only
  }

  /// Opens a replay of all projections to look into it, as far as it has come.
  ///
  /// - Throws: ``LogError/Code/alreadyExists`` where the folder holds anything else, ``LogError/Code/storage``.
  package init(reading path: String, of log: EventLog<ProjectionSet>) throws(LogError) {
    only = Set(ProjectionName.allCases)
    try Self.requireOwn(path, of: log, only)
    var options = Environment.Options()
    options.access = .readOnly
    let environment = try stored { () throws(LMDBError) in try Environment(at: path, options: options) }
    do throws(LogError) {
      tables = try ProjectionTables(
        set: ProjectionTables.names[0], reading: environment, log.participant.personalData)
      cursor = try stored { () throws(LMDBError) in try environment.openTable(Self.cursorTable) }
    } catch {
      environment.close()
      throw error
    }
    self.log = log
    self.environment = environment
  }

  deinit { environment.close() }

  /// Closes the files; they stay.
  package func close() { environment.close() }

  /// Refuses a folder that holds something else than a replay of the log, without changing it.
  private static func requireOwn(
    _ path: String, of log: EventLog<ProjectionSet>, _ only: Set<ProjectionName>
  ) throws(LogError) {
    guard let names = (try? Folder<FileError>.list(path)) ?? nil else {
      var status = stat()
      guard unsafe lstat(path, &status) != 0 else {
        throw LogError(.alreadyExists, "\(path) is there and is no folder; name another one")
      }
      return
    }
    guard !names.isEmpty else { return }
    let refusal = LogError(
      .alreadyExists, "\(path) holds something else than a replay; name a folder that is empty or does not exist")
    guard names.contains("data.mdb") else { throw refusal }
    let found: ReplayCursor?
    do throws(LMDBError) {
      var options = Environment.Options()
      options.access = .readOnly
      let environment = try Environment(at: path, options: options)
      defer { environment.close() }
      let cursor = try environment.openTable(cursorTable)
      found = try cursor.get(cursorKey, in: environment.beginRead())
    } catch { throw refusal }
    // Begun, and stopped before the first piece.
    guard let found else { return }
    guard found.only == mask(only) else {
      throw LogError(.alreadyExists, "\(path) holds a replay of other projections; name another folder")
    }
    let root = try log.snapshot().root(at: found.position)
    guard found.schemaVersion == log.participant.schemaVersion, root == found.root else {
      throw LogError(
        .alreadyExists, "\(path) holds a replay of another ledger, or of another version; name another folder")
    }
  }

  private static func mask(_ only: Set<ProjectionName>) -> UInt8 {
    ProjectionName.allCases.enumerated().reduce(0) { $0 | (only.contains($1.element) ? 1 << UInt8($1.offset) : 0) }
  }

  /// How far it has come: the position of the last event that was replayed.
  package func position() throws(LogError) -> PositionNumber {
    try stored { () throws(LMDBError) in try cursor.get(Self.cursorKey, in: environment.beginRead())?.position ?? 0 }
  }

  // MARK: Going on

  /// Replays some events, durably.
  ///
  /// - Parameters:
  ///   - end: at most the log's head.
  ///   - limit: how many events to replay at most.
  /// - Returns: the position reached.
  /// - Throws: ``LogError/Code/unreadableEvent`` at an event that this program does not know.
  package func advance(to end: PositionNumber, limit: UInt64 = 65_536) throws(LogError) -> PositionNumber {
    try advance(to: end, limit: limit) { (_, _) throws(LogError) in }
  }

  /// The same; `watch` hears of each event once it was applied.
  func advance(
    to end: PositionNumber, limit: UInt64 = 65_536,
    watch: (RecordHeader, borrowing WriteTransaction) throws(LogError) -> Void
  ) throws(LogError) -> PositionNumber {
    let start = try position()
    let last = min(end, start + limit)
    guard start < last else { return start }
    try environment.write { (transaction) throws(LogError) in
      var next = start + 1
      while next <= last, !only.isDisjoint(with: [.directory, .validity]) {
        let records = try log.snapshot().records(from: next, limit: Int(min(4_096, last - next + 1)))
        guard let end = records.last?.header.position else {
          throw LogError(.damagedRecord, "the log ends before its head", at: next)
        }
        for record in records {
          let event = try record.event
          if only.contains(.directory) { try tables.directory.apply(event, record.header, in: &transaction) }
          if only.contains(.validity) { try tables.validity.apply(event, record.header, in: &transaction) }
          try watch(record.header, transaction)
        }
        next = end + 1
      }
      if only.contains(.audit) { try addRun(start + 1...last, &transaction) }
      try setCursor(last, &transaction)
    }
    return last
  }

  private func setCursor(_ position: PositionNumber, _ transaction: inout WriteTransaction) throws(LogError) {
    guard let root = try log.snapshot().root(at: position) else {
      throw LogError(.damagedRecord, "the log ends before its head", at: position)
    }
    let row = ReplayCursor(
      schemaVersion: log.participant.schemaVersion, position: position, only: Self.mask(only), root: root)
    try stored { () throws(LMDBError) in try cursor.put(Self.cursorKey, row, in: &transaction) }
  }

  /// Adds a run of the audit trail over some positions.
  private func addRun(_ positions: ClosedRange<PositionNumber>, _ transaction: inout WriteTransaction) throws(LogError)
  {
    let trail = tables.audit
    let number = try AuditCatalogue.nextNumber(in: trail.tables.blocks(tier: 0), transaction)
    var merge = AuditMerge([.log(positions)])
    var writer = AuditBlockWriter(run: number, first: positions.lowerBound)
    let view = try log.snapshot()
    while let entry = try merge.next({ (source, start) throws(LogError) in
      try trail.part(of: source, from: start, limit: .max, in: view)
    }) {
      writer.append(entry)
    }
    writer.finish()
    let blocks = writer.take()
    try stored { () throws(LMDBError) in
      for block in blocks { try block.append(to: trail.tables.blocks(tier: 0), in: &transaction) }
    }
    let run = AuditRun(
      first: positions.lowerBound, last: positions.upperBound, tier: 0, number: number,
      blockCount: writer.blockCount, byteCount: writer.byteCount)
    try trail.tables.enter(run, replacing: [], head: positions.upperBound, in: &transaction)
  }

  // MARK: From a snapshot

  /// Begins with a snapshot instead of the first event: its rows, and what the log says of the objects that did not change.
  ///
  /// - Returns: the snapshot's position; nil where there is none, or the replay has begun already.
  package func begin(with store: SnapshotStore?, before end: PositionNumber) throws(LogError) -> PositionNumber? {
    let view = try { () throws(LogError) -> SnapshotView? in
      let now = try log.snapshot()
      return try store?.view(atOrBefore: end, of: now)
    }()
    guard let view, try position() == 0 else { return nil }
    try environment.write { (transaction) throws(LogError) in
      try tables.clear(in: &transaction)
      if only.contains(.directory) {
        try stored { () throws(LMDBError) in
          try view.forEachRow(from: nil, below: nil, reversed: false) { key, bytes throws(LMDBError) in
            try tables.directory.rows.put(key, Array(copying: bytes), in: &transaction)
            return .continue
          }
        }
      }
      var next: PositionNumber = 1
      while next <= view.position {
        let last = min(view.position, next + 65_535)
        if only.contains(.validity) {
          for (number, standing) in try PastProjections.madeStandings(in: next...last, of: log) {
            try stored { () throws(LMDBError) in
              try tables.validity.rows.append(number, view.standing(of: number) ?? standing, in: &transaction)
            }
          }
        }
        if only.contains(.audit) { try addRun(next...last, &transaction) }
        next = last + 1
      }
      try setCursor(view.position, &transaction)
    }
    return view.position
  }

  // MARK: Reading

  /// The digests of the projections that were made: of the audit trail that of the log's records, which its runs are made
  /// of.
  package func digests() throws(LogError) -> [ProjectionName: Digest] {
    var digests: [ProjectionName: Digest] = [:]
    try reading { (transaction) throws(LogError) in
      if only.contains(.directory) { digests[.directory] = try tables.directory.digest(in: transaction) }
      if only.contains(.validity) { digests[.validity] = try tables.validity.digest(in: transaction) }
    }
    if only.contains(.audit) {
      digests[.audit] = try tables.audit.rebuiltDigest(of: log.snapshot(), upTo: position())
    }
    return digests
  }

  func reading<Result>(_ body: (borrowing ReadTransaction) throws(LogError) -> Result) throws(LogError) -> Result {
    let transaction = try stored { () throws(LMDBError) in try environment.beginRead() }
    return try body(transaction)
  }
}

/// How far a replay has come.
struct ReplayCursor: ValueCodec, Sendable {
  typealias Value = Self

  var schemaVersion: UInt64
  var position: UInt64
  /// A bit for each projection that is made.
  var only: UInt8
  /// Root of the tree at the position.
  var root: Digest

  static func byteCount(of value: Self) -> Int { 49 }

  static func encode(_ value: Self, into output: inout OutputRawSpan) {
    output.append(littleEndian: value.schemaVersion)
    output.append(littleEndian: value.position)
    output.append(value.only)
    unsafe value.root.withUnsafeBytes { unsafe output.append(RawSpan(_unsafeBytes: $0)) }
  }

  static func decode(_ bytes: RawSpan) -> Self? {
    guard bytes.byteCount == 49, let root = Digest(copying: bytes.extracting(17..<49)) else { return nil }
    return Self(
      schemaVersion: bytes.load(littleEndian: UInt64.self), position: bytes.load(littleEndian: UInt64.self, at: 8),
      only: bytes.load(littleEndian: UInt8.self, at: 16), root: root)
  }
}
