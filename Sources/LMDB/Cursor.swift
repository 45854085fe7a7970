import CLMDB

/// A place in a table, which moves in the order of the keys. Every row it stops at is checked.
///
/// It comes from ``Table/withCursor(in:_:)``, and so never outlives its transaction, in which nothing can be written
/// meanwhile. At no row (at first, and after a seek that found none), the next row is the first, the previous one the
/// last. After `damagedRow` the cursor is at the damaged row, and can go on from there.
@safe
package struct Cursor<K: KeyCodec, V: ValueCodec>: ~Copyable {
  @usableFromInline
  var position: RowCursor

  @usableFromInline
  let table: Table<K, V>

  @usableFromInline
  init(_ table: Table<K, V>, in handle: TransactionHandle) throws(LMDBError) {
    self.table = table
    unsafe position = try RowCursor(table.rows, in: handle)
  }

  deinit { unsafe position.close() }

  /// Goes to the first row; false if the table is empty.
  ///
  /// - Throws: `damagedRow`, `corrupted`; this goes for every movement.
  @inlinable
  package mutating func first() throws(LMDBError) -> Bool { unsafe try position.move(.first) }

  /// Goes to the last row; false if the table is empty.
  @inlinable
  package mutating func last() throws(LMDBError) -> Bool { unsafe try position.move(.last) }

  /// Goes to the next row; false if there is none, and then the cursor stays where it is.
  @inlinable
  package mutating func next() throws(LMDBError) -> Bool { unsafe try position.move(.next) }

  /// Goes to the previous row; false if there is none, and then the cursor stays where it is.
  @inlinable
  package mutating func previous() throws(LMDBError) -> Bool { unsafe try position.move(.previous) }

  /// Goes to the first row whose key is `key` or comes after it; false if there is none.
  @inlinable
  package mutating func seek(atOrAfter key: K.Key) throws(LMDBError) -> Bool {
    unsafe try table.withEncoded(key) { bytes throws(LMDBError) -> Bool in unsafe try position.seek(atOrAfter: bytes) }
  }

  /// Goes to the last row whose key is `key` or comes before it; false if there is none.
  @inlinable
  package mutating func seek(atOrBefore key: K.Key) throws(LMDBError) -> Bool {
    unsafe try table.withEncoded(key) { bytes throws(LMDBError) -> Bool in
      unsafe try position.seek(before: bytes, orAt: true)
    }
  }

  /// The key of the row the cursor is at; traps if it is at none, or at a damaged one.
  @inlinable
  package func key() throws(LMDBError) -> K.Key {
    let row = unsafe position.row
    guard let key = unsafe K.decode(RawSpan(_unsafeBytes: row.key)) else { throw unsafe table.rows.damage(at: row.key) }
    return key
  }

  /// The key of the row the cursor is at, damaged or not; traps if it is at none. For repairs and tests.
  package func unverifiedKey() throws(LMDBError) -> K.Key {
    let bytes = unsafe position.placedKey
    guard let key = unsafe K.decode(RawSpan(_unsafeBytes: bytes)) else { throw unsafe table.rows.damage(at: bytes) }
    return key
  }

  /// The value of the row the cursor is at; traps if it is at none, or at a damaged one.
  @inlinable
  package func value() throws(LMDBError) -> V.Value {
    let row = unsafe position.row
    guard let value = unsafe V.decode(RawSpan(_unsafeBytes: row.value)) else {
      throw unsafe table.rows.damage(at: row.key)
    }
    return value
  }

  /// Calls `body` with the bytes of the value the cursor is at, in place; traps if it is at no row, or at a damaged one.
  @inlinable
  package func withBytes<Result>(_ body: (RawSpan) throws(LMDBError) -> Result) throws(LMDBError) -> Result {
    unsafe try body(RawSpan(_unsafeBytes: position.row.value))
  }
}

/// LMDB's cursor, and the row it is at. A ``Cursor`` owns it, and closes it.
@usableFromInline
@unsafe
struct RowCursor {
  @usableFromInline
  enum Movement: Sendable { case first, last, next, previous }

  private let rows: RowStore
  private let handle: TransactionHandle
  private let pointer: OpaquePointer
  /// Whether LMDB's cursor is at a row, damaged or not.
  private var isPlaced = false
  /// The key of the row it is at, damaged or not.
  private var keyBytes = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
  /// The row, if it is sound.
  private var current: (key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer)?

  @usableFromInline
  init(_ rows: RowStore, in handle: TransactionHandle) throws(LMDBError) {
    unsafe self.rows = rows
    unsafe self.handle = handle
    unsafe pointer = try rows.openCursor(in: handle)
    unsafe current = nil
  }

  @usableFromInline
  func close() { unsafe mdb_cursor_close(pointer) }

  @usableFromInline
  var row: (key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
    guard let current = unsafe current else { preconditionFailure("the cursor is at no row") }
    return unsafe current
  }

  var placedKey: UnsafeRawBufferPointer {
    guard unsafe isPlaced else { preconditionFailure("the cursor is at no row") }
    return unsafe keyBytes
  }

  @usableFromInline
  mutating func move(_ movement: Movement) throws(LMDBError) -> Bool {
    let operation =
      switch movement {
      case .first: MDB_FIRST
      case .last: MDB_LAST
      case .next: unsafe isPlaced ? MDB_NEXT : MDB_FIRST
      case .previous: unsafe isPlaced ? MDB_PREV : MDB_LAST
      }
    guard let found = unsafe try step(operation, MDB_val()) else { return false }
    return unsafe try settle(found)
  }

  @usableFromInline
  mutating func seek(atOrAfter key: UnsafeRawBufferPointer) throws(LMDBError) -> Bool {
    guard let found = unsafe try step(MDB_SET_RANGE, MDB_val(key)) else {
      unsafe leave()
      return false
    }
    return unsafe try settle(found)
  }

  /// The value at `key`, checked; nil if there is no row. LMDB looks for it in the page that its cursor is at before it begins at
  /// the root.
  @usableFromInline
  mutating func find(_ key: UnsafeRawBufferPointer) throws(LMDBError) -> UnsafeRawBufferPointer? {
    unsafe leave()
    guard let found = unsafe try step(MDB_SET, MDB_val(key)) else { return nil }
    return unsafe try rows.verified(found.stored, key: key)
  }

  /// Goes to the last row before `key`, or, if asked, to the row at it.
  @usableFromInline
  mutating func seek(before key: UnsafeRawBufferPointer, orAt isInclusive: Bool) throws(LMDBError) -> Bool {
    // The row found on the way need not be sound: it is not the one asked for.
    let found = unsafe try step(MDB_SET_RANGE, MDB_val(key))
    if isInclusive, let found = unsafe found, unsafe !rows.precedes(key, found.key, in: handle) {
      return unsafe try settle(found)
    }
    guard let before = unsafe try step(found == nil ? MDB_LAST : MDB_PREV, MDB_val()) else {
      unsafe leave()
      return false
    }
    return unsafe try settle(before)
  }

  /// Whether the row the cursor is at comes before `key`.
  @usableFromInline
  func isBefore(_ key: UnsafeRawBufferPointer) -> Bool { unsafe rows.precedes(row.key, key, in: handle) }

  private mutating func leave() {
    unsafe isPlaced = false
    unsafe current = nil
  }

  private mutating func settle(
    _ found: (key: UnsafeRawBufferPointer, stored: UnsafeRawBufferPointer)
  ) throws(LMDBError) -> Bool {
    unsafe isPlaced = true
    unsafe keyBytes = found.key
    unsafe current = nil
    unsafe current = (key: found.key, value: try rows.verified(found.stored, key: found.key))
    return true
  }

  func step(
    _ operation: MDB_cursor_op, _ key: MDB_val
  ) throws(LMDBError) -> (key: UnsafeRawBufferPointer, stored: UnsafeRawBufferPointer)? {
    var key = unsafe key
    var value = unsafe MDB_val()
    let status = unsafe mdb_cursor_get(pointer, &key, &value, operation)
    if status == MDB_NOTFOUND { return nil }
    try check("move a cursor", status)
    return unsafe (key: UnsafeRawBufferPointer(key), stored: UnsafeRawBufferPointer(value))
  }
}
