import CLMDB

/// How the check of a table's rows is made.
struct RowCheck: Sendable {
  /// The table's logical name.
  let name: String
  /// Of the name, for checks without a key.
  private let seed: UInt64
  private let key: RowKey?
  /// Whether rows are read only if their check is right.
  let isVerified: Bool
  /// Where keys are of many lengths, a key's length counts in the check: so no byte of a key passes for one of a value.
  private let countsKeyBytes: Bool
  var hasIntegerKeys: Bool { !countsKeyBytes }

  init(_ name: String, _ key: RowKey?, isVerified: Bool = true, hasIntegerKeys: Bool) {
    self.name = name
    self.key = key
    self.isVerified = isVerified
    countsKeyBytes = !hasIntegerKeys
    var name = name
    seed = name.withUTF8 { unsafe XXH64.hash(UnsafeRawBufferPointer($0), seed: 0) }
  }

  /// Whether nobody without a key can make a check, and the rows are summed.
  var isKeyed: Bool { key != nil }

  /// The 8 bytes that stand behind a value.
  func check(_ row: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> UInt64 {
    if let key {
      var hash = unsafe begun(key, row)
      return unsafe hash.finish(value)
    }
    var state = XXH64(seed: seed)
    unsafe state.update(row)
    unsafe state.update(value)
    return state.finish()
  }

  /// The check, and what the row adds to the sum over the rows. That stands nowhere in the file: so nobody can find rows
  /// that add up to what others did. 0 without a key.
  func codes(_ row: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> (check: UInt64, summand: UInt64) {
    guard let key else { return unsafe (check(row, value), 0) }
    var hash = unsafe begun(key, row)
    let check = unsafe hash.finish(value)
    return (check, hash.finishSecond())
  }

  @inline(__always)
  private func begun(_ key: RowKey, _ row: UnsafeRawBufferPointer) -> SipHash {
    var hash = SipHash(key)
    if countsKeyBytes { hash.take(UInt64(row.count)) }
    unsafe hash.takePadded(row)
    return hash
  }
}

extension Table {
  /// By how much the sum over the rows has changed, since the transaction began, or since this was asked before or the table
  /// was cleared. Of a table without a key always 0.
  ///
  /// The sum is modulo 2^64, over a code of each row that only who has the table's key can compute. Somebody who keeps it, in the
  /// same commit, finds rows that are of another moment: each has the right check, and yet they do not add up.
  package func takeSumChange(in transaction: inout WriteTransaction) -> UInt64 {
    rows.takeSumChange(in: &transaction)
  }

  /// The sum over all rows, each of which is checked.
  ///
  /// - Parameter proceed: is asked after each row; false gives up.
  /// - Returns: nil where it was given up.
  /// - Throws: `damagedRow`, `corrupted`.
  package func sum(
    in transaction: borrowing some Transaction & ~Copyable, _ proceed: () -> Bool = { true }
  ) throws(LMDBError) -> UInt64? {
    let cursor = unsafe try RowCursor(rows, in: transaction.handle)
    defer { unsafe cursor.close() }
    var sum: UInt64 = 0
    while let row = unsafe try cursor.step(MDB_NEXT, MDB_val()) {
      unsafe sum &+= try rows.summand(row.stored, key: row.key)
      guard proceed() else { return nil }
    }
    return sum
  }
}

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
  ///   - keys: of which keys the checks of the table that LMDB knows by a name can be, nil among them for none. Where there
  ///     are none, rows are counted alone.
  ///   - codec: how keys are written in the table that LMDB knows by a name, by which a damaged row is named; nil where that
  ///     is not known.
  ///   - progress: is told from time to time how many rows were checked.
  /// - Returns: how many rows there are.
  /// - Throws: `damagedRow` at the first row that does not match; `corrupted`, `closed`, `readersFull`.
  @available(*, noasync)
  package func checkRows(
    logicalName: (String) -> String, keys: (String) -> [RowKey?] = { _ in [nil] },
    codec: (String) -> (any KeyCodec.Type)? = { _ in nil },
    progress: (_ rows: Int) -> Void = { _ in }
  ) throws(LMDBError) -> Int {
    var count = 0
    let core = core
    for (name, hasIntegerKeys) in try tables() {
      let checks = keys(name).map { RowCheck(logicalName(name), $0, hasIntegerKeys: hasIntegerKeys) }
      let rows = try core.withMap { () throws(LMDBError) in
        try core.openExistingRows(
          name, checks.first ?? RowCheck(name, nil, hasIntegerKeys: hasIntegerKeys),
          codec: codec(name), hasIntegerKeys: nil)
      }
      let read = try beginRead()
      let cursor = unsafe try RowCursor(rows, in: read.handle)
      defer { unsafe cursor.close() }
      while let row = unsafe try cursor.step(MDB_NEXT, MDB_val()) {
        let isSound = checks.isEmpty || checks.contains { unsafe $0.fits(row.stored, key: row.key) }
        guard isSound else { throw unsafe rows.damage(at: row.key) }
        count += 1
        if count.isMultiple(of: 1 << 16) { progress(count) }
      }
      _ = read.number
    }
    return count
  }

  /// The names of the tables, and whether their keys are numbers. LMDB keeps the names as the keys of a table without one.
  private func tables() throws(LMDBError) -> [(name: String, hasIntegerKeys: Bool)] {
    let operation = "list the tables"
    let core = core
    return try core.withMap { () throws(LMDBError) in
      var begun: OpaquePointer?
      unsafe try LMDB.check(operation, mdb_txn_begin(core.pointer, nil, UInt32(MDB_RDONLY), &begun))
      defer { unsafe mdb_txn_abort(begun) }
      var main: MDB_dbi = 0
      unsafe try LMDB.check(operation, mdb_dbi_open(begun, nil, 0, &main))
      var cursor: OpaquePointer?
      unsafe try LMDB.check(operation, mdb_cursor_open(begun, main, &cursor))
      defer { unsafe mdb_cursor_close(cursor) }
      var tables: [(name: String, hasIntegerKeys: Bool)] = []
      var key = unsafe MDB_val()
      var record = unsafe MDB_val()
      while true {
        let status = unsafe mdb_cursor_get(cursor, &key, &record, MDB_NEXT)
        if status == MDB_NOTFOUND { return tables }
        try LMDB.check(operation, status)
        let name = unsafe String(decoding: UnsafeRawBufferPointer(key), as: UTF8.self)
        let tree = unsafe DataFile.Tree(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(record)), at: 0)
        tables.append((name, tree.flags == Page.integerKeyFlag))
      }
    }
  }
}

extension RowCheck {
  /// Whether what is stored at a key ends with its check.
  fileprivate func fits(_ stored: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer) -> Bool {
    let count = stored.count - 8
    guard count >= 0 else { return false }
    let kept = unsafe UInt64(littleEndian: stored.loadUnaligned(fromByteOffset: count, as: UInt64.self))
    return unsafe kept == check(key, UnsafeRawBufferPointer(rebasing: stored[..<count]))
  }
}
