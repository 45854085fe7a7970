public import EventLog
package import KeyStore
public import LMDB
public import LedgerEvents
import Synchronization

/// All projections of the ledger: what shares each commit with the log. A class, so that each snapshot refers to it by
/// one reference.
public final class ProjectionSet: CommitParticipant {
  let tables: [ProjectionTables]
  /// Nil where the log is open for reading only: then another process swaps, and each transaction looks it up.
  let live: LiveSet?
  let memory: StateMemory
  /// Where another process swaps: twice the number of the commit that the set was last looked up in, plus the set.
  private let lookedUp = Atomic<UInt64>(0)
  let checkpoint: Table<BytesKey, ProjectionCheckpoint>
  package let personalData: PersonalData
  /// What the rows of this program have for ``ProjectionCheckpoint/schemaVersion``, under the newest keys at opening.
  let schemaVersion: UInt64
  /// What waits for webhooks, when tokens were last used, and how many PINs there were: beside the projections, as it does
  /// not follow from the log alone. Nil where the log is open for reading only and has no such tables yet.
  let deliveries: DeliveryTables?
  let lastUses: LastUseTable?
  let pinCounts: PINCountTable?
  /// When the newest event was recorded that was applied since opening, in milliseconds.
  private let lastTime = Atomic<Int64>(.min)

  static let checkpointKey = Array("projections".utf8)

  /// Opens the projections' tables, creating those that are missing. Whether they are up to date is another question:
  /// see ``ProjectionRebuild``.
  package init(
    in transaction: inout WriteTransaction, of environment: Environment, keys: KeyStore
  ) throws(LogError) {
    let personalData = try PersonalData(keys)
    self.personalData = personalData
    schemaVersion = ProjectionCheckpoint.schemaVersion(RowKeys(newestOf: keys))
    tables = [
      try ProjectionTables(set: ProjectionTables.names[0], in: &transaction, of: environment, personalData),
      try ProjectionTables(set: ProjectionTables.names[1], in: &transaction, of: environment, personalData),
    ]
    deliveries = try DeliveryTables(in: &transaction, of: environment)
    lastUses = try LastUseTable(in: &transaction, of: environment)
    pinCounts = try PINCountTable(in: &transaction, of: environment)
    do throws(LMDBError) {
      checkpoint = try environment.openTable(.init("projections"), in: &transaction)
      live = LiveSet(set: try checkpoint.get(Self.checkpointKey, in: transaction)?.set ?? 0)
      memory = StateMemory(since: transaction.number)
    } catch { throw LogError(error) }
  }

  /// Opens the projections' tables in an environment that is only read.
  package init(reading environment: Environment, keys: KeyStore) throws(LogError) {
    let personalData = try PersonalData(keys)
    self.personalData = personalData
    schemaVersion = ProjectionCheckpoint.schemaVersion(RowKeys(newestOf: keys))
    tables = [
      try ProjectionTables(set: ProjectionTables.names[0], reading: environment, personalData),
      try ProjectionTables(set: ProjectionTables.names[1], reading: environment, personalData),
    ]
    deliveries = try DeliveryTables(reading: environment)
    lastUses = try LastUseTable(reading: environment)
    pinCounts = try PINCountTable(reading: environment)
    do throws(LMDBError) { checkpoint = try environment.openTable(.init("projections")) } catch {
      throw LogError(error)
    }
    live = nil
    memory = StateMemory(since: nil)
  }

  /// The set of tables that a transaction is to read.
  func current(in transaction: borrowing some Transaction & ~Copyable) throws(LogError) -> ProjectionTables {
    try tables[currentSet(in: transaction)]
  }

  /// Which set of tables a transaction is to read.
  func currentSet(in transaction: borrowing some Transaction & ~Copyable) throws(LogError) -> Int {
    if let live { return live.set(for: transaction.number) }
    let known = lookedUp.load(ordering: .relaxed)
    if known >> 1 == transaction.number { return Int(known & 1) }
    let row = try stored { () throws(LMDBError) in try checkpoint.get(Self.checkpointKey, in: transaction) }
    if let row { try personalData.lookup.follow(row.schemaVersion) }
    let set = row?.set ?? 0
    lookedUp.store(transaction.number << 1 | UInt64(set), ordering: .relaxed)
    return Int(set)
  }

  // MARK: CommitParticipant

  public func begin(in transaction: borrowing WriteTransaction) {
    live?.forgetSwap(from: transaction.number)
    memory.noteBegin(of: transaction.number)
  }

  public func encode(_ event: LedgerEvent) throws(LogError) -> EncodedEvent {
    let payload: [UInt8]
    do { payload = try event.encodedPayload() } catch { throw LogError(.unreadableEvent, error.reason) }
    var subjects = LogSubjects()
    event.forEachSubject { subjects.append(LogSubject(kind: $0.kind.rawValue, number: $0.number)) }
    return EncodedEvent(
      type: event.type.rawValue, version: event.type.currentVersion ?? 1, subjects: subjects, payload: payload)
  }

  public func decode(_ record: Record) throws(LogError) -> LedgerEvent { try record.event }

  public func apply(
    _ event: LedgerEvent, _ header: RecordHeader, in transaction: inout WriteTransaction
  ) throws(LogError) {
    switch event {
    // What changes nothing that tokens stand on. Whatever is not named here may.
    case .tokenIssued, .retentionApplied, .refreshTokenRotated, .accountSignedIn, .phonePINRequested, .phonePINRejected,
      .phonePINWithheld, .groupSubscriberAdded, .groupSubscriberRemoved, .webhookRegistered, .webhookUpdated,
      .webhookDisabled,
      .webhookDeleted:
      break
    default: memory.noteChange(by: transaction.number)
    }
    let tables = try current(in: transaction)
    try tables.apply(event, header, in: &transaction)
    try pinCounts?.note(event, header, tables.directory, in: &transaction)
    lastTime.store(header.recordedAt, ordering: .relaxed)
  }

  public func finish(at head: Position, in transaction: inout WriteTransaction) throws(LogError) {
    let row = ProjectionCheckpoint(
      schemaVersion: schemaVersion, position: head,
      set: UInt8(try currentSet(in: transaction)))
    try stored { () throws(LMDBError) in try checkpoint.put(Self.checkpointKey, row, in: &transaction) }
    // A rebuild comes here without an event, and so without a time.
    let now = lastTime.load(ordering: .relaxed)
    guard now > .min else { return }
    try pinCounts?.forget(now: Timestamp(milliseconds: now), in: &transaction)
  }
}

/// The ledger in the writer's transaction.
package typealias WritableLedgerView = LogView<WriteTransaction, ProjectionSet>

extension LogView where Reading: ~Copyable, Participant == ProjectionSet {
  /// The audit trail, in the set of tables that this view is to read.
  package func auditTrail() throws(LogError) -> AuditTrail { try participant.current(in: transaction).audit }
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
          position: header.position)
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
      (.groupSubscriberAdded, .subscription), (.authorizationCodeIssued, .authorizationCode):
      true
    default: false
    }
  }
}
