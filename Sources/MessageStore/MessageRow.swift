import CredentialLedger
import KeyStore
import LMDB

/// A message as a row has it, its text sealed under its author's key and bound to the message's number.
struct MessageRow {
  var reference: PublicID
  var group: UInt64
  var author: UInt64
  var connector: UInt64
  var grant: UInt64
  var postedAt: Int64
  /// 0 where it is not known.
  var ledgerPosition: Position
  var replyTo: PublicID?
  var audience: MessageAudience
  var text: SealedValue
}

extension MessageRow {
  /// What the layout begins with; another one gets another number.
  private static let version: UInt8 = 2
  /// The layout before, which has no position of the ledger.
  private static let firstVersion: UInt8 = 1

  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(128 + text.box.count)
    bytes.append(Self.version)
    bytes += reference.bytes
    bytes += group.bigEndianBytes
    bytes += author.bigEndianBytes
    bytes += connector.bigEndianBytes
    bytes += grant.bigEndianBytes
    bytes += UInt64(bitPattern: postedAt).bigEndianBytes
    bytes += ledgerPosition.rawValue.bigEndianBytes
    bytes.append(replyTo == nil ? 0 : 1)
    bytes += replyTo?.bytes ?? []
    switch audience {
    case .members: bytes.append(0)
    case .subscribers: bytes.append(1)
    case .some(let named):
      bytes.append(2)
      bytes += UInt64(named.count).bigEndianBytes
      for id in named { bytes += id.rawValue.bigEndianBytes }
    }
    bytes += text.person.bytes
    bytes += text.box
    return bytes
  }

  /// When the message of a row was posted, without reading the rest of it; nil for what is no row of this layout.
  static func postedAt(of bytes: [UInt8]) -> Int64? {
    // Behind the version, the reference and four numbers.
    guard let version = bytes.first, Self.firstVersion...Self.version ~= version, bytes.count >= 57 else { return nil }
    return Int64(bitPattern: bytes[49..<57].reduce(0) { $0 << 8 | UInt64($1) })
  }

  /// Nil for what is no row of this layout.
  init?(_ bytes: [UInt8]) {
    var rest = bytes[...]
    func take(_ count: Int) -> ArraySlice<UInt8>? {
      guard rest.count >= count else { return nil }
      defer { rest = rest.dropFirst(count) }
      return rest.prefix(count)
    }
    func number() -> UInt64? { take(8)?.reduce(0) { $0 << 8 | UInt64($1) } }
    guard let version = take(1)?.first, Self.firstVersion...Self.version ~= version,
      let reference = take(16).flatMap({ PublicID(bytes: $0) }),
      let group = number(), let author = number(), let connector = number(), let grant = number(),
      let postedAt = number(), let position = version == Self.firstVersion ? 0 : number(),
      let hasReply = take(1)?.first
    else { return nil }
    self.reference = reference
    (self.group, self.author, self.connector, self.grant) = (group, author, connector, grant)
    self.postedAt = Int64(bitPattern: postedAt)
    ledgerPosition = Position(position)
    if hasReply == 1 {
      guard let replied = take(16).flatMap({ PublicID(bytes: $0) }) else { return nil }
      replyTo = replied
    }
    switch take(1)?.first {
    case 0: audience = .members
    case 1: audience = .subscribers
    case 2:
      guard let count = number(), count <= UInt64(NewMessage.audienceLimit) else { return nil }
      var named: [SubscriptionID] = []
      for _ in 0..<count {
        guard let id = number().flatMap({ SubscriptionID(unlessZero: $0) }) else { return nil }
        named.append(id)
      }
      audience = .some(named)
    default: return nil
    }
    guard let person = take(16).flatMap({ PersonID(bytes: $0) }) else { return nil }
    text = SealedValue(person: person, box: Array(rest))
  }

  init(
    _ message: NewMessage, reference: PublicID, postedAt: Int64, text: SealedValue
  ) {
    self.reference = reference
    group = message.group.rawValue
    author = message.author.rawValue
    connector = message.connector?.rawValue ?? 0
    grant = message.grant?.rawValue ?? 0
    self.postedAt = postedAt
    ledgerPosition = message.ledgerPosition
    replyTo = message.replyTo
    audience = message.audience
    self.text = text
  }
}

extension UInt64 {
  /// Its bytes, the most significant first.
  var bigEndianBytes: [UInt8] { unsafe Swift.withUnsafeBytes(of: bigEndian) { unsafe Array($0) } }
}

extension Purpose {
  /// The text of a message.
  static let messageText = Purpose("message.text")
}
