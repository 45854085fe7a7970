package import EventLog
package import LMDB
import LedgerCrypto
package import LedgerDomain
import LedgerEvents

/// Whether each token is valid: the graph of what depends on what, one row an object, keyed by the position of the event
/// that made it, and so in the order of the log.
package struct TokenValidity: Sendable {
  /// To be raised whenever a row is written differently: the projection is then rebuilt.
  package static let schemaVersion: UInt64 = 4

  let rows: Table<PositionKey, StandingCodec>
  /// What lies below the rows in a state of the past; nil in the live projections, whose rows are all there is.
  private let past: PastStandings?

  /// The projection whose rows are all in one table.
  package init(_ rows: Table<PositionKey, StandingCodec>) { self.init(rows, over: nil) }

  init(_ rows: Table<PositionKey, StandingCodec>, over past: PastStandings?) {
    self.rows = rows
    self.past = past
  }

  /// The standing of the object made at a position; nil if the event there made none.
  package func standing(
    of number: UInt64, in transaction: borrowing some Transaction & ~Copyable
  ) throws(LogError) -> Standing? {
    let standing = try stored { () throws(LMDBError) in try rows.get(number, in: transaction) }
    guard standing == nil, let past else { return standing }
    return try past.standing(of: number)
  }

  /// The standing of an object as something changed it; nil where it is as it was made, or there is none.
  func changedStanding(
    of number: UInt64, in transaction: borrowing some Transaction & ~Copyable
  ) throws(LogError) -> Standing? {
    try stored { () throws(LMDBError) in
      if let standing = try rows.get(number, in: transaction) { return standing }
      return try past?.keptStanding(of: number)
    }
  }

  /// Brings the rows from the state before the event to the state after it.
  func apply(_ event: LedgerEvent, _ header: RecordHeader, in transaction: inout WriteTransaction) throws(LogError) {
    let position = header.position
    try StandingEffect.forEach(of: event, at: position) { (number, effect) throws(LogError) in
      if case .make(let standing) = effect {
        try add(standing, number, &transaction)
      } else {
        try change(number, &transaction) { effect.apply(to: &$0, at: position) }
      }
    }
  }

  private func add(
    _ standing: Standing, _ number: UInt64, _ transaction: inout WriteTransaction
  ) throws(LogError) {
    // In the past the log says it.
    guard past == nil else { return }
    try stored { () throws(LMDBError) in try rows.append(number, standing, in: &transaction) }
  }

  private func change(
    _ number: UInt64, _ transaction: inout WriteTransaction, _ body: (inout Standing) -> Void
  ) throws(LogError) {
    guard var standing = try standing(of: number, in: transaction) else {
      throw LogError(.damagedProjection, "token validity lacks the object \(number); rebuild the projections")
    }
    past?.noteChange(of: number, standing)
    body(&standing)
    try stored { () throws(LMDBError) in try rows.put(number, standing, in: &transaction) }
  }
}
