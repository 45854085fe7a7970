import EventLog
package import LMDB
import LedgerEvents

/// What the rows of a ledger's tables are about: for reports of damaged ones.
package enum TableRows {
  /// How the keys of the table that LMDB knows by a name are written; nil for a table of another program.
  package static func keys(ofTable name: String) -> (any KeyCodec.Type)? {
    switch ProjectionTables.logicalName(of: name) {
    case "log", "checkpoints", "archived", "archived.segments", "audit.catalogue", "last_uses", "idempotency.ages",
      "pin_counts.ages", "validity", "successors":
      PositionKey.self
    case "edge": LevelName.self
    case "tiles": TileKey.self
    case "idempotency": IdempotencyTableKey.self
    case "meta", "projections": BytesKey.self
    case "directory": DirectoryKeyCodec.self
    case "audit.runs", "audit.merged": AuditBlockKey.self
    case "pin_counts": DayCountKey.self
    case "successors.ends": SuccessorEndKey.self
    case "deliveries": PairKey.self
    case "deliveries.tries": TryName.self
    case "deliveries.schedule": ScheduleName.self
    case "deliveries.lanes": WebhookName.self
    case "deliveries.totals": TotalsName.self
    default: nil
    }
  }
}

/// A codec that is one of numbers, and says something else of them.
private protocol NumberName: KeyCodec where Key == UInt64 {
  static func name(of number: UInt64) -> String
}

extension NumberName {
  static var isInteger: Bool { true }
  static func byteCount(of key: UInt64) -> Int { PositionKey.byteCount(of: key) }
  static func encode(_ key: UInt64, into output: inout OutputRawSpan) { PositionKey.encode(key, into: &output) }
  static func decode(_ bytes: RawSpan) -> UInt64? { PositionKey.decode(bytes) }
  static func name(of bytes: RawSpan) -> String? { decode(bytes).map { name(of: $0) } }
}

private enum LevelName: NumberName {
  static func name(of number: UInt64) -> String { "level \(number) of the tree" }
}

private enum WebhookName: NumberName {
  static func name(of number: UInt64) -> String { "\(Subject(kind: .webhook, number: number))" }
}

private enum TotalsName: NumberName {
  static func name(of number: UInt64) -> String { "the totals" }
}

/// When a webhook's deliveries may next be taken, and the webhook.
private enum ScheduleName: KeyCodec {
  static func byteCount(of key: (UInt64, UInt64)) -> Int { PairKey.byteCount(of: key) }
  static func encode(_ key: (UInt64, UInt64), into output: inout OutputRawSpan) { PairKey.encode(key, into: &output) }
  static func decode(_ bytes: RawSpan) -> (UInt64, UInt64)? { PairKey.decode(bytes) }
  static func name(of bytes: RawSpan) -> String? {
    decode(bytes).map {
      "\(Subject(kind: .webhook, number: $0.1)), due at \(Timestamp(milliseconds: Int64(clamping: $0.0)))"
    }
  }
}

/// A webhook, and a try to deliver to it.
private enum TryName: KeyCodec {
  static func byteCount(of key: (UInt64, UInt64)) -> Int { PairKey.byteCount(of: key) }
  static func encode(_ key: (UInt64, UInt64), into output: inout OutputRawSpan) { PairKey.encode(key, into: &output) }
  static func decode(_ bytes: RawSpan) -> (UInt64, UInt64)? { PairKey.decode(bytes) }
  static func name(of bytes: RawSpan) -> String? {
    decode(bytes).map { "\(Subject(kind: .webhook, number: $0.0)), delivery \($0.1 >> 3), try \($0.1 & 7)" }
  }
}

extension DirectoryKeyCodec {
  /// By the object that the row is of, or else by what the row leads to or from; of a hash nothing is said.
  package static func name(of bytes: RawSpan) -> String? {
    guard let key = decode(bytes) else { return nil }
    if let object = key.object { return object.description }
    let words = "\(key.family)".reduce(into: "") { words, letter in
      words += letter.isUppercase ? " \(letter.lowercased())" : "\(letter)"
    }
    switch key {
    case .number(_, let number): return "\(words) \(number)"
    case .pair(_, let first, let second): return "\(words) \(first) and \(second)"
    case .digest(_, _, 0): return words
    case .digest(_, _, let number): return "\(words), for \(number)"
    case .publicID(.erasedPerson, _): return words
    case .publicID(_, let publicID): return "\(words) \(publicID)"
    case .person(_, _, let number): return "\(words), position \(number)"
    }
  }
}

extension PairKey {
  static func name(of bytes: RawSpan) -> String? {
    decode(bytes).map { "\(Subject(kind: .webhook, number: $0.0)), delivery \($0.1)" }
  }
}

extension AuditBlockKey {
  static func name(of bytes: RawSpan) -> String? {
    decode(bytes).map { "run \($0.run), from position \($0.start.position) of one of its terms on" }
  }
}

extension SnapshotRowKey {
  static func name(of bytes: RawSpan) -> String? {
    guard let key = decode(bytes), let row = DirectoryKeyCodec.name(of: bytes.extracting(0..<bytes.byteCount - 8))
    else {
      return nil
    }
    return "\(row), at the snapshot of position \(key.position)"
  }
}

extension SnapshotStandingKey {
  static func name(of bytes: RawSpan) -> String? {
    decode(bytes).map { "position \($0.number), at the snapshot of position \($0.position)" }
  }
}
