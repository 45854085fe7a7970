package import EventLog
import LMDB

/// What the audit trail can be asked about: someone who acts, something that events concern, a type of event, or the
/// request that events came with.
///
/// Every record's header names its terms; no payload is decoded. Terms are ordered by dimension, kind, number.
package struct AuditTerm: Sendable, Hashable, Comparable {
  /// Dimension in the high byte, kind in the low.
  let category: UInt16
  let number: UInt64

  init(category: UInt16, number: UInt64) {
    self.category = category
    self.number = number
  }

  private static let actorDimension: UInt16 = 1
  private static let subjectDimension: UInt16 = 2
  private static let typeDimension: UInt16 = 3
  private static let requestDimension: UInt16 = 4

  /// The events that `subject` caused.
  package static func actor(_ subject: LogSubject) -> AuditTerm {
    AuditTerm(category: actorDimension << 8 | UInt16(subject.kind), number: subject.number)
  }

  /// The events that concern `subject`, the one that made it included.
  package static func subject(_ subject: LogSubject) -> AuditTerm {
    AuditTerm(category: subjectDimension << 8 | UInt16(subject.kind), number: subject.number)
  }

  /// The events of one type.
  package static func type(_ type: UInt16) -> AuditTerm {
    AuditTerm(category: typeDimension << 8, number: UInt64(type))
  }

  /// The events that came with the request of an ID, and with any other whose ID has the same hash: compare the IDs of
  /// what is found. The number is the 64-bit FNV-1a hash of the ID
  /// (<https://www.ietf.org/archive/id/draft-eastlake-fnv-17.html>).
  package static func request(_ id: some Sequence<UInt8>) -> AuditTerm {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in id { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    return AuditTerm(category: requestDimension << 8, number: hash)
  }

  /// Whether the term is a request.
  var isRequest: Bool { category >> 8 == Self.requestDimension }

  /// What the term is about, if it is a subject.
  package var concerned: LogSubject? {
    category >> 8 == Self.subjectDimension ? LogSubject(kind: UInt8(category & 0xFF), number: number) : nil
  }

  package static func < (one: AuditTerm, other: AuditTerm) -> Bool {
    one.category == other.category ? one.number < other.number : one.category < other.category
  }
}

extension RecordHeader {
  /// Calls `body` with each term of the record, each once.
  ///
  /// - Parameter bytes: the record.
  func forEachTerm(in bytes: RawSpan, _ body: (AuditTerm) -> Void) {
    body(.actor(actor))
    for index in 0..<subjects.count where !isRepeated(index) { body(.subject(subjects[index])) }
    body(.type(type))
    if !requestID.isEmpty { body(requestTerm(in: bytes)) }
  }

  /// The term of the request that the record came with; it must have come with one.
  func requestTerm(in bytes: RawSpan) -> AuditTerm {
    unsafe bytes.extracting(requestID).withUnsafeBytes { unsafe .request($0) }
  }

  private func isRepeated(_ index: Int) -> Bool {
    for earlier in 0..<index where subjects[earlier] == subjects[index] { return true }
    return false
  }
}

/// That a term and the event at a position belong together. Ordered by term, then position.
struct AuditIndexEntry: Sendable, Hashable, Comparable {
  /// The size of an encoded entry, in bytes.
  static let byteCount = 18
  /// Comes before every other.
  static let least = AuditIndexEntry(term: AuditTerm(category: 0, number: 0), position: 0)
  /// Comes after every other.
  static let greatest = AuditIndexEntry(term: AuditTerm(category: .max, number: .max), position: .max)

  var term: AuditTerm
  var position: PositionNumber

  static func < (one: AuditIndexEntry, other: AuditIndexEntry) -> Bool {
    one.term == other.term ? one.position < other.position : one.term < other.term
  }

  /// Writes dimension, kind, number and position, big-endian, so that the bytes are ordered as the entries are.
  func encode(into output: inout OutputRawSpan) {
    output.append(bigEndian: term.category)
    output.append(bigEndian: term.number)
    output.append(bigEndian: position)
  }

  /// Adds the bytes of ``encode(into:)`` to an array.
  func append(to bytes: inout [UInt8]) {
    unsafe withUnsafeBytes(of: term.category.bigEndian) { unsafe bytes.append(contentsOf: $0) }
    unsafe withUnsafeBytes(of: term.number.bigEndian) { unsafe bytes.append(contentsOf: $0) }
    unsafe withUnsafeBytes(of: position.bigEndian) { unsafe bytes.append(contentsOf: $0) }
  }

  /// Reads ``byteCount`` bytes at `offset`; traps where there are fewer.
  init(_ bytes: RawSpan, at offset: Int) {
    term = AuditTerm(
      category: bytes.load(bigEndian: UInt16.self, at: offset),
      number: bytes.load(bigEndian: UInt64.self, at: offset + 2))
    position = bytes.load(bigEndian: UInt64.self, at: offset + 10)
  }

  init(term: AuditTerm, position: PositionNumber) {
    self.term = term
    self.position = position
  }
}
