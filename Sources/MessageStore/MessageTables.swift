import LMDB

/// The tables of a message store.
struct MessageTables: Sendable {
  /// Messages by number.
  let messages: Table<PositionKey, RawBytes>
  /// Group and number, 8 bytes each: the messages of a group in order. No values.
  let groups: Table<BytesKey, RawBytes>
  /// The number of a message by its reference.
  let references: Table<BytesKey, RawBytes>
  /// The 16 bytes that name an author's key, by the account's number. They stay when the key is destroyed.
  let authors: Table<BytesKey, RawBytes>
  /// How far somebody has come who tells others, by name.
  let cursors: Table<BytesKey, RawBytes>

  init(in environment: Environment) throws(LMDBError) {
    messages = try environment.openTable(TableDefinition("messages"))
    groups = try environment.openTable(TableDefinition("groups"))
    references = try environment.openTable(TableDefinition("references"))
    authors = try environment.openTable(TableDefinition("authors"))
    cursors = try environment.openTable(TableDefinition("cursors"))
  }

  /// The key of a message in ``groups``.
  static func key(_ group: UInt64, _ number: UInt64) -> [UInt8] { group.bigEndianBytes + number.bigEndianBytes }

  /// The row of a message.
  func row(
    _ number: UInt64, in transaction: borrowing some Transaction & ~Copyable
  ) throws(LMDBError) -> MessageRow? {
    guard let bytes = try messages.get(number, in: transaction) else { return nil }
    return try Self.row(bytes, number)
  }

  static func row(_ bytes: [UInt8], _ number: UInt64) throws(LMDBError) -> MessageRow {
    guard let row = MessageRow(bytes) else { throw unknownLayout(number) }
    return row
  }

  /// When the message of a row was posted.
  static func postedAt(_ bytes: [UInt8], _ number: UInt64) throws(LMDBError) -> Int64 {
    guard let moment = MessageRow.postedAt(of: bytes) else { throw unknownLayout(number) }
    return moment
  }

  private static func unknownLayout(_ number: UInt64) -> LMDBError {
    LMDBError(
      .damagedRow, "read a message", "message \(number) is of a layout that this program does not know; upgrade it")
  }

  /// The least number whose message was posted at a moment or later, by halving: messages are in the order of time.
  func firstNumber(
    at moment: Int64, in transaction: borrowing some Transaction & ~Copyable
  ) throws(LMDBError) -> UInt64 {
    guard let first = try messages.first(in: transaction)?.key, let last = try messages.last(in: transaction)?.key
    else { return 1 }
    var (low, high) = (first, last + 1)
    while low < high {
      let middle = low + (high - low) / 2
      var found: (number: UInt64, postedAt: Int64)?
      try messages.withCursor(in: transaction) { (cursor) throws(LMDBError) in
        guard try cursor.seek(atOrAfter: middle) else { return }
        let number = try cursor.key()
        found = (number, try Self.row(try cursor.value(), number).postedAt)
      }
      guard let found, found.number < high else {
        high = middle
        continue
      }
      if found.postedAt < moment { low = found.number + 1 } else { high = middle }
    }
    return low
  }
}
