import LMDB

/// A row of the directory as it was at a snapshot.
struct SnapshotRowKey: KeyCodec, Sendable {
  typealias Key = Self

  var row: DirectoryKey
  /// The snapshot's position.
  var position: UInt64

  static func byteCount(of key: Self) -> Int { DirectoryKeyCodec.byteCount(of: key.row) + 8 }

  static func encode(_ key: Self, into output: inout OutputRawSpan) {
    DirectoryKeyCodec.encode(key.row, into: &output)
    output.append(bigEndian: key.position)
  }

  static func decode(_ bytes: RawSpan) -> Self? {
    guard bytes.byteCount > 8 else { return nil }
    let end = bytes.byteCount - 8
    guard let row = DirectoryKeyCodec.decode(bytes.extracting(0..<end)) else { return nil }
    return Self(row: row, position: bytes.load(bigEndian: UInt64.self, at: end))
  }
}

/// How an object stood at a snapshot.
struct SnapshotStandingKey: KeyCodec, Sendable {
  typealias Key = Self

  var number: UInt64
  /// The snapshot's position.
  var position: UInt64

  static func byteCount(of key: Self) -> Int { 16 }

  static func encode(_ key: Self, into output: inout OutputRawSpan) {
    output.append(bigEndian: key.number)
    output.append(bigEndian: key.position)
  }

  static func decode(_ bytes: RawSpan) -> Self? {
    guard bytes.byteCount == 16 else { return nil }
    return Self(number: bytes.load(bigEndian: UInt64.self), position: bytes.load(bigEndian: UInt64.self, at: 8))
  }
}

/// The tables of the snapshots.
///
/// Each snapshot adds the rows that changed since the one before, under their key and its position; the row at a snapshot
/// is the newest that is not newer. A row of the directory begins with 1; a lone 0 says that it was deleted.
struct SnapshotTables: Sendable {
  static let isThere: UInt8 = 1
  static let isDeleted: UInt8 = 0

  let directory: Table<SnapshotRowKey, RawBytes>
  let standings: Table<SnapshotStandingKey, StandingCodec>
  /// Position to ``SnapshotEntry``: what makes the rows of a snapshot one.
  let catalogue: Table<PositionKey, SnapshotEntry>

  /// Opens the tables, creating them where missing if the environment is open for writing.
  init(in environment: Environment) throws(LMDBError) {
    directory = try environment.openTable(.init("snapshot.directory"))
    standings = try environment.openTable(.init("snapshot.validity"))
    catalogue = try environment.openTable(.init("snapshots"))
  }
}
