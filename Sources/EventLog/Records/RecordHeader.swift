/// Something that an event concerns, or that caused it: a kind and a number, whose meaning belongs to the layers
/// above. 0 as a number stands for none.
package struct LogSubject: Sendable, Hashable {
  package var kind: UInt8
  package var number: UInt64

  package init(kind: UInt8, number: UInt64) {
    self.kind = kind
    self.number = number
  }
}

/// Up to eight subjects, stored inline.
package struct LogSubjects: Sendable {
  /// How many a record may have.
  package static let limit = 8

  private var storage = InlineArray<8, LogSubject>(repeating: LogSubject(kind: 0, number: 0))
  /// How many there are.
  package private(set) var count = 0

  package init() {}

  /// Adds a subject; a ninth is not taken.
  /// - Returns: whether there was room.
  @discardableResult
  package mutating func append(_ subject: LogSubject) -> Bool {
    guard count < Self.limit else { return false }
    storage[count] = subject
    count += 1
    return true
  }

  /// The subject at an index below ``count``.
  package subscript(index: Int) -> LogSubject { storage[index] }

  /// Whether `subject` is among them.
  package func contains(_ subject: LogSubject) -> Bool {
    for index in 0..<count where storage[index] == subject { return true }
    return false
  }
}

/// What a record says about its event without the payload being decoded.
@usableFromInline package struct RecordHeader: Sendable {
  package let position: PositionNumber
  /// When the event was recorded; never earlier than the event before.
  package let recordedAt: Milliseconds
  /// Number and version of the event's type.
  package let type: UInt16
  package let version: UInt8
  /// Who caused the event.
  package let actor: LogSubject
  /// What the event concerns.
  package let subjects: LogSubjects
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
@usableFromInline package struct IdempotencyKey: Sendable, Hashable {
  /// 16 bytes by which the request is found again: of a keyed digest of the caller's key.
  package let key: InlineBytes16
  /// What the layer above needs to recognise the request, and to answer it again: some bytes, which are kept until the
  /// key is forgotten.
  package let memo: [UInt8]
  /// By which the request is found where it was first performed under an earlier key of the digest.
  package let earlier: [InlineBytes16]

  package init(key: InlineBytes16, memo: [UInt8], earlier: [InlineBytes16] = []) {
    self.key = key
    self.memo = memo
    self.earlier = earlier
  }
}

/// Sixteen bytes, stored inline.
package struct InlineBytes16: Sendable, Hashable {
  let high: UInt64
  let low: UInt64

  /// The first 16 of at least 16 bytes.
  package init(prefixOf bytes: RawSpan) {
    high = bytes.load(bigEndian: UInt64.self)
    low = bytes.load(bigEndian: UInt64.self, at: 8)
  }

  /// The bytes.
  package var bytes: [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: high >> (56 - 8 * $0)) }
      + (0..<8).map { UInt8(truncatingIfNeeded: low >> (56 - 8 * $0)) }
  }
}
