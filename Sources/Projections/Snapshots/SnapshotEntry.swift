import LMDB
package import LedgerCrypto

/// What is known of a snapshot: a row of the catalogue, keyed by the position that the snapshot is of.
///
/// | Size | Field, integers little-endian |
/// | --- | --- |
/// | 8 | position |
/// | 8 | schema version of the rows |
/// | 8 | how many persons had been erased when it was made |
/// | 8 | when the event at the position was recorded |
/// | 8 | how many rows it added |
/// | 32 | root of the tree at the position |
/// | 32 | digest |
package struct SnapshotEntry: ValueCodec, Sendable, Equatable {
  /// The row is its own value.
  package typealias Value = Self

  package var position: UInt64
  /// As in ``ProjectionCheckpoint/schemaVersion``.
  package var schemaVersion: UInt64
  /// Nothing of a person who was erased before is in it; of one erased since, there may be.
  package var erasedCount: UInt64
  /// In milliseconds since the Unix epoch.
  package var recordedAt: Int64
  package var rowCount: UInt64
  /// Of which history it is.
  package var root: Digest
  /// See ``SnapshotDigest``.
  package var digest: Digest

  package static func byteCount(of value: Self) -> Int { 104 }

  package static func encode(_ value: Self, into output: inout OutputRawSpan) {
    for field in [
      value.position, value.schemaVersion, value.erasedCount, UInt64(bitPattern: value.recordedAt), value.rowCount,
    ] {
      output.append(littleEndian: field)
    }
    for digest in [value.root, value.digest] {
      unsafe digest.withUnsafeBytes { unsafe output.append(RawSpan(_unsafeBytes: $0)) }
    }
  }

  package static func decode(_ bytes: RawSpan) -> Self? {
    guard bytes.byteCount == 104, let root = Digest(copying: bytes.extracting(40..<72)),
      let digest = Digest(copying: bytes.extracting(72..<104))
    else { return nil }
    func field(_ index: Int) -> UInt64 { bytes.load(littleEndian: UInt64.self, at: 8 * index) }
    return Self(
      position: field(0), schemaVersion: field(1), erasedCount: field(2), recordedAt: Int64(bitPattern: field(3)),
      rowCount: field(4), root: root, digest: digest)
  }
}

/// The digest of a snapshot: SHA-256 over the digest of the one before, what ``SnapshotEntry`` says but for the digest,
/// and the rows that it added: those of the directory that are there, those deleted, then those of token validity, each in
/// the order of its keys and in the form of ``RowStream``.
struct SnapshotDigest: ~Copyable {
  private var stream = RowStream(projection: "snapshot")
  private(set) var rowCount: UInt64 = 0

  mutating func append(row key: DirectoryKey, _ value: RawSpan) {
    stream.append(encoding: key, by: DirectoryKeyCodec.self, value)
    rowCount += 1
  }

  mutating func append(standing number: UInt64, _ value: RawSpan) {
    stream.append(encoding: SnapshotStandingKey(number: number, position: 0), by: SnapshotStandingKey.self, value)
    rowCount += 1
  }

  /// Ends the digest.
  consuming func finish(_ entry: SnapshotEntry, after previous: Digest?) -> Digest {
    let rows = stream.finish()
    var bytes: [UInt8] = []
    (previous ?? .zero).append(to: &bytes)
    rows.append(to: &bytes)
    entry.root.append(to: &bytes)
    for field in [
      entry.position, entry.schemaVersion, entry.erasedCount, UInt64(bitPattern: entry.recordedAt), entry.rowCount,
    ] {
      for shift in stride(from: 56, through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: field >> UInt64(shift)))
      }
    }
    return SHA256.hash(bytes)
  }
}
