public import LedgerCrypto

/// The ID by which other programs know a connector, a group or a webhook: 16 random bytes, which tell nothing of how
/// many there are. Printed as a GUID.
@frozen
public struct PublicID: Sendable, Hashable, BitwiseCopyable {
  // The bytes in the order in which they are printed, as two numbers of most significant byte first.
  @usableFromInline package let high: UInt64
  @usableFromInline package let low: UInt64

  /// The 16 bytes as two numbers, each of most significant byte first.
  @usableFromInline
  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Draws a new ID. All 128 bits are random.
  ///
  /// - Throws: ``CryptoError`` with code `randomUnavailable` when the source has no bytes to give.
  public init(random: some RandomSource) throws(CryptoError) {
    var words = InlineArray<2, UInt64>(repeating: 0)
    try unsafe withUnsafeMutableBytes(of: &words) { (buffer) throws(CryptoError) in
      try unsafe random.fill(buffer)
    }
    self.init(high: UInt64(bigEndian: words[0]), low: UInt64(bigEndian: words[1]))
  }

  /// Takes the bytes of an ID.
  ///
  /// - Parameter bytes: exactly 16 bytes; nil results from any other count.
  @inlinable
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 16 else { return nil }
    self.init(
      high: bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
      low: bytes.dropFirst(8).reduce(0) { $0 << 8 | UInt64($1) })
  }

  /// The 16 bytes in the order in which they are printed.
  public var bytes: [UInt8] {
    unsafe Swift.withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { unsafe Array($0) }
  }
}

extension PublicID: Comparable {
  /// The order of the bytes, and of the text.
  @inlinable
  public static func < (left: PublicID, right: PublicID) -> Bool {
    (left.high, left.low) < (right.high, right.low)
  }
}

extension PublicID: LosslessStringConvertible {
  private static let textLength = 36

  /// Whether a hyphen stands at this place of the text: the digits go in fields of 8, 4, 4, 4 and 12.
  private static func isHyphen(at place: Int) -> Bool { place == 8 || place == 13 || place == 18 || place == 23 }

  /// A GUID of 36 characters, such as `df91cb37-97bf-4ccd-a8c2-b2a3ba5eac62`.
  public var description: String {
    unsafe String(unsafeUninitializedCapacity: Self.textLength) { text in
      var digits = 0
      for place in 0..<Self.textLength {
        guard !Self.isHyphen(at: place) else {
          unsafe text[place] = UInt8(ascii: "-")
          continue
        }
        let word = digits < 16 ? high : low
        unsafe text[place] = Hex.digit(UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * (digits & 15))) & 0xF)
        digits += 1
      }
      return Self.textLength
    }
  }

  /// Reads a GUID, in digits of either case. What some programs add to a group's, `@` and a decimal number, is allowed
  /// and dropped. Nil for any other text.
  public init?(_ text: String) {
    var (high, low): (UInt64, UInt64) = (0, 0)
    var (place, digits) = (0, 0)
    for byte in text.utf8 {
      switch place {
      case Self.textLength: guard byte == UInt8(ascii: "@") else { return nil }
      case Self.textLength...: guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte else { return nil }
      case _ where Self.isHyphen(at: place): guard byte == UInt8(ascii: "-") else { return nil }
      default:
        guard let value = Hex.value(of: byte) else { return nil }
        if digits < 16 { high = high << 4 | UInt64(value) } else { low = low << 4 | UInt64(value) }
        digits += 1
      }
      place += 1
    }
    // An `@` with nothing after it is no number.
    guard place >= Self.textLength, place != Self.textLength + 1 else { return nil }
    self.init(high: high, low: low)
  }
}
