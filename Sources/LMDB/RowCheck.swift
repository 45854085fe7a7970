import CLMDB

extension Environment {
  /// Checks every row of every table against its own check, whatever the rows mean.
  ///
  /// Blocks, for as long as it takes to read the file.
  ///
  /// ```swift
  /// let rows = try environment.checkRows { $0 }
  /// ```
  ///
  /// - Parameters:
  ///   - logicalName: the name that enters the checks of the table that LMDB knows by a name: see
  ///     ``TableDefinition/logicalName``.
  ///   - progress: is told from time to time how many rows were checked.
  /// - Returns: how many rows there are.
  /// - Throws: `damagedRow` at the first row that does not match; `corrupted`, `closed`, `readersFull`.
  @available(*, noasync)
  public func checkRows(
    logicalName: (String) -> String, progress: (_ rows: Int) -> Void = { _ in }
  ) throws(LMDBError) -> Int {
    var count = 0
    for name in try tableNames() {
      let rows = try core.withMap { () throws(LMDBError) in
        try core.openExistingRows(name, logicalName(name), hasIntegerKeys: nil)
      }
      try Self.scan(rows, in: try beginRead()) {
        count += 1
        if count.isMultiple(of: 1 << 16) { progress(count) }
      }
    }
    return count
  }

  /// Goes through a table; a cursor checks each row that it stops at.
  private static func scan(
    _ rows: RowStore, in transaction: consuming ReadTransaction, _ body: () -> Void
  ) throws(LMDBError) {
    var cursor = unsafe try RowCursor(rows, in: transaction.handle)
    defer { unsafe cursor.close() }
    while unsafe try cursor.move(.next) { body() }
    _ = transaction.number
  }

  /// The names of the tables. LMDB keeps them as the keys of a table without a name.
  private func tableNames() throws(LMDBError) -> [String] {
    let operation = "list the tables"
    let core = core
    return try core.withMap { () throws(LMDBError) in
      var begun: OpaquePointer?
      unsafe try check(operation, mdb_txn_begin(core.pointer, nil, UInt32(MDB_RDONLY), &begun))
      defer { unsafe mdb_txn_abort(begun) }
      var main: MDB_dbi = 0
      unsafe try check(operation, mdb_dbi_open(begun, nil, 0, &main))
      var cursor: OpaquePointer?
      unsafe try check(operation, mdb_cursor_open(begun, main, &cursor))
      defer { unsafe mdb_cursor_close(cursor) }
      var names: [String] = []
      var key = unsafe MDB_val()
      while true {
        let status = unsafe mdb_cursor_get(cursor, &key, nil, MDB_NEXT)
        if status == MDB_NOTFOUND { return names }
        try check(operation, status)
        names.append(unsafe String(decoding: UnsafeRawBufferPointer(key), as: UTF8.self))
      }
    }
  }
}
