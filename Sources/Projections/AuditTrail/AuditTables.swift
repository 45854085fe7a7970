import EventLog
import LMDB

/// A run: every entry of the events from ``first`` to ``last``, in order, in blocks that are written once.
struct AuditRun: Sendable, Hashable {
  let first: PositionNumber
  let last: PositionNumber
  /// 0 for a run of the basic size; a merge makes one of the next tier.
  let tier: UInt8
  /// Which of the runs in its table it is, in the order in which they were written.
  let number: UInt64
  let blockCount: UInt64
  /// The size of its blocks together.
  let byteCount: UInt64

  var positions: ClosedRange<PositionNumber> { first...last }
}

/// The tables of one set of the audit trail.
///
/// A B-tree packs its pages densely only if its keys arrive in order. A short run may be written while a long merge is
/// under way, so the two have a table each, and both are only ever appended to.
struct AuditTables: Sendable {
  typealias Blocks = Table<AuditBlockKey, RawBytes>

  /// The blocks of runs of tier 0.
  private let recent: Blocks
  /// The blocks of runs of higher tiers.
  private let merged: Blocks
  /// First position to run: what makes a run part of the trail.
  let catalogue: Table<PositionKey, AuditRunRow>

  /// Opens the tables of a set, creating them where missing.
  init(set: String, in transaction: inout WriteTransaction, of environment: Environment) throws(LMDBError) {
    recent = try environment.openTable(Self.definition("runs", set), in: &transaction)
    merged = try environment.openTable(Self.definition("merged", set), in: &transaction)
    catalogue = try environment.openTable(Self.definition("catalogue", set), in: &transaction)
  }

  /// Opens the tables of a set in an environment that is only read.
  init(set: String, reading environment: Environment) throws(LMDBError) {
    recent = try environment.openTable(Self.definition("runs", set))
    merged = try environment.openTable(Self.definition("merged", set))
    catalogue = try environment.openTable(Self.definition("catalogue", set))
  }

  private static func definition<K, V>(_ name: String, _ set: String) -> TableDefinition<K, V> {
    TableDefinition("audit.\(set).\(name)", logicalName: "audit.\(name)")
  }

  /// Where the blocks of runs of a tier are.
  func blocks(tier: UInt8) -> Blocks { tier == 0 ? recent : merged }

  /// Makes a run, whose blocks are stored, part of the trail, in place of those that it was merged from.
  ///
  /// - Throws: ``LogError/Code/damagedProjection`` if it does not fit with the runs that there are.
  func enter(
    _ run: AuditRun, replacing inputs: [AuditRun], head: PositionNumber, in transaction: inout WriteTransaction
  ) throws(LogError) {
    let runs = try AuditCatalogue(self, head: head, in: transaction).runs
    guard inputs.isEmpty ? run.first == (runs.last?.last ?? 0) + 1 : inputs.allSatisfy(runs.contains) else {
      throw LogError(
        .damagedProjection, "the audit trail's runs changed while one was built; let one builder work on them",
        at: run.first)
    }
    try stored { () throws(LMDBError) in
      for input in inputs { try catalogue.delete(input.first, in: &transaction) }
      try catalogue.insert(run.first, run, in: &transaction)
    }
  }

  /// Deletes every row, in time that grows with the number of pages.
  func clear(in transaction: inout WriteTransaction) throws(LMDBError) {
    try recent.clear(in: &transaction)
    try merged.clear(in: &transaction)
    try catalogue.clear(in: &transaction)
  }
}

/// A block's run, and the entry from which on it covers the run.
struct AuditBlockKey: KeyCodec, Sendable, Hashable {
  typealias Key = Self

  var run: UInt64
  var start: AuditIndexEntry

  static func byteCount(of key: Self) -> Int { 8 + AuditIndexEntry.byteCount }

  static func encode(_ key: Self, into output: inout OutputRawSpan) {
    output.append(bigEndian: key.run)
    key.start.encode(into: &output)
  }

  static func decode(_ bytes: RawSpan) -> Self? {
    guard bytes.byteCount == 8 + AuditIndexEntry.byteCount else { return nil }
    return Self(run: bytes.load(bigEndian: UInt64.self), start: AuditIndexEntry(bytes, at: 8))
  }
}

/// A run as the catalogue keeps it; its first position is the key.
///
/// | Offset | Size | Field, integers little-endian |
/// | --- | --- | --- |
/// | 0 | 1 | tier |
/// | 1 | 8 | first position |
/// | 9 | 8 | last position |
/// | 17 | 8 | number |
/// | 25 | 8 | count of blocks |
/// | 33 | 8 | bytes in the blocks |
enum AuditRunRow: ValueCodec {
  static func byteCount(of run: AuditRun) -> Int { 41 }

  static func encode(_ run: AuditRun, into output: inout OutputRawSpan) {
    output.append(run.tier)
    for field in [run.first, run.last, run.number, run.blockCount, run.byteCount] { output.append(littleEndian: field) }
  }

  static func decode(_ bytes: RawSpan) -> AuditRun? {
    guard bytes.byteCount == 41 else { return nil }
    func field(_ index: Int) -> UInt64 { bytes.load(littleEndian: UInt64.self, at: 1 + 8 * index) }
    return AuditRun(
      first: field(0), last: field(1), tier: unsafe bytes.unsafeLoad(fromByteOffset: 0, as: UInt8.self),
      number: field(2), blockCount: field(3), byteCount: field(4))
  }
}
