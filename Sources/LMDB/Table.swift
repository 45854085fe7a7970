/// A table: rows in the order of their encoded keys, each with a check that is verified whenever the row is read.
///
/// Bytes handed to a closure lie in the database page: they are not aligned, and valid only in the closure.
package struct Table<K: KeyCodec, V: ValueCodec>: Sendable {
  @usableFromInline
  let rows: RowStore

  init(rows: RowStore) { self.rows = rows }

  /// The name that enters every row's check.
  package var logicalName: String { rows.name }

  // MARK: Reading

  /// The value at `key`, nil if there is none.
  ///
  /// - Throws: `damagedRow`, `badKey`, `corrupted`.
  @inlinable
  package func get(_ key: K.Key, in transaction: borrowing some Transaction & ~Copyable) throws(LMDBError) -> V.Value? {
    let handle = transaction.handle
    return unsafe try withEncoded(key) { bytes throws(LMDBError) -> V.Value? in
      guard let found = unsafe try rows.find(bytes, in: handle) else { return nil }
      guard let value = unsafe V.decode(RawSpan(_unsafeBytes: found)) else { throw unsafe rows.damage(at: bytes) }
      return value
    }
  }

  /// Whether there is a row at `key`; it is checked as well.
  ///
  /// - Throws: as ``get(_:in:)``.
  @inlinable
  package func contains(
    _ key: K.Key, in transaction: borrowing some Transaction & ~Copyable
  ) throws(LMDBError) -> Bool {
    let handle = transaction.handle
    return unsafe try withEncoded(key) { bytes throws(LMDBError) -> Bool in
      unsafe try rows.find(bytes, in: handle) != nil
    }
  }

  /// Calls `body` with the value's bytes in place; nil if there is no row at `key`.
  ///
  /// - Throws: as ``get(_:in:)``, and what `body` throws.
  @inlinable
  package func withBytes<Result>(
    of key: K.Key, in transaction: borrowing some Transaction & ~Copyable,
    _ body: (RawSpan) throws(LMDBError) -> Result
  ) throws(LMDBError) -> Result? {
    let handle = transaction.handle
    return unsafe try withEncoded(key) { bytes throws(LMDBError) -> Result? in
      guard let found = unsafe try rows.find(bytes, in: handle) else { return nil }
      return unsafe try body(RawSpan(_unsafeBytes: found))
    }
  }

  /// As ``withBytes(of:in:_:)``, without verifying the row's check: only for callers that verify a stronger hash of their
  /// own over the bytes.
  @inlinable
  package func withUncheckedBytes<Result>(
    of key: K.Key, in transaction: borrowing some Transaction & ~Copyable,
    _ body: (RawSpan) throws(LMDBError) -> Result
  ) throws(LMDBError) -> Result? {
    let handle = transaction.handle
    return unsafe try withEncoded(key) { bytes throws(LMDBError) -> Result? in
      guard let found = unsafe try rows.findUnchecked(bytes, in: handle) else { return nil }
      return unsafe try body(RawSpan(_unsafeBytes: found))
    }
  }

  /// How many rows there are. Kept by LMDB, so it costs nothing to ask.
  ///
  /// - Throws: `corrupted`.
  @inlinable
  package func count(in transaction: borrowing some Transaction & ~Copyable) throws(LMDBError) -> Int {
    try rows.count(in: transaction.handle)
  }

  // MARK: Writing

  /// Stores `value` at `key`, in place of what was there.
  ///
  /// - Throws: `mapFull`, after which the transaction can only be aborted; `badKey`, `diskFull`, `transactionFailed`.
  @inlinable
  package func put(_ key: K.Key, _ value: V.Value, in transaction: inout WriteTransaction) throws(LMDBError) {
    try write(key, .put, V.byteCount(of: value), &transaction) { output in V.encode(value, into: &output) }
  }

  /// Stores `value` at a key that is new.
  ///
  /// - Throws: `keyExists`, after which the transaction goes on; otherwise as ``put(_:_:in:)``.
  @inlinable
  package func insert(_ key: K.Key, _ value: V.Value, in transaction: inout WriteTransaction) throws(LMDBError) {
    try write(key, .insert, V.byteCount(of: value), &transaction) { output in V.encode(value, into: &output) }
  }

  /// Stores `value` at a key greater than every key in the table: the fastest way to write, and a guard against a rewrite.
  ///
  /// - Throws: `outOfOrder`, after which the transaction can only be aborted; otherwise as ``put(_:_:in:)``.
  @inlinable
  package func append(_ key: K.Key, _ value: V.Value, in transaction: inout WriteTransaction) throws(LMDBError) {
    try write(key, .append, V.byteCount(of: value), &transaction) { output in V.encode(value, into: &output) }
  }

  /// As ``put(_:_:in:)``, for a value that is written straight into its page.
  ///
  /// - Parameters:
  ///   - byteCount: the value's size.
  ///   - fill: writes exactly so many bytes; fewer or more trap.
  /// - Throws: as ``put(_:_:in:)``.
  @inlinable
  package func put(
    _ key: K.Key, byteCount: Int, in transaction: inout WriteTransaction, _ fill: (inout OutputRawSpan) -> Void
  ) throws(LMDBError) {
    try write(key, .put, byteCount, &transaction, fill)
  }

  /// As ``append(_:_:in:)``, for a value that is written straight into its page.
  ///
  /// - Parameters:
  ///   - byteCount: the value's size.
  ///   - fill: writes exactly so many bytes; fewer or more trap.
  /// - Throws: as ``append(_:_:in:)``.
  @inlinable
  package func append(
    _ key: K.Key, byteCount: Int, in transaction: inout WriteTransaction, _ fill: (inout OutputRawSpan) -> Void
  ) throws(LMDBError) {
    try write(key, .append, byteCount, &transaction, fill)
  }

  /// Deletes the row at `key`; false if there is none. The bytes stay in the file until their page is used again.
  ///
  /// - Throws: as ``put(_:_:in:)``.
  @inlinable
  @discardableResult
  package func delete(_ key: K.Key, in transaction: inout WriteTransaction) throws(LMDBError) -> Bool {
    unsafe try withEncoded(key) { bytes throws(LMDBError) -> Bool in unsafe try rows.delete(bytes, in: &transaction) }
  }

  /// Deletes every row, in time that grows with the number of pages.
  ///
  /// - Throws: as ``put(_:_:in:)``.
  @inlinable
  package func clear(in transaction: inout WriteTransaction) throws(LMDBError) {
    try rows.clear(in: &transaction)
  }

  // MARK: Encoding

  @inlinable
  func write(
    _ key: K.Key, _ mode: WriteMode, _ byteCount: Int, _ transaction: inout WriteTransaction,
    _ fill: (inout OutputRawSpan) -> Void
  ) throws(LMDBError) {
    unsafe try withEncoded(key) { bytes throws(LMDBError) -> Void in
      let value = unsafe try rows.reserve(byteCount, at: bytes, mode, in: &transaction)
      unsafe Self.filling(value, fill)
      unsafe rows.seal(value, at: bytes, in: &transaction)
    }
  }

  /// Calls `body` with the encoded key, which lies on the stack, aligned to 8 bytes.
  @inlinable
  func withEncoded<Result>(
    _ key: K.Key, _ body: (UnsafeRawBufferPointer) throws(LMDBError) -> Result
  ) throws(LMDBError) -> Result {
    let count = K.byteCount(of: key)
    guard count > 0, count <= maximumKeyByteCount else { throw LMDBError.badKey(byteCount: count) }
    return unsafe try withUnsafeTemporaryAllocation(byteCount: count, alignment: 8) { buffer throws(LMDBError) in
      unsafe Self.filling(buffer) { output in K.encode(key, into: &output) }
      return unsafe try body(UnsafeRawBufferPointer(buffer))
    }
  }

  @inlinable
  static func filling(_ buffer: UnsafeMutableRawBufferPointer, _ fill: (inout OutputRawSpan) -> Void) {
    var output = unsafe OutputRawSpan(buffer: buffer, initializedCount: 0)
    fill(&output)
    let written = unsafe output.finalize(for: buffer)
    precondition(written == buffer.count, "as many bytes as were announced must be written")
  }
}

extension LMDBError {
  @usableFromInline
  static func badKey(byteCount: Int) -> LMDBError {
    LMDBError(.badKey, "encode a key", "the key has \(byteCount) bytes; 1 to \(maximumKeyByteCount) are possible")
  }
}
