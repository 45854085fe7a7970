/// Something that an event concerns, or that caused it: a kind and a number, whose meaning belongs to the layers
/// above. 0 as a number stands for none.
public struct LogSubject: Sendable, Hashable {
  public var kind: UInt8
  public var number: UInt64

  public init(kind: UInt8, number: UInt64) {
    self.kind = kind
    self.number = number
  }
}

/// Up to eight subjects, stored inline.
public struct LogSubjects: Sendable {
  /// How many a record may have.
  public static let limit = 8

  private var storage = InlineArray<8, LogSubject>(repeating: LogSubject(kind: 0, number: 0))
  /// How many there are.
  public private(set) var count = 0

  public init() {}

  /// Adds a subject; a ninth is not taken.
  /// - Returns: whether there was room.
  @discardableResult
  public mutating func append(_ subject: LogSubject) -> Bool {
    guard count < Self.limit else { return false }
    storage[count] = subject
    count += 1
    return true
  }

  /// The subject at an index below ``count``.
  public subscript(index: Int) -> LogSubject { storage[index] }

  /// Whether `subject` is among them.
  public func contains(_ subject: LogSubject) -> Bool {
    for index in 0..<count where storage[index] == subject { return true }
    return false
  }
}

/// What a record says about its event without the payload being decoded.
public struct RecordHeader: Sendable {
  public let position: Position
  /// When the event was recorded; never earlier than the event before.
  public let recordedAt: Milliseconds
  /// Number and version of the event's type.
  public let type: UInt16
  public let version: UInt8
  /// Who caused the event.
  public let actor: LogSubject
  /// What the event concerns.
  public let subjects: LogSubjects
  /// Where the request ID is in the record; empty if there is none.
  package let requestID: Range<Int>
  /// Where the sealed address is in the record that the request came from; empty if there is none.
  package let address: Range<Int>
  /// Where the reason is in the record; empty if none was given.
  package let reason: Range<Int>
  /// Where the ticket is in the record; empty if none was given.
  package let ticket: Range<Int>
  /// Where the payload is in the record.
  package let payload: Range<Int>
}

/// Names a request, so that asking again gets the same answer and no second event. No record says anything of it.
public struct IdempotencyKey: Sendable, Hashable {
  /// 16 bytes by which the request is found again: of a keyed digest of the caller's key.
  public let key: InlineBytes16
  /// What the layer above needs to recognise the request, and to answer it again: some bytes, which are kept until the
  /// key is forgotten.
  public let memo: [UInt8]
  /// By which the request is found where it was first performed under an earlier key of the digest.
  public let earlier: [InlineBytes16]

  public init(key: InlineBytes16, memo: [UInt8], earlier: [InlineBytes16] = []) {
    self.key = key
    self.memo = memo
    self.earlier = earlier
  }
}

/// Sixteen bytes, stored inline.
public struct InlineBytes16: Sendable, Hashable {
  let high: UInt64
  let low: UInt64

  /// The first 16 of at least 16 bytes.
  public init(prefixOf bytes: RawSpan) {
    high = bytes.load(bigEndian: UInt64.self)
    low = bytes.load(bigEndian: UInt64.self, at: 8)
  }

  /// The bytes.
  public var bytes: [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: high >> (56 - 8 * $0)) }
      + (0..<8).map { UInt8(truncatingIfNeeded: low >> (56 - 8 * $0)) }
  }
}
