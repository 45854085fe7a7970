import EventLog
import LMDB
import LedgerCrypto
import LedgerDomain
import LedgerEvents

/// How many PINs were asked for and presented wrongly within the last day, for each ``DayCountScope``: beside the log.
///
/// It follows from events, and is written in their commit. But it is no projection: it outlives the erasure of a person,
/// after which nothing in the log tells any more which number an event was about, so a rebuild could not make it again.
/// And it is forgotten after a day, by the clock of the events that come then.
struct PINCountTable: Sendable {
  /// How many events are forgotten in one commit, at most.
  static let forgottenAtOnce = 64

  let rows: Table<DayCountKey, RawBytes>
  /// The position of each event that is counted to when that was, and where.
  let ages: Table<PositionKey, RawBytes>
  let due = NextDue()

  /// Opens the tables, creating those that are missing.
  init(in transaction: inout WriteTransaction, of environment: Environment) throws(LogError) {
    do throws(LMDBError) {
      rows = try environment.openTable(.init("pin_counts"), in: &transaction)
      ages = try environment.openTable(.init("pin_counts.ages"), in: &transaction)
    } catch { throw LogError(error) }
  }

  /// Opens the tables in an environment that is only read; nil where no program that has them wrote there yet.
  init?(reading environment: Environment) throws(LogError) {
    do throws(LMDBError) {
      rows = try environment.openTable(.init("pin_counts"))
      ages = try environment.openTable(.init("pin_counts.ages"))
    } catch {
      guard error.code == .noSuchTable else { throw LogError(error) }
      return nil
    }
  }

  /// What a scope had after a moment.
  func counts(
    of scope: DayCountScope, after moment: Timestamp, in transaction: borrowing some Transaction & ~Copyable
  ) throws(LogError) -> DayCounts {
    try row(scope.key, in: transaction)?.counts(after: moment) ?? DayCounts()
  }

  /// Counts an event, if it is one of those that are counted, and takes in a correction of the clock.
  func note(
    _ event: LedgerEvent, _ header: RecordHeader, _ directory: Directory, in transaction: inout WriteTransaction
  ) throws(LogError) {
    let now = Timestamp(milliseconds: header.recordedAt)
    if case .clockCorrected = event { return try limit(to: now, in: &transaction) }
    guard let counted = try directory.counted(event, header, in: transaction) else { return }
    for scope in counted.scopes {
      var row = try row(scope.key, in: transaction) ?? PINCountRow()
      row.forget(until: now - PINLimits.window)
      row.add(counted.counts, at: now, granularity: scope.granularity)
      try put(row, at: scope.key, in: &transaction)
    }
    let age = PINCountAge(time: now, scopes: counted.scopes.map(\.key))
    try stored { () throws(LMDBError) in try ages.put(header.position, age.encoded, in: &transaction) }
    due.add(now + PINLimits.window)
  }

  /// Counts an event that was counted, in the scopes that have other names since the key of the keyed hashes was rotated.
  /// Those of who was erased meanwhile are not found any more.
  ///
  /// - Parameter directory: made anew under the key of now, up to the event.
  func recount(
    _ event: LedgerEvent, _ header: RecordHeader, _ directory: Directory, in transaction: inout WriteTransaction
  ) throws(LogError) {
    switch event {
    case .phonePINRequested, .phonePINRejected: break
    default: return
    }
    let read = try stored { () throws(LMDBError) in
      try ages.withBytes(of: header.position, in: transaction) { PINCountAge(decoding: $0) }
    }
    guard let read else { return }
    guard var age = read else { throw Self.malformed }
    guard let counted = try directory.counted(event, header, in: transaction) else { return }
    let new = counted.scopes.filter { !age.scopes.contains($0.key) }
    guard !new.isEmpty, age.scopes.count + new.count <= PINCountAge.scopeLimit else { return }
    for scope in new {
      var row = try row(scope.key, in: transaction) ?? PINCountRow()
      row.add(counted.counts, at: age.time, granularity: scope.granularity)
      try put(row, at: scope.key, in: &transaction)
    }
    age.scopes += new.map(\.key)
    try stored { () throws(LMDBError) in try ages.put(header.position, age.encoded, in: &transaction) }
  }

  /// Forgets what is older than a day. Does not look before the oldest is.
  func forget(now: Timestamp, in transaction: inout WriteTransaction) throws(LogError) {
    guard due.isReached(at: now) else { return }
    var next: Timestamp?
    let end = now - PINLimits.window
    var old: [(position: PositionNumber, age: PINCountAge?)] = []
    try stored { () throws(LMDBError) in
      try ages.forEach(in: transaction) { position, bytes in
        let age = PINCountAge(decoding: bytes)
        if let age, age.time > end {
          next = age.time + PINLimits.window
          return .stop
        }
        old.append((position, age))
        return old.count < Self.forgottenAtOnce ? .continue : .stop
      }
    }
    if old.count < Self.forgottenAtOnce { due.set(next) }
    for (position, age) in old {
      guard let age else { throw Self.malformed }
      for key in age.scopes {
        guard var row = try row(key, in: transaction) else { continue }
        row.forget(until: end)
        try put(row, at: key, in: &transaction)
      }
      try stored { () throws(LMDBError) in _ = try ages.delete(position, in: &transaction) }
    }
  }

  /// Lets what was counted while the clock was ahead count as if it came now: it must neither last until the clock is there
  /// again nor be forgotten. Takes a pass over the events that are dated later, a day's at most.
  private func limit(to now: Timestamp, in transaction: inout WriteTransaction) throws(LogError) {
    due.reset()
    var ahead: [(position: PositionNumber, age: PINCountAge?)] = []
    try stored { () throws(LMDBError) in
      try ages.forEach(reversed: true, in: transaction) { position, bytes in
        let age = PINCountAge(decoding: bytes)
        if let age, age.time <= now { return .stop }
        ahead.append((position, age))
        return .continue
      }
    }
    var keys: Set<[UInt8]> = []
    for (position, age) in ahead {
      guard var age else { throw Self.malformed }
      age.time = now
      keys.formUnion(age.scopes)
      try stored { () throws(LMDBError) in try ages.put(position, age.encoded, in: &transaction) }
    }
    for key in keys {
      guard var row = try row(key, in: transaction) else { continue }
      row.limit(to: now)
      try put(row, at: key, in: &transaction)
    }
  }

  private func row(
    _ key: [UInt8], in transaction: borrowing some Transaction & ~Copyable
  ) throws(LogError) -> PINCountRow? {
    let read = try stored { () throws(LMDBError) in
      try rows.withBytes(of: key, in: transaction) { PINCountRow(decoding: $0) }
    }
    guard let read else { return nil }
    guard let row = read else { throw Self.malformed }
    return row
  }

  private func put(_ row: PINCountRow, at key: [UInt8], in transaction: inout WriteTransaction) throws(LogError) {
    try stored { () throws(LMDBError) in
      if row.entries.isEmpty {
        _ = try rows.delete(key, in: &transaction)
      } else {
        try rows.put(key, row.encoded, in: &transaction)
      }
    }
  }

  private static var malformed: LogError {
    LogError(.damagedProjection, "the counts of PINs are malformed; restore the ledger from a backup")
  }
}

extension Directory {
  /// What an event counts as, and in which scopes; nil for one that is not counted.
  fileprivate func counted(
    _ event: LedgerEvent, _ header: RecordHeader, in transaction: borrowing some Transaction & ~Copyable
  ) throws(LogError) -> (counts: DayCounts, scopes: [DayCountScope])? {
    let position = header.position
    switch event {
    case .subjectErased(let event):
      guard event.account != 0, header.actor.kind == SubjectKind.account.rawValue else { return nil }
      return (DayCounts(asks: 1), [.selfErasures])
    case .phonePINRequested(let event):
      var scopes: [DayCountScope] = [.everybody]
      let number = try personalData.hash(number: event.number, purpose: .phoneNumber, at: position)
      if let number { scopes.append(.number(number)) }
      if let connector = ConnectorID(unlessZero: event.connector) {
        scopes.append(event.unauthenticated ? .strangers : .connector(connector))
        if event.unauthenticated, let number { scopes.append(.numberByStrangers(number)) }
      } else if let identity = try identity(of: event.account, in: transaction) {
        scopes.append(.identity(identity))
      }
      return (DayCounts(asks: 1), scopes)
    case .phonePINWithheld(let event):
      let asker: DayCountScope = event.unauthenticated ? .strangers : .connector(ConnectorID(rawValue: event.connector))
      return (DayCounts(asks: 1), [.everybody, asker])
    case .phonePINRejected(let event):
      let challenge = try row(StoredChallenge.self, at: .number(.challenge, event.challenge), in: transaction)
      var scopes: [DayCountScope] = [.everybody]
      if let number = challenge?.number { scopes.append(.number(number)) }
      if let connector = challenge?.challenge.connector { scopes.append(.connector(connector)) }
      return (DayCounts(failures: 1), scopes)
    default: return nil
    }
  }

  /// Keyed hash of the identity of an account; nil once the person is erased.
  func identity(
    of account: UInt64, in transaction: borrowing some Transaction & ~Copyable
  ) throws(LogError) -> Digest? {
    try row(StoredAccount.self, at: .number(.account, account), in: transaction)?.identity
  }
}
