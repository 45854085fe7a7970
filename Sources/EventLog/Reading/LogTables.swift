package import LMDB
package import TransparencyLog

/// The tables of the log. Everything that grows with traffic is keyed by position, so that inserts append.
@usableFromInline
package final class LogTables: Sendable {
  /// Position to record.
  package let records: Table<PositionKey, RawBytes>
  /// Complete tiles of the Merkle tree, 16 hashes each.
  package let tiles: Table<TileKey, RawBytes>
  /// Level to the hashes of that level's incomplete tile.
  package let edge: Table<PositionKey, RawBytes>
  /// Tree size to signed checkpoint.
  package let checkpoints: Table<PositionKey, RawBytes>
  /// Idempotency key to the request and the events it led to. Rows of earlier versions have keys of another derivation,
  /// so that they are never found, and go with their age.
  package let idempotency: Table<IdempotencyTableKey, IdempotencyRow>
  /// Position of the first event of a request to its idempotency key and age: the order in which keys are forgotten.
  package let idempotencyAges: Table<PositionKey, IdempotencyAge>
  /// What the log is: see ``LogIdentity``.
  package let meta: Table<BytesKey, RawBytes>
  /// Which records are in an archive; nil where a log is only read that has no such tables yet.
  let archived: ArchivedTables?
  /// Where those records are read; nil where no archive is at hand.
  let archive: (any RecordArchive)?

  /// Under which key ``meta`` has the number of records that are in an archive.
  static let archivedCount = Array("archived".utf8)
  /// Under which key ``meta`` has the last correction of the clock: see ``LastClockCorrection``.
  static let clockCorrection = Array("clock".utf8)
  static let meta = TableDefinition<BytesKey, RawBytes>("meta")

  /// Opens the tables, and creates those that are missing.
  init(
    in transaction: inout WriteTransaction, of environment: Environment, archive: (any RecordArchive)? = nil
  ) throws(LMDBError) {
    records = try environment.openTable(.init("log"), in: &transaction)
    tiles = try environment.openTable(.init("tiles"), in: &transaction)
    edge = try environment.openTable(.init("edge"), in: &transaction)
    checkpoints = try environment.openTable(.init("checkpoints"), in: &transaction)
    idempotency = try environment.openTable(.init("idempotency"), in: &transaction)
    idempotencyAges = try environment.openTable(.init("idempotency.ages"), in: &transaction)
    meta = try environment.openTable(Self.meta, in: &transaction)
    archived = ArchivedTables(
      places: try environment.openTable(.init("archived"), in: &transaction),
      segments: try environment.openTable(.init("archived.segments"), in: &transaction))
    self.archive = archive
  }

  /// Opens the tables of an environment that is only read.
  init(reading environment: Environment, archive: (any RecordArchive)? = nil) throws(LMDBError) {
    records = try environment.openTable(.init("log"))
    tiles = try environment.openTable(.init("tiles"))
    edge = try environment.openTable(.init("edge"))
    checkpoints = try environment.openTable(.init("checkpoints"))
    idempotency = try environment.openTable(.init("idempotency"))
    idempotencyAges = try environment.openTable(.init("idempotency.ages"))
    meta = try environment.openTable(Self.meta)
    archived = try Self.archived(reading: environment)
    self.archive = archive
  }

  private static func archived(reading environment: Environment) throws(LMDBError) -> ArchivedTables? {
    do throws(LMDBError) {
      return ArchivedTables(
        places: try environment.openTable(.init("archived")),
        segments: try environment.openTable(.init("archived.segments")))
    } catch {
      guard error.code == .noSuchTable else { throw error }
      return nil
    }
  }
}

/// Orders complete tiles as they come to be: by the position of the last leaf they cover, then by level. So each new
/// tile has the greatest key, and the table is only ever appended to.
package enum TileKey: KeyCodec {
  package static func byteCount(of key: TileCoordinate) -> Int { 9 }

  package static func encode(_ key: TileCoordinate, into output: inout OutputRawSpan) {
    output.append(bigEndian: (key.index + 1) << UInt64(TileCoordinate.height * (key.level + 1)))
    output.append(UInt8(key.level))
  }

  package static func decode(_ bytes: RawSpan) -> TileCoordinate? {
    guard bytes.byteCount == 9 else { return nil }
    let level = Int(unsafe bytes.unsafeLoad(fromByteOffset: 8, as: UInt8.self))
    guard level < TileCoordinate.levelCount else { return nil }
    let end = bytes.load(bigEndian: UInt64.self) >> UInt64(TileCoordinate.height * (level + 1))
    return end == 0 ? nil : TileCoordinate(level: level, index: end - 1)
  }

  package static func name(of bytes: RawSpan) -> String? { decode(bytes).map { "level \($0.level), tile \($0.index)" } }
}

/// The 16 bytes by which an idempotency key is found.
package enum IdempotencyTableKey: KeyCodec {
  package static func byteCount(of key: InlineBytes16) -> Int { 16 }

  package static func encode(_ key: InlineBytes16, into output: inout OutputRawSpan) {
    output.append(bigEndian: key.high)
    output.append(bigEndian: key.low)
  }

  package static func decode(_ bytes: RawSpan) -> InlineBytes16? {
    bytes.byteCount == 16 ? InlineBytes16(prefixOf: bytes) : nil
  }

  package static func name(of bytes: RawSpan) -> String? { decode(bytes).map { _ in "an idempotency key" } }
}

/// What an idempotency key stands for: the events that the request led to, and how it is recognised.
package struct IdempotencyRow: ValueCodec, Sendable {
  /// The row is its own value.
  package typealias Value = Self

  private static let fixedByteCount = 17

  let first: PositionNumber
  let count: UInt8
  /// When the events were recorded.
  let time: Milliseconds
  let memo: [UInt8]

  package static func byteCount(of value: Self) -> Int { fixedByteCount + value.memo.count }

  package static func encode(_ value: Self, into output: inout OutputRawSpan) {
    output.append(littleEndian: value.first)
    output.append(littleEndian: value.time)
    output.append(value.count)
    unsafe output.append(value.memo.span.bytes)
  }

  package static func decode(_ bytes: RawSpan) -> Self? {
    guard bytes.byteCount >= fixedByteCount else { return nil }
    return Self(
      first: bytes.load(littleEndian: UInt64.self), count: unsafe bytes.unsafeLoad(fromByteOffset: 16, as: UInt8.self),
      time: bytes.load(littleEndian: Int64.self, at: 8),
      memo: Array(copying: bytes.extracting(droppingFirst: fixedByteCount)))
  }
}

/// When an idempotency key was used.
package struct IdempotencyAge: ValueCodec, Sendable {
  /// The row is its own value.
  package typealias Value = Self

  let key: InlineBytes16
  /// When the request's events were recorded.
  let time: Milliseconds

  package static func byteCount(of value: Self) -> Int { 24 }

  package static func encode(_ value: Self, into output: inout OutputRawSpan) {
    output.append(bigEndian: value.key.high)
    output.append(bigEndian: value.key.low)
    output.append(littleEndian: value.time)
  }

  package static func decode(_ bytes: RawSpan) -> Self? {
    guard bytes.byteCount == 24 else { return nil }
    return Self(key: InlineBytes16(prefixOf: bytes), time: bytes.load(littleEndian: Int64.self, at: 16))
  }
}
