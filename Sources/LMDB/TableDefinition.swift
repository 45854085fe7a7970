import CLMDB

/// What a table is called, and how its rows are written.
package struct TableDefinition<K: KeyCodec, V: ValueCodec>: Sendable {
  /// The name LMDB knows the table by.
  package let name: String
  /// The name that enters every row's check. Two tables of one logical name hold identical bytes for identical rows, as a
  /// set that is rebuilt beside the old one must; a row that strays into a table of another name is found out.
  package let logicalName: String
  /// The key of the rows' checks. With one, nobody who lacks it can make a row that is read, and each transaction keeps
  /// count of how the sum over the rows changes: see ``Table/takeSumChange(in:)``. Nil for checks that anybody can make.
  package let key: RowKey?
  /// Whether a row is read only if its check is right. False for a reader that has not the key of the checks: it then takes
  /// what is in the file, damaged or not.
  package let verifiesRows: Bool

  /// - Parameters:
  ///   - logicalName: nil if the table is known by one name only.
  ///   - key: of the rows' checks.
  ///   - verifiesRows: false only for tables that are read, by a process without the key.
  package init(_ name: String, logicalName: String? = nil, key: RowKey? = nil, verifiesRows: Bool = true) {
    self.name = name
    self.logicalName = logicalName ?? name
    self.key = key
    self.verifiesRows = verifiesRows
  }

  var rowCheck: RowCheck {
    RowCheck(logicalName, key, isVerified: verifiesRows, hasIntegerKeys: K.isInteger)
  }
}

extension Environment {
  /// Opens a table, and creates it if it is missing. The table can be used in this transaction and, once that is
  /// committed, in later ones; if the transaction is aborted, the table must not be used again.
  ///
  /// - Throws: `other` if no room is left for another table, or if the table's keys are of another kind;
  ///   `transactionFailed`, `mapFull`.
  package func openTable<K, V>(
    _ definition: TableDefinition<K, V>, in transaction: inout WriteTransaction
  ) throws(LMDBError) -> Table<K, V> {
    try transaction.checkUsable("open a table")
    core.beginOpeningTables()
    do throws(LMDBError) {
      return Table(
        rows: unsafe try core.openRows(
          definition.name, definition.rowCheck,
          codec: K.self, hasIntegerKeys: K.isInteger, creating: true, in: transaction.handle.pointer))
    } catch {
      transaction.fail(error.status)
      throw error
    }
  }

  /// Opens a table in a transaction of its own; creates it if the environment is open for writing.
  ///
  /// - Throws: `noSuchTable` if it is missing and the environment is open for reading, and as
  ///   ``openTable(_:in:)`` and ``beginWrite()`` do.
  @available(*, noasync)
  package func openTable<K, V>(_ definition: TableDefinition<K, V>) throws(LMDBError) -> Table<K, V> {
    if access == .readWrite {
      var transaction = try beginWrite()
      let table = try openTable(definition, in: &transaction)
      try transaction.commit()
      return table
    }
    let core = core
    return Table(
      rows: try core.withMap { () throws(LMDBError) in
        try core.openExistingRows(
          definition.name, definition.rowCheck,
          codec: K.self, hasIntegerKeys: K.isInteger)
      })
  }
}

extension EnvironmentCore {
  /// Opens a table in an environment open for reading, with a transaction that is not the pool's, since the handle is kept
  /// only if the transaction that opened it is committed.
  ///
  /// - Parameter hasIntegerKeys: nil takes the table as it is.
  func openExistingRows(
    _ name: String, _ rowCheck: RowCheck, codec: (any KeyCodec.Type)? = nil, hasIntegerKeys: Bool?
  ) throws(LMDBError) -> RowStore {
    try openingTables { () throws(LMDBError) in
      var begun: OpaquePointer?
      unsafe try check("open a table", mdb_txn_begin(pointer, nil, UInt32(MDB_RDONLY), &begun))
      guard let transaction = unsafe begun else { throw LMDBError(status: MDB_PANIC, "open a table") }
      do throws(LMDBError) {
        let rows = unsafe try openRows(
          name, rowCheck, codec: codec, hasIntegerKeys: hasIntegerKeys, creating: false, in: transaction)
        unsafe try check("open a table", mdb_txn_commit(transaction))
        return rows
      } catch {
        unsafe mdb_txn_abort(transaction)
        throw error
      }
    }
  }

  fileprivate func openRows(
    _ name: String, _ rowCheck: RowCheck, codec: (any KeyCodec.Type)?, hasIntegerKeys: Bool?, creating: Bool,
    in transaction: OpaquePointer
  ) throws(LMDBError) -> RowStore {
    let operation = "open table \(name)"
    let kind = hasIntegerKeys == true ? MDB_INTEGERKEY : 0
    var table: MDB_dbi = 0
    var flags: UInt32 = 0
    unsafe try check(
      operation, mdb_dbi_open(transaction, name, UInt32(kind | (creating ? MDB_CREATE : 0)), &table))
    unsafe try check(operation, mdb_dbi_flags(transaction, table, &flags))
    guard hasIntegerKeys == nil || flags == UInt32(kind) else {
      throw LMDBError(.other, operation, "the table's keys are of another kind than the definition's; check the name")
    }
    return RowStore(table, rowCheck, self, codec)
  }
}
