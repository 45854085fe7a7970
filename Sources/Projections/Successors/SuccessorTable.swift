import EventLog
import LMDB
import LedgerDomain
import LedgerEvents

/// The secret parts of refresh tokens that took the place of others, each sealed by the layer above: beside the log, for
/// somebody who lost the answer and presents the replaced token again. A row goes when that token's window ends, or when the
/// successor is used.
struct SuccessorTable: Sendable {
  /// How many rows are forgotten in one commit, at most.
  static let forgottenAtOnce = 64

  /// The handle of a successor to when its row goes, and the sealed secret.
  private let rows: Table<PositionKey, RawBytes>
  /// When a row goes, and its handle: the order in which they do.
  private let ends: Table<SuccessorEndKey, RawBytes>
  let due = NextDue()

  /// Opens the tables, creating those that are missing.
  init(in transaction: inout WriteTransaction, of environment: Environment) throws(LogError) {
    do throws(LMDBError) {
      rows = try environment.openTable(.init("successors"), in: &transaction)
      ends = try environment.openTable(.init("successors.ends"), in: &transaction)
    } catch { throw LogError(error) }
  }

  /// Opens the tables in an environment that is only read; nil where no program that has them wrote there yet.
  init?(reading environment: Environment) throws(LogError) {
    do throws(LMDBError) {
      rows = try environment.openTable(.init("successors"))
      ends = try environment.openTable(.init("successors.ends"))
    } catch {
      guard error.code == .noSuchTable else { throw LogError(error) }
      return nil
    }
  }

  /// What is kept of a successor; nil once its row is gone.
  func kept(
    of handle: UInt64, in transaction: borrowing some Transaction & ~Copyable
  ) throws(LogError) -> [UInt8]? { try row(handle, in: transaction)?.sealed }

  /// Keeps a successor until a moment, and nothing any more of the token that it follows.
  func keep(
    _ sealed: [UInt8], of handle: UInt64, following predecessor: UInt64, until end: Timestamp,
    in transaction: inout WriteTransaction
  ) throws(LogError) {
    if let row = try row(predecessor, in: transaction) { try remove(predecessor, row.end, in: &transaction) }
    try stored { () throws(LMDBError) in
      try rows.put(handle, SuccessorRow(end: end, sealed: sealed).encoded, in: &transaction)
      try ends.put(Self.key(end, handle), [], in: &transaction)
    }
    due.add(end)
  }

  /// Forgets what is of no use any more. Does not look before the first row ends.
  func forget(now: Timestamp, in transaction: inout WriteTransaction) throws(LogError) {
    guard due.isReached(at: now) else { return }
    var next: Timestamp?
    var old: [(end: Timestamp, handle: UInt64)] = []
    try stored { () throws(LMDBError) in
      try ends.forEach(in: transaction) { key, _ in
        guard let (end, handle) = Self.parse(key), end <= now else {
          next = Self.parse(key)?.end
          return .stop
        }
        old.append((end, handle))
        return old.count < Self.forgottenAtOnce ? .continue : .stop
      }
    }
    if old.count < Self.forgottenAtOnce { due.set(next) }
    for (end, handle) in old { try remove(handle, end, in: &transaction) }
  }

  private func remove(
    _ handle: UInt64, _ end: Timestamp, in transaction: inout WriteTransaction
  ) throws(LogError) {
    try stored { () throws(LMDBError) in
      _ = try rows.delete(handle, in: &transaction)
      _ = try ends.delete(Self.key(end, handle), in: &transaction)
    }
  }

  private func row(
    _ handle: UInt64, in transaction: borrowing some Transaction & ~Copyable
  ) throws(LogError) -> SuccessorRow? {
    let read = try stored { () throws(LMDBError) in
      try rows.withBytes(of: handle, in: transaction) { SuccessorRow(decoding: $0) }
    }
    guard let read else { return nil }
    guard let row = read else {
      throw LogError(.damagedProjection, "what is kept of a refresh token is malformed", at: handle)
    }
    return row
  }

  /// Keys in the order of time, all of which is after 1970.
  private static func key(_ end: Timestamp, _ handle: UInt64) -> [UInt8] {
    var bytes: [UInt8] = []
    for number in [UInt64(clamping: end.milliseconds), handle] {
      for shift in stride(from: UInt64(56), through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: number >> shift))
      }
    }
    return bytes
  }

  private static func parse(_ key: [UInt8]) -> (end: Timestamp, handle: UInt64)? {
    guard key.count == 16 else { return nil }
    let numbers = [key[..<8], key[8...]].map { $0.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
    return (Timestamp(milliseconds: Int64(clamping: numbers[0])), numbers[1])
  }
}

/// What is kept of a successor.
struct SuccessorRow: Row, Equatable {
  var end: Timestamp
  var sealed: [UInt8]

  init(end: Timestamp, sealed: [UInt8]) {
    self.end = end
    self.sealed = sealed
  }

  func encode(to writer: inout RowWriter) {
    writer.time(end)
    writer.data(sealed)
  }

  init?(from reader: inout RowReader) {
    guard let end = reader.time(), let sealed = reader.data() else { return nil }
    self.init(end: end, sealed: sealed)
  }
}

/// When a row goes, and the handle of the successor.
enum SuccessorEndKey: KeyCodec {
  static func byteCount(of key: [UInt8]) -> Int { BytesKey.byteCount(of: key) }
  static func encode(_ key: [UInt8], into output: inout OutputRawSpan) { BytesKey.encode(key, into: &output) }
  static func decode(_ bytes: RawSpan) -> [UInt8]? { BytesKey.decode(bytes) }

  static func name(of bytes: RawSpan) -> String? {
    guard bytes.byteCount == 16 else { return nil }
    return "position \(bytes.load(bigEndian: UInt64.self, at: 8))"
  }
}
