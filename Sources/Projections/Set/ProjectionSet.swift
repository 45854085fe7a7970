public import EventLog
package import KeyStore
public import LMDB
public import LedgerEvents
import Synchronization

/// All projections of the ledger: what shares each commit with the log. A class, so that each snapshot refers to it by
/// one reference.
@usableFromInline package final class ProjectionSet: CommitParticipant {
  /// As rows of the newest key at opening are read: in the process that writes, all that there are.
  let own: KeyedSets
  /// Nil where the log is open for reading only: then another process swaps, and each transaction looks it up.
  let live: LiveSet?
  private let followed: FollowedSets?
  let memory: StateMemory
  /// Where another process swaps: twice the number of the commit that the set was last looked up in, plus the set.
  private let lookedUp = Atomic<UInt64>(0)
  /// The tables found damaged: of the first set the lower bits, of the second the upper ones.
  private let damaged = Atomic<UInt16>(0)
  /// Whether the last process that wrote ended as it should. Where it did not, a power cut may have left pages behind.
  package let wasEndedCleanly: Bool
  package let personalData: PersonalData
  /// The keys that the rows are made under.
  package let rowKeys: RowKeys
  /// What the rows of this program have for ``ProjectionCheckpoint/schemaVersion``, under the newest keys at opening.
  let schemaVersion: UInt64
  /// What waits for webhooks, when tokens were last used, how many PINs there were, and what is kept of refresh tokens
  /// for who lost the answer: beside the projections, as it does not follow from the log alone. Nil where the log is open for reading only and has no such tables yet.
  let deliveries: DeliveryTables?
  let lastUses: LastUseTable?
  let dayCounts: PINCountTable?
  let successors: SuccessorTable?
  /// When the newest event was recorded that was applied since opening, in milliseconds.
  private let lastTime = Atomic<Int64>(.min)

  static let checkpointKey = Array("projections".utf8)
  /// Where the number of the commit is noted that a process ended with.
  private static let endKey = Array("end".utf8)

  var tables: [ProjectionTables] { own.tables }
  var checkpoint: Table<BytesKey, ProjectionCheckpoint> { own.checkpoint }

  /// Opens the projections' tables, creating those that are missing. Whether they are up to date is another question:
  /// see ``ProjectionRebuild``.
  ///
  /// - Parameter acceptingMissingKeys: whether a rebuild takes keys that are gone for erased ones: only for a copy whose
  ///   missing keys are counted next.
  package init(
    in transaction: inout WriteTransaction, of environment: Environment, keys: KeyStore,
    acceptingMissingKeys: Bool = false
  ) throws(LogError) {
    let personalData = try PersonalData(keys, acceptingMissing: acceptingMissingKeys)
    self.personalData = personalData
    rowKeys = RowKeys(newestOf: keys)
    schemaVersion = ProjectionCheckpoint.schemaVersion(rowKeys)
    let own = try KeyedSets(in: &transaction, of: environment, personalData, AccessKeys(newestOf: keys))
    self.own = own
    deliveries = try DeliveryTables(in: &transaction, of: environment)
    lastUses = try LastUseTable(in: &transaction, of: environment)
    dayCounts = try PINCountTable(in: &transaction, of: environment)
    successors = try SuccessorTable(in: &transaction, of: environment)
    followed = nil
    memory = StateMemory(since: transaction.number)
    // Which set is live does not matter where the row cannot be read: both are then made anew.
    let row = try own.noted(Self.checkpointKey, in: transaction).row
    live = LiveSet(set: row?.set ?? 0)
    wasEndedCleanly = try own.noted(Self.endKey, in: transaction).row?.position == transaction.number &- 1
    if let row { note(row.damaged, of: Int(row.set)) }
  }

  /// Opens the projections' tables in an environment that is only read.
  package init(reading environment: Environment, keys: KeyStore) throws(LogError) {
    let personalData = try PersonalData(keys)
    self.personalData = personalData
    rowKeys = RowKeys(newestOf: keys)
    schemaVersion = ProjectionCheckpoint.schemaVersion(rowKeys)
    own = try KeyedSets(reading: environment, personalData, AccessKeys(newestOf: keys))
    deliveries = try DeliveryTables(reading: environment)
    lastUses = try LastUseTable(reading: environment)
    dayCounts = try PINCountTable(reading: environment)
    successors = try SuccessorTable(reading: environment)
    followed = FollowedSets(environment, personalData, keys)
    live = nil
    memory = StateMemory(since: nil)
    wasEndedCleanly = false
  }

  /// The set of tables that a transaction is to read.
  ///
  /// - Throws: ``LogError/Code/damagedProjection`` where some of them were found damaged.
  func current(in transaction: borrowing some Transaction & ~Copyable) throws(LogError) -> ProjectionTables {
    let (tables, damaged) = try liveTables(in: transaction)
    if !damaged.isEmpty { throw damaged.error }
    return tables
  }

  /// The same, whether they are damaged or not: for what compares them, and for the audit trail, which has tables of its own.
  func liveTables(
    in transaction: borrowing some Transaction & ~Copyable
  ) throws(LogError) -> (tables: ProjectionTables, damaged: DamagedTables) {
    if let set = knownSet(in: transaction) { return (own.tables[set], damagedTables(of: set)) }
    let (sets, row) = try lookUp(in: transaction)
    return (sets.tables[Int(row?.set ?? 0)], row?.damaged ?? [])
  }

  /// Which set of tables a transaction is to read.
  func currentSet(in transaction: borrowing some Transaction & ~Copyable) throws(LogError) -> Int {
    if let known = knownSet(in: transaction) { return known }
    return Int(try lookUp(in: transaction).row?.set ?? 0)
  }

  @inline(__always)
  private func knownSet(in transaction: borrowing some Transaction & ~Copyable) -> Int? {
    if let live { return live.set(for: transaction.number) }
    let known = lookedUp.load(ordering: .acquiring)
    return known >> 1 == transaction.number ? Int(known & 1) : nil
  }

  /// Looks up how far the projections have come, and by which keys they are read.
  func lookUp(
    in transaction: borrowing some Transaction & ~Copyable
  ) throws(LogError) -> (sets: KeyedSets, row: ProjectionCheckpoint?) {
    let found: (sets: KeyedSets, row: ProjectionCheckpoint?)
    switch (try own.noted(Self.checkpointKey, in: transaction), followed) {
    case (.row(let row), _): found = (own, row)
    case (.nothing, _), (.unreadable, nil): found = (own, nil)
    case (.unreadable, let followed?): found = try followed.find(in: transaction)
    }
    guard live == nil else { return found }
    if let row = found.row { try personalData.lookup.follow(row.schemaVersion) }
    if found.sets === own {
      let set = found.row?.set ?? 0
      note(found.row?.damaged ?? [], of: Int(set))
      lookedUp.store(transaction.number << 1 | UInt64(set), ordering: .releasing)
    }
    return found
  }

  // MARK: Damage

  /// The tables of the set in use that were found damaged, and are not answered from.
  package func damagedTables(in transaction: borrowing some Transaction & ~Copyable) throws(LogError) -> DamagedTables {
    try liveTables(in: transaction).damaged
  }

  private func damagedTables(of set: Int) -> DamagedTables {
    DamagedTables(rawValue: UInt8(truncatingIfNeeded: damaged.load(ordering: .relaxed) >> (8 * UInt16(set))))
  }

  /// Has nothing answered any more from tables of a set; none to take that back, as once they were cleared.
  func note(_ tables: DamagedTables, of set: Int) {
    guard damagedTables(of: set) != tables else { return }
    let shift = 8 * UInt16(set)
    damaged.bitwiseAnd(~(0xFF << shift), ordering: .relaxed)
    damaged.bitwiseOr(UInt16(tables.rawValue) << shift, ordering: .relaxed)
  }

  // MARK: CommitParticipant

  @usableFromInline package func begin(in transaction: borrowing WriteTransaction) {
    live?.forgetSwap(from: transaction.number)
    memory.noteBegin(of: transaction.number)
    dayCounts?.due.begin(in: transaction.number)
    successors?.due.begin(in: transaction.number)
  }

  @usableFromInline package func encode(_ event: LedgerEvent) throws(LogError) -> EncodedEvent {
    let payload: [UInt8]
    do { payload = try event.encodedPayload() } catch { throw LogError(.unreadableEvent, error.reason) }
    var subjects = LogSubjects()
    event.forEachSubject { subjects.append(LogSubject(kind: $0.kind.rawValue, number: $0.number)) }
    return EncodedEvent(
      type: event.type.rawValue, version: event.type.currentVersion ?? 1, subjects: subjects, payload: payload)
  }

  @usableFromInline package func decode(_ record: Record) throws(LogError) -> LedgerEvent { try record.event }

  @usableFromInline package func apply(
    _ event: LedgerEvent, _ header: RecordHeader, in transaction: inout WriteTransaction
  ) throws(LogError) {
    switch event {
    // What changes nothing that tokens depend on. Whatever is not named here may.
    case .tokenIssued, .retentionApplied, .refreshTokenRotated, .accountSignedIn, .phonePINRequested, .phonePINRejected,
      .phonePINWithheld, .phonePINDispatched, .groupSubscriberAdded, .groupSubscriberRemoved, .webhookRegistered,
      .webhookUpdated,
      .webhookDisabled,
      .webhookDeleted:
      break
    default: memory.noteChange(by: transaction.number)
    }
    let tables = try current(in: transaction)
    try tables.apply(event, header, in: &transaction)
    try dayCounts?.note(event, header, tables.directory, in: &transaction)
    lastTime.store(header.recordedAt, ordering: .relaxed)
  }

  @usableFromInline package func keep(
    _ bytes: [UInt8], of event: LedgerEvent, at position: PositionNumber, in transaction: inout WriteTransaction
  ) throws(LogError) {
    guard case .refreshTokenRotated(let rotated) = event else { return }
    try successors?.keep(
      bytes, of: position, following: rotated.predecessor,
      until: Timestamp(milliseconds: rotated.predecessorUntil), in: &transaction)
  }

  @usableFromInline package func finish(at head: PositionNumber, in transaction: inout WriteTransaction) throws(LogError) {
    var base = TableSums()
    // Where it cannot be read the sums will not fit, which the next scrub finds.
    if let row = try own.noted(Self.checkpointKey, in: transaction).row { base = own.sums(of: row) ?? base }
    try finish(at: head, from: base, in: &transaction)
    let now = lastTime.load(ordering: .relaxed)
    guard now > .min else { return }
    try dayCounts?.forget(now: Timestamp(milliseconds: now), in: &transaction)
    try successors?.forget(now: Timestamp(milliseconds: now), in: &transaction)
  }

  /// Notes how far the set in use has come.
  ///
  /// - Parameter base: the sums over its rows, as far as they were noted.
  func finish(at head: PositionNumber, from base: TableSums, in transaction: inout WriteTransaction) throws(LogError) {
    let set = try currentSet(in: transaction)
    let row = ProjectionCheckpoint(
      schemaVersion: schemaVersion, position: head, set: UInt8(set), damaged: damagedTables(of: set))
    try own.note(Self.checkpointKey, row, from: base, in: &transaction)
  }

  @usableFromInline package func end(in transaction: inout WriteTransaction) throws(LogError) -> Bool {
    let row = ProjectionCheckpoint(
      schemaVersion: schemaVersion, position: transaction.number, set: UInt8(try currentSet(in: transaction)))
    try stored { () throws(LMDBError) in try checkpoint.put(Self.endKey, row, in: &transaction) }
    return true
  }
}

/// The ledger in the writer's transaction.
package typealias WritableLedgerView = LogView<WriteTransaction, ProjectionSet>

extension LogView where Reading: ~Copyable, Participant == ProjectionSet {
  /// The audit trail, in the set of tables that this view is to read.
  package func auditTrail() throws(LogError) -> AuditTrail { try participant.liveTables(in: transaction).tables.audit }
}

extension Record {
  /// The event that the record holds, lifted to the current version of its type.
  ///
  /// - Throws: ``LogError/Code/unreadableEvent`` for an unknown type, a newer version or a malformed payload.
  package var event: LedgerEvent {
    get throws(LogError) {
      do {
        return unsafe try LedgerEvent.decode(
          type: header.type, version: header.version, payload: bytes.span.bytes.extracting(header.payload),
          position: Position(header.position))
      } catch {
        throw LogError(.unreadableEvent, error.reason, at: header.position)
      }
    }
  }
}

extension EventType {
  /// Whether an event of a type makes an object of a kind: the object that is named by the event's position.
  package static let creates: AuditTrail.Creation = { type, kind in
    switch (EventType(rawValue: type), SubjectKind(rawValue: kind)) {
    case (.accountRegistered, .account), (.phonePINRequested, .challenge), (.phoneVerified, .phone),
      (.connectorCreated, .connector), (.groupCreated, .group), (.groupMemberAdded, .membership),
      (.permissionGranted, .grant), (.refreshTokenIssued, .family), (.refreshTokenIssued, .token),
      (.refreshTokenRotated, .token), (.tokenIssued, .token), (.webhookRegistered, .webhook),
      (.groupSubscriberAdded, .subscription), (.authorizationCodeIssued, .authorizationCode),
      (.resourceServerCreated, .resourceServer), (.proposalMade, .proposal),
      (.eventNamespaceRegistered, .eventNamespace):
      true
    default: false
    }
  }
}
