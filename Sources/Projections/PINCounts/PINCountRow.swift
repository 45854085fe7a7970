import LMDB
import LedgerDomain
import LedgerEvents

/// The asks and wrong PINs of one scope, by time.
struct PINCountRow: Row, Equatable {
  struct Entry: Equatable {
    /// The time of the newest of them.
    var time: Timestamp
    var counts: DayCounts
  }

  /// In the order in which they came.
  private(set) var entries: [Entry] = []

  init() {}

  /// Counts something more.
  ///
  /// - Parameter granularity: asks within so many milliseconds share an entry, and stay as long as the newest of them: so
  ///   the row of a busy scope has a bound.
  mutating func add(_ counts: DayCounts, at time: Timestamp, granularity: Int64) {
    if let last = entries.last, last.time.milliseconds / granularity == time.milliseconds / granularity {
      entries.removeLast()
      entries.append(
        Entry(
          time: max(last.time, time),
          counts: DayCounts(asks: last.counts.asks + counts.asks, failures: last.counts.failures + counts.failures)))
    } else {
      entries.append(Entry(time: time, counts: counts))
    }
  }

  /// What came after a moment.
  func counts(after moment: Timestamp) -> DayCounts {
    entries.reduce(into: DayCounts()) { sum, entry in
      guard entry.time > moment else { return }
      sum.asks += entry.counts.asks
      sum.failures += entry.counts.failures
    }
  }

  /// Forgets what came until a moment.
  mutating func forget(until moment: Timestamp) { entries.removeAll { $0.time <= moment } }

  /// Lets what is dated later than a moment count as if it came then, as one entry.
  mutating func limit(to moment: Timestamp) {
    let later = counts(after: moment)
    entries.removeAll { $0.time > moment }
    if later != DayCounts() { entries.append(Entry(time: moment, counts: later)) }
  }

  func encode(to writer: inout RowWriter) {
    writer.number(UInt64(entries.count))
    for entry in entries {
      writer.time(entry.time)
      writer.number(UInt64(entry.counts.asks))
      writer.number(UInt64(entry.counts.failures))
    }
  }

  init?(from reader: inout RowReader) {
    guard let count = reader.number(), count <= 1_000 else { return nil }
    for _ in 0..<count {
      guard let time = reader.time(), let asks = reader.number().flatMap({ Int(exactly: $0) }),
        let failures = reader.number().flatMap({ Int(exactly: $0) })
      else { return nil }
      entries.append(Entry(time: time, counts: DayCounts(asks: asks, failures: failures)))
    }
  }
}

/// When an event was counted, and in which scopes: by it they are found when it is to be forgotten.
struct PINCountAge: Row, Equatable {
  /// How many scopes there may be: four of an event, and as many more for each time that their key is rotated in a day.
  static let scopeLimit = 16

  var time: Timestamp
  var scopes: [[UInt8]]

  init(time: Timestamp, scopes: [[UInt8]]) {
    self.time = time
    self.scopes = scopes
  }

  func encode(to writer: inout RowWriter) {
    writer.time(time)
    writer.number(UInt64(scopes.count))
    for scope in scopes { writer.data(scope) }
  }

  init?(from reader: inout RowReader) {
    guard let time = reader.time(), let count = reader.number(), count <= Self.scopeLimit else { return nil }
    self.init(time: time, scopes: [])
    for _ in 0..<count {
      guard let scope = reader.data() else { return nil }
      scopes.append(scope)
    }
  }
}

/// The key of a scope's row, as ``DayCountScope/key`` makes it.
enum DayCountKey: KeyCodec {
  static func byteCount(of key: [UInt8]) -> Int { BytesKey.byteCount(of: key) }
  static func encode(_ key: [UInt8], into output: inout OutputRawSpan) { BytesKey.encode(key, into: &output) }
  static func decode(_ bytes: RawSpan) -> [UInt8]? { BytesKey.decode(bytes) }

  /// What is counted there; nothing of the number or the identity.
  static func name(of bytes: RawSpan) -> String? {
    guard let key = decode(bytes), let first = key.first else { return nil }
    switch first {
    case 1: return "the count of PINs of a number"
    case 2: return "the count of PINs of a number, asked for by strangers"
    case 3: return "the count of PINs of an identity"
    case 4:
      // LEB128, as rows have their numbers.
      let number = key.dropFirst().reversed().reduce(UInt64(0)) { $0 << 7 | UInt64($1 & 0x7F) }
      return "the count of PINs of \(Subject(kind: .connector, number: number))"
    case 5: return "the count of PINs asked for by strangers"
    case 6: return "the count of all PINs"
    case 7: return "the count of persons who erased themselves"
    default: return nil
    }
  }
}

extension DayCountScope {
  /// The key of the scope's row.
  var key: [UInt8] {
    var writer = RowWriter()
    switch self {
    case .number(let hash):
      writer.byte(1)
      writer.digest(hash)
    case .numberByStrangers(let hash):
      writer.byte(2)
      writer.digest(hash)
    case .identity(let hash):
      writer.byte(3)
      writer.digest(hash)
    case .connector(let id):
      writer.byte(4)
      writer.id(id)
    case .strangers: writer.byte(5)
    case .everybody: writer.byte(6)
    case .selfErasures: writer.byte(7)
    }
    return writer.bytes
  }

  /// How many milliseconds share an entry of the scope's row. The scopes of one number or person have their own limits,
  /// and so few entries; the others have as many as there are in a day.
  var granularity: Int64 {
    switch self {
    case .number, .numberByStrangers, .identity: 1
    case .connector, .strangers, .everybody, .selfErasures: 600_000
    }
  }
}
