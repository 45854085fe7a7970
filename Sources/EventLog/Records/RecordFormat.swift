import LMDB

/// How a record is laid out, written once and never again. Integers are little-endian; a varint is LEB128.
///
/// | Offset | Size | Field |
/// | --- | --- | --- |
/// | 0 | 1 | format of the record: 1, or 2 where there is a reason or a ticket |
/// | 1 | 1 | version of the event's type |
/// | 2 | 2 | number of the event's type |
/// | 4 | 8 | position |
/// | 12 | 8 | time, in milliseconds since the Unix epoch |
/// | 20 | 1 | flags: 1 request ID, 2 address, 4 digests (format 1 only), 8 reason, 16 ticket (format 2 only) |
/// | 21 | 1 | number of subjects, 0 to 8 |
/// | 22 | 1 | kind of actor |
/// | 23 | 1 to 10 | number of the actor, a varint |
/// | | 2 to 11 each | subjects: a byte of kind, a varint of number |
/// | | 2 to 65 | if flagged: request ID, a byte of length before it |
/// | | 2 to 256 | if flagged: sealed address, a byte of length before it |
/// | | 32 | if flagged: digests of idempotency key and request, which earlier versions wrote and nothing reads |
/// | | 3 to 502 | if flagged: reason, two bytes of length before it |
/// | | 2 to 101 | if flagged: ticket, a byte of length before it |
/// | | rest | payload |
///
/// A record without reason and ticket is written in format 1, byte for byte as before format 2 existed: each record has
/// one encoding.
enum RecordFormat {
  /// Without reason and ticket.
  static let plain: UInt8 = 1
  /// With a reason, a ticket or both.
  static let reasoned: UInt8 = 2
  /// A record fits an entry of a C2SP bundle, whose length is 16 bits.
  static let maximumByteCount = 65_535
  static let maximumRequestIDByteCount = 64
  static let maximumAddressByteCount = 255
  static let maximumReasonByteCount = 500
  static let maximumTicketByteCount = 100

  static let hasRequestID: UInt8 = 1
  static let hasAddress: UInt8 = 2
  /// Of records of earlier versions only.
  static let hasDigests: UInt8 = 4
  static let digestsByteCount = 32
  static let hasReason: UInt8 = 8
  static let hasTicket: UInt8 = 16
  static let flagsOfPlain: UInt8 = 7
  static let flagsOfReasoned: UInt8 = 27
  static let fixedByteCount = 23

  /// Whether a record of a format may have these flags.
  static func allows(_ flags: UInt8, in format: UInt8) -> Bool {
    guard format == reasoned else { return flags & ~flagsOfPlain == 0 }
    return flags & ~flagsOfReasoned == 0 && flags & (hasReason | hasTicket) != 0
  }

  static func varintByteCount(_ value: UInt64) -> Int {
    value == 0 ? 1 : (70 - value.leadingZeroBitCount) / 7
  }
}

/// What goes into a record besides its position and time.
@usableFromInline
package struct RecordDraft {
  package var type: UInt16
  package var version: UInt8
  package var context: RecordContext
  package var subjects: LogSubjects
  package var payload: [UInt8]

  package init(
    type: UInt16, version: UInt8, context: RecordContext, subjects: LogSubjects, payload: [UInt8]
  ) {
    self.type = type
    self.version = version
    self.context = context
    self.subjects = subjects
    self.payload = payload
  }

  /// The size of the record, in bytes.
  package var byteCount: Int {
    var count = RecordFormat.fixedByteCount + RecordFormat.varintByteCount(context.actor.number) + payload.count
    for index in 0..<subjects.count { count += 1 + RecordFormat.varintByteCount(subjects[index].number) }
    if !context.requestID.isEmpty { count += 1 + context.requestID.count }
    if !context.address.isEmpty { count += 1 + context.address.count }
    if !context.reason.isEmpty { count += 2 + context.reason.count }
    if !context.ticket.isEmpty { count += 1 + context.ticket.count }
    return count
  }

  /// Whether every part is within its limit.
  package func validate() throws(LogError) {
    guard context.requestID.count <= RecordFormat.maximumRequestIDByteCount else {
      throw LogError(.tooLarge, "a request ID has at most \(RecordFormat.maximumRequestIDByteCount) bytes")
    }
    guard context.address.count <= RecordFormat.maximumAddressByteCount else {
      throw LogError(.tooLarge, "a sealed address has at most \(RecordFormat.maximumAddressByteCount) bytes")
    }
    guard context.reason.count <= RecordFormat.maximumReasonByteCount else {
      throw LogError(.tooLarge, "a reason has at most \(RecordFormat.maximumReasonByteCount) bytes")
    }
    guard context.ticket.count <= RecordFormat.maximumTicketByteCount else {
      throw LogError(.tooLarge, "a ticket has at most \(RecordFormat.maximumTicketByteCount) bytes")
    }
    guard byteCount <= RecordFormat.maximumByteCount else {
      throw LogError(.tooLarge, "an event has at most \(RecordFormat.maximumByteCount) bytes; this has \(byteCount)")
    }
  }

  /// Writes exactly ``byteCount`` bytes.
  package func encode(at position: PositionNumber, recordedAt: Milliseconds, into output: inout OutputRawSpan) {
    var flags: UInt8 = 0
    if !context.requestID.isEmpty { flags |= RecordFormat.hasRequestID }
    if !context.address.isEmpty { flags |= RecordFormat.hasAddress }
    if !context.reason.isEmpty { flags |= RecordFormat.hasReason }
    if !context.ticket.isEmpty { flags |= RecordFormat.hasTicket }
    output.append(context.isReasoned ? RecordFormat.reasoned : RecordFormat.plain)
    output.append(version)
    output.append(littleEndian: type)
    output.append(littleEndian: position)
    output.append(littleEndian: recordedAt)
    output.append(flags)
    output.append(UInt8(subjects.count))
    output.append(context.actor.kind)
    output.append(varint: context.actor.number)
    for index in 0..<subjects.count {
      output.append(subjects[index].kind)
      output.append(varint: subjects[index].number)
    }
    if !context.requestID.isEmpty {
      output.append(UInt8(context.requestID.count))
      unsafe output.append(context.requestID.span.bytes)
    }
    if !context.address.isEmpty {
      output.append(UInt8(context.address.count))
      unsafe output.append(context.address.span.bytes)
    }
    if !context.reason.isEmpty {
      output.append(littleEndian: UInt16(context.reason.count))
      unsafe output.append(context.reason.span.bytes)
    }
    if !context.ticket.isEmpty {
      output.append(UInt8(context.ticket.count))
      unsafe output.append(context.ticket.span.bytes)
    }
    unsafe output.append(payload.span.bytes)
  }
}

extension OutputRawSpan {
  /// Appends an unsigned LEB128 integer: 1 to 10 bytes.
  package mutating func append(varint value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }
}

extension RecordHeader {
  /// Reads the header of a record.
  ///
  /// - Parameters:
  ///   - record: the whole record.
  ///   - expected: the position that it was stored under; another one within is damage.
  /// - Throws: ``LogError/Code/damagedRecord`` or, for a record of a later format, ``LogError/Code/newerFormat``.
  package init(parsing record: RawSpan, at expected: PositionNumber) throws(LogError) {
    guard
      let header = try unsafe record.withUnsafeBytes({ bytes throws(LogError) in
        try unsafe Self(parsing: bytes, at: expected)
      })
    else {
      throw LogError(
        .damagedRecord, "the record is malformed; run a verification, and restore a backup if it confirms the damage",
        at: expected)
    }
    self = header
  }

  private init?(parsing record: UnsafeRawBufferPointer, at expected: PositionNumber) throws(LogError) {
    var reader = unsafe ByteReader(record)
    guard let format = reader.byte() else { return nil }
    guard format == RecordFormat.plain || format == RecordFormat.reasoned else {
      throw LogError(.newerFormat, "record format \(format) is not known; upgrade the program", at: expected)
    }
    guard let version = reader.byte(), let type = reader.integer(UInt16.self),
      let position = reader.integer(UInt64.self), position == expected,
      let recordedAt = reader.integer(Int64.self),
      let flags = reader.byte(), RecordFormat.allows(flags, in: format),
      let subjectCount = reader.byte(), subjectCount <= LogSubjects.limit,
      let actorKind = reader.byte(), let actorNumber = reader.varint()
    else { return nil }
    var subjects = LogSubjects()
    for _ in 0..<subjectCount {
      guard let kind = reader.byte(), let number = reader.varint() else { return nil }
      subjects.append(LogSubject(kind: kind, number: number))
    }
    var requestID = 0..<0
    var address = 0..<0
    if flags & RecordFormat.hasRequestID != 0 {
      guard let count = reader.byte(), (1...RecordFormat.maximumRequestIDByteCount).contains(Int(count)),
        let range = reader.skip(Int(count))
      else { return nil }
      requestID = range
    }
    if flags & RecordFormat.hasAddress != 0 {
      guard let count = reader.byte(), count > 0, let range = reader.skip(Int(count)) else { return nil }
      address = range
    }
    if flags & RecordFormat.hasDigests != 0, reader.skip(RecordFormat.digestsByteCount) == nil { return nil }
    var reason = 0..<0
    var ticket = 0..<0
    if flags & RecordFormat.hasReason != 0 {
      guard let count = reader.integer(UInt16.self), (1...RecordFormat.maximumReasonByteCount).contains(Int(count)),
        let range = reader.skip(Int(count))
      else { return nil }
      reason = range
    }
    if flags & RecordFormat.hasTicket != 0 {
      guard let count = reader.byte(), (1...RecordFormat.maximumTicketByteCount).contains(Int(count)),
        let range = reader.skip(Int(count))
      else { return nil }
      ticket = range
    }
    self.init(
      position: position, recordedAt: recordedAt, type: type, version: version,
      actor: LogSubject(kind: actorKind, number: actorNumber), subjects: subjects, requestID: requestID,
      address: address, reason: reason, ticket: ticket, payload: reader.offset..<record.count)
  }
}
