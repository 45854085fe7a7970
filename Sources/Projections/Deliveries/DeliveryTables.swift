package import EventLog
import LMDB

/// What waits to be told to webhooks, in tables of its own beside the log.
///
/// It is no projection: no event says that something waits, a rebuild leaves it alone, and no digest depends on it. It is
/// written through the writer's thread in commits of its own, so it is durable when a call returns.
///
/// A webhook with something to deliver has a **lane**: its deliveries in the order in which they came, of which the first
/// is tried until it is done or given up. So nothing overtakes.
struct DeliveryTables: Sendable {
  /// Webhook to its lane.
  let lanes: Table<PositionKey, DeliveryLane>
  /// Webhook and number to the delivery.
  let deliveries: Table<PairKey, RawBytes>
  /// When a lane may next be taken, and its webhook.
  let schedule: Table<PairKey, RawBytes>
  /// Webhook and try to what came of it: the newest of each, for people to look at. Nil where no program that keeps them wrote.
  let tries: Table<PairKey, RawBytes>?
  /// One row: what there is altogether.
  let totals: Table<PositionKey, DeliveryTotals>

  /// Opens the tables, creating those that are missing.
  init(in transaction: inout WriteTransaction, of environment: Environment) throws(LogError) {
    do throws(LMDBError) {
      lanes = try environment.openTable(.init("deliveries.lanes"), in: &transaction)
      deliveries = try environment.openTable(.init("deliveries"), in: &transaction)
      schedule = try environment.openTable(.init("deliveries.schedule"), in: &transaction)
      totals = try environment.openTable(.init("deliveries.totals"), in: &transaction)
      tries = try environment.openTable(.init("deliveries.tries"), in: &transaction)
    } catch { throw LogError(error) }
  }

  /// Opens the tables in an environment that is only read; nil where no program that has them wrote there yet.
  init?(reading environment: Environment) throws(LogError) {
    do throws(LMDBError) {
      lanes = try environment.openTable(.init("deliveries.lanes"))
      deliveries = try environment.openTable(.init("deliveries"))
      schedule = try environment.openTable(.init("deliveries.schedule"))
      totals = try environment.openTable(.init("deliveries.totals"))
    } catch {
      guard error.code == .noSuchTable else { throw LogError(error) }
      return nil
    }
    do throws(LMDBError) { tries = try environment.openTable(.init("deliveries.tries")) } catch {
      guard error.code == .noSuchTable else { throw LogError(error) }
      tries = nil
    }
  }

  static let totalsKey: UInt64 = 0
}

/// Where a webhook stands with its deliveries.
struct DeliveryLane: ValueCodec, Sendable, Equatable {
  typealias Value = Self

  /// How often its first delivery was tried. Counted when it is handed out, so that one which nobody reports on counts.
  var attempts: UInt8
  /// When it may be taken next, in milliseconds since the Unix epoch.
  var due: Milliseconds
  var count: UInt32
  /// The size of its deliveries together.
  var byteCount: UInt64

  static func byteCount(of value: Self) -> Int { 21 }

  static func encode(_ value: Self, into output: inout OutputRawSpan) {
    output.append(value.attempts)
    output.append(littleEndian: value.due)
    output.append(littleEndian: value.count)
    output.append(littleEndian: value.byteCount)
  }

  static func decode(_ bytes: RawSpan) -> Self? {
    guard bytes.byteCount == 21 else { return nil }
    return Self(
      attempts: bytes.load(littleEndian: UInt8.self), due: bytes.load(littleEndian: Int64.self, at: 1),
      count: bytes.load(littleEndian: UInt32.self, at: 9), byteCount: bytes.load(littleEndian: UInt64.self, at: 13))
  }
}

/// What waits altogether.
struct DeliveryTotals: ValueCodec, Sendable, Equatable {
  typealias Value = Self

  /// The number of the newest delivery. Numbers are never used again.
  var newest: UInt64 = 0
  var count: UInt64 = 0
  var byteCount: UInt64 = 0

  static func byteCount(of value: Self) -> Int { 24 }

  static func encode(_ value: Self, into output: inout OutputRawSpan) {
    output.append(littleEndian: value.newest)
    output.append(littleEndian: value.count)
    output.append(littleEndian: value.byteCount)
  }

  static func decode(_ bytes: RawSpan) -> Self? {
    guard bytes.byteCount == 24 else { return nil }
    return Self(
      newest: bytes.load(littleEndian: UInt64.self), count: bytes.load(littleEndian: UInt64.self, at: 8),
      byteCount: bytes.load(littleEndian: UInt64.self, at: 16))
  }
}

/// Two numbers, in the order of the first and then of the second.
enum PairKey: KeyCodec {
  static func byteCount(of key: (UInt64, UInt64)) -> Int { 16 }

  static func encode(_ key: (UInt64, UInt64), into output: inout OutputRawSpan) {
    output.append(bigEndian: key.0)
    output.append(bigEndian: key.1)
  }

  static func decode(_ bytes: RawSpan) -> (UInt64, UInt64)? {
    guard bytes.byteCount == 16 else { return nil }
    return (bytes.load(bigEndian: UInt64.self), bytes.load(bigEndian: UInt64.self, at: 8))
  }
}

/// What is to be told to one webhook. What it says is sealed under the webhook's key.
package struct StoredDelivery: Sendable, Equatable {
  /// The name of what happened on the wire, such as `TextMessageCreated`.
  package var eventType: String
  /// What the messaging service calls it.
  package var eventID: String
  package var enqueuedAt: Milliseconds
  package var box: [UInt8]

  package init(eventType: String, eventID: String, enqueuedAt: Milliseconds, box: [UInt8]) {
    self.eventType = eventType
    self.eventID = eventID
    self.enqueuedAt = enqueuedAt
    self.box = box
  }
}

extension StoredDelivery: Row {
  func encode(to writer: inout RowWriter) {
    writer.text(eventType)
    writer.text(eventID)
    writer.number(UInt64(bitPattern: enqueuedAt))
    writer.data(box)
  }

  init?(from reader: inout RowReader) {
    guard let eventType = reader.text(), let eventID = reader.text(), let enqueuedAt = reader.number(),
      let box = reader.data()
    else { return nil }
    self.init(eventType: eventType, eventID: eventID, enqueuedAt: Int64(bitPattern: enqueuedAt), box: box)
  }
}
