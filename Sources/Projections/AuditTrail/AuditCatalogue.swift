import EventLog
import LMDB

/// The runs of a set, the oldest first: together they cover every position up to ``covered``, each once.
///
/// Tiers never grow from one run to the next, since a run may only be built of a tier that the newest run has or exceeds.
struct AuditCatalogue: Sendable {
  let runs: [AuditRun]

  /// Reads the catalogue of a set.
  ///
  /// - Parameter head: the newest position of the log.
  /// - Throws: ``LogError/Code/damagedProjection`` where the runs leave a gap, overlap, or go beyond the head.
  init(
    _ tables: AuditTables, head: PositionNumber, in transaction: borrowing some Transaction & ~Copyable
  ) throws(LogError) {
    var runs: [AuditRun] = []
    try stored { () throws(LMDBError) in
      try tables.catalogue.withCursor(in: transaction) { cursor throws(LMDBError) in
        while try cursor.next() { runs.append(try cursor.value()) }
      }
    }
    var covered: PositionNumber = 0
    for run in runs {
      guard run.first == covered + 1, run.last >= run.first, run.last <= head else {
        throw LogError(
          .damagedProjection, "the audit trail's runs do not follow each other; rebuild the projections", at: run.first)
      }
      covered = run.last
    }
    self.runs = runs
  }

  /// The last position in a run; 0 without any.
  var covered: PositionNumber { runs.last?.last ?? 0 }

  /// The runs to be merged next, if any: the oldest of the lowest tier that has `fanOut` of them.
  func due(fanOut: Int) -> [AuditRun] {
    var end = runs.endIndex
    while end > 0 {
      let tier = runs[end - 1].tier
      let start = (runs[..<end].lastIndex { $0.tier != tier } ?? -1) + 1
      if end - start >= fanOut, tier < .max { return Array(runs[start..<start + fanOut]) }
      end = start
    }
    return []
  }

  /// The number for a new run among blocks of its tier's table: one more than the last there.
  static func nextNumber(
    in blocks: AuditTables.Blocks, _ transaction: borrowing some Transaction & ~Copyable
  ) throws(LogError) -> UInt64 {
    try stored { () throws(LMDBError) in
      try blocks.withCursor(in: transaction) { cursor throws(LMDBError) in
        try cursor.last() ? cursor.key().run + 1 : 1
      }
    }
  }

  /// Up to `limit` rows of one table's runs that are not, or no longer, in the catalogue.
  func strays(
    tier: UInt8, _ tables: AuditTables, limit: Int, in transaction: borrowing some Transaction & ~Copyable
  ) throws(LogError) -> [AuditBlockKey] {
    let known = Set(runs.lazy.filter { ($0.tier == 0) == (tier == 0) }.map(\.number))
    return try stored { () throws(LMDBError) in
      try tables.blocks(tier: tier).withCursor(in: transaction) { cursor throws(LMDBError) in
        var strays: [AuditBlockKey] = []
        var isAtRow = try cursor.first()
        while isAtRow, strays.count < limit {
          let key = try cursor.key()
          if known.contains(key.run) {
            isAtRow = try cursor.seek(atOrAfter: AuditBlockKey(run: key.run + 1, start: .least))
          } else {
            strays.append(key)
            isAtRow = try cursor.next()
          }
        }
        return strays
      }
    }
  }
}
