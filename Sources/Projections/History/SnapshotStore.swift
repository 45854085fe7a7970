package import EventLog
import LMDB
import LedgerCrypto
import LedgerDomain
import Synchronization

/// The snapshots of a ledger's projections, in an LMDB environment of their own: what changed from one to the next, so
/// that together they take little more room than the directory and what was revoked.
///
/// They only save time: if in doubt, delete them, and they are made again from the log.
package final class SnapshotStore: Sendable {
  let environment: Environment
  let tables: SnapshotTables
  /// Whether the digests were found right by this process.
  private let isChecked = Mutex(false)

  private init(_ environment: Environment) throws(LMDBError) {
    self.environment = environment
    tables = try SnapshotTables(in: environment)
  }

  /// Opens the snapshots in a folder.
  ///
  /// - Parameters:
  ///   - path: the folder; for writing it is made if it is missing, private to its owner.
  ///   - isWriting: one process at a time; others may read meanwhile.
  /// - Throws: as ``Environment`` does.
  package static func open(at path: String, isWriting: Bool) throws(LogError) -> SnapshotStore {
    var options = Environment.Options()
    options.access = isWriting ? .readWrite : .readOnly
    options.maximumTables = 8
    options.maximumReaders = 64
    let environment: Environment
    do throws(LMDBError) { environment = try Environment(at: path, options: options) } catch { throw LogError(error) }
    do throws(LMDBError) { return try SnapshotStore(environment) } catch {
      environment.close()
      throw LogError(error)
    }
  }

  /// Closes the files, once no view is left.
  package func close() { environment.close() }

  /// Bytes of the file that are in use.
  package func byteCount() throws(LogError) -> UInt64 {
    try stored { () throws(LMDBError) in UInt64(try environment.statistics().usedBytes) }
  }

  /// The snapshots there are, oldest first.
  package func entries() throws(LogError) -> [SnapshotEntry] {
    try stored { () throws(LMDBError) in
      let transaction = try environment.beginRead()
      return try entries(in: transaction)
    }
  }

  private func entries(in transaction: borrowing some Transaction & ~Copyable) throws(LMDBError) -> [SnapshotEntry] {
    var entries: [SnapshotEntry] = []
    try tables.catalogue.forEach(in: transaction) { _, bytes in
      if let entry = SnapshotEntry.decode(bytes) { entries.append(entry) }
      return .continue
    }
    return entries
  }

  /// The newest snapshot at or before a position that a log stands behind, after all digests were found right.
  ///
  /// - Returns: nil where there is none: then the replay begins with the first event.
  /// - Throws: ``LogError/Code/damagedProjection`` where a digest is wrong.
  package func view(
    atOrBefore position: PositionNumber, of log: borrowing LogSnapshot<ProjectionSet>
  ) throws(LogError) -> SnapshotView? {
    let transaction = try stored { () throws(LMDBError) in try environment.beginRead() }
    let entries = try stored { () throws(LMDBError) in try self.entries(in: transaction) }
    guard try isUsable(entries, in: log) else { return nil }
    guard let entry = entries.last(where: { $0.position <= position }) else { return nil }
    try checkOnce()
    return SnapshotView(entry, tables, transaction)
  }

  /// Whether a log stands behind the snapshots: they are of its history, in this program's form, and of nobody who was
  /// erased.
  func isUsable(_ entries: [SnapshotEntry], in log: borrowing LogSnapshot<ProjectionSet>) throws(LogError) -> Bool {
    guard let newest = entries.last else { return true }
    let erasedCount = try log.erasedPersons().count
    for entry in entries {
      guard entry.schemaVersion == log.participant.schemaVersion, entry.erasedCount == UInt64(erasedCount)
      else { return false }
    }
    return try log.root(at: newest.position) == newest.root
  }

  private func checkOnce() throws(LogError) {
    if isChecked.withLock({ $0 }) { return }
    try check()
    isChecked.withLock { $0 = true }
  }

  /// Makes the digest of each snapshot anew. Reads every row.
  ///
  /// - Throws: ``LogError/Code/damagedProjection``, with the position of the first that is wrong.
  package func check() throws(LogError) {
    do throws(LogError) {
      let transaction = try stored { () throws(LMDBError) in try environment.beginRead() }
      var check = SnapshotCheck(try stored { () throws(LMDBError) in try entries(in: transaction) })
      try stored { () throws(LMDBError) in try check.read(tables, in: transaction) }
      if let wrong = check.firstWrong() { throw Self.damaged(at: wrong) }
    } catch {
      guard error.storage?.code == .damagedRow else { throw error }
      throw Self.damaged(at: nil)
    }
  }

  private static func damaged(at position: PositionNumber?) -> LogError {
    LogError(
      .damagedProjection, "the snapshots are damaged; throw them away, and they are made anew from the log",
      at: position)
  }

  /// Throws all snapshots away if a log does not stand behind them any more.
  ///
  /// - Returns: whether it did.
  @discardableResult
  package func clearUnlessUsable(in log: EventLog<ProjectionSet>) throws(LogError) -> Bool {
    let entries = try entries()
    if try isUsable(entries, in: log.snapshot()) { return false }
    try clear()
    return true
  }

  /// Throws all snapshots away.
  ///
  /// - Returns: how many there were.
  @discardableResult
  package func clear() throws(LogError) -> Int {
    try stored { () throws(LMDBError) in
      var transaction = try environment.beginWrite()
      let count = try tables.catalogue.count(in: transaction)
      try tables.catalogue.clear(in: &transaction)
      try tables.directory.clear(in: &transaction)
      try tables.standings.clear(in: &transaction)
      try transaction.commit()
      return count
    }
  }
}

extension LogView where Reading: ~Copyable, Participant == ProjectionSet {
  /// The names of the keys of everybody who was ever erased.
  func erasedPersons() throws(LogError) -> Set<[UInt8]> {
    let persons = try withState(orThrow: { $0 }) { (state) throws(LogError) -> [[UInt8]] in
      do throws(StateUnreadable) { return try state.erasedPersons() } catch {
        throw LogError(.damagedProjection, error.description)
      }
    }
    return Set(persons)
  }
}
