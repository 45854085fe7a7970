/// Entries of the log as they are published (C2SP tlog-tiles): at most 256, each after its length in two bytes, most
/// significant first.
public struct EntryBundle: Sendable {
  /// The most bytes an entry can have.
  public static let maximumEntryByteCount = Int(UInt16.max)

  /// The bundle's bytes.
  public private(set) var bytes: [UInt8]
  /// The number of entries.
  public private(set) var count: Int

  /// An empty bundle, to be filled; an empty one is never published.
  public init() {
    bytes = []
    count = 0
  }

  /// Adds an entry.
  ///
  /// - Parameter entry: a record, at most 65,535 bytes.
  /// - Throws: ``TransparencyError`` with code `bundleOverflow` if it is longer, or the bundle has 256 entries already.
  public mutating func append(_ entry: RawSpan) throws(TransparencyError) {
    guard entry.byteCount <= Self.maximumEntryByteCount else {
      throw TransparencyError(
        .bundleOverflow, "An entry has at most \(Self.maximumEntryByteCount) bytes, not \(entry.byteCount).")
    }
    guard count < TilePath.fullWidth else {
      throw TransparencyError(.bundleOverflow, "A bundle holds \(TilePath.fullWidth) entries: begin the next one.")
    }
    bytes.append(UInt8(entry.byteCount >> 8))
    bytes.append(UInt8(entry.byteCount & 0xFF))
    unsafe entry.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    count += 1
  }

  /// Reads a bundle.
  ///
  /// - Parameters:
  ///   - bytes: the bundle's bytes.
  ///   - width: how many entries the bundle's path says there are.
  /// - Throws: ``TransparencyError`` with code `malformedTile` if the bytes are not that many entries, to the last byte.
  public init(decoding bytes: [UInt8], width: Int) throws(TransparencyError) {
    self.bytes = bytes
    count = width
    guard (1...TilePath.fullWidth).contains(width), ranges?.count == width else {
      throw TransparencyError(.malformedTile, "These \(bytes.count) bytes are no bundle of \(width) entries.")
    }
  }

  /// The entries, without a copy of their bytes.
  public var entries: [ArraySlice<UInt8>] {
    ranges.map { ranges in ranges.map { bytes[$0] } } ?? []
  }

  /// Where the entries lie; `nil` if the bytes end in the middle of one.
  private var ranges: [Range<Int>]? {
    var ranges: [Range<Int>] = []
    var place = 0
    while place < bytes.count {
      guard bytes.count - place >= 2 else { return nil }
      let start = place + 2
      place = start + Int(bytes[place]) << 8 + Int(bytes[place + 1])
      guard place <= bytes.count else { return nil }
      ranges.append(start..<place)
    }
    return ranges
  }
}
