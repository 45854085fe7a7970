import LMDB

/// How far the projections have come: kept in a row, written in the same commit as their changes.
package struct ProjectionCheckpoint: ValueCodec, Sendable, Equatable {
  /// The row is its own value.
  package typealias Value = Self

  /// Version of the rows' layout, of all projections together, and which keys of the keyring the rows were made under.
  package var schemaVersion: UInt64
  /// Position of the last event that was applied; equal to the head, except while a rebuild is under way.
  package var position: UInt64
  /// Which set of tables it speaks of: 0 or 1.
  package var set: UInt8
  /// The sums over the rows of the set, masked; nil where they are not kept.
  var sums: TableSums?
  /// Which of the set's tables were found damaged.
  var damaged: DamagedTables = []

  init(
    schemaVersion: UInt64, position: UInt64, set: UInt8, sums: TableSums? = nil, damaged: DamagedTables = []
  ) {
    self.schemaVersion = schemaVersion
    self.position = position
    self.set = set
    self.sums = sums
    self.damaged = damaged
  }

  /// The layout that this program reads and writes.
  private static let layout =
    Directory.schemaVersion << 32 | TokenValidity.schemaVersion << 16 | AuditTrail.schemaVersion

  /// What rows of the layout that this program reads and writes have here, under these keys. Of a key's number it holds the
  /// lowest eight bits, less one: rows are made anew at the next opening after a rotation, so that tells keys apart.
  static func schemaVersion(_ keys: RowKeys) -> UInt64 {
    UInt64((keys.rowCheck &- 1) & 0xFF) << 56 | UInt64((keys.lookup &- 1) & 0xFF) << 48 | layout
  }

  package static func byteCount(of value: Self) -> Int { value.sums == nil ? 17 : 34 }

  package static func encode(_ value: Self, into output: inout OutputRawSpan) {
    output.append(littleEndian: value.schemaVersion)
    output.append(littleEndian: value.position)
    output.append(value.set)
    guard let sums = value.sums else { return }
    output.append(value.damaged.rawValue)
    output.append(littleEndian: sums.directory)
    output.append(littleEndian: sums.validity)
  }

  package static func decode(_ bytes: RawSpan) -> Self? {
    guard bytes.byteCount == 17 || bytes.byteCount == 34 else { return nil }
    let set = bytes.load(littleEndian: UInt8.self, at: 16)
    guard set <= 1 else { return nil }
    var row = Self(
      schemaVersion: bytes.load(littleEndian: UInt64.self), position: bytes.load(littleEndian: UInt64.self, at: 8),
      set: set)
    guard bytes.byteCount == 34 else { return row }
    row.damaged = DamagedTables(rawValue: bytes.load(littleEndian: UInt8.self, at: 17))
    row.sums = TableSums(
      directory: bytes.load(littleEndian: UInt64.self, at: 18), validity: bytes.load(littleEndian: UInt64.self, at: 26))
    return row
  }
}
