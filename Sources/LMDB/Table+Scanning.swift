/// What a scan does after a row.
package enum ScanStep: Sendable {
  /// Goes on with the next row.
  case `continue`
  /// Ends the scan.
  case stop
}

extension Table {
  /// Calls `body` with a cursor that is at no row yet.
  ///
  /// - Throws: `readersFull` and the like; what `body` throws.
  @inlinable
  package func withCursor<Result>(
    in transaction: borrowing some Transaction & ~Copyable,
    _ body: (inout Cursor<K, V>) throws(LMDBError) -> Result
  ) throws(LMDBError) -> Result {
    var cursor = try Cursor(self, in: transaction.handle)
    return try body(&cursor)
  }

  /// The first row, nil if the table is empty.
  ///
  /// - Throws: `damagedRow`, `corrupted`.
  @inlinable
  package func first(
    in transaction: borrowing some Transaction & ~Copyable
  ) throws(LMDBError) -> (key: K.Key, value: V.Value)? {
    var cursor = try Cursor(self, in: transaction.handle)
    guard try cursor.first() else { return nil }
    return (key: try cursor.key(), value: try cursor.value())
  }

  /// The last row, nil if the table is empty.
  ///
  /// - Throws: `damagedRow`, `corrupted`.
  @inlinable
  package func last(
    in transaction: borrowing some Transaction & ~Copyable
  ) throws(LMDBError) -> (key: K.Key, value: V.Value)? {
    var cursor = try Cursor(self, in: transaction.handle)
    guard try cursor.last() else { return nil }
    return (key: try cursor.key(), value: try cursor.value())
  }

  /// Calls `body` for the rows from `lower` (included) to `upper` (not included), in order or in reverse.
  ///
  /// - Parameters:
  ///   - lower: the least key, nil for the table's first.
  ///   - upper: what every key must come before, nil for no limit.
  ///   - body: gets the key, and the value's bytes in place.
  /// - Throws: `damagedRow`, `badKey`, `corrupted`; what `body` throws.
  @inlinable
  package func forEach(
    from lower: K.Key? = nil, below upper: K.Key? = nil, reversed: Bool = false,
    in transaction: borrowing some Transaction & ~Copyable,
    _ body: (K.Key, RawSpan) throws(LMDBError) -> ScanStep
  ) throws(LMDBError) {
    var cursor = try Cursor(self, in: transaction.handle)
    let start = reversed ? upper : lower
    let end = reversed ? lower : upper
    guard try cursor.start(start, reversed: reversed) else { return }
    unsafe try withOptionallyEncoded(end) { end throws(LMDBError) in
      while true {
        if let end = unsafe end, unsafe cursor.position.isBefore(end) == reversed { return }
        let key = try cursor.key()
        let step = try cursor.withBytes { bytes throws(LMDBError) in try body(key, bytes) }
        if step == .stop { return }
        guard try reversed ? cursor.previous() : cursor.next() else { return }
      }
    }
  }

  /// Calls `body` for each of several keys, in their order, with the value's bytes in place, or nil where there is no row.
  ///
  /// For keys in order whose rows lie near each other: a row is looked for in the page of the one before, and only then from the
  /// root on.
  ///
  /// - Parameter body: gets the place of the key among them, from 0.
  /// - Throws: as ``get(_:in:)``, and what `body` throws.
  @inlinable
  package func forEach(
    at keys: some Sequence<K.Key>, in transaction: borrowing some Transaction & ~Copyable,
    _ body: (Int, RawSpan?) throws(LMDBError) -> Void
  ) throws(LMDBError) {
    var cursor = try Cursor(self, in: transaction.handle)
    var place = 0
    for key in keys {
      try cursor.withBytes(at: key) { bytes throws(LMDBError) in try body(place, bytes) }
      place += 1
    }
  }

  @inlinable
  func withOptionallyEncoded(
    _ key: K.Key?, _ body: (UnsafeRawBufferPointer?) throws(LMDBError) -> Void
  ) throws(LMDBError) {
    guard let key else { return try body(nil) }
    unsafe try withEncoded(key) { bytes throws(LMDBError) in unsafe try body(bytes) }
  }
}

extension Cursor {
  /// Calls `body` with the bytes of the value at `key`, in place; nil if there is no row. The cursor is at no row afterwards.
  @inlinable
  mutating func withBytes(at key: K.Key, _ body: (RawSpan?) throws(LMDBError) -> Void) throws(LMDBError) {
    unsafe try table.withEncoded(key) { bytes throws(LMDBError) -> Void in
      guard let found = unsafe try position.find(bytes) else { return try body(nil) }
      unsafe try body(RawSpan(_unsafeBytes: found))
    }
  }

  /// Goes to where a scan begins.
  @inlinable
  mutating func start(_ bound: K.Key?, reversed: Bool) throws(LMDBError) -> Bool {
    guard let bound else { return try reversed ? last() : first() }
    return unsafe try table.withEncoded(bound) { bytes throws(LMDBError) -> Bool in
      unsafe try reversed ? position.seek(before: bytes, orAt: false) : position.seek(atOrAfter: bytes)
    }
  }
}
