/// The path of a tile or an entry bundle below a log's address (C2SP tlog-tiles), such as
/// `tile/0/x001/x234/067` or `tile/entries/000.p/12`.
///
/// These published tiles are 256 hashes wide, unlike the stored ones.
public struct TilePath: Sendable, Hashable {
  /// The number of hashes in a full tile, or entries in a full bundle.
  public static let fullWidth = 256

  /// What a path leads to.
  public enum Resource: Sendable, Hashable {
    /// Hashes, each the root of a perfect subtree of `256^level` leaves; the level is 0 to 63.
    case hashes(level: Int)
    /// The entries themselves.
    case entries
  }

  /// What the path leads to.
  public let resource: Resource
  /// How many full tiles or bundles lie to the left.
  public let index: UInt64
  /// The number of hashes or entries: 256 in a full tile, fewer in a partial one.
  public let width: Int

  /// Names a tile or a bundle.
  ///
  /// - Parameters:
  ///   - resource: what it holds.
  ///   - index: how many lie to the left.
  ///   - width: 1 to 256.
  /// - Throws: ``TransparencyError`` with code `malformedTile` if the level or the width is out of range.
  public init(_ resource: Resource, index: UInt64, width: Int = fullWidth) throws(TransparencyError) {
    if case .hashes(let level) = resource, !(0...63).contains(level) {
      throw TransparencyError(.malformedTile, "A tile's level is 0 to 63, not \(level).")
    }
    guard (1...Self.fullWidth).contains(width) else {
      throw TransparencyError(.malformedTile, "A tile is 1 to \(Self.fullWidth) wide, not \(width).")
    }
    self.resource = resource
    self.index = index
    self.width = width
  }

  /// Reads a path, without a slash at either end.
  ///
  /// - Throws: ``TransparencyError`` with code `malformedTile` unless it is exactly what ``description`` gives for some
  ///   tile, so that there is one path for each.
  public init(_ text: String) throws(TransparencyError) {
    guard let path = Self.read(text), path.description.utf8.elementsEqual(text.utf8) else {
      throw TransparencyError(
        .malformedTile, "This is no path of a tile: write it as tile/<level>/<index> or tile/entries/<index>.")
    }
    self = path
  }

  /// Reads a path leniently; writing it again shows whether it was well formed.
  private static func read(_ text: String) -> TilePath? {
    // The longest path has 7 groups of digits.
    var parts = text.utf8.split(separator: UInt8(ascii: "/"), maxSplits: 12, omittingEmptySubsequences: false)
      .map { String(Substring($0)) }
    guard parts.count >= 3 else { return nil }
    var width = fullWidth
    if parts[parts.count - 2].utf8.suffix(2).elementsEqual(".p".utf8) {
      guard let partial = Int(parts.removeLast()), partial < fullWidth else { return nil }
      width = partial
      parts[parts.count - 1].removeLast(2)
    }
    var index: UInt64 = 0
    for part in parts.dropFirst(2) {
      let digits = part.utf8.suffix(3)
      guard let group = UInt64(String(Substring(digits))), group < 1000 else { return nil }
      let (shifted, tooLarge) = index.multipliedReportingOverflow(by: 1000)
      let (sum, overflow) = shifted.addingReportingOverflow(group)
      guard !tooLarge, !overflow else { return nil }
      index = sum
    }
    if parts[1] == "entries" { return try? TilePath(.entries, index: index, width: width) }
    return Int(parts[1]).flatMap { try? TilePath(.hashes(level: $0), index: index, width: width) }
  }

  /// The places in the log of the entries in this bundle, or below the hashes of this tile of level 0, from 0; `nil` for
  /// a tile of a higher level, or beyond what 64 bits can count.
  public var entries: Range<UInt64>? {
    if case .hashes(let level) = resource, level != 0 { return nil }
    let (first, tooLarge) = index.multipliedReportingOverflow(by: UInt64(Self.fullWidth))
    let (end, overflow) = first.addingReportingOverflow(UInt64(width))
    return tooLarge || overflow ? nil : first..<end
  }
}

extension TilePath: CustomStringConvertible {
  /// The path's text.
  public var description: String {
    var digits = Self.threeDigits(index % 1000)
    var rest = index / 1000
    while rest > 0 {
      digits = "x\(Self.threeDigits(rest % 1000))/\(digits)"
      rest /= 1000
    }
    let partial = width < Self.fullWidth ? ".p/\(width)" : ""
    return switch resource {
    case .hashes(let level): "tile/\(level)/\(digits)\(partial)"
    case .entries: "tile/entries/\(digits)\(partial)"
    }
  }

  private static func threeDigits(_ number: UInt64) -> String {
    let digits = String(number)
    return String(repeating: "0", count: 3 - digits.utf8.count) + digits
  }
}
