import EventLog
package import LMDB
import LedgerCrypto
import LedgerEvents

/// The current state of accounts, phones, connectors, groups and grants: what commands are decided by, and what is
/// shown.
package struct Directory: Sendable {
  /// To be raised whenever a row is written differently: the projection is then rebuilt.
  package static let schemaVersion: UInt64 = 15

  let rows: DirectoryTable
  let personalData: PersonalData

  /// The directory whose rows are all in one table.
  package init(_ rows: Table<DirectoryKeyCodec, RawBytes>, _ personalData: PersonalData) {
    self.init(DirectoryTable(rows), personalData)
  }

  init(_ rows: DirectoryTable, _ personalData: PersonalData) {
    self.rows = rows
    self.personalData = personalData
  }

  // MARK: Rows

  /// The row at a key; nil if there is none.
  func row<Stored: ReadableRow>(
    _: Stored.Type, at key: DirectoryKey, in transaction: borrowing some Transaction & ~Copyable
  ) throws(LogError) -> Stored? {
    let read = try stored { () throws(LMDBError) in
      try rows.withBytes(of: key, in: transaction) { Stored(decoding: $0) }
    }
    guard let read else { return nil }
    guard let row = read else { throw Self.malformed(key) }
    return row
  }

  /// The row at a key that an event says must be there.
  func existing<Stored: Row>(
    _ type: Stored.Type, at key: DirectoryKey, in transaction: borrowing some Transaction & ~Copyable
  ) throws(LogError) -> Stored {
    guard let row = try row(type, at: key, in: transaction) else {
      throw LogError(.damagedProjection, "the directory lacks the row \(key); rebuild the projections")
    }
    return row
  }

  func put(_ row: some Row, at key: DirectoryKey, in transaction: inout WriteTransaction) throws(LogError) {
    try stored { () throws(LMDBError) in try rows.put(key, row.encoded, in: &transaction) }
  }

  func remove(_ key: DirectoryKey, in transaction: inout WriteTransaction) throws(LogError) {
    try stored { () throws(LMDBError) in try rows.delete(key, in: &transaction) }
  }

  /// Changes the row at a key, which must be there.
  func change<Stored: Row>(
    _ type: Stored.Type, at key: DirectoryKey, in transaction: inout WriteTransaction, _ body: (inout Stored) -> Void
  ) throws(LogError) {
    var row = try existing(type, at: key, in: transaction)
    body(&row)
    try put(row, at: key, in: &transaction)
  }

  /// The second numbers of a family's keys that share the first, in order.
  func numbers(
    _ family: DirectoryKey.Family, of first: UInt64, limit: Int = .max,
    in transaction: borrowing some Transaction & ~Copyable
  ) throws(LogError) -> [UInt64] {
    guard limit > 0 else { return [] }
    var numbers: [UInt64] = []
    try stored { () throws(LMDBError) in
      try rows.forEach(
        from: .pair(family, first, 0), below: .pair(family, first, .max), in: transaction
      ) { key, _ in
        if case .pair(_, _, let second) = key { numbers.append(second) }
        return numbers.count < limit ? .continue : .stop
      }
    }
    return numbers
  }

  static func malformed(_ key: DirectoryKey) -> LogError {
    LogError(.damagedProjection, "the directory's row \(key) is malformed; rebuild the projections")
  }
}

extension Digest {
  /// The digest in a field of an event.
  init(of field: some Collection<UInt8>, at position: PositionNumber) throws(LogError) {
    do { try self.init(field: field) } catch { throw LogError(.unreadableEvent, error.reason, at: position) }
  }
}

extension PublicID {
  /// The public ID in a field of an event.
  init(of field: some Collection<UInt8>, at position: PositionNumber) throws(LogError) {
    do { try self.init(field: field) } catch { throw LogError(.unreadableEvent, error.reason, at: position) }
  }
}
