package import EventLog
package import LMDB
package import LedgerEvents

/// One set of the projections' tables. There are two, so that a rebuild fills one while the other is in use.
package final class ProjectionTables: Sendable {
  package let directory: Directory
  package let validity: TokenValidity
  /// Follows the log by itself: see ``AuditRunBuilder``.
  package let audit: AuditTrail

  /// The names of the two sets.
  static let names = ["a", "b"]

  /// The name that enters the checks of the rows of a table, whose own name may say which set it is of.
  package static func logicalName(of name: String) -> String {
    name.split(separator: ".").filter { !names.contains(String($0)) }.joined(separator: ".")
  }

  /// Opens a set's tables, creating those that are missing.
  ///
  /// - Parameter keys: of the rows' checks; none for tables of a folder that nobody's access is decided by.
  package init(
    set name: String, in transaction: inout WriteTransaction, of environment: Environment,
    _ personalData: PersonalData, _ keys: AccessKeys = .none
  ) throws(LogError) {
    do throws(LMDBError) {
      directory = Directory(try environment.openTable(keys.directory(of: name), in: &transaction), personalData)
      validity = TokenValidity(try environment.openTable(keys.validity(of: name), in: &transaction))
    } catch { throw LogError(error) }
    audit = try AuditTrail(set: name, in: &transaction, of: environment, creates: EventType.creates)
  }

  /// Makes tables for a state of the past, in a scratch environment: of what changed since a snapshot.
  init(
    in transaction: inout WriteTransaction, of environment: Environment, _ personalData: PersonalData,
    over snapshot: SnapshotView?, standings: PastStandings, _ changes: PastChanges
  ) throws(LogError) {
    do throws(LMDBError) {
      let deleted: Table<DirectoryKeyCodec, RawBytes> = try environment.openTable(.init("deleted"), in: &transaction)
      directory = Directory(
        DirectoryTable(
          try environment.openTable(.init("directory"), in: &transaction),
          over: PastDirectory(snapshot, deleted: deleted, changes)), personalData)
      validity = TokenValidity(try environment.openTable(.init("validity"), in: &transaction), over: standings)
    } catch { throw LogError(error) }
    // Of the past the live trail tells: its entries never change.
    audit = try AuditTrail(set: "none", in: &transaction, of: environment, creates: EventType.creates)
  }

  /// Opens a set's tables in an environment that is only read.
  package init(
    set name: String, reading environment: Environment, _ personalData: PersonalData, _ keys: AccessKeys = .none
  ) throws(LogError) {
    do throws(LMDBError) {
      directory = Directory(try environment.openTable(keys.directory(of: name)), personalData)
      validity = TokenValidity(try environment.openTable(keys.validity(of: name)))
    } catch { throw LogError(error) }
    audit = try AuditTrail(set: name, reading: environment, creates: EventType.creates)
  }

  private init(_ directory: Directory, _ validity: TokenValidity, _ audit: AuditTrail) {
    self.directory = directory
    self.validity = validity
    self.audit = audit
  }

  /// The same tables, into which no hash comes of persons whose erasure is recorded.
  func without(_ erased: Set<[UInt8]>, _ recorded: RecordedErasures) -> ProjectionTables {
    ProjectionTables(Directory(directory.rows, directory.personalData.without(erased, recorded)), validity, audit)
  }

  /// Brings the tables from the state before the event to the state after it.
  package func apply(
    _ event: LedgerEvent, _ header: RecordHeader, in transaction: inout WriteTransaction
  ) throws(LogError) {
    try directory.apply(event, header, in: &transaction)
    try validity.apply(event, header, in: &transaction)
  }

  /// Removes every row.
  func clear(in transaction: inout WriteTransaction) throws(LogError) {
    try stored { () throws(LMDBError) in
      try directory.rows.clear(in: &transaction)
      try validity.rows.clear(in: &transaction)
    }
    try audit.clear(in: &transaction)
  }
}
