package import EventLog
import Glibc
import LMDB
import LedgerDomain
package import LedgerEvents
import Synchronization

/// The projections as they were right after a past event: the nearest snapshot before it, and over that what the events
/// since changed, replayed into a scratch environment.
///
/// Events that only make a token are ignored: what they say is read from the log when somebody asks. Nothing of
/// anybody who is erased by now is found in any state of the past.
///
/// One thread at a time. What it holds on disk goes with it, also if the process is killed.
package final class PastProjections: Sendable {
  private let log: EventLog<ProjectionSet>
  private let scratch: Environment
  private let tables: ProjectionTables
  private let standings: PastStandings
  private let changes = PastChanges()
  private let reached: Mutex<PositionNumber>
  /// What was seen in one commit of the scratch environment counts until the next.
  private let memory = StateMemory(since: nil)
  /// The snapshot that it began with; nil where it began with the first event.
  package let snapshot: SnapshotEntry?
  private let view: SnapshotView?

  /// Begins with a snapshot, or with nothing, and replays nothing yet.
  ///
  /// - Parameters:
  ///   - log: whose past.
  ///   - position: of the last event that will count, at most the head.
  ///   - store: the snapshots, if there are any.
  ///   - scratch: a folder that does not exist, on a disk with room for what changed since the snapshot; removed at once,
  ///     as soon as its files are open.
  /// Where the snapshots are damaged it begins with the first event: they are a help, and no truth.
  ///
  /// - Throws: ``LogError/Code/damagedProjection``, ``LogError/Code/storage``.
  package init(
    of log: EventLog<ProjectionSet>, before position: PositionNumber, from store: SnapshotStore?, scratch: String
  ) throws(LogError) {
    let (erased, view) = try { () throws(LogError) -> (Set<[UInt8]>, SnapshotView?) in
      let now = try log.snapshot()
      let erased = try now.erasedPersons()
      do throws(LogError) { return (erased, try store?.view(atOrBefore: position, of: now)) } catch {
        let isDamage =
          error.code == .damagedProjection || [.damagedRow, .corrupted].contains(error.storage?.code)
        guard isDamage else { throw error }
        return (erased, nil)
      }
    }()
    self.log = log
    snapshot = view?.entry
    self.view = view
    reached = Mutex(view?.position ?? 0)
    // Open files outlive their names.
    defer {
      for name in ["data.mdb", "lock.mdb", "writer.lock"] { unsafe unlink("\(scratch)/\(name)") }
      unsafe rmdir(scratch)
    }
    let environment = try stored { () throws(LMDBError) in try Environment(at: scratch) }
    self.scratch = environment
    let standings = PastStandings(view, changes) { (position) throws(LogError) in
      try log.snapshot().record(at: position)
    }
    self.standings = standings
    standings.count(upTo: view?.position ?? 0)
    do throws(LogError) {
      let personalData = log.participant.personalData.without(erased, RecordedErasures(of: log)).forPastState
      let changes = changes
      tables = try environment.write { (transaction) throws(LogError) in
        try ProjectionTables(
          in: &transaction, of: environment, personalData, over: view, standings: standings, changes)
      }
    } catch {
      environment.close()
      throw error
    }
  }

  deinit { scratch.close() }

  /// Gives back the scratch environment and the snapshot; reading fails from then on.
  package func close() {
    scratch.close()
    view?.close()
  }

  /// The position of the last event that counts.
  package var position: PositionNumber { reached.withLock { $0 } }

  /// Replays the events up to a position, or some of them.
  ///
  /// - Parameters:
  ///   - end: at most the log's head.
  ///   - limit: how many events to look at, at most; each piece is one commit of the scratch environment.
  /// - Throws: ``LogError/Code/unreadableEvent`` at an event that this program does not know.
  package func advance(to end: PositionNumber, limit: UInt64 = 65_536) throws(LogError) {
    let first = position + 1
    guard first <= end else { return }
    let last = min(end, position + limit)
    var next = first
    try scratch.write { (transaction) throws(LogError) in
      while next <= last {
        // Read in a view that has ended before anything is applied, since that looks up records in one of its own.
        let (events, through) = try read(next...last)
        for item in events {
          standings.count(upTo: item.header.position)
          try tables.apply(item.event, item.header, in: &transaction)
        }
        next = through + 1
      }
    }
    standings.count(upTo: last)
    reached.withLock { $0 = last }
  }

  private struct Item {
    let event: LedgerEvent
    let header: RecordHeader
  }

  /// The events of a range that change more than what they make, and how far it was looked through.
  private func read(_ range: ClosedRange<PositionNumber>) throws(LogError) -> (events: [Item], through: PositionNumber)
  {
    var items: [Item] = []
    var through = range.lowerBound - 1
    try log.snapshot().forEachRecord(in: range) { (place) throws(LogError) in
      guard place.stamp.type == EventType.tokenIssued.rawValue else { return false }
      through = place.position
      return true
    } _: { (header, bytes) throws(LogError) in
      through = header.position
      guard header.type != EventType.tokenIssued.rawValue else { return true }
      do throws(EventCodingError) {
        items.append(
          Item(
            event: try LedgerEvent.decode(
              type: header.type, version: header.version, payload: bytes.extracting(header.payload),
              position: Position(header.position)), header: header))
      } catch { throw LogError(.unreadableEvent, error.reason, at: header.position) }
      return items.count < 4_096
    }
    guard through >= range.lowerBound else {
      throw LogError(.damagedRecord, "the log ends before its head", at: range.lowerBound)
    }
    return (items, through)
  }

  /// Reads the state. `body` may take no snapshot of the log.
  package func withState<Result, Failure: Error>(
    orThrow failure: (LogError) -> Failure, _ body: (borrowing LedgerState) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let transaction: ReadTransaction
    do throws(LMDBError) { transaction = try scratch.beginRead() } catch { throw failure(LogError(error)) }
    let clock: ClockCorrections
    do throws(LogError) { clock = try tables.directory.clockCorrections(in: transaction) } catch {
      throw failure(error)
    }
    let window = memory.window(ofSnapshot: transaction.number)
    return try body(LedgerState(tables, BorrowedTransaction(transaction), window, clock))
  }

  // MARK: What changed

  /// Keeps what the events that follow change, until ``takeChanges()``.
  package func recordChanges() { changes.begin() }

  /// What was changed since ``recordChanges()``, in the order in which it was.
  package func takeChanges() -> PastChangeSet { PastChangeSet(changes.end()) }

  /// Goes back to the state before some changes, which must be the last that were made.
  ///
  /// - Parameter position: of the last event that counts then.
  package func takeBack(_ set: PastChangeSet, to position: PositionNumber) throws(LogError) {
    try scratch.write { (transaction) throws(LogError) in
      for change in set.changes.reversed() {
        switch change {
        case .row(let key, let bytes?):
          try stored { () throws(LMDBError) in try tables.directory.rows.put(key, bytes, in: &transaction) }
        case .row(let key, nil): try tables.directory.remove(key, in: &transaction)
        case .standing(let number, let standing):
          try stored { () throws(LMDBError) in try tables.validity.rows.put(number, standing, in: &transaction) }
        }
      }
    }
    standings.count(upTo: position)
    reached.withLock { $0 = position }
  }

  // MARK: Digests

  /// The digests of the projections as they were: what a rebuild up to the position comes to. Reads the log from the
  /// first event on.
  package func digests() throws(LogError) -> ProjectionDigests {
    let position = position
    let transaction = try stored { () throws(LMDBError) in try scratch.beginRead() }
    var stream = RowStream(projection: "validity")
    var next: PositionNumber = 1
    while next <= position {
      let last = min(position, next + 65_535)
      for (number, standing) in try Self.madeStandings(in: next...last, of: log) {
        let changed = try tables.validity.changedStanding(of: number, in: transaction)
        stream.append(number: number, changed ?? standing)
      }
      next = last + 1
    }
    return ProjectionDigests(
      directory: try tables.directory.digest(in: transaction), tokenValidity: stream.finish(),
      auditTrail: try log.participant.tables[0].audit.rebuiltDigest(of: log.snapshot(), upTo: position))
  }

  /// How the objects that some events made stood at first.
  static func madeStandings(
    in range: ClosedRange<PositionNumber>, of log: EventLog<ProjectionSet>
  ) throws(LogError) -> [(UInt64, Standing)] {
    var made: [(UInt64, Standing)] = []
    try log.snapshot().forEachRecord(in: range) { (header, bytes) throws(LogError) in
      guard EventType.makesStanding(header.type) else { return true }
      let record = try Record(Array(copying: bytes), at: header.position)
      if let standing = try StandingEffect.made(by: record.event, at: header.position) {
        made.append((header.position, standing))
      }
      return true
    }
    return made
  }

  // MARK: Snapshots

  /// Calls `body` with what was changed since the snapshot that the replay began with.
  func forEachChange(
    row: (DirectoryKey, RawSpan?) throws(LMDBError) -> Void,
    standing: (UInt64, Standing) throws(LMDBError) -> Void
  ) throws(LogError) {
    try stored { () throws(LMDBError) in
      let transaction = try scratch.beginRead()
      try tables.directory.rows.forEachChange(in: transaction, row)
      try tables.validity.rows.forEach(in: transaction) { number, bytes throws(LMDBError) in
        if let changed = StandingCodec.decode(bytes) { try standing(number, changed) }
        return .continue
      }
    }
  }
}

/// What some events changed.
package struct PastChangeSet: Sendable {
  let changes: [PastChanges.Change]

  init(_ changes: [PastChanges.Change]) { self.changes = changes }

  /// The objects whose own rows changed, made or removed ones included: in the order of their kinds and numbers.
  package var objects: [Subject] {
    var found: Set<Subject> = []
    for change in changes {
      switch change {
      case .row(let key, _): if let subject = key.object { found.insert(subject) }
      case .standing(let number, let standing): found.insert(Subject(kind: standing.kind, number: number))
      }
    }
    return found.sorted { ($0.kind.rawValue, $0.number) < ($1.kind.rawValue, $1.number) }
  }
}

extension DirectoryKey {
  /// The object that a row is of; nil for a row that only leads to one.
  var object: Subject? {
    switch self {
    case .number(.account, let number), .number(.tenantAdmin, let number): Subject(kind: .account, number: number)
    case .number(.phone, let number): Subject(kind: .phone, number: number)
    case .number(.challenge, let number): Subject(kind: .challenge, number: number)
    case .number(.connector, let number), .number(.credentials, let number): Subject(kind: .connector, number: number)
    case .number(.group, let number): Subject(kind: .group, number: number)
    case .pair(.subgroup, let group, _): Subject(kind: .group, number: group)
    case .number(.membership, let number): Subject(kind: .membership, number: number)
    case .number(.grant, let number): Subject(kind: .grant, number: number)
    case .number(.webhook, let number): Subject(kind: .webhook, number: number)
    case .number(.authorizationCode, let number): Subject(kind: .authorizationCode, number: number)
    case .number(.subscription, let number): Subject(kind: .subscription, number: number)
    case .number(.resourceServer, let number): Subject(kind: .resourceServer, number: number)
    case .number(.proposal, let number): Subject(kind: .proposal, number: number)
    case .number(.eventNamespace, let number): Subject(kind: .eventNamespace, number: number)
    default: nil
    }
  }
}
