package import EventLog
import LMDB
import LedgerEvents

/// A try to deliver, as it is kept for people to look at. What was told is not in it.
package struct StoredTry: Sendable, Equatable {
  /// The name of what happened on the wire, such as `TextMessageCreated`.
  package var eventType: String
  /// What the messaging service calls it.
  package var eventID: String
  package var time: Milliseconds
  /// The HTTP status of the answer; 0 where there was none.
  package var answer: UInt16
  package var isDelivered: Bool
  /// Which try it was, from 1. Kept in the key.
  package var attempt: UInt8 = 0
}

extension StoredTry: Row {
  func encode(to writer: inout RowWriter) {
    writer.text(eventType)
    writer.text(eventID)
    writer.number(UInt64(bitPattern: time))
    writer.number(UInt64(answer))
    writer.number(isDelivered ? 1 : 0)
  }

  init?(from reader: inout RowReader) {
    guard let eventType = reader.text(), let eventID = reader.text(), let time = reader.number(),
      let answer = reader.number(), let isDelivered = reader.number()
    else { return nil }
    self.init(
      eventType: eventType, eventID: eventID, time: Int64(bitPattern: time), answer: UInt16(clamping: answer),
      isDelivered: isDelivered == 1)
  }
}

extension DeliveryTables {
  /// How many tries of a webhook are kept.
  package static let keptTries = 20

  /// The number of a delivery and which try it was: in the order in which they are made, and the same for one that is reported
  /// twice.
  static func tryKey(_ webhook: WebhookID, _ number: UInt64, _ attempt: UInt8) -> (UInt64, UInt64) {
    (webhook.rawValue, number << 3 | UInt64(min(attempt, 7)))
  }

  /// Keeps a try, and drops the oldest where there are too many.
  func note(
    _ row: StoredTry, _ number: UInt64, of webhook: WebhookID, in transaction: inout WriteTransaction
  ) throws(LogError) {
    guard let tries else { return }
    try stored { () throws(LMDBError) in
      try tries.put(Self.tryKey(webhook, number, row.attempt), row.encoded, in: &transaction)
    }
    let known = try tryKeys(of: webhook, in: transaction)
    for key in known.dropLast(Self.keptTries) {
      try stored { () throws(LMDBError) in _ = try tries.delete((webhook.rawValue, key), in: &transaction) }
    }
  }

  /// Drops the tries of a webhook that is deleted.
  func forgetTries(of webhook: WebhookID, in transaction: inout WriteTransaction) throws(LogError) {
    guard let tries else { return }
    for key in try tryKeys(of: webhook, in: transaction) {
      try stored { () throws(LMDBError) in _ = try tries.delete((webhook.rawValue, key), in: &transaction) }
    }
  }

  private func tryKeys(
    of webhook: WebhookID, in transaction: borrowing some Transaction & ~Copyable
  ) throws(LogError) -> [UInt64] {
    guard let tries else { return [] }
    var keys: [UInt64] = []
    try stored { () throws(LMDBError) in
      try tries.forEach(from: (webhook.rawValue, 0), below: (webhook.rawValue, .max), in: transaction) { key, _ in
        keys.append(key.1)
        return .continue
      }
    }
    return keys
  }

  /// The tries of a webhook that are kept, the oldest first. A row that cannot be read is left out.
  func tries(
    of webhook: WebhookID, in transaction: borrowing some Transaction & ~Copyable
  ) throws(LogError) -> [StoredTry] {
    guard let tries else { return [] }
    var found: [StoredTry] = []
    try stored { () throws(LMDBError) in
      try tries.forEach(from: (webhook.rawValue, 0), below: (webhook.rawValue, .max), in: transaction) { key, bytes in
        if var row = StoredTry(decoding: bytes) {
          row.attempt = UInt8(key.1 & 7)
          found.append(row)
        }
        return .continue
      }
    }
    return found
  }
}
