import LedgerCrypto
public import LedgerEvents

/// How far a projection of a program's own has come in a ledger. Kept in the same transaction as the projection's rows, it makes
/// each event count exactly once.
///
/// Holds the ledger's origin and the hash of the event at the position besides its number: so a projection notices that a ledger
/// was restored from an older copy, or that it is another one. Text and JSON forms are alike, one line.
public struct FeedPosition: Sendable, Hashable {
  /// The last event that the projection holds.
  public let position: Position
  let origin: String
  /// Hash of the event's record in the ledger's tree (RFC 6962 section 2.1).
  let leaf: Digest

  init(position: Position, origin: String, leaf: Digest) {
    self.position = position
    self.origin = origin
    self.leaf = leaf
  }
}

extension FeedPosition: LosslessStringConvertible {
  /// Version 1 of the form: the version, the number, the hash in hexadecimal, and the origin, blanks between them.
  public var description: String { "1 \(position) \(Hex.encode(leaf.bytes)) \(origin)" }

  /// Reads what ``description`` gives; nil for any other text.
  public init?(_ text: String) {
    let parts = text.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count == 4, parts[0] == "1", let number = UInt64(parts[1]), number > 0, parts[1] == "\(number)",
      let bytes = Hex.decode(parts[2]), let leaf = Digest(bytes: bytes), !parts[3].isEmpty
    else {
      return nil
    }
    self.init(position: Position(number), origin: String(parts[3]), leaf: leaf)
  }
}

extension FeedPosition: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let position = FeedPosition(try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "expected the position of a feed")
    }
    self = position
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
