import LMDB
import LedgerCrypto
import LedgerDomain

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

/// A position whose bytes sort as the number does.
enum BigEndianKey: KeyCodec {
  static func byteCount(of key: UInt64) -> Int { 8 }
  static func encode(_ key: UInt64, into output: inout OutputRawSpan) { output.append(bigEndian: key) }
  static func decode(_ bytes: RawSpan) -> UInt64? { bytes.byteCount == 8 ? bytes.load(bigEndian: UInt64.self) : nil }
}
