import LMDB

/// The table of the directory's rows; in a state of the past, what was changed since the snapshot that it began with, over
/// the rows of that.
package struct DirectoryTable: Sendable {
  private let table: Table<DirectoryKeyCodec, RawBytes>
  /// Nil where the table is all there is, as in the live projections.
  let past: PastDirectory?

  init(_ table: Table<DirectoryKeyCodec, RawBytes>, over past: PastDirectory? = nil) {
    self.table = table
    self.past = past
  }

  /// Calls `body` with the bytes of the row at a key; nil if there is none.
  func withBytes<Result>(
    of key: DirectoryKey, in transaction: borrowing some Transaction & ~Copyable,
    _ body: (RawSpan) throws(LMDBError) -> Result
  ) throws(LMDBError) -> Result? {
    if let found = try table.withBytes(of: key, in: transaction, body) { return found }
    guard let past, let bytes = try past.bytes(of: key, in: transaction) else { return nil }
    return unsafe try body(bytes.span.bytes)
  }

  /// Stores a row in place of what was there.
  func put(_ key: DirectoryKey, _ bytes: [UInt8], in transaction: inout WriteTransaction) throws(LMDBError) {
    if let past {
      try past.noteChange(of: key, self, in: transaction)
      try past.reveal(key, in: &transaction)
    }
    try table.put(key, bytes, in: &transaction)
  }

  /// Deletes the row at a key, if there is one.
  func delete(_ key: DirectoryKey, in transaction: inout WriteTransaction) throws(LMDBError) {
    if let past {
      try past.noteChange(of: key, self, in: transaction)
      try past.hide(key, in: &transaction)
    }
    try table.delete(key, in: &transaction)
  }

  /// Deletes every row that is not in a snapshot.
  func clear(in transaction: inout WriteTransaction) throws(LMDBError) { try table.clear(in: &transaction) }

  /// Calls `body` for the rows from `lower` (included) to `upper` (not included), in order or in reverse.
  func forEach(
    from lower: DirectoryKey? = nil, below upper: DirectoryKey? = nil, reversed: Bool = false,
    in transaction: borrowing some Transaction & ~Copyable,
    _ body: (DirectoryKey, RawSpan) throws(LMDBError) -> ScanStep
  ) throws(LMDBError) {
    guard let past, past.hasRows else {
      return try table.forEach(from: lower, below: upper, reversed: reversed, in: transaction, body)
    }
    var merged = PastScan(lower: lower, upper: upper, reversed: reversed)
    while let row = try merged.next(
      changed: { (lower, upper, body) throws(LMDBError) in
        try table.forEach(from: lower, below: upper, reversed: reversed, in: transaction, body)
      },
      kept: { (lower, upper, body) throws(LMDBError) in
        try past.forEachKept(from: lower, below: upper, reversed: reversed, in: transaction, body)
      })
    {
      if unsafe try body(row.key, row.value.span.bytes) == .stop { return }
    }
  }

  /// Calls `body` for each of several keys, in their order, with the bytes of its row, or nil where there is none: see
  /// ``Table/forEach(at:in:_:)``.
  func forEach(
    at keys: some Sequence<DirectoryKey>, in transaction: borrowing some Transaction & ~Copyable,
    _ body: (Int, RawSpan?) throws(LMDBError) -> Void
  ) throws(LMDBError) {
    guard past != nil else { return try table.forEach(at: keys, in: transaction, body) }
    var place = 0
    for key in keys {
      let found: Void? = try withBytes(of: key, in: transaction) { bytes throws(LMDBError) in try body(place, bytes) }
      if found == nil { try body(place, nil) }
      place += 1
    }
  }

  /// By how much the sum over the rows has changed: see ``Table/takeSumChange(in:)``.
  func takeSumChange(in transaction: inout WriteTransaction) -> UInt64 { table.takeSumChange(in: &transaction) }

  /// The sum over all rows, each of which is checked; nil where `proceed` gave up.
  func sum(
    in transaction: borrowing some Transaction & ~Copyable, _ proceed: () -> Bool
  ) throws(LMDBError) -> UInt64? {
    try table.sum(in: transaction, proceed)
  }

  /// Calls `body` for each row that was changed since the snapshot, in order: with its bytes, or nil where it was deleted.
  func forEachChange(
    in transaction: borrowing some Transaction & ~Copyable, _ body: (DirectoryKey, RawSpan?) throws(LMDBError) -> Void
  ) throws(LMDBError) {
    try table.forEach(in: transaction) { key, bytes throws(LMDBError) in
      try body(key, bytes)
      return .continue
    }
    try past?.forEachHidden(in: transaction) { key throws(LMDBError) in try body(key, nil) }
  }
}
