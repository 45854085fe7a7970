import LMDB

/// A record, copied out of the log.
@usableFromInline package struct Record: Sendable {
  package let header: RecordHeader
  /// The record as it was stored and hashed.
  package let bytes: [UInt8]

  /// - Throws: ``LogError/Code/damagedRecord`` where the bytes are no record of that position.
  package init(_ bytes: [UInt8], at position: PositionNumber) throws(LogError) {
    self.bytes = bytes
    header = unsafe try RecordHeader(parsing: bytes.span.bytes, at: position)
  }

  init(_ header: RecordHeader, _ bytes: [UInt8]) {
    self.header = header
    self.bytes = bytes
  }

  /// The encoded event.
  package var payload: ArraySlice<UInt8> { bytes[header.payload] }
  /// The request that the event came with; empty if none was named.
  package var requestID: ArraySlice<UInt8> { bytes[header.requestID] }
  /// The address that the request came from, sealed; empty if none was given.
  package var address: ArraySlice<UInt8> { bytes[header.address] }
  /// Why the event was caused, UTF-8; empty if no reason was given.
  package var reason: ArraySlice<UInt8> { bytes[header.reason] }
  /// What the event goes back to outside the ledger, UTF-8; empty if nothing was named.
  package var ticket: ArraySlice<UInt8> { bytes[header.ticket] }
}

/// Who causes events, and by which request.
@usableFromInline package struct RecordContext: Sendable {
  package var actor: LogSubject
  /// For whom the actor acts, if for another: named among the subjects, where there is room.
  package var onBehalfOf: LogSubject?
  /// Who and what answers for the actor: each is named among the subjects, or the append is refused.
  package var authority: [LogSubject]
  /// UTF-8 of the request's ID, at most 64 bytes; empty if there is none.
  package var requestID: [UInt8]
  /// The address that the request came from, sealed, at most 255 bytes; empty if unknown.
  package var address: [UInt8]
  /// UTF-8 of the reason, at most 500 bytes; empty if none was given.
  package var reason: [UInt8]
  /// UTF-8 of the ticket, at most 100 bytes; empty if none was named.
  package var ticket: [UInt8]

  /// Whether the record needs format 2.
  var isReasoned: Bool { !reason.isEmpty || !ticket.isEmpty }

  package init(
    actor: LogSubject, onBehalfOf: LogSubject? = nil, authority: [LogSubject] = [], requestID: [UInt8] = [],
    address: [UInt8] = [], reason: [UInt8] = [], ticket: [UInt8] = []
  ) {
    self.actor = actor
    self.onBehalfOf = onBehalfOf
    self.authority = authority
    self.reason = reason
    self.ticket = ticket
    self.requestID = requestID
    self.address = address
  }
}
