import LMDB

/// What the log keeps of a record that is in an archive, besides its hash in the tree: enough to find an event by its
/// time, and to say what it was.
package struct RecordStamp: Sendable, Hashable {
  /// Number of the event's type.
  package let type: UInt16
  /// When the event was recorded.
  package let recordedAt: Milliseconds

  package init(type: UInt16, recordedAt: Milliseconds) {
    self.type = type
    self.recordedAt = recordedAt
  }
}

/// Which of 256 positions in a row have their record in an archive, and the stamps of those: a few bytes each.
///
/// | Size | Field |
/// | --- | --- |
/// | 32 | four 64-bit words, little-endian, the lowest bit for the first position: which are archived |
/// | 1 to 3 for each of them | number of the event's type, a varint |
/// | 1 to 10 for each of them | time in milliseconds, less that of the one before, a varint; both follow each other |
struct ArchivedRow {
  /// How many positions share a row.
  static let width: UInt64 = 256

  private(set) var bits = SIMD4<UInt64>(repeating: 0)
  private var stamps: [RecordStamp] = []

  /// The row of a position, and the position's place in it.
  static func place(of position: PositionNumber) -> (row: UInt64, index: Int) {
    ((position - 1) / width, Int((position - 1) % width))
  }

  /// A row of which nothing is archived.
  init() {}

  /// Reads a row; nil where the bytes are none.
  init?(_ bytes: RawSpan) {
    guard let row = unsafe bytes.withUnsafeBytes({ unsafe Self(parsing: $0) }) else { return nil }
    self = row
  }

  private init?(parsing bytes: UnsafeRawBufferPointer) {
    var reader = unsafe ByteReader(bytes)
    for word in 0..<4 {
      guard let read = reader.integer(UInt64.self) else { return nil }
      bits[word] = read
    }
    var time: UInt64 = 0
    let count = (0..<4).reduce(0) { $0 + bits[$1].nonzeroBitCount }
    stamps.reserveCapacity(count)
    for _ in 0..<count {
      guard let number = reader.varint(), let type = UInt16(exactly: number), let step = reader.varint() else {
        return nil
      }
      time &+= step
      stamps.append(RecordStamp(type: type, recordedAt: Milliseconds(bitPattern: time)))
    }
    guard count > 0, reader.isAtEnd else { return nil }
  }

  /// Whether the position at a place is archived.
  func contains(_ index: Int) -> Bool { bits[index >> 6] & 1 << UInt64(index & 63) != 0 }

  /// The last place that is archived.
  var lastIndex: Int {
    var word = 3
    while word > 0, bits[word] == 0 { word -= 1 }
    return word * 64 + 63 - bits[word].leadingZeroBitCount
  }

  /// How many of those before a place are archived.
  private func rank(_ index: Int) -> Int {
    let whole = (0..<index >> 6).reduce(0) { $0 + bits[$1].nonzeroBitCount }
    return whole + (bits[index >> 6] & (1 << UInt64(index & 63) - 1)).nonzeroBitCount
  }

  /// The stamp of the position at a place; nil where it is not archived.
  func stamp(at index: Int) -> RecordStamp? { contains(index) ? stamps[rank(index)] : nil }

  /// Takes the position at a place in; false where it is in already.
  mutating func insert(_ stamp: RecordStamp, at index: Int) -> Bool {
    guard !contains(index) else { return false }
    stamps.insert(stamp, at: rank(index))
    bits[index >> 6] |= 1 << UInt64(index & 63)
    return true
  }

  /// The row as it is stored.
  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    for word in 0..<4 {
      for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: bits[word] >> UInt64(8 * shift))) }
    }
    var time: UInt64 = 0
    for stamp in stamps {
      let next = UInt64(bitPattern: stamp.recordedAt)
      bytes.append(varint: UInt64(stamp.type))
      bytes.append(varint: next &- time)
      time = next
    }
    return bytes
  }
}

/// Positions of a log, as a bit each where there are some.
package struct PositionSet: Sendable {
  private var rows: [UInt64: SIMD4<UInt64>] = [:]

  package init() {}

  package var isEmpty: Bool { rows.isEmpty }

  /// How many there are.
  package var count: UInt64 {
    rows.values.reduce(0) { sum, bits in sum + UInt64((0..<4).reduce(0) { $0 + bits[$1].nonzeroBitCount }) }
  }

  /// The least; nil where there is none.
  package var first: PositionNumber? {
    guard let row = rows.keys.min(), let bits = rows[row], let word = (0..<4).first(where: { bits[$0] != 0 }) else {
      return nil
    }
    return row * ArchivedRow.width + UInt64(word * 64 + bits[word].trailingZeroBitCount) + 1
  }

  /// Whether a position is among them.
  package func contains(_ position: PositionNumber) -> Bool {
    let (row, index) = ArchivedRow.place(of: position)
    return (rows[row]?[index >> 6] ?? 0) & 1 << UInt64(index & 63) != 0
  }

  /// Takes a position in.
  package mutating func insert(_ position: PositionNumber) {
    let (row, index) = ArchivedRow.place(of: position)
    rows[row, default: .zero][index >> 6] |= 1 << UInt64(index & 63)
  }

  /// Takes a position out.
  package mutating func remove(_ position: PositionNumber) {
    let (row, index) = ArchivedRow.place(of: position)
    guard var bits = rows[row] else { return }
    bits[index >> 6] &= ~(1 << UInt64(index & 63))
    rows[row] = bits == .zero ? nil : bits
  }

  /// Takes the positions of one row in.
  mutating func insert(_ bits: SIMD4<UInt64>, ofRow row: UInt64) { rows[row] = bits }
}
