package import EventLog
package import LMDB
package import LedgerCrypto
import LedgerDomain

/// One hash for all that a projection holds, so that a rebuild and the live one, or two ledgers, compare by it.
///
/// SHA-256 over the projection's name and a line feed, then for each row in the order of the keys' bytes: the length of
/// the key as four bytes, the key, the length of the value as four bytes, the value (lengths big-endian). How a
/// database lays rows out does not show.
package struct ProjectionDigests: Sendable, Equatable {
  package var directory: Digest
  package var tokenValidity: Digest
  package var auditTrail: Digest
}

extension LogView where Reading: ~Copyable, Participant == ProjectionSet {
  /// The digests of all projections in this view. Reads every row: to be run on a thread for reading.
  package func projectionDigests() throws(LogError) -> ProjectionDigests {
    let tables = try participant.liveTables(in: transaction).tables
    return ProjectionDigests(
      directory: try tables.directory.digest(in: transaction),
      tokenValidity: try tables.validity.digest(in: transaction),
      auditTrail: try tables.audit.digest(in: self))
  }
}

extension Directory {
  /// The canonical digest of all rows: see ``ProjectionDigests``.
  package func digest(in transaction: borrowing some Transaction & ~Copyable) throws(LogError) -> Digest {
    var stream = RowStream(projection: "directory")
    try stored { () throws(LMDBError) in
      try rows.forEach(in: transaction) { key, value in
        stream.append(encoding: key, by: DirectoryKeyCodec.self, value)
        return .continue
      }
    }
    return stream.finish()
  }
}

extension TokenValidity {
  /// The canonical digest of all rows, positions as eight bytes big-endian: see ``ProjectionDigests``.
  package func digest(in transaction: borrowing some Transaction & ~Copyable) throws(LogError) -> Digest {
    var stream = RowStream(projection: "validity")
    try stored { () throws(LMDBError) in
      try rows.forEach(in: transaction) { key, value in
        stream.append(encoding: key, by: BigEndianKey.self, value)
        return .continue
      }
    }
    return stream.finish()
  }
}

/// A position whose bytes sort as the number does.
private enum BigEndianKey: KeyCodec {
  static func byteCount(of key: UInt64) -> Int { 8 }
  static func encode(_ key: UInt64, into output: inout OutputRawSpan) { output.append(bigEndian: key) }
  static func decode(_ bytes: RawSpan) -> UInt64? { bytes.byteCount == 8 ? bytes.load(bigEndian: UInt64.self) : nil }
}

extension RowStream {
  /// Adds a row of token validity.
  mutating func append(number: UInt64, _ standing: Standing) {
    let count = StandingCodec.byteCount(of: standing)
    unsafe withUnsafeTemporaryAllocation(byteCount: count, alignment: 8) { place in
      var output = unsafe OutputRawSpan(buffer: place, initializedCount: 0)
      StandingCodec.encode(standing, into: &output)
      _ = unsafe output.finalize(for: place)
      unsafe append(encoding: number, by: BigEndianKey.self, RawSpan(_unsafeBytes: UnsafeRawBufferPointer(place)))
    }
  }
}

/// Hashes rows, many at a time: one call for some kilobytes costs less than four a row.
struct RowStream: ~Copyable {
  private var stream = SHA256.Stream()
  private var buffer: [UInt8] = []

  init(projection: StaticString) {
    buffer.reserveCapacity(1 << 16)
    buffer += "\(projection)\n".utf8
  }

  mutating func append<Codec: KeyCodec>(encoding key: Codec.Key, by _: Codec.Type, _ value: RawSpan) {
    let count = Codec.byteCount(of: key)
    length(count)
    buffer.append(addingCapacity: count) { span in
      unsafe span.withUnsafeMutableBufferPointer { target, initialized in
        let bytes = unsafe UnsafeMutableRawBufferPointer(target)[initialized..<initialized + count]
        let place = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes)
        var output = unsafe OutputRawSpan(buffer: place, initializedCount: 0)
        Codec.encode(key, into: &output)
        unsafe initialized += output.finalize(for: place)
      }
    }
    length(value.byteCount)
    unsafe value.withUnsafeBytes { unsafe buffer.append(contentsOf: $0) }
    if buffer.count >= 1 << 15 { flush() }
  }

  private mutating func length(_ count: Int) {
    for shift in [24, 16, 8, 0] { buffer.append(UInt8(truncatingIfNeeded: count >> shift)) }
  }

  private mutating func flush() {
    stream.update(buffer)
    buffer.removeAll(keepingCapacity: true)
  }

  consuming func finish() -> Digest {
    flush()
    return stream.finish()
  }
}
