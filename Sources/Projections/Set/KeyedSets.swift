import EventLog
import KeyStore
import LMDB
import Synchronization

/// Both sets of tables, and the rows that say which is live, as rows of one key are read.
final class KeyedSets: Sendable {
  let keys: AccessKeys
  let tables: [ProjectionTables]
  let checkpoint: Table<BytesKey, ProjectionCheckpoint>

  /// Opens the tables, creating those that are missing.
  init(
    in transaction: inout WriteTransaction, of environment: Environment, _ personalData: PersonalData,
    _ keys: AccessKeys
  ) throws(LogError) {
    self.keys = keys
    var tables: [ProjectionTables] = []
    for name in ProjectionTables.names {
      tables.append(try ProjectionTables(set: name, in: &transaction, of: environment, personalData, keys))
    }
    self.tables = tables
    do throws(LMDBError) { checkpoint = try environment.openTable(keys.checkpoints, in: &transaction) } catch {
      throw LogError(error)
    }
  }

  /// Opens the tables of an environment that is only read.
  init(reading environment: Environment, _ personalData: PersonalData, _ keys: AccessKeys) throws(LogError) {
    self.keys = keys
    var tables: [ProjectionTables] = []
    for name in ProjectionTables.names {
      tables.append(try ProjectionTables(set: name, reading: environment, personalData, keys))
    }
    self.tables = tables
    do throws(LMDBError) { checkpoint = try environment.openTable(keys.checkpoints) } catch { throw LogError(error) }
  }

  /// What is noted at a key.
  enum Noted {
    case row(ProjectionCheckpoint)
    case nothing
    /// A row that these keys do not read: written under others, by a version that had none, or damaged.
    case unreadable

    /// The row, where it was read.
    var row: ProjectionCheckpoint? { if case .row(let row) = self { row } else { nil } }
  }

  func noted(
    _ key: [UInt8], in transaction: borrowing some Transaction & ~Copyable
  ) throws(LogError) -> Noted {
    do throws(LMDBError) {
      guard let row = try checkpoint.get(key, in: transaction) else { return .nothing }
      return .row(row)
    } catch {
      guard error.code == .damagedRow else { throw LogError(error) }
      return .unreadable
    }
  }

  /// The sums over the rows of a set, as a row has them.
  func sums(of row: ProjectionCheckpoint) -> TableSums? {
    row.sums?.masked(by: keys, at: row.position, set: row.set)
  }

  /// Notes how far a set has come, and the sums over its rows.
  ///
  /// - Parameter base: the sums before the transaction, or before what was noted of the set in it.
  func note(
    _ key: [UInt8], _ row: ProjectionCheckpoint, from base: TableSums, in transaction: inout WriteTransaction
  ) throws(LogError) {
    var row = row
    let set = tables[Int(row.set)]
    let sums = TableSums(
      directory: base.directory &+ set.directory.rows.takeSumChange(in: &transaction),
      validity: base.validity &+ set.validity.rows.takeSumChange(in: &transaction))
    row.sums = sums.masked(by: keys, at: row.position, set: row.set)
    do throws(LMDBError) { try checkpoint.put(key, row, in: &transaction) } catch { throw LogError(error) }
  }
}

/// Where another process writes: sets as rows of other keys are read than those that were the newest at opening. The process
/// that writes makes all rows anew after a change of keys.
final class FollowedSets: Sendable {
  private let environment: Environment
  private let personalData: PersonalData
  private let keyStore: KeyStore
  private let others = Mutex<[KeyedSets]>([])

  init(_ environment: Environment, _ personalData: PersonalData, _ keyStore: KeyStore) {
    self.environment = environment
    self.personalData = personalData
    self.keyStore = keyStore
  }

  /// The sets by whose keys the row is read that says which one is live.
  ///
  /// - Throws: ``LogError/Code/damagedProjection`` where no key of the keyring reads it.
  func find(
    in transaction: borrowing some Transaction & ~Copyable
  ) throws(LogError) -> (sets: KeyedSets, row: ProjectionCheckpoint) {
    if let found = try search(transaction) { return found }
    do throws(KeyStoreError) { try keyStore.refresh() } catch { throw LogError(.keyUnavailable, error.reason) }
    for keys in try AccessKeys.all(of: keyStore)
    where !others.withLock({ $0.contains { $0.keys.number == keys.number } }) {
      let sets = try KeyedSets(reading: environment, personalData, keys)
      others.withLock { $0.insert(sets, at: 0) }
    }
    if let found = try search(transaction) { return found }
    throw LogError(
      .damagedProjection,
      "what says how far the projections have come is damaged, or of another version or other keys; open the ledger for "
        + "writing once, which makes them anew")
  }

  private func search(
    _ transaction: borrowing some Transaction & ~Copyable
  ) throws(LogError) -> (sets: KeyedSets, row: ProjectionCheckpoint)? {
    for sets in others.withLock({ $0 }) {
      if let row = try sets.noted(ProjectionSet.checkpointKey, in: transaction).row { return (sets, row) }
    }
    return nil
  }
}
