import CLMDB

/// A table as bytes: what needs no codec. Every row is stored as its value and 8 bytes of check.
@usableFromInline
struct RowStore: Sendable {
  private static let checkByteCount = 8

  private let table: MDB_dbi
  private let environment: UInt
  private let rowCheck: RowCheck
  /// How the keys are written, where that is known.
  private let codec: (any KeyCodec.Type)?
  /// The table's logical name.
  var name: String { rowCheck.name }

  init(_ table: MDB_dbi, _ rowCheck: RowCheck, _ core: EnvironmentCore, _ codec: (any KeyCodec.Type)?) {
    self.table = table
    self.codec = codec
    self.rowCheck = rowCheck
    unsafe environment = UInt(bitPattern: core.pointer)
  }

  // MARK: Reading

  /// The value at `key`, checked, as long as nothing is written and the transaction lives.
  @usableFromInline
  func find(_ key: UnsafeRawBufferPointer, in handle: TransactionHandle) throws(LMDBError) -> UnsafeRawBufferPointer? {
    guard let stored = unsafe try lookUp(key, in: handle) else { return nil }
    return unsafe try verified(stored, key: key)
  }

  /// The value at `key`, not checked.
  @usableFromInline
  func findUnchecked(
    _ key: UnsafeRawBufferPointer, in handle: TransactionHandle
  ) throws(LMDBError) -> UnsafeRawBufferPointer? {
    guard let stored = unsafe try lookUp(key, in: handle) else { return nil }
    guard stored.count >= Self.checkByteCount else { throw unsafe damage(at: key) }
    return unsafe UnsafeRawBufferPointer(rebasing: stored.dropLast(Self.checkByteCount))
  }

  /// How many rows there are.
  @usableFromInline
  func count(in handle: TransactionHandle) throws(LMDBError) -> Int {
    requireSameEnvironment(handle)
    var shape = MDB_stat()
    unsafe try check("count rows", mdb_stat(handle.pointer, table, &shape))
    return Int(shape.ms_entries)
  }

  private func lookUp(
    _ key: UnsafeRawBufferPointer, in handle: TransactionHandle
  ) throws(LMDBError) -> UnsafeRawBufferPointer? {
    requireSameEnvironment(handle)
    var keyValue = unsafe MDB_val(key)
    var value = unsafe MDB_val()
    let status = unsafe mdb_get(handle.pointer, table, &keyValue, &value)
    if status == MDB_NOTFOUND { return nil }
    try check("read a row", status)
    return unsafe UnsafeRawBufferPointer(value)
  }

  /// The value without its check, if that is right.
  func verified(
    _ stored: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer
  ) throws(LMDBError) -> UnsafeRawBufferPointer {
    let count = stored.count - Self.checkByteCount
    guard count >= 0 else { throw unsafe damage(at: key) }
    let value = unsafe UnsafeRawBufferPointer(rebasing: stored[..<count])
    let kept = unsafe UInt64(littleEndian: stored.loadUnaligned(fromByteOffset: count, as: UInt64.self))
    guard unsafe kept == rowCheck.check(key, value) || !rowCheck.isVerified else { throw unsafe damage(at: key) }
    return unsafe value
  }

  /// What a row adds to the sum over the rows, if its check is right.
  func summand(_ stored: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer) throws(LMDBError) -> UInt64 {
    let count = stored.count - Self.checkByteCount
    guard count >= 0 else { throw unsafe damage(at: key) }
    let value = unsafe UnsafeRawBufferPointer(rebasing: stored[..<count])
    let kept = unsafe UInt64(littleEndian: stored.loadUnaligned(fromByteOffset: count, as: UInt64.self))
    let codes = unsafe rowCheck.codes(key, value)
    guard kept == codes.check else { throw unsafe damage(at: key) }
    return codes.summand
  }

  /// The error for a row that is not what was written.
  @usableFromInline
  func damage(at key: UnsafeRawBufferPointer) -> LMDBError {
    let codec: any KeyCodec.Type = self.codec ?? (rowCheck.hasIntegerKeys ? PositionKey.self : BytesKey.self)
    let row = unsafe codec.name(of: RawSpan(_unsafeBytes: key)) ?? BytesKey.name(of: RawSpan(_unsafeBytes: key)) ?? ""
    return LMDBError(
      .damagedRow, "read a row",
      "the row of table \(name) at \(row) is damaged; restore a backup, or rebuild the projections if it is one of theirs"
    )
  }

  // MARK: Writing

  /// Takes the row at `key`, if there is one, out of the sum over the rows, before it is replaced or deleted.
  ///
  /// One that is damaged stays in the sum, which then never fits the rows again.
  private func forget(_ key: UnsafeRawBufferPointer, in transaction: inout WriteTransaction) throws(LMDBError) {
    guard rowCheck.isKeyed, let stored = unsafe try lookUp(key, in: transaction.handle) else { return }
    guard let summand = unsafe try? summand(stored, key: key) else { return }
    unsafe transaction.sumChanges[Int(table)] &-= summand
  }

  /// By how much the sum over the rows has changed, since the transaction began, or since this was asked before or the
  /// table was cleared.
  func takeSumChange(in transaction: inout WriteTransaction) -> UInt64 {
    requireSameEnvironment(transaction.handle)
    let change = unsafe transaction.sumChanges[Int(table)]
    unsafe transaction.sumChanges[Int(table)] = 0
    return change
  }

  /// Makes room for a value of `count` bytes; the caller fills all of it and calls ``seal(_:at:in:)`` before any other
  /// write.
  @usableFromInline
  func reserve(
    _ count: Int, at key: UnsafeRawBufferPointer, _ mode: WriteMode, in transaction: inout WriteTransaction
  ) throws(LMDBError) -> UnsafeMutableRawBufferPointer {
    requireSameEnvironment(transaction.handle)
    try transaction.checkUsable(mode.operation)
    if mode == .put { unsafe try forget(key, in: &transaction) }
    var keyValue = unsafe MDB_val(key)
    var value = unsafe MDB_val(mv_size: count + Self.checkByteCount, mv_data: nil)
    let status = unsafe mdb_put(
      transaction.handle.pointer, table, &keyValue, &value, UInt32(MDB_RESERVE | mode.flags))
    switch (status, mode) {
    case (MDB_SUCCESS, _): return unsafe UnsafeMutableRawBufferPointer(start: value.mv_data, count: count)
    case (MDB_KEYEXIST, .insert): throw LMDBError(status: status, mode.operation)
    case (MDB_KEYEXIST, .append):
      transaction.fail(status)
      throw LMDBError(
        .outOfOrder, mode.operation, "the key is not beyond the table's last; nothing may be put between or again",
        status: status)
    default:
      transaction.fail(status)
      throw LMDBError(status: status, mode.operation)
    }
  }

  /// Writes the check behind a value that ``reserve(_:at:_:in:)`` made room for.
  @usableFromInline
  func seal(
    _ value: UnsafeMutableRawBufferPointer, at key: UnsafeRawBufferPointer, in transaction: inout WriteTransaction
  ) {
    let codes = unsafe rowCheck.codes(key, UnsafeRawBufferPointer(value))
    unsafe value.baseAddress?.storeBytes(of: codes.check.littleEndian, toByteOffset: value.count, as: UInt64.self)
    if rowCheck.isKeyed { unsafe transaction.sumChanges[Int(table)] &+= codes.summand }
  }

  /// Deletes the row at `key`; false if there is none.
  @usableFromInline
  func delete(
    _ key: UnsafeRawBufferPointer, in transaction: inout WriteTransaction
  ) throws(LMDBError) -> Bool {
    let operation = "delete a row"
    requireSameEnvironment(transaction.handle)
    try transaction.checkUsable(operation)
    unsafe try forget(key, in: &transaction)
    var keyValue = unsafe MDB_val(key)
    let status = unsafe mdb_del(transaction.handle.pointer, table, &keyValue, nil)
    if status == MDB_NOTFOUND { return false }
    if status != 0 { transaction.fail(status) }
    try check(operation, status)
    return true
  }

  /// Deletes every row.
  @usableFromInline
  func clear(in transaction: inout WriteTransaction) throws(LMDBError) {
    let operation = "clear a table"
    requireSameEnvironment(transaction.handle)
    try transaction.checkUsable(operation)
    unsafe transaction.sumChanges[Int(table)] = 0
    let status = unsafe mdb_drop(transaction.handle.pointer, table, 0)
    if status != 0 { transaction.fail(status) }
    try check(operation, status)
  }

  // MARK: Cursors

  /// Opens LMDB's cursor.
  func openCursor(in handle: TransactionHandle) throws(LMDBError) -> OpaquePointer {
    requireSameEnvironment(handle)
    var cursor: OpaquePointer?
    unsafe try check("open a cursor", mdb_cursor_open(handle.pointer, table, &cursor))
    guard let cursor = unsafe cursor else { throw LMDBError(status: MDB_PANIC, "open a cursor") }
    return unsafe cursor
  }

  /// Whether `left` comes before `right` in this table's order.
  func precedes(
    _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer, in handle: TransactionHandle
  ) -> Bool {
    var left = unsafe MDB_val(left)
    var right = unsafe MDB_val(right)
    return unsafe mdb_cmp(handle.pointer, table, &left, &right) < 0
  }

  private func requireSameEnvironment(_ handle: TransactionHandle) {
    precondition(handle.environment == environment, "the table belongs to another environment than the transaction")
  }
}

/// What a write does about a key that exists.
@usableFromInline
enum WriteMode: Sendable {
  case put
  case insert
  case append

  var flags: Int32 {
    switch self {
    case .put: 0
    case .insert: MDB_NOOVERWRITE
    case .append: MDB_APPEND
    }
  }

  var operation: String {
    switch self {
    case .put: "put a row"
    case .insert: "insert a row"
    case .append: "append a row"
    }
  }
}

extension MDB_val {
  init(_ bytes: UnsafeRawBufferPointer) {
    unsafe self.init(mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
  }
}

extension UnsafeRawBufferPointer {
  init(_ value: MDB_val) { unsafe self.init(start: value.mv_data, count: value.mv_size) }
}
